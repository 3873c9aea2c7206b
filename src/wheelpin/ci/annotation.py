"""Annotations: what a CI service shows beside the code, and how many of them it takes."""

import os
import threading
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from wheelpin.errors import Finding, Level

MOST = 10
"""Of each level in one step: GitHub's runner drops more, Azure's agent keeps them in the log alone."""

LONGEST = 4096
"""UTF-16 units of a message; GitHub's runner cuts there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A file, relative to the checkout and with forward slashes, and a line in it from 1."""

    file: str
    line: int | None


class Quota:
    """Counts annotations, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[Level] = Counter()

    def take(self, level: Level) -> int:
        """Which annotation of its level this is, from 1."""
        with self._lock:
            self._counts[level] += 1
            return self._counts[level]


def place_of(finding: Finding, root: Path, checkout: str) -> Place | None:
    """Where a finding about a file stands in the checkout; None for everything else.

    `root` is what the subject is relative to: the folder of `-C`, or the one where the command runs.
    """
    if "\0" in finding.subject:
        return None
    path = os.path.normpath(root.resolve() / finding.subject)
    if finding.line is None and not os.path.isfile(path):  # noqa: PTH113 - also names too long
        return None
    try:
        file = Path(path).relative_to(Path(checkout).resolve()) if checkout else Path(finding.subject)
    except ValueError:
        return None
    return Place(file=file.as_posix(), line=finding.line)
