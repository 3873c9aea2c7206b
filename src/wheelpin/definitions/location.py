"""Pins that are locations: a wheel's URL or path, and a tag of a git repository."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

from wheelpin.definitions import Form, Pin, Span
from wheelpin.definitions.fragment import Fragment
from wheelpin.definitions.version import version_of

_REMOTE = ("http://", "https://")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://")
_URL_END = re.compile(r"[#?]")
_PATH_END = re.compile(r"[#?;\[]")
_PART = re.compile(r"[^/\\]+")
_DIGEST = re.compile(r"[#&](sha256|sha384|sha512|sha1|md5)=([0-9a-fA-F]+)")
_EGG = re.compile(r"[#&]egg=([A-Za-z0-9._-]+)")
_TAG = re.compile(r"(?:^|[-_/@+=])v?(?=[0-9])", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"[${<%]")
_LONGEST = 4096
"""Longer addresses are nobody's; the limit keeps the search for tags cheap."""


def is_location(word: str) -> bool:
    """Whether pip takes a word without a name before it for a URL or a path."""
    return bool(_SCHEME.match(word)) or word.startswith((".", "/", "~", "$", "file:")) or _is_wheel(word)


def located(line: Fragment, start: int, url: int, end: int, name: str | None) -> Pin | None:
    """The pin in the words from `start` to `end`, whose URL or path begins at `url`.

    None where nothing says which package it is.
    """
    address = line.text[url:end]
    if len(address) > _LONGEST:
        return None
    if address.lower().startswith("git+"):
        return _git(line, start, url, end, name)
    return _file(line, start, url, end, name)


def wheel_path(line: Fragment, start: int, end: int) -> Pin | None:
    """The pin in the path of a wheel that is copied or listed; None for other paths."""
    path = line.text[start:end]
    return located(line, start, start, end, None) if _is_wheel(path) and not _SCHEME.match(path) else None


def path_of(address: str) -> str:
    """A URL without its query and fragment; a path without the extras behind it."""
    found = (_URL_END if "://" in address else _PATH_END).search(address)
    return address[: found.start()] if found else address


def file_name(address: str) -> str:
    """The last part of a URL or a path, as it is written."""
    return re.split(r"[/\\]", path_of(address))[-1]


def with_digest(address: str, sha256: str) -> str:
    """An address with another digest, where it has one."""
    return _DIGEST.sub(lambda found: f"{found[0][0]}sha256={sha256}", address)


def version_places(address: str, version: str) -> list[tuple[int, int]]:
    """Where the folders and the file name of a wheel's address say its version."""
    path = path_of(address)
    parts = list(_PART.finditer(path))
    places = [part.span() for part in parts[:-1] if unquote(part[0]) == version]
    if parts and path.endswith(".whl"):
        begin = parts[-1].start() + parts[-1][0].index("-") + 1
        places.append((begin, path.index("-", begin)))
    return places


def _file(line: Fragment, start: int, url: int, end: int, name: str | None) -> Pin | None:
    address = line.text[url:end]
    known = _project(file_name(address))
    if known is None or name not in (None, known[0]):
        return Pin(name=name, form=Form.URL, span=line.span(start, end), version=None) if name else None
    remote = address.lower().startswith(_REMOTE)
    stop = end if remote else url + len(path_of(address))
    return Pin(
        name=known[0],
        form=Form.URL if remote else Form.WHEEL,
        span=line.span(start, stop),
        version=known[1],
        at=tuple(line.span(url + one, url + two) for one, two in version_places(address, known[1])),
        url=line.span(url, stop),
        address=line.text[url:stop],
        digests=tuple(_digests(line.part(url, stop))),
    )


def _digests(address: Fragment) -> Iterator[Span]:
    """The digests of a URL: sha256 by its value, another algorithm with its name, which changes too."""
    for digest in _DIGEST.finditer(address.text):
        yield address.span(digest.start(2 if digest[1] == "sha256" else 1), digest.end())


def _git(line: Fragment, start: int, url: int, end: int, name: str | None) -> Pin | None:
    address = line.text[url:end]
    body = address.split("#", 1)[0]
    host = body.find("://") + 3 if "://" in body else 0
    folders = body.find("/", host)
    at = body.find("@", folders) if folders >= 0 else -1
    known = name or _repository_name(address, body[: at if at >= 0 else len(body)])
    if known is None:
        return None
    span = line.span(start, end)
    revision = body[at + 1 :] if at >= 0 else ""
    for tag in _TAG.finditer(revision):
        version = revision[tag.end() :]
        if ("." in version or tag[0][-1:] in ("v", "V")) and version_of(version):
            place = line.span(url + len(body) - len(version), url + len(body))
            return Pin(name=known, form=Form.GIT, span=span, version=version, at=(place,))
    form = Form.PLACEHOLDER if _PLACEHOLDER.search(revision) else Form.GIT
    return Pin(name=known, form=form, span=span, version=None)


def _repository_name(address: str, body: str) -> str | None:
    egg = _EGG.search(address)
    if egg:
        return canonicalize_name(egg[1])
    if "subdirectory=" in address:
        return None
    return canonicalize_name(body.rstrip("/").rsplit("/", 1)[-1].removesuffix(".git")) or None


def _project(file: str) -> tuple[str, str] | None:
    """The normalised name and the version that the name of a wheel or an sdist states."""
    try:
        if file.endswith(".whl"):
            name, version, _, _ = parse_wheel_filename(unquote(file))
        else:
            name, version = parse_sdist_filename(unquote(file))
    except (InvalidWheelFilename, InvalidSdistFilename, ValueError):
        return None
    return name, str(version)


def _is_wheel(word: str) -> bool:
    path = path_of(word[:_LONGEST])
    return path.endswith(".whl") and _project(file_name(path)) is not None
