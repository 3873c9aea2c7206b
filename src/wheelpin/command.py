"""Run another program and fail with its output; the one place that starts processes."""

import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from wheelpin.errors import WheelpinError

_running: set["subprocess.Popen[str]"] = set()


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
    try:
        process = subprocess.Popen(  # noqa: S603 - no shell, and argv is ours
            argv,
            cwd=cwd,
            env=env,
            umask=umask,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if show else subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise CommandError(argv, _why_not(argv, error)) from error
    with process:
        _running.add(process)
        try:
            output, aside = (
                (_shown(process.stdout, show), "") if show else process.communicate(timeout=timeout)
            )
        except subprocess.TimeoutExpired as error:
            process.kill()
            raise CommandError(
                argv, f"did not end within {timeout:.0f} s", output="".join(process.communicate())
            ) from error
        except BaseException:
            process.kill()
            raise
        finally:
            _running.discard(process)
    if process.returncode != 0:
        outcome = f"ended with exit code {process.returncode}"
        raise CommandError(argv, outcome, code=process.returncode, output=output + aside)
    return output


def stop() -> None:
    """Kill every program that another thread waits for: for when we are interrupted ourselves.

    Ctrl-C on a terminal reaches them anyway; a CI system that cancels a job tells only us.
    """
    for process in tuple(_running):
        process.kill()


def _shown(stream: IO[str] | None, show: Callable[[str], None]) -> str:
    lines: list[str] = []
    for line in stream or ():
        lines.append(line)
        show(line)
    return "".join(lines)


def _why_not(argv: Sequence[str], error: OSError) -> str:
    if not isinstance(error, FileNotFoundError):
        return f"cannot be started: {error.strerror}: {error.filename}"
    return "is not installed" if error.filename == argv[0] else f"has no folder {error.filename} to run in"
