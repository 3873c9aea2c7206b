"""Run another program and fail with its output; the one place that starts processes."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from wheelpin.errors import WheelpinError


class CommandError(WheelpinError):
    """A program could not be started or said no; `output` is all that it printed."""

    def __init__(self, argv: Sequence[str], code: int | None, output: str) -> None:
        outcome = "is not installed" if code is None else f"ended with exit code {code}"
        super().__init__(f"{argv[0]} {outcome}")
        self.argv = tuple(argv)
        self.code = code
        self.output = output


def run(argv: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """Run a program without a shell and without standard input; its output, both streams in order.

    `env` is the whole environment of the child; None hands on our own. Raises CommandError.
    """
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and argv is ours
            argv,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except FileNotFoundError as error:
        raise CommandError(argv, None, str(error)) from error
    if done.returncode != 0:
        raise CommandError(argv, done.returncode, done.stdout)
    return done.stdout
