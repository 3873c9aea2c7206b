"""A person's terminal, or any log that is no CI service's: colour and moving lines only on a terminal."""

import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import cached_property
from typing import TYPE_CHECKING, TextIO

from wheelpin.ci import Verbosity
from wheelpin.errors import Finding, Level, UsageError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status

_STYLES = {"  + ": "green", "  ~ ": "yellow", "  = ": "dim", "  ! ": "red"}
_WORTH_TELLING = 0.1
_LEVELS = {Level.ERROR: "red", Level.WARNING: "yellow", Level.NOTICE: "cyan"}


class Terminal:
    """Results go to standard output, everything else to standard error."""

    def __init__(self, environ: Mapping[str, str], verbosity: Verbosity) -> None:
        self._environ = environ
        self._verbosity = verbosity
        self._lock = threading.Lock()
        self._running: list[str] = []
        self._hints: set[str] = set()
        self._status: Status | None = None

    def result(self, text: str) -> None:
        if not self._console(sys.stdout.isatty()):
            _write(text, sys.stdout)
            return
        for row in text.splitlines():
            self._out.print(
                _clean(row), style=_STYLES.get(row[:4]), markup=False, highlight=False, soft_wrap=True
            )

    def note(self, text: str) -> None:
        if self._verbosity is not Verbosity.QUIET:
            self._say(text)

    def detail(self, text: str) -> None:
        if self._verbosity is Verbosity.VERBOSE:
            self._say(text, "dim")

    def finding(self, finding: Finding) -> None:
        if finding.level is Level.NOTICE and self._verbosity is Verbosity.QUIET:
            return
        self._say(f"{finding.level}: {finding}", _LEVELS[finding.level])
        if finding.hint and finding.hint not in self._hints:
            self._hints.add(finding.hint)
            self._say(f"  {finding.hint}")

    def failure(self, message: str, hint: str) -> None:
        if message:
            self._say(f"error: {message}", "red")
        if hint:
            self._say(f"  {hint}")

    def output(self, title: str, text: str) -> None:
        self._say(f"--- {title}")
        for row in text.splitlines():
            self._say(f"    {row}", "dim")

    @contextmanager
    def task(self, title: str) -> Iterator[None]:
        start = time.monotonic()
        with self._shown(title):
            yield
        seconds = time.monotonic() - start
        self.note(f"  {title} ({seconds:.1f} s)" if seconds >= _WORTH_TELLING else f"  {title}")

    @contextmanager
    def _shown(self, title: str) -> Iterator[None]:
        with self._lock:
            self._running.append(title)
            self._refresh()
        try:
            yield
        finally:
            with self._lock:
                self._running.remove(title)
                self._refresh()

    def _refresh(self) -> None:
        if self._verbosity is Verbosity.QUIET or not self._console(sys.stderr.isatty()):
            return
        if self._status is None and self._running:
            self._status = self._err.status("")
            self._status.start()
        if self._status is not None and self._running:
            from rich.text import Text

            self._status.update(Text(", ".join(_clean(title) for title in self._running)))
        elif self._status is not None:
            self._status.stop()
            self._status = None

    def _say(self, text: str, style: str | None = None) -> None:
        with self._lock if self._status is None else nullcontext():
            if not self._console(sys.stderr.isatty()):
                _write(text, sys.stderr)
                return
            self._err.print(_clean(text), style=style, markup=False, highlight=False, soft_wrap=True)

    def _console(self, is_terminal: bool) -> bool:  # noqa: FBT001
        return is_terminal and self._environ.get("TERM") != "dumb" and not self._environ.get("NO_COLOR")

    @cached_property
    def _out(self) -> "Console":
        from rich.console import Console

        return Console(file=sys.stdout, emoji=False)

    @cached_property
    def _err(self) -> "Console":
        from rich.console import Console

        return Console(file=sys.stderr, emoji=False)


def open_streams() -> None:
    """Give standard streams that were closed before we began (`>&-`, a service without any) an end.

    Else the next file that is opened takes the place of standard output for every child.
    """
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - open until we end


def _write(text: str, stream: TextIO) -> None:
    encoding = stream.encoding or "ascii"
    shown = _clean(text).encode(encoding, "backslashreplace").decode(encoding)
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


def _clean(text: str) -> str:
    """Untrusted text without control characters, which could move the cursor or forge other lines."""
    return "".join(char if char in "\n\t" or char.isprintable() else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
