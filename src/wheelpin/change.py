"""All that this tool can ever do to the world, as plain facts that survive a trip through JSON."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Upload:
    """A wheel goes into a store; `size` in bytes."""

    store: str
    file: str
    name: str
    version: str
    sha256: str
    size: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """`before`, which starts at `line` and `column` (from 1, in characters), becomes `after`.

    `path` is relative to the repository's root, with forward slashes. `name` is the package that is pinned
    or the environment that is referred to.
    """

    path: str
    line: int
    column: int
    name: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Registration:
    """An environment gets a version in a registry; `digest` is that of its canonical definition."""

    registry: str
    environment: str
    version: str
    previous: str | None
    digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Revision:
    """A pin in a definition that lives only in a registry becomes another, in its next version.

    `path` is where the definition is shown to stand: registry, environment, and the file in it.
    """

    registry: str
    environment: str
    path: str
    line: int
    name: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Unchanged:
    """Found right already, and why."""

    subject: str
    reason: str


Change = Upload | Edit | Revision | Registration
