"""Run another program and fail with its output; the one place that starts processes."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from wheelpin.errors import WheelpinError

_running: set["subprocess.Popen[str]"] = set()
_NEW_GROUP = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)  # Windows has no sessions


class CommandError(WheelpinError):
    """A program could not be started (`code` is None) or said no; `output` is all that it printed."""

    def __init__(
        self, argv: Sequence[str], outcome: str, *, code: int | None = None, output: str = ""
    ) -> None:
        super().__init__(f"{Path(argv[0]).name} {outcome}")
        self.argv = tuple(argv)
        self.code = code
        self.output = output


def run(  # noqa: PLR0913 - all that a child is given
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    umask: int = -1,
    show: Callable[[str], None] | None = None,
    timeout: float | None = None,
) -> str:
    """Run a program without a shell and without standard input; what it printed on standard output.

    `env` is the whole environment of the child, `umask` its mask; None and -1 hand on our own. `show` gets
    each line while the program runs, and then both streams are one. What is not UTF-8 is replaced. Without
    `show`, a program that runs for more than `timeout` seconds is killed. Raises CommandError, whose output
    is that of both streams.
    """
    aside = subprocess.STDOUT if show else subprocess.PIPE
    with _started(argv, cwd=cwd, env=env, umask=umask, errors=aside) as process:
        try:
            output, errors = (_shown(process, show), "") if show else process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired as error:
            _kill(process)
            outcome = f"did not end within {timeout:.0f} s"
            raise CommandError(argv, outcome, output="".join(process.communicate())) from error
    if process.returncode != 0:
        outcome = f"ended with exit code {process.returncode}"
        raise CommandError(argv, outcome, code=process.returncode, output=output + errors)
    return output


def git(*arguments: str, cwd: Path) -> str:
    """Run git, which then does not refresh its index on disk: to read a repository leaves it untouched.

    Raises CommandError.
    """
    return run(["git", "--no-optional-locks", *arguments], cwd=cwd)


def stop() -> None:
    """Kill every program that another thread waits for, and what those started.

    For when we are interrupted ourselves: neither Ctrl-C nor a CI system that cancels a job reaches them.
    """
    for process in tuple(_running):
        _kill(process)


@contextmanager
def _started(
    argv: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None, umask: int, errors: int
) -> Iterator["subprocess.Popen[str]"]:
    """A process in a session of its own, so that all that it starts can be killed with it.

    Within this, `stop` reaches it, and an exception kills it.
    """
    try:
        process = subprocess.Popen(  # noqa: S603 - no shell, and argv is ours
            argv,
            cwd=cwd,
            env=env,
            umask=umask,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
            creationflags=_NEW_GROUP,
        )
    except OSError as error:
        raise CommandError(argv, _why_not(argv, error)) from error
    with process:
        _running.add(process)
        try:
            yield process
        except BaseException:
            _kill(process)
            raise
        finally:
            _running.discard(process)


def _kill(process: "subprocess.Popen[str]") -> None:
    if sys.platform == "win32":
        process.kill()
    elif process.returncode is None:  # until it is waited for, the number is nobody else's
        with suppress(ProcessLookupError, PermissionError):  # macOS: only zombies are left
            os.killpg(process.pid, signal.SIGKILL)


def _shown(process: "subprocess.Popen[str]", show: Callable[[str], None]) -> str:
    lines: list[str] = []
    stream: IO[str] | tuple[()] = process.stdout or ()
    for line in stream:
        lines.append(line)
        show(line)
    process.wait()
    return "".join(lines)


def _why_not(argv: Sequence[str], error: OSError) -> str:
    if not isinstance(error, FileNotFoundError):
        return f"cannot be started: {error.strerror}: {error.filename}"
    return "is not installed" if error.filename == argv[0] else f"has no folder {error.filename} to run in"
