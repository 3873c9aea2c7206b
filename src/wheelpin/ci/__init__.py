"""What runs us: one file a host, bound by `Host`, which none of them imports. Only hosts print."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Protocol

from wheelpin.errors import Finding


class Verbosity(StrEnum):
    """How much is said beside the result itself."""

    QUIET = "quiet"
    NORMAL = "normal"
    VERBOSE = "verbose"


class Host(Protocol):
    """Where words go. Everything but `result` is beside the result: it never mixes with `--json`."""

    def result(self, text: str) -> None:
        """What the command was asked for."""

    def note(self, text: str) -> None:
        """One line on what is happening."""

    def detail(self, text: str) -> None:
        """One line that only `--verbose` shows."""

    def finding(self, finding: Finding) -> None:
        """A finding, where the host shows it best: on the definition's line in a pull request, say."""

    def failure(self, message: str, hint: str) -> None:
        """Why the command failed, and the next step."""

    def output(self, title: str, text: str) -> None:
        """What another program printed: untrusted, and never read as a command by the host."""

    def task(self, title: str) -> AbstractContextManager[None]:
        """Long work: shown while it runs, and done. May be entered from several threads at once."""


def detect_host(environ: Mapping[str, str], verbosity: Verbosity) -> Host:
    """The host that the environment tells of."""
    from wheelpin.ci.terminal import Terminal

    return Terminal(environ, verbosity)
