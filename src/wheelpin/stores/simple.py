"""A simple index as values: pages, as installers know them (PEP 503, 592, 658, 691, 700, 714).

What a page says comes from METADATA files and from foreign servers, and is untrusted: a value that exists can
be shown in HTML and JSON without changing its meaning.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self
from urllib.parse import quote, urldefrag, urljoin, urlsplit

from packaging.utils import InvalidName, InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import Version

from wheelpin.wheel import Wheel

API_VERSION = "1.1"
"""What our pages claim: 1.1 promises `versions`, `size` and `upload-time` (PEP 700)."""

HTML_HASHES = ("sha256", "sha512", "sha384", "sha224", "sha1", "md5")
"""What a link's fragment can carry, the one that installers and wheelpin compare by first."""

_FILE_NAME = re.compile(r"(?!\.+$)[^/\\\x00-\x1f\x7f\ud800-\udfff]+")
_UNSPEAKABLE = re.compile(r"[\0\ud800-\udfff]")
_ALGORITHM = re.compile(r"[a-z0-9_]+")
_VERSION = re.compile(r"1\.[0-9]+")
_DIGEST = re.compile(r"[0-9a-f]+")

Json = Mapping[str, object]


class PageError(ValueError):
    """A page is not a simple index page, or says what no such page may say."""


@dataclass(frozen=True, kw_only=True, slots=True)
class File:
    """One file of a project.

    `url` has no fragment and may be relative to the page. `hashes` maps algorithms to hex digests.
    `core_metadata` holds the hashes of the file's `.metadata` sidecar, None where there is no sidecar.
    `yanked` is the reason, perhaps an empty one, None for what is not yanked. `size` is in bytes.
    `extra` is what a JSON page says beyond that.
    """

    name: str
    url: str
    hashes: Mapping[str, str] = field(default_factory=dict)
    size: int | None = None
    upload_time: datetime | None = None
    requires_python: str | None = None
    yanked: str | None = None
    core_metadata: Mapping[str, str] | None = None
    extra: Json = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _FILE_NAME.fullmatch(self.name):
            raise PageError(f"{self.name!r} is not a file name")
        for text in (self.url, self.requires_python or "", self.yanked or ""):
            if _UNSPEAKABLE.search(text):
                raise PageError(f"{self.name}: {text!r} holds characters that no page can show")
        for hashes in (self.hashes, self.core_metadata or {}):
            for algorithm, digest in hashes.items():
                if not _is_hash(algorithm, digest):
                    raise PageError(f"{self.name}: {algorithm}={digest!r} is not a hash")

    @classmethod
    def of(cls, wheel: Wheel, uploaded: datetime) -> Self:
        """The entry of a wheel that lies beside its page, with its metadata beside it."""
        return cls(
            name=wheel.file,
            url=quote(wheel.file),
            hashes={"sha256": wheel.sha256},
            size=wheel.size,
            upload_time=uploaded,
            requires_python=wheel.requires_python,
            core_metadata={"sha256": hashlib.sha256(wheel.metadata).hexdigest()},
        )

    @property
    def sha256(self) -> str | None:
        """The sha256 in hex; None where the page states none."""
        return self.hashes.get("sha256")

    @property
    def version(self) -> Version | None:
        """The version that the file is of; None for what is no wheel."""
        # wheelpin publishes wheels; what else an index holds is not its business
        try:
            return parse_wheel_filename(self.name)[1]
        except InvalidWheelFilename:
            return None

    def in_html(self) -> Self:
        """As much of this file as an HTML page can tell."""
        sidecar = None if self.core_metadata is None else _strongest(self.core_metadata)
        return replace(
            self, hashes=_strongest(self.hashes), core_metadata=sidecar, size=None, upload_time=None, extra={}
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """The files of one project, in file name order; `meta` and `extra` are what JSON says beyond that."""

    project: str
    files: tuple[File, ...] = ()
    api_version: str = API_VERSION
    meta: Json = field(default_factory=dict)
    extra: Json = field(default_factory=dict)

    @property
    def by_name(self) -> dict[str, File]:
        """The files by their names."""
        return {file.name: file for file in self.files}

    def with_files(self, files: Iterable[File]) -> Self:
        """This page with these files as well; one that is here already under the same name stays as it is."""
        return replace(self, files=in_order({file.name: file for file in (*files, *self.files)}.values()))


@dataclass(frozen=True, kw_only=True, slots=True)
class Root:
    """The projects of an index: normalised names in order, each with what JSON says beyond its name."""

    projects: Mapping[str, Json] = field(default_factory=dict)
    api_version: str = API_VERSION
    meta: Json = field(default_factory=dict)
    extra: Json = field(default_factory=dict)

    def with_projects(self, projects: Iterable[str]) -> Self:
        """This root with these projects as well."""
        added: dict[str, Json] = {project: {} for project in projects}
        return replace(self, projects=dict(sorted({**added, **self.projects}.items())))


def in_order(files: Iterable[File]) -> tuple[File, ...]:
    """The files by name. Raises PageError where one name stands for two different files."""
    found: dict[str, File] = {}
    for file in files:
        if found.setdefault(file.name, file) != file:
            raise PageError(f"{file.name} is listed twice, each time differently")
    return tuple(found[name] for name in sorted(found))


def project_name(text: str) -> str:
    """A project's normalised name (PEP 503). Raises PageError for what cannot be one."""
    try:
        return canonicalize_name(text, validate=True)
    except InvalidName as error:
        raise PageError(f"{text!r} is not the name of a project") from error


def resolved(base: str, link: str) -> tuple[str, str]:
    """Where a link of the page at `base` leads, and its fragment. Raises PageError."""
    try:
        url, fragment = urldefrag(urljoin(base, link))
        urlsplit(url)  # urljoin looks at nothing where the base is empty
    except ValueError as error:
        raise PageError(f"{link!r} is not a link: {error}") from error
    return url, fragment


def known_version(text: str) -> str:
    """The version of the simple API that a page claims (PEP 629). Raises PageError for one unknown to us."""
    if not _VERSION.fullmatch(text):
        raise PageError(f"version {text!r} of the simple API is unknown")
    return text


def _strongest(hashes: Mapping[str, str]) -> dict[str, str]:
    """The one hash that a link has room for."""
    names = [name for name in HTML_HASHES if name in hashes]
    return {name: hashes[name] for name in names[:1]}


def _is_hash(algorithm: str, digest: str) -> bool:
    size = 64 if algorithm == "sha256" else len(digest)
    return bool(_ALGORITHM.fullmatch(algorithm) and _DIGEST.fullmatch(digest) and len(digest) == size)
