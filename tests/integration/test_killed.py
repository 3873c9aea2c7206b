"""The law, the hard way: killed before each write, the next run ends where an undisturbed one ends."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repositories import write_repository
from tests.wheels import make_wheel

SCRIPT = Path(__file__).parent.parent / "killing.py"


def killed(tmp_path: Path, stride: int, offset: int) -> dict[str, object]:
    template = write_repository(tmp_path / "template")
    make_wheel(template / "dist", "acme-core", "1.4.0")
    make_wheel(template / "dist", "acme-io", "2.0.1")
    (tmp_path / "work").mkdir()
    command = [SCRIPT, template, tmp_path / "work", stride, offset, "--", "apply", "--no-build"]
    done = subprocess.run([sys.executable, *map(str, command)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    result: dict[str, object] = json.loads(done.stdout)
    return result


@pytest.mark.parametrize("offset", [1, 5])
def test_run_killed_at_some_writes_is_completed_by_the_next(tmp_path: Path, offset: int) -> None:
    result = killed(tmp_path, stride=8, offset=offset)
    assert result["wrong"] == []
    assert isinstance(result["points"], int)
    assert result["points"] > 40


@pytest.mark.long
def test_run_killed_at_any_write_is_completed_by_the_next(tmp_path: Path) -> None:
    assert killed(tmp_path, stride=1, offset=1)["wrong"] == []
