"""A person's terminal, or any log that is no CI service's: colour and moving lines only on a terminal."""

import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import cached_property
from typing import TYPE_CHECKING

from wheelpin.ci import Verbosity
from wheelpin.ci.neutral import visible
from wheelpin.ci.streams import write_aside, write_result
from wheelpin.errors import Finding, Level

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status

    from wheelpin.credentials.redaction import Secret

_STYLES = {"  + ": "green", "  ~ ": "yellow", "  = ": "dim", "  ! ": "red"}
_WORTH_TELLING = 0.1
_LEVELS = {Level.ERROR: "red", Level.WARNING: "yellow", Level.NOTICE: "cyan"}


class Terminal:
    """Results go to standard output, everything else to standard error."""

    diagrams = True

    def __init__(self, environ: Mapping[str, str], verbosity: Verbosity) -> None:
        self._environ = environ
        self._verbosity = verbosity
        self._lock = threading.Lock()
        self._running: list[str] = []
        self._hints: set[str] = set()
        self._status: Status | None = None

    def result(self, text: str) -> None:
        if not self._console(sys.stdout.isatty()):
            write_result(visible(text))
            return
        for row in text.splitlines():
            self._out.print(
                visible(row), style=_STYLES.get(row[:4]), markup=False, highlight=False, soft_wrap=True
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

    def progress(self, done: int, total: int) -> None:
        """Nothing: each step that is done is a line already."""

    def mask(self, secrets: Iterable["Secret"]) -> None:
        """Nothing: no text reaches a host with a secret in it, and a terminal keeps no log."""

    def outputs(self, values: Mapping[str, str]) -> None:
        """Nothing: there are no later steps."""

    def summary(self, markdown: str) -> None:
        """Nothing: the result has said it; `--report` writes it to a file."""

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

            self._status.update(Text(", ".join(visible(title) for title in self._running)))
        elif self._status is not None:
            self._status.stop()
            self._status = None

    def _say(self, text: str, style: str | None = None) -> None:
        with self._lock if self._status is None else nullcontext():
            if not self._console(sys.stderr.isatty()):
                write_aside(visible(text))
                return
            self._err.print(visible(text), style=style, markup=False, highlight=False, soft_wrap=True)

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
