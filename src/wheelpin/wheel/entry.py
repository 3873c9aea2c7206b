"""One entry of a zip archive: what it holds, and whether extracting it could do harm.

What an entry holds passes through in pieces; nothing is ever extracted to disk.
"""

import re
import stat
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO

STORED, DEFLATED = 0, 8
"""The two ways of packing that every installer knows."""

_PIECE = 64 << 10
# An empty part, `.`, `..`, a drive letter in any part (installers cut off the first ones), a backslash.
_UNSAFE_PATH = re.compile(r"(?:^|/)(?:\.{0,2}(?:/|$)|[A-Za-z]:)|\\")
_WORD = re.compile(r"[^\W\d_]+")
_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
# Cyrillic and Greek letters that fonts draw as ASCII ones (Unicode Technical Standard 39, confusables).
_LOOK_ALIKES = frozenset(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u0501\u051b\u051d\u04bb\u04cf"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0405\u0406\u0408"
    "\u03b1\u03b3\u03b9\u03bd\u03bf\u03c1\u03c5\u03f2"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
)


class ArchiveError(ValueError):
    """The archive cannot be read, or two readers could see two archives in it; the text says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One file or folder of an archive.

    `offset` is where its packed bytes start, `packed` and `size` are its bytes in and out of the archive.
    `mode` is the Unix mode, 0 when the archive states none.
    """

    name: str
    method: int
    crc: int
    packed: int
    size: int
    mode: int
    offset: int

    @property
    def is_folder(self) -> bool:
        """Whether installers skip it: a name that ends in a slash."""
        return self.name.endswith("/")

    @property
    def is_executable(self) -> bool:
        """Whether pip makes the installed file executable."""
        return stat.S_ISREG(self.mode) and bool(self.mode & 0o111)


def unpack(file: BinaryIO, entry: Entry) -> Iterator[bytes]:
    """What an entry holds, in pieces of at most 64 KiB. Raises ArchiveError when size or CRC are wrong."""
    size = crc = 0
    for piece in _inflated(file, entry) if entry.method == DEFLATED else _stored(file, entry):
        size += len(piece)
        crc = zlib.crc32(piece, crc)
        if size > entry.size:
            break
        yield piece
    if (size, crc) != (entry.size, entry.crc):
        raise ArchiveError(
            f"{shown(entry.name)} is damaged: it has not the size and CRC that the archive states"
        )


def hazards(entries: Iterable[Entry]) -> Iterator[str]:
    """What extracting these entries could do wrong on some machine, one sentence each."""
    by_key = []
    for entry in entries:
        for hazard in (*_hazards_of_name(entry.name), *_hazards_of_kind(entry)):
            yield f"{shown(entry.name)} {hazard}"
        by_key.append((_key(entry.name), entry.name))
    # A slash sorts first, so that a file stands right before what lies below it.
    for (key, name), (next_key, next_name) in pairwise(sorted(by_key)):
        if key == next_key:
            yield f"{shown(next_name)} and {shown(name)} are one file where names differ by more than case"
        elif next_key.startswith(key + "\0"):
            yield f"{shown(next_name)} lies below {shown(name)}, which is a file"


def hidden(text: str) -> bool:
    """Whether a character in it controls, joins or turns what a reader sees (as in Trojan Source)."""
    return not text.isprintable() and any(unicodedata.category(character) in _HIDDEN for character in text)


def shown(name: str) -> str:
    """An untrusted name as a message shows it: quoted, without a character that could hide something."""
    return ascii(name if len(name) <= 120 else name[:117] + "...")  # noqa: PLR2004 - what fits on a line


def _hazards_of_name(name: str) -> Iterator[str]:
    if _UNSAFE_PATH.search(name.removesuffix("/")):
        yield "is not a plain relative path with forward slashes"
    if hidden(name):
        yield "has an invisible character in its name"
    if not name.isascii() and any(map(_is_mixed, _WORD.findall(name))):
        yield "mixes ASCII letters with letters that look like them"


def _is_mixed(word: str) -> bool:
    return any(map(str.isascii, word)) and not _LOOK_ALIKES.isdisjoint(word)


def _hazards_of_kind(entry: Entry) -> Iterator[str]:
    kind = stat.S_IFMT(entry.mode)
    if kind not in (0, stat.S_IFDIR if entry.is_folder else stat.S_IFREG):
        yield "is a link, a device or not the kind of file that its name says"
    if entry.is_folder and entry.size:
        yield "is a folder that holds bytes"


def _key(name: str) -> str:
    """The name as file systems compare it that ignore case and how accents are encoded."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    return folded.replace("/", "\0")


def _stored(file: BinaryIO, entry: Entry) -> Iterator[bytes]:
    for at in range(entry.offset, entry.offset + entry.packed, _PIECE):
        yield read_exactly(file, at, min(_PIECE, entry.offset + entry.packed - at))


def _inflated(file: BinaryIO, entry: Entry) -> Iterator[bytes]:
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    at, end = entry.offset, entry.offset + entry.packed
    while not inflate.eof:
        data = inflate.unconsumed_tail
        if not data:
            data = read_exactly(file, at, min(_PIECE, end - at))
            at += len(data)
        try:
            piece = inflate.decompress(data, _PIECE)
        except zlib.error as error:
            raise ArchiveError(f"{shown(entry.name)} is damaged: {error}") from error
        if not data and not piece:
            break
        yield piece
    if at != end or inflate.unused_data or not inflate.eof:
        raise ArchiveError(f"{shown(entry.name)} does not end where its data does")


def read_exactly(file: BinaryIO, offset: int, length: int) -> bytes:
    """All of these bytes. Raises ArchiveError where the file does not have them."""
    if offset < 0:
        raise ArchiveError("is too short for a zip archive")
    file.seek(offset)
    data = file.read(length)
    if len(data) != length:
        raise ArchiveError("is cut short")
    return data
