"""Where pins and references stand, one file a format: text in, pins with exact spans out.

A format never writes and never opens a file: it reads the text that it is given and says where things are.
"""

from dataclasses import dataclass
from enum import StrEnum

from wheelpin.errors import Finding

MAX_LINES = 50_000
MAX_PINS = 10_000
"""Honest definitions have hundreds; a megabyte of two-character lines would cost minutes."""


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
    PLACEHOLDER = "placeholder"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class Range:
    """All clauses of a requirement: where they are written, and what they say."""

    span: Span
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Pin:
    """A version of a package in a definition.

    `name` is normalised (PEP 503). `span` is the whole of what a person would call the pin
    (`acme-core==1.3.2`); `version` is its version and `at` where that is written: more than once in a URL,
    whose folder and file name both carry it. `hashes` are the options `--hash=…`. `url` is where a URL or
    path is written, `address` what it says and `digests` where it says its hash. `ignored` tells that the
    file's own comment wants the pin to stay.
    """

    name: str
    form: Form
    span: Span
    version: str | None
    at: tuple[Span, ...] = ()
    hashes: tuple[Span, ...] = ()
    url: Span | None = None
    address: str = ""
    digests: tuple[Span, ...] = ()
    range: Range | None = None
    ignored: bool = False


class ReferenceForm(StrEnum):
    """How a place names an environment; only a version of our own can follow."""

    VERSION = "version"
    REGISTRY = "registry"
    LABEL = "label"
    CURATED = "curated"
    UNVERSIONED = "unversioned"
    RESOURCE = "resource id"
    PLACEHOLDER = "placeholder"
    ANONYMOUS = "anonymous"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """A place that names an environment and its version: `azureml:train:12`.

    `registry` is the Azure ML registry of the long form `azureml://registries/R/environments/N/versions/V`.
    `at` is where the version stands; None in the forms that state none.
    """

    name: str
    form: ReferenceForm
    span: Span
    version: str | None = None
    at: Span | None = None
    registry: str | None = None
    ignored: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Stated:
    """The `version:` that an environment or a component states of itself.

    `version` is what a YAML reader makes of it: an unquoted 1.10 is 1.1. `span` is the whole entry
    (`version: "11"`), `at` its value inside any quotes.
    """

    name: str
    version: str
    span: Span
    at: Span
    quoted: bool


class AddressKind(StrEnum):
    """What pip does with an address: looks there in place of its usual index, besides, or for links."""

    INDEX = "--index-url"
    EXTRA_INDEX = "--extra-index-url"
    LINKS = "--find-links"


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """A place that a definition has pip look at; `url` is what it says, without quotes and escapes."""

    kind: AddressKind
    url: str
    span: Span


class Format(StrEnum):
    """What a file is read as."""

    AZUREML = "azureml"
    CONDA = "conda"
    REQUIREMENTS = "requirements"
    DOCKERFILE = "dockerfile"
    PYPROJECT = "pyproject"
    V1 = "v1"


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
    """All that wheelpin sees in one file, in the order of the text.

    `unread` are places that look like pins where no reader took one: they are only told.
    """

    pins: tuple[Pin, ...] = ()
    unread: tuple[Pin, ...] = ()
    references: tuple[Reference, ...] = ()
    links: tuple[Link, ...] = ()
    findings: tuple[Finding, ...] = ()
    stated: Stated | None = None
    addresses: tuple[Address, ...] = ()

    @property
    def extra_indexes(self) -> tuple[Span, ...]:
        """Where further indexes are written that pip looks at."""
        return tuple(one.span for one in self.addresses if one.kind is AddressKind.EXTRA_INDEX)

    @property
    def found(self) -> list[Pin | Reference]:
        """Pins and references together, in the order of the text."""
        both: list[Pin | Reference] = [*self.pins, *self.references]
        return sorted(both, key=lambda one: one.span)
