"""What runs us: one file a host, bound by `Host`, which none of them imports. Only hosts print."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from wheelpin.errors import Finding

if TYPE_CHECKING:
    from wheelpin.credentials.redaction import Secret


class Verbosity(StrEnum):
    """How much is said beside the result itself."""

    QUIET = "quiet"
    NORMAL = "normal"
    VERBOSE = "verbose"


class Host(Protocol):
    """Where words go. Everything but `result` is beside the result: it never mixes with `--json`."""

    @property
    def diagrams(self) -> bool:
        """Whether a summary may hold Mermaid; other hosts would show its source."""

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

    def progress(self, done: int, total: int) -> None:
        """How many changes of how many have ended."""

    def mask(self, secrets: Iterable["Secret"]) -> None:
        """Have the host hide these in its log, however they are written; called before they are used."""

    def outputs(self, values: Mapping[str, str]) -> None:
        """What later steps can ask for; names in kebab-case, which a host may write in its own way."""

    def summary(self, markdown: str) -> None:
        """A page on the run, for whoever looks at it later; adds to what stands there."""


def detect_host(environ: Mapping[str, str], verbosity: Verbosity, root: Path) -> Host:
    """The host that the environment tells of; `root` is what files in findings are relative to."""
    if environ.get("GITHUB_ACTIONS") == "true":
        from wheelpin.ci.github import GitHub
        from wheelpin.ci.service import Service

        return Service(GitHub(environ), verbosity, root)
    if environ.get("TF_BUILD", "").lower() == "true":
        from wheelpin.ci.azure import Azure
        from wheelpin.ci.service import Service

        return Service(Azure(environ), verbosity, root)
    from wheelpin.ci.terminal import Terminal

    return Terminal(environ, verbosity)
