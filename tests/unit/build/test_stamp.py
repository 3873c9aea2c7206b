import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.wheels import make_wheel
from wheelpin.build.project import Project
from wheelpin.build.stamp import Stamps
from wheelpin.command import run
from wheelpin.wheel import Wheel, read_wheel

PROJECT = Project(path="packages/core", name="core", backend=None)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "dist"


@pytest.fixture
def wheel(output: Path) -> Wheel:
    return read_wheel(make_wheel(output, "core", "1.0"))


@pytest.fixture
def stamps(tmp_path: Path, wheel: Wheel) -> Stamps:
    """Stamps that know the wheel under the key `now`."""
    stamps = Stamps(tmp_path)
    stamps.keep(PROJECT, "now", wheel)
    return stamps


def test_a_wheel_that_was_built_from_this_state_is_found_again(
    stamps: Stamps, wheel: Wheel, output: Path
) -> None:
    assert stamps.wheel(PROJECT, "now", output) == wheel


def test_another_state_finds_nothing(stamps: Stamps, output: Path) -> None:
    assert stamps.wheel(PROJECT, "then", output) is None


def test_another_project_finds_nothing(stamps: Stamps, output: Path) -> None:
    assert stamps.wheel(Project(path="packages/io", name="core", backend=None), "now", output) is None


def test_a_wheel_that_was_taken_away_is_not_found(stamps: Stamps, wheel: Wheel, output: Path) -> None:
    wheel.path.unlink()

    assert stamps.wheel(PROJECT, "now", output) is None


def test_a_wheel_with_other_bytes_is_not_found(stamps: Stamps, output: Path) -> None:
    make_wheel(output, "core", "1.0", generator="other 1.0")

    assert stamps.wheel(PROJECT, "now", output) is None


def test_a_file_that_is_no_wheel_any_more_is_not_found(stamps: Stamps, wheel: Wheel, output: Path) -> None:
    wheel.path.write_bytes(b"PK")

    assert stamps.wheel(PROJECT, "now", output) is None


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "{}", '{"key": "now"}', '{"key": "now", "file": 5, "sha256": {}}', "[" * 9999],
)
def test_a_stamp_that_cannot_be_read_is_none(tmp_path: Path, stamps: Stamps, output: Path, text: str) -> None:
    (stamp,) = (tmp_path / ".wheelpin/builds").iterdir()
    stamp.write_text(text)

    assert stamps.wheel(PROJECT, "now", output) is None


def test_a_stamp_leads_to_no_file_outside_the_output(tmp_path: Path, stamps: Stamps, output: Path) -> None:
    elsewhere = read_wheel(make_wheel(tmp_path, "core", "1.0"))
    (stamp,) = (tmp_path / ".wheelpin/builds").iterdir()
    stamp.write_text(json.dumps({"key": "now", "file": f"../{elsewhere.file}", "sha256": elsewhere.sha256}))

    assert stamps.wheel(PROJECT, "now", output) is None


def test_git_does_not_see_stamps(git_repository: Path, wheel: Wheel) -> None:
    Stamps(git_repository).keep(PROJECT, "now", wheel)

    assert run(["git", "status", "--porcelain"], cwd=git_repository) == ""


def test_a_stamp_that_was_committed_proves_nothing(
    git_repository: Path, wheel: Wheel, output: Path, commit_all: Callable[[], str]
) -> None:
    stamps = Stamps(git_repository)
    stamps.keep(PROJECT, "now", wheel)
    (git_repository / ".wheelpin/.gitignore").write_text("")
    assert stamps.wheel(PROJECT, "now", output) is not None

    commit_all()

    assert stamps.wheel(PROJECT, "now", output) is None


def test_a_stamp_that_cannot_be_written_is_done_without(tmp_path: Path, wheel: Wheel, output: Path) -> None:
    (tmp_path / ".wheelpin").touch()
    stamps = Stamps(tmp_path)

    stamps.keep(PROJECT, "now", wheel)

    assert stamps.wheel(PROJECT, "now", output) is None
