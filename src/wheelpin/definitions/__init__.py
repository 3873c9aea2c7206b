"""Where pins and references stand, one file a format: text in, pins with exact spans out.

A format never writes and never opens a file: it reads the text that it is given and says where things are.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import assert_never

from wheelpin.document import invalid
from wheelpin.errors import Finding
from wheelpin.source import Source

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
    """All that wheelpin sees in one file, in the order of the text."""

    pins: tuple[Pin, ...] = ()
    references: tuple[Reference, ...] = ()
    links: tuple[Link, ...] = ()
    findings: tuple[Finding, ...] = ()
    stated: Stated | None = None
    extra_indexes: tuple[Span, ...] = ()

    @property
    def found(self) -> list[Pin | Reference]:
        """Pins and references together, in the order of the text."""
        both: list[Pin | Reference] = [*self.pins, *self.references]
        return sorted(both, key=lambda one: one.span)


_REQUIREMENTS = re.compile(r"(?:.*[-_.])?(?:requirements|constraints)(?:[-_.].*)?\.(?:txt|in|pip)")
_DOCKERFILE = re.compile(r"(?:docker|container)file(?:[._-].*)?|.*\.(?:docker|container)file")
_CONDA = re.compile(r"""^(?:\{[ \t]*)?["']?(?:dependencies|channels)["']?[ \t]*:""", re.MULTILINE)
_FOLDERS = ("requirements", "constraints")


def recognisable(path: str) -> bool:
    """Whether a file of this name can be a definition; `recognise` also looks at what it holds."""
    path = path.lower()
    return path.endswith((".yml", ".yaml", ".json")) or _by_name(path) is not None


def recognise(source: Source) -> Format | None:
    """The format of a file by its name, for YAML and JSON also by a glance at its text; None for others."""
    path = source.path.lower()
    if path.endswith((".yml", ".yaml")):
        return Format.CONDA if _CONDA.search(source.text) else Format.AZUREML
    if path.endswith(".json") and "condaDependencies" in source.text:
        return Format.V1
    return _by_name(path)


def _by_name(path: str) -> Format | None:
    folder, _, name = path.rpartition("/")
    if name.endswith((".txt", ".in", ".pip")):
        known = _REQUIREMENTS.fullmatch(name) or folder.rpartition("/")[2] in _FOLDERS
        return Format.REQUIREMENTS if known else None
    if name.endswith(".runconfig") or name == "azureml_environment.json":
        return Format.V1
    if name == "pyproject.toml":
        return Format.PYPROJECT
    return Format.DOCKERFILE if _DOCKERFILE.fullmatch(name) else None


def suppose(source: Source) -> Format:
    """The format of a file that something leads to, whatever it is called."""
    if known := recognise(source):
        return known
    if re.search(r"^[ \t]*FROM[ \t]+\S", source.text, re.MULTILINE | re.IGNORECASE):
        return Format.DOCKERFILE
    return Format.CONDA if _CONDA.search(source.text) else Format.REQUIREMENTS


@lru_cache(maxsize=1024)  # a plan looks at one text for pins, for references and for the versions it states
def read_definition(source: Source, form: Format | None = None) -> Definition:
    """All that wheelpin sees in a file that is read as `form`, by default as what it is recognised as.

    Findings say what must not stand in any definition. Raises DefinitionError for text that the format's own
    parser refuses.
    """
    from wheelpin.definitions.guards import guard

    form = form or suppose(source)
    if source.text.count("\n") + source.text.count("\r") > 2 * MAX_LINES:
        raise invalid(source.path, f"has more than {MAX_LINES:,} lines", None)
    definition = reader(form)(source)
    yaml = form in (Format.AZUREML, Format.CONDA, Format.V1)
    return replace(definition, findings=(*definition.findings, *guard(source, yaml=yaml)))


def reader(form: Format) -> Callable[[Source], Definition]:
    """What reads a format, without the findings that all formats share."""
    match form:
        case Format.AZUREML:
            from wheelpin.definitions.assets import read
        case Format.CONDA:
            from wheelpin.definitions.conda import read
        case Format.REQUIREMENTS:
            from wheelpin.definitions.requirements import read
        case Format.DOCKERFILE:
            from wheelpin.definitions.dockerfile import read
        case Format.PYPROJECT:
            from wheelpin.definitions.pyproject import read
        case Format.V1:
            from wheelpin.definitions.v1 import read
        case unknown:
            assert_never(unknown)
    return read
