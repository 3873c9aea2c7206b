import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from wheelpin.command import CommandError, git, run

Commit = Callable[[], str]


def shell(script: str) -> list[str]:
    """Give git, the one program of unit tests, a script to run."""
    return ["git", "-c", f"alias.script=!{script}", "script"]


def test_standard_output_is_the_answer(git_repository: Path) -> None:
    assert run(shell("echo answer; echo warning >&2"), cwd=git_repository) == "answer\n"


def test_both_streams_are_shown_while_the_program_runs(git_repository: Path) -> None:
    shown: list[str] = []

    run(shell("echo answer; echo warning >&2"), cwd=git_repository, show=shown.append)

    assert shown == ["answer\n", "warning\n"]


def test_a_failure_carries_all_that_was_printed(git_repository: Path) -> None:
    with pytest.raises(CommandError, match=r"^git ended with exit code 3$") as caught:
        run(shell("echo answer; echo reason >&2; exit 3"), cwd=git_repository)

    assert caught.value.code == 3
    assert sorted(caught.value.output.splitlines()) == ["answer", "reason"]


def test_the_message_names_the_program_without_its_folder_and_arguments(tmp_path: Path) -> None:
    error = CommandError(["/opt/tools/twine", "--password", "hunter2"], "said no")

    assert str(error) == "twine said no"


def test_a_program_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"^git is not installed$") as caught:
        run(["git"], cwd=tmp_path)

    assert caught.value.code is None


def test_a_folder_that_is_missing_is_told(git_repository: Path) -> None:
    with pytest.raises(CommandError, match=r"git has no folder .*/gone to run in"):
        run(["git", "status"], cwd=git_repository / "gone")


def test_the_environment_is_the_one_that_is_given(git_repository: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "ONLY": "this"}

    assert run(shell('echo "$ONLY$HOME"'), cwd=git_repository, env=environ) == "this\n"


def test_the_umask_is_the_one_that_is_given(git_repository: Path) -> None:
    run(shell("touch made"), cwd=git_repository, umask=0o077)

    assert (git_repository / "made").stat().st_mode & 0o777 == 0o600


def test_there_is_no_standard_input_to_wait_for(git_repository: Path) -> None:
    assert run(shell("cat"), cwd=git_repository) == ""


def test_what_is_not_utf8_is_replaced(git_repository: Path) -> None:
    assert run(shell(r"printf '\377x\n'"), cwd=git_repository) == "\ufffdx\n"


def test_an_error_in_the_listener_ends_the_program(git_repository: Path) -> None:
    def refuse(line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(shell("echo one; sleep 5"), cwd=git_repository, show=refuse)


def test_what_a_program_started_ends_with_it(git_repository: Path) -> None:
    started = time.monotonic()

    with pytest.raises(CommandError, match=r"^git did not end within 1 s$") as caught:
        run(shell("echo one; sleep 60 & sleep 60"), cwd=git_repository, timeout=1)

    assert time.monotonic() - started < 10  # a sleep that went on would hold the pipe
    assert caught.value.output == "one\n"


def test_reading_a_repository_writes_nothing_into_it(git_repository: Path, commit_all: Commit) -> None:
    (git_repository / "file").touch()
    commit_all()
    index = git_repository / ".git/index"
    before = index.read_bytes()
    os.utime(git_repository / "file", (1_500_000_000, 1_500_000_000))

    git("status", cwd=git_repository)
    assert index.read_bytes() == before

    run(["git", "status"], cwd=git_repository)
    assert index.read_bytes() != before
