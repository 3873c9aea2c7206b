"""Zip archives read so strictly that every other reader sees the same files in them.

Nothing is ever extracted to disk, and what an entry holds passes through in pieces. The rules are those of
PyPI's upload checks and some more; the numbers of sections in comments are those of PKWARE's APPNOTE.TXT.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from wheelpin.wheel.entry import DEFLATED, STORED, ArchiveError, Entry, read_exactly, shown

MAX_ENTRIES = 65_535
"""The most that a zip archive can hold without the ZIP64 extension."""
MAX_DIRECTORY = 16 << 20
MAX_NAME = 512
"""About twice the longest path that Windows opens as it is set up."""
MAX_UNPACKED = 64 << 20
MAX_RATIO = 50
"""PyPI's mark of a bomb: more than MAX_UNPACKED bytes, and more than MAX_RATIO times the archive's size."""

_DESCRIPTOR, _UTF8 = 0x0008, 0x0800
_HARMLESS_FLAGS = 0x0002 | 0x0004 | _DESCRIPTOR | _UTF8  # the first two tell how hard deflate tried
_WIDE, _UNICODE_PATH = 0x0001, 0x7075
_TOP16, _TOP32 = 0xFFFF, 0xFFFFFFFF

_LOCAL = struct.Struct("<4s5H3L2H")  # 4.3.7
_CENTRAL = struct.Struct("<4s6H3L5H2L")  # 4.3.12
_END = struct.Struct("<4s4H2LH")  # 4.3.16
_WIDE_END = struct.Struct("<4sQ2H2L4Q")  # 4.3.14
_LOCATOR = struct.Struct("<4sLQL")  # 4.3.15


@dataclass(frozen=True, kw_only=True, slots=True)
class _Header:
    """What the central directory says of an entry; `offset` is where its local header starts."""

    name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    attributes: int
    offset: int


def read_entries(file: BinaryIO) -> tuple[Entry, ...]:
    """The entries in the order of their bytes, once the central directory and the local headers agree.

    Local headers, data and directory fill the file without a gap. Raises ArchiveError.
    """
    start, length, count = _directory(file)
    headers = sorted(_headers(read_exactly(file, start, length), count), key=lambda header: header.offset)
    if not headers or headers[0].offset != 0:
        raise ArchiveError("has bytes before its first entry" if headers else "holds no files")
    ends = [*(header.offset for header in headers[1:]), start]
    unpacked = sum(header.size for header in headers)
    if unpacked > MAX_UNPACKED and unpacked > MAX_RATIO * file.seek(0, os.SEEK_END):
        raise ArchiveError(f"is a bomb: it would unpack to {unpacked:,} bytes")
    return tuple(_entry(file, header, end) for header, end in zip(headers, ends, strict=True))


def _directory(file: BinaryIO) -> tuple[int, int, int]:
    """Where the central directory starts, its length in bytes and the number of its entries."""
    end = file.seek(0, os.SEEK_END) - _END.size
    signature, *disks, here, count, length, start, comment = _END.unpack(read_exactly(file, end, _END.size))
    if signature != b"PK\5\6" or comment:
        raise ArchiveError(
            "does not end as a zip archive: it is cut short, something follows it, or a comment does"
        )
    locator = read_exactly(file, end - _LOCATOR.size, _LOCATOR.size) if end >= _LOCATOR.size else b""
    if locator.startswith(b"PK\6\7"):
        end, wide = _wide_directory(file, end - _LOCATOR.size, locator)
        if not all(map(_agree, (count, length, start), wide, (_TOP16, _TOP32, _TOP32))):
            raise ArchiveError("has two end records that contradict each other")
        count, length, start = wide
        here = count if here == _TOP16 else here
    if any(disks) or here != count or start + length != end:
        raise ArchiveError("has an end record that does not fit its directory")
    if count > MAX_ENTRIES or length > MAX_DIRECTORY:
        raise ArchiveError(
            f"has more than {MAX_ENTRIES:,} entries, or a directory of over {MAX_DIRECTORY:,} bytes"
        )
    return start, length, count


def _wide_directory(file: BinaryIO, end: int, locator: bytes) -> tuple[int, tuple[int, int, int]]:
    """Where the ZIP64 end record starts, and its count of entries, length and start of the directory."""
    _, disk, offset, disks = _LOCATOR.unpack(locator)
    signature, rest, *_, here_disk, first_disk, here, count, length, start = _WIDE_END.unpack(
        read_exactly(file, end - _WIDE_END.size, _WIDE_END.size)
    )
    expected = (b"PK\6\6", _WIDE_END.size - 12, end - _WIDE_END.size, count)
    if (signature, rest, offset, here) != expected or disk or disks != 1 or here_disk or first_disk:
        raise ArchiveError("has a ZIP64 end record that does not fit its place")
    return offset, (count, length, start)


def _headers(data: bytes, count: int) -> Iterator[_Header]:
    at = 0
    for _ in range(count):
        if at + _CENTRAL.size > len(data):
            raise ArchiveError("has a directory with fewer entries than it states")
        signature, _, _, flags, method, _, _, crc, packed, size, *lengths, disk, _, attributes, offset = (
            _CENTRAL.unpack_from(data, at)
        )
        name_ends = at + _CENTRAL.size + lengths[0]
        name, extra = data[at + _CENTRAL.size : name_ends], data[name_ends : name_ends + lengths[1]]
        if signature != b"PK\1\2" or disk or lengths[2]:
            raise ArchiveError("has a damaged directory, or comments in it")
        size, packed, offset = _widened(extra, size, packed, offset)
        yield _Header(
            name=name,
            flags=flags,
            method=method,
            crc=crc,
            packed=packed,
            size=size,
            attributes=attributes,
            offset=offset,
        )
        at = name_ends + lengths[1]
    if at != len(data):
        raise ArchiveError("has a directory with more in it than the entries it states")


def _widened(extra: bytes, *values: int) -> list[int]:
    """`values` with each that stands at its top replaced from the ZIP64 extra field (4.5.3)."""
    seen: set[int] = set()
    wide, at = b"", 0
    while at < len(extra):
        kind, length = struct.unpack_from("<2H", extra, at) if at + 4 <= len(extra) else (0, _TOP16)
        field = extra[at + 4 : at + 4 + length]
        if len(field) != length or kind in seen or kind == _UNICODE_PATH:
            raise ArchiveError("has an extra field that readers could understand in two ways")
        seen.add(kind)
        wide = field if kind == _WIDE else wide
        at += 4 + length
    numbers = struct.unpack(f"<{len(wide) // 8}Q", wide) if len(wide) % 8 == 0 else ()
    if len(numbers) == values.count(_TOP32):
        given = iter(numbers)
        return [next(given) if value == _TOP32 else value for value in values]
    # Bazel's zipper states every size twice, also those that fit.
    if len(numbers) == len(values) and all(map(_agree, values, numbers)):
        return list(numbers)
    raise ArchiveError("has a ZIP64 extra field that does not fit its entry")


def _agree(narrow: int, wide: int, top: int = _TOP32) -> bool:
    return narrow in (wide, top)


def _entry(file: BinaryIO, header: _Header, end: int) -> Entry:
    """The entry whose local header the directory points to, and which must reach until `end`."""
    name = _decoded(header)
    signature, _, flags, method, _, _, crc, packed, size, name_length, extra_length = _LOCAL.unpack(
        read_exactly(file, header.offset, _LOCAL.size)
    )
    start = header.offset + _LOCAL.size + name_length + extra_length
    labels = read_exactly(file, header.offset + _LOCAL.size, name_length + extra_length)
    size, packed = _widened(labels[name_length:], size, packed)
    expected = (b"PK\3\4", header.name, header.flags, header.method)
    sizes = (header.crc, header.packed, header.size)
    # Only deflated data shows where it ends, so only its sizes may follow in a descriptor.
    streamed = header.flags & _DESCRIPTOR and method == DEFLATED and (crc, packed, size) == (0, 0, 0)
    if (signature, labels[:name_length], flags, method) != expected or (
        (crc, packed, size) != sizes and not streamed
    ):
        raise ArchiveError(f"{shown(name)} has a local header that contradicts the directory")
    _check_packing(name, header)
    after = end - start - header.packed
    if not 0 <= after <= 24 or read_exactly(file, end - after, after) not in _trailers(header):  # noqa: PLR2004
        raise ArchiveError(f"{shown(name)} does not reach exactly to the next entry")
    return Entry(
        name=name,
        method=header.method,
        crc=header.crc,
        packed=header.packed,
        size=header.size,
        mode=header.attributes >> 16,
        offset=start,
    )


def _decoded(header: _Header) -> str:
    if len(header.name) > MAX_NAME:
        raise ArchiveError(f"has an entry with a name of more than {MAX_NAME:,} bytes")
    try:
        return header.name.decode("utf-8" if header.flags & _UTF8 else "ascii")
    except UnicodeDecodeError as error:
        text = f"{header.name[:120]!r} is a name in no stated encoding: readers could decode it in two ways"
        raise ArchiveError(text) from error


def _check_packing(name: str, header: _Header) -> None:
    if header.flags & ~_HARMLESS_FLAGS:
        raise ArchiveError(f"{shown(name)} is encrypted or uses a feature that wheels do not")
    if header.method not in (STORED, DEFLATED):
        raise ArchiveError(
            f"{shown(name)} is compressed by method {header.method}: wheels use deflate or none"
        )
    if header.method == STORED and header.packed != header.size:
        raise ArchiveError(f"{shown(name)} is stored with two different sizes")


def _trailers(header: _Header) -> tuple[bytes, ...]:
    """What may follow an entry's data: nothing, or an honest data descriptor in its four forms (4.3.9)."""
    if not header.flags & _DESCRIPTOR:
        return (b"",)
    wide = struct.pack("<L2Q", header.crc, header.packed, header.size)
    if header.packed > _TOP32 or header.size > _TOP32:
        return wide, b"PK\7\x08" + wide
    narrow = struct.pack("<3L", header.crc, header.packed, header.size)
    return narrow, b"PK\7\x08" + narrow, wide, b"PK\7\x08" + wide
