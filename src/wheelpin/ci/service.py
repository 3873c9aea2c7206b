"""A CI service as a host: lines for people, commands for the service, and never one taken for the other.

Commands go to standard error, which both services read like standard output: that is for the result alone.
"""

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from wheelpin.ci import Verbosity
from wheelpin.ci.annotation import LONGEST, MOST, Place, Quota, place_of
from wheelpin.ci.cutting import cut_message
from wheelpin.ci.neutral import harmless, lines
from wheelpin.ci.streams import write_aside, write_result
from wheelpin.credentials.redaction import SHORTEST, Secret, forms
from wheelpin.errors import Finding, Level

_WORTH_TELLING = 0.1


class Dialect(Protocol):
    """How one service is spoken to. Commands are whole lines, made of escaped parts."""

    diagrams: bool
    """Whether summaries may hold Mermaid."""

    checkout: str
    """The folder that files in annotations are relative to; empty when it is not known."""

    debugging: bool
    """Whether somebody asked the service for all details."""

    end_of_group: str

    def group(self, title: str) -> str:
        """Begin lines that are folded under a title."""

    def annotation(self, level: Level, message: str, place: Place | None) -> str | None:
        """Show a message beside the code; None where the service has none of this level."""

    def mask(self, value: str) -> str:
        """Hide a text in the log from now on."""

    def progress(self, done: int, total: int) -> str | None:
        """How far the step is; None where the service does not show it."""

    def outputs(self, values: Mapping[str, str]) -> Iterable[str]:
        """Hand values on, by files or by the commands that are returned. Raises OSError."""

    def summary(self, markdown: str) -> Iterable[str]:
        """Show a page, by files or by the commands that are returned. Raises OSError."""


class Service:
    """A host in a CI service, whichever it is; see `Host`."""

    def __init__(self, dialect: Dialect, verbosity: Verbosity, root: Path) -> None:
        self._dialect = dialect
        self._verbosity = Verbosity.VERBOSE if dialect.debugging else verbosity
        self._root = root
        self._lock = threading.Lock()
        self._quota = Quota()
        self._hints: set[str] = set()
        self._masked: set[str] = set()
        self.diagrams = dialect.diagrams

    def result(self, text: str) -> None:
        with self._lock:
            write_result(harmless(text))

    def note(self, text: str) -> None:
        if self._verbosity is not Verbosity.QUIET:
            self._say(text)

    def detail(self, text: str) -> None:
        if self._verbosity is Verbosity.VERBOSE:
            self._say(text)

    def finding(self, finding: Finding) -> None:
        if finding.level is Level.NOTICE and self._verbosity is Verbosity.QUIET:
            return
        place = place_of(finding, self._root, self._dialect.checkout)
        self._annotate(finding.level, str(finding), finding.hint, place)

    def failure(self, message: str, hint: str) -> None:
        if message or hint:
            self._annotate(Level.ERROR, message or hint, hint if message else "", None)

    def output(self, title: str, text: str) -> None:
        shown = [harmless(line) for line in lines(text)]
        self._command(self._dialect.group(_one_line(title)), *shown, self._dialect.end_of_group)

    @contextmanager
    def task(self, title: str) -> Iterator[None]:
        """Say that it is done, and how long it took: tasks run side by side, and groups cannot."""
        start = time.monotonic()
        yield
        seconds = time.monotonic() - start
        self.note(f"  {title} ({seconds:.1f} s)" if seconds >= _WORTH_TELLING else f"  {title}")

    def progress(self, done: int, total: int) -> None:
        if command := self._dialect.progress(done, total):
            self._command(command)

    def mask(self, secrets: Iterable[Secret]) -> None:
        """Every form of each secret, and each of its lines: Azure's agent looks for three forms by itself."""
        values = {
            line
            for secret in secrets
            for form in forms(secret.reveal())
            for line in [form, *form.splitlines()]
            if len(line.strip()) >= SHORTEST
        }
        new = sorted(values - self._masked)
        self._masked |= values
        if new:
            self._command(*map(self._dialect.mask, new))

    def outputs(self, values: Mapping[str, str]) -> None:
        try:
            self._command(*self._dialect.outputs(values))
        except OSError as error:
            self._unwritten("outputs", error)

    def summary(self, markdown: str) -> None:
        try:
            self._command(*self._dialect.summary(markdown))
        except OSError as error:
            self._unwritten("summary", error)

    def _unwritten(self, what: str, error: OSError) -> None:
        self._annotate(
            Level.WARNING, f"the {what} of this step cannot be written: {error.strerror}", "", None
        )

    def _annotate(self, level: Level, message: str, hint: str, place: Place | None) -> None:
        count = self._quota.take(level)
        text = cut_message(harmless(message), harmless(hint), LONGEST)
        command = self._dialect.annotation(level, text, place)
        if command and count <= MOST:
            self._command(command)
            return
        if command and count == MOST + 1:
            self._say(f"the service shows {MOST} {level}s beside the code; the others stand here only:")
        self._say(f"{level}: {message}")
        if hint and hint not in self._hints:
            self._hints.add(hint)
            self._say(f"  {hint}")

    def _say(self, text: str) -> None:
        self._command(harmless(text))

    def _command(self, *written: str) -> None:
        """Write lines that belong together, which are commands or harmless."""
        with self._lock:
            for line in written:
                write_aside(line)


def _one_line(text: str) -> str:
    return " ".join(harmless(text).split())
