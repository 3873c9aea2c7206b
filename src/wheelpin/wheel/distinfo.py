"""The .dist-info folder of a wheel: METADATA and WHEEL, read as text that nobody vouches for."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import BinaryIO

from packaging.requirements import Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from wheelpin.wheel.entry import ArchiveError, Entry, hidden, shown, unpack

MAX_HEADER = 1 << 20
MAX_VALUE = 4 << 10
"""In bytes and in characters; of a thousand wheels in use none has a tenth of the first."""

_FILES = {"METADATA": 4 << 20, "WHEEL": MAX_HEADER, "RECORD": 16 << 20}
_METADATA_VERSION = re.compile(r"[12]\.\d+", re.ASCII)
_WHEEL_VERSION = re.compile(r"1\.\d+", re.ASCII)
_HEADER = re.compile(r"([\x21-\x39\x3b-\x7e]+):(.*)", re.DOTALL)
_FOLD = re.compile(r"\n(?![ \t])")
# What a specifier can be made of; `===` alone would take any text, also HTML.
_SPECIFIER = re.compile(r"[\w.,<>=!~*+ -]*", re.ASCII)

Headers = dict[str, list[str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class DistInfo:
    """The three files that every wheel has, as they stand; `folder` is where in the archive."""

    folder: str
    metadata: bytes
    wheel: bytes
    record: bytes


def read_info(file: BinaryIO, entries: Sequence[Entry]) -> DistInfo:
    """Find the one .dist-info folder and read its files. Raises ArchiveError where one is missing."""
    tops = {entry.name.partition("/")[0] for entry in entries}
    folders = sorted(top for top in tops if top.lower().endswith(".dist-info"))
    if len(folders) != 1:
        raise ArchiveError(
            "has no .dist-info folder" if not folders else "has more than one .dist-info folder"
        )
    found = {entry.name: entry for entry in entries}
    metadata, wheel, record = (
        _whole(file, name, found.get(f"{folders[0]}/{name}"), limit) for name, limit in _FILES.items()
    )
    return DistInfo(folder=folders[0], metadata=metadata, wheel=wheel, record=record)


def requires_python(data: bytes) -> str | None:
    """Requires-Python as METADATA writes it. Raises ArchiveError when it is there twice."""
    headers = _headers("METADATA", data)
    return _single("METADATA", headers, "Requires-Python") or None if "requires-python" in headers else None


def requirements(data: bytes) -> tuple[Requirement, ...]:
    """Every Requires-Dist of METADATA that `info_faults` found no fault in."""
    return tuple(map(Requirement, _headers("METADATA", data).get("requires-dist", ())))


def info_faults(info: DistInfo, name: str, version: Version, tags: Sequence[str]) -> Iterator[str]:
    """Where the folder contradicts the file name, which says these, or itself; one sentence each."""
    own_name, _, own_version = info.folder[: -len(".dist-info")].rpartition("-")
    yield from _identity_faults(f"the folder {shown(info.folder)}", own_name, own_version, name, version)
    yield from _metadata_faults(info.metadata, name, version)
    headers = _headers("WHEEL", info.wheel)
    if not _WHEEL_VERSION.fullmatch(_single("WHEEL", headers, "Wheel-Version")):
        yield "WHEEL has no Wheel-Version 1.x"
    if _expanded(headers.get("tag", []), len(tags)) != set(tags):
        yield "WHEEL has other tags than the file name: to rename a wheel, use `wheel tags`"


def _expanded(lines: list[str], limit: int) -> set[str]:
    """The tags that these lines name; older maturin writes compressed sets, of which none is over `limit`."""
    tags: set[str] = set()
    for line in lines[: limit + 1]:
        parts = [part.split(".") for part in line.split("-")]
        if prod(map(len, parts)) <= limit:
            tags |= {"-".join(tag) for tag in product(*parts)}
        else:
            tags.add(line)
    return tags


def _metadata_faults(data: bytes, name: str, version: Version) -> Iterator[str]:
    headers = _headers("METADATA", data)
    if not _METADATA_VERSION.fullmatch(_single("METADATA", headers, "Metadata-Version")):
        yield "METADATA has a Metadata-Version that is neither 1.x nor 2.x"
    invalid = [
        f"METADATA has an invalid {field}: {shown(value)}"
        for field, parse in _PARSERS.items()
        for value in headers.get(field.lower(), ())
        if not _is_valid(value, parse)
    ]
    yield from invalid
    own_name, own_version = (_single("METADATA", headers, field) for field in ("Name", "Version"))
    if not invalid:
        yield from _identity_faults("METADATA", own_name, own_version, name, version)


def _is_valid(value: str, parse: Callable[[str], object]) -> bool:
    if hidden(value) or len(value) > MAX_VALUE:
        return False
    try:
        parse(value)
    except (ValueError, RecursionError):
        return False
    return True


def _name(value: str) -> str:
    return canonicalize_name(value, validate=True)


def _specifiers(value: str) -> SpecifierSet:
    if not _SPECIFIER.fullmatch(value):
        raise InvalidSpecifier(value)
    return SpecifierSet(value)


_PARSERS: dict[str, Callable[[str], object]] = {
    "Name": _name,
    "Version": Version,
    "Requires-Python": _specifiers,
    "Requires-Dist": Requirement,
}


def _identity_faults(
    where: str, own_name: str, own_version: str, name: str, version: Version
) -> Iterator[str]:
    if canonicalize_name(own_name) != name:
        yield f"{where} has another name than the file name: {shown(own_name)}"
    try:
        same = Version(own_version) == version
    except ValueError:
        same = False
    if not same:
        yield f"{where} has another version than the file name: {shown(own_version)}"


def _whole(file: BinaryIO, name: str, entry: Entry | None, limit: int) -> bytes:
    if entry is None:
        raise ArchiveError(f"has no {name} in its .dist-info folder")
    if entry.size > limit:
        raise ArchiveError(f"has a {name} of more than {limit:,} bytes")
    return b"".join(unpack(file, entry))


def _headers(file: str, data: bytes) -> Headers:
    """The headers of an email message, by lower-case name, until the first blank line.

    Not read with `email`: its time is quadratic in the number of names, and it would parse the description
    as MIME.
    """
    headers: Headers = {}
    for header in _FOLD.split(_head(file, data)):
        match = _HEADER.fullmatch(header)
        if match is None:
            raise ArchiveError(f"has a {file} with a line that is not a header: {shown(header)}")
        headers.setdefault(match[1].lower(), []).append(match[2].strip())
    return headers


def _head(file: str, data: bytes) -> str:
    lines = data[:MAX_HEADER].splitlines()
    if b"" in lines:
        lines = lines[: lines.index(b"")]
    elif len(data) > MAX_HEADER:
        raise ArchiveError(f"has a {file} with headers of more than {MAX_HEADER:,} bytes")
    try:
        return b"\n".join(lines).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ArchiveError(f"has a {file} that is not UTF-8") from error


def _single(file: str, headers: Headers, name: str) -> str:
    values = headers.get(name.lower(), [])
    if len(values) != 1:
        raise ArchiveError(f"has a {file} that states {name} {len(values)} times instead of once")
    return values[0]
