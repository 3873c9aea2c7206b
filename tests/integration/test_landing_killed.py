"""A release that lands on a branch, killed on its way: the next run ends where an undisturbed one ends."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.remotes import Remote

SCRIPT = Path(__file__).parent.parent / "killing.py"


def killed(tmp_path: Path, stride: int, offset: int) -> dict[str, object]:
    """Everything is below one folder, by relative addresses: it is copied for each kill."""
    template = tmp_path / "template"
    remote = Remote(template)
    config = """\
stores: {local: {kind: directory, path: ../wheels}}
registries: {local: {kind: directory, path: ../registry}}
"""
    remote.push({"wheelpin.yml": config})
    root = remote.clone("one")
    subprocess.run(["git", "remote", "set-url", "origin", "../remote.git"], cwd=root, check=True)
    shutil.rmtree(template / "other")
    (tmp_path / "work").mkdir()
    (tmp_path / "temporary").mkdir()
    command = [SCRIPT, template, tmp_path / "work", stride, offset, "--", "apply"]
    env = {
        "WHEELPIN_DIRECTORY": "one",
        "WHEELPIN_COMMIT": "1",
        "WHEELPIN_NO_BUILD": "1",
        "TMPDIR": str(tmp_path / "temporary"),
    }
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    result: dict[str, object] = json.loads(done.stdout)
    return result


@pytest.mark.parametrize("offset", [2, 9])
def test_landing_killed_at_some_steps_is_completed_by_the_next(tmp_path: Path, offset: int) -> None:
    result = killed(tmp_path, stride=14, offset=offset)
    assert result["wrong"] == []
    assert isinstance(result["points"], int)
    assert result["points"] > 60


@pytest.mark.long
def test_landing_killed_at_any_step_is_completed_by_the_next(tmp_path: Path) -> None:
    assert killed(tmp_path, stride=1, offset=1)["wrong"] == []
