"""Where pins and references stand, one file a format: text in, pins with exact spans out.

A format never writes and never opens a file: it reads the text that it is given and says where things are.
"""

from dataclasses import dataclass
from enum import StrEnum

from wheelpin.errors import Finding


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A part of a text, in characters, the end not included."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """What stands there."""
        return text[self.start : self.end]


class Form(StrEnum):
    """How a version is written down; an edit keeps the form."""

    EXACT = "=="
    ARBITRARY = "==="
    COMPATIBLE = "~="
    RANGE = "range"
    URL = "url"
    GIT = "git"
    WHEEL = "wheel"
    MARKED = "marked"
    UNPINNED = "unpinned"


@dataclass(frozen=True, kw_only=True, slots=True)
class Pin:
    """A version of a package in a definition.

    `name` is normalised (PEP 503). `span` is the whole of what a person would call the pin
    (`acme-core==1.3.2`); `version` is its version as written and `at` where that stands: more than once in
    a URL, whose folder and file name both carry it. `hashes` are the sha256 values that belong to it.
    """

    name: str
    form: Form
    span: Span
    version: str | None
    at: tuple[Span, ...] = ()
    url: Span | None = None
    hashes: tuple[Span, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """A place that names an environment and its version: `azureml:train:12`.

    `registry` is the Azure ML registry of the long form `azureml://registries/R/environments/N/versions/V`.
    """

    name: str
    version: str
    span: Span
    at: Span
    registry: str | None = None


class LinkKind(StrEnum):
    """What the file at the other end of a link is read as."""

    CONDA = "conda"
    REQUIREMENTS = "requirements"
    DOCKERFILE = "dockerfile"
    CONTEXT = "context"
    ENVIRONMENT = "environment"


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """Another file or folder that a definition leads to, as written there; relative to the definition."""

    kind: LinkKind
    path: str
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Definition:
    """All that wheelpin sees in one file."""

    pins: tuple[Pin, ...] = ()
    references: tuple[Reference, ...] = ()
    links: tuple[Link, ...] = ()
    findings: tuple[Finding, ...] = ()
