"""What an Azure Artifacts feed holds, and the rules by which it takes, shows and keeps Python packages."""

import hashlib
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import IntEnum

from packaging.utils import canonicalize_name, canonicalize_version

VIEWS = ("Local", "Prerelease", "Release")


class Role(IntEnum):
    """What an identity may do on a feed; each includes those below."""

    NOBODY = 0
    READER = 1
    COLLABORATOR = 2
    CONTRIBUTOR = 3
    ADMINISTRATOR = 4


@dataclass(kw_only=True, slots=True)
class File:
    """A distribution; the simple page shows it from `visible` on (`time.monotonic`)."""

    name: str
    content: bytes
    requires_python: str = ""
    visible: float = 0.0
    sha256: str = field(init=False)

    def __post_init__(self) -> None:
        self.sha256 = hashlib.sha256(self.content).hexdigest()


@dataclass(kw_only=True, slots=True)
class Version:
    """A version of a package; `external` when it was saved from a public upstream."""

    version: str
    external: bool = False
    guid: str = field(default_factory=lambda: str(uuid.uuid4()))
    files: dict[str, File] = field(default_factory=dict)
    views: list[str] = field(default_factory=list)
    published: datetime = field(default_factory=lambda: datetime.now(UTC))
    deleted: datetime | None = None
    permanently_deleted: datetime | None = None

    @property
    def normalized(self) -> str:
        return normalized(self.version)


@dataclass(kw_only=True, slots=True)
class Package:
    """A package of a feed; versions by their normalised text, deleted ones too: they stay reserved."""

    name: str
    guid: str = field(default_factory=lambda: str(uuid.uuid4()))
    versions: dict[str, Version] = field(default_factory=dict)

    def live(self) -> list[Version]:
        return [version for version in self.versions.values() if version.deleted is None]


@dataclass(kw_only=True, slots=True)
class Project:
    """A project of the organisation."""

    name: str
    guid: str = field(default_factory=lambda: str(uuid.uuid4()))


class AlreadyThereError(Exception):
    """The feed holds, or has held, a file of this name."""


class Feed:
    """A feed, in a project or in the organisation itself, with the default views."""

    def __init__(self, name: str, project: Project | None = None) -> None:
        self.name = name
        self.project = project
        self.guid = str(uuid.uuid4())
        self.views = {view: str(uuid.uuid4()) for view in VIEWS}
        self.packages: dict[str, Package] = {}
        self.upstream: dict[str, dict[str, Version]] = {}
        """What the public upstream offers: normalised name, normalised version."""
        self.upstream_guid: str | None = None
        """Set once the feed has a public upstream."""
        self.allows_external: set[str] = set()
        """Normalised names whose upstreaming behaviour is `allowExternalVersions`."""

    def view(self, wanted: str) -> str | None:
        """The name of a view that is asked for by name, in any case, or by GUID."""
        found = (name for name, guid in self.views.items() if wanted.lower() in {name.lower(), guid})
        return next(found, None)

    def package(self, name: str) -> Package | None:
        return self.packages.get(canonicalize_name(name))

    def version(self, name: str, version: str) -> Version | None:
        package = self.package(name)
        return None if package is None else package.versions.get(normalized(version))

    def store(self, name: str, version: str, file: File) -> None:
        """Take a published file for good. Raises AlreadyThereError, for a deleted version as well."""
        package = self.packages.setdefault(canonicalize_name(name), Package(name=name))
        place = package.versions.setdefault(normalized(version), Version(version=version))
        if file.name in place.files or place.deleted is not None:
            raise AlreadyThereError
        place.files[file.name] = file

    def delete(self, name: str, version: str) -> None:
        """Move a version to the recycle bin; it stays reserved."""
        found = self.version(name, version)
        if found is None:
            raise LookupError(f"{self.name} holds no {name} {version}")
        found.deleted = datetime.now(UTC)

    def hashes(self) -> dict[str, str]:
        """The sha256 of every file that is not deleted, by name."""
        return {file.name: file.sha256 for file in self._files()}

    def show_all(self) -> None:
        for file in self._files():
            file.visible = 0

    def _files(self) -> Iterator[File]:
        for package in self.packages.values():
            for version in package.live():
                yield from version.files.values()

    def add_upstream(self) -> None:
        self.upstream_guid = self.upstream_guid or str(uuid.uuid4())

    def offer(self, name: str, version: str, file: File) -> Version:
        """Make the public upstream serve a file."""
        self.add_upstream()
        versions = self.upstream.setdefault(canonicalize_name(name), {})
        place = versions.setdefault(normalized(version), Version(version=version, external=True))
        place.files[file.name] = file
        return place

    def external(self, name: str) -> list[Version]:
        """What the upstream adds: once a version was published here, nothing unless that is allowed."""
        key = canonicalize_name(name)
        package = self.packages.get(key, Package(name=name))
        published = any(not version.external for version in package.versions.values())
        if published and key not in self.allows_external:
            return []
        offered = self.upstream.get(key, {})
        return [version for held, version in offered.items() if held not in package.versions]

    def save(self, name: str, version: Version) -> None:
        """Keep an upstream's version, as the first download by a collaborator does."""
        package = self.packages.setdefault(canonicalize_name(name), Package(name=name))
        package.versions.setdefault(version.normalized, version)

    def listing(self, name: str, view: str | None, *, upstream: bool) -> Iterator[tuple[Version, File]]:
        """What the simple page shows now."""
        package = self.package(name)
        versions = [] if package is None else package.live()
        if view not in {None, "Local"}:
            versions = [version for version in versions if view in version.views]
        elif upstream:
            versions += self.external(name)
        now = time.monotonic()
        for version in versions:
            yield from ((version, file) for file in version.files.values() if file.visible <= now)


def normalized(version: str) -> str:
    """The version as the service writes it in URLs: PEP 440's, trailing zeros dropped."""
    return canonicalize_version(version, strip_trailing_zero=True)
