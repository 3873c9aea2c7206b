"""Run another program and fail with its output; the one place that starts processes."""

import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Thread
from typing import IO

from wheelpin.errors import WheelpinError


class CommandError(WheelpinError):
    """A program could not be started (`code` is None) or said no; `output` is all that it printed."""

    def __init__(
        self, argv: Sequence[str], outcome: str, *, code: int | None = None, output: str = ""
    ) -> None:
        super().__init__(f"{Path(argv[0]).name} {outcome}")
        self.argv = tuple(argv)
        self.code = code
        self.output = output


def run(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    umask: int = -1,
    show: Callable[[str], None] | None = None,
) -> str:
    """Run a program without a shell and without standard input; what it printed on standard output.

    `env` is the whole environment of the child; None hands on our own. `umask` is the child's; -1 hands on
    our own. `show` gets each line of both streams while the program runs, from two threads. What is not
    UTF-8 is replaced. Raises CommandError, whose output is that of both streams.
    """
    answer: list[str] = []
    printed: list[str] = []
    listeners = [printed.append, *([show] if show else [])]
    with _start(argv, cwd, env, umask) as process:
        aside = Thread(target=_drain, args=(process.stderr, listeners))
        aside.start()
        try:
            _drain(process.stdout, [answer.append, *listeners])
        except BaseException:
            process.kill()
            raise
        finally:
            aside.join()
    if process.returncode != 0:
        outcome = f"ended with exit code {process.returncode}"
        raise CommandError(argv, outcome, code=process.returncode, output="".join(printed))
    return "".join(answer)


def _start(
    argv: Sequence[str], cwd: Path, env: Mapping[str, str] | None, umask: int
) -> "subprocess.Popen[str]":
    try:
        return subprocess.Popen(  # noqa: S603 - no shell, and argv is ours
            argv,
            cwd=cwd,
            env=env,
            umask=umask,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        )
    except FileNotFoundError as error:
        outcome = (
            "is not installed" if error.filename == argv[0] else f"has no folder {error.filename} to run in"
        )
        raise CommandError(argv, outcome) from error
    except OSError as error:
        raise CommandError(argv, f"cannot be started: {error.strerror}: {error.filename}") from error


def _drain(stream: IO[str] | None, listeners: Sequence[Callable[[str], None]]) -> None:
    for line in stream or ():
        for listen in listeners:
            listen(line)
