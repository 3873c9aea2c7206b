"""The quickstart of README.md, as a newcomer runs it: a fresh clone, an empty home, git and Python."""

import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, first_block, read
from wheelpin.command import run

SETTINGS = re.compile(r"PATH$|LANG$|(PIP|UV|SSL|GIT)_|(HTTP|HTTPS|NO)_PROXY$", re.IGNORECASE)
"""What a machine needs to reach its package index; nothing of the person at its keyboard."""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone of this very work tree, with what is not committed yet."""
    origin = tmp_path / "origin"
    for file in run(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT).split("\0"):
        if file and (ROOT / file).is_file():
            (origin / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / file, origin / file)
    run(["git", "init", "--quiet"], cwd=origin)
    run(["git", "add", "--all"], cwd=origin)
    run(["git", "commit", "--quiet", "--message", "all of it"], cwd=origin)
    run(["git", "clone", "--quiet", str(origin), "clone"], cwd=tmp_path)
    return tmp_path / "clone"


@pytest.fixture
def newcomer(tmp_path: Path) -> dict[str, str]:
    """The environment of somebody who has nothing set up; `python3` is the Python of this test."""
    home = tmp_path / "home"
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "python3").symlink_to(Path(sys.base_prefix, "bin", "python3"))
    kept = {name: value for name, value in os.environ.items() if SETTINGS.match(name)}
    return {**kept, "HOME": str(home), "PATH": f"{home / 'bin'}{os.pathsep}{kept['PATH']}"}


def test_the_quickstart_does_the_whole_job_in_a_fresh_clone(clone: Path, newcomer: dict[str, str]) -> None:
    command = first_block(read(ROOT / "README.md"), "Quickstart")
    run(["sh", "-euc", command], cwd=clone, env=newcomer)
    quickstart = clone / "examples" / "quickstart"
    changed = set(run(["git", "diff", "--name-only", "--relative"], cwd=quickstart).split())
    assert changed == {
        "deployments/score.yml",
        "environments/batch/requirements.txt",
        "environments/score/environment.yml",
        "environments/train/conda.yml",
        "jobs/pipeline.yml",
        "jobs/train.yml",
    }
    assert run(["git", "status", "--short", "--untracked-files=all"], cwd=clone).count("??") == 0
    again = run([".venv/bin/wheelpin", "-C", str(quickstart), "plan"], cwd=clone, env=newcomer)
    assert "nothing to do" in again
    index = (quickstart / ".wheelpin/wheels/simple").as_uri()
    installed = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--index-url",
        index,
        "acme-core==1.4.0",
        "acme-io",
    ]
    run([".venv/bin/python", *installed], cwd=clone, env=newcomer)
    shown = run(
        [".venv/bin/python", "-c", "import acme_io; print(acme_io.__version__)"], cwd=clone, env=newcomer
    )
    assert shown == "2.1.0\n"
