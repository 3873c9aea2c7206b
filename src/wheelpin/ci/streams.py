"""The two streams of the process: written line by line, also when they are closed or lack a character."""

import logging
import os
import sys
from typing import TextIO

from wheelpin.errors import UsageError


def open_streams() -> None:
    """Give standard streams that were closed before we began (`>&-`, a service without any) an end.

    Else the next file that is opened takes the place of standard output for every child.
    """
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()


def hush_libraries() -> None:
    """Print nothing that libraries log or warn of: words of servers among it would pass by the host.

    What of it matters is raised, and told as an error.
    """
    logging.lastResort = logging.NullHandler()
    logging.captureWarnings(capture=True)


def write_result(text: str) -> None:
    """Write to standard output. Raises UsageError when it cannot be written, but not when nobody reads it."""
    _write(text, sys.stdout)


def write_aside(text: str) -> None:
    """Write to standard error, or nowhere."""
    _write(text, sys.stderr)


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - open until we end


def _write(text: str, stream: TextIO) -> None:
    encoding = stream.encoding or "ascii"
    shown = text.encode(encoding, "backslashreplace").decode(encoding)
    try:
        stream.write(shown + "\n")
        stream.flush()
    except OSError as error:
        # What the stream still holds is written once more when we end.
        with _nowhere() as nowhere:
            os.dup2(nowhere.fileno(), stream.fileno())
        # Whoever read us has gone: what was done stays done, and the exit code still tells it.
        if stream is sys.stdout and not isinstance(error, BrokenPipeError):
            raise UsageError(f"standard output cannot be written: {error.strerror}") from error
