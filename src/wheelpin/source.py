"""Source: the text of one file with every character that it has, and the way back to its bytes."""

import codecs
import re
from bisect import bisect_right
from dataclasses import dataclass

from wheelpin.document import invalid

_BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)")
_ASCII = rb"+AGE- \u0061 .xn--4ca. a-b"
"""What utf-7, idna, punycode and the escape codecs read as something else: a charset leaves it alone."""
_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Source:
    """The text of one file and what is needed to write it back byte for byte."""

    path: str
    text: str
    encoding: str = "utf-8"
    bom: bytes = b""

    def encode(self, text: str) -> bytes:
        """`text` as this file's bytes."""
        return self.bom + text.encode(self.encoding)


class Lines:
    """Turns offsets in a text into lines and columns, both counted from 1, and back."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(text))]

    def position(self, offset: int) -> tuple[int, int]:
        """The line and column of an offset."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int | None:
        """The offset of a line and column; None when there is no such line."""
        if not 1 <= line <= len(self._starts):
            return None
        return self._starts[line - 1] + column - 1


def decode(path: str, data: bytes) -> Source:
    """Text from bytes as pip and YAML read them: a byte order mark, else a PEP 263 line, else UTF-8.

    YAML knows no PEP 263: there, such a line is a comment.
    """
    for bom, encoding in _BOMS.items():
        if data.startswith(bom):
            return _decoded(path, data[len(bom) :], encoding, bom)
    for head in () if path.endswith((".yml", ".yaml")) else data.split(b"\n", 2)[:2]:
        if match := _CODING.match(head):
            return _decoded(path, data, match[1].decode("ascii"), b"")
    return _decoded(path, data, "utf-8", b"")


def _decoded(path: str, data: bytes, encoding: str, bom: bytes) -> Source:
    try:
        text = data.decode(encoding)
        faithful = text.encode(encoding) == data and (bom or _ASCII.decode(encoding) == _ASCII.decode())
    except (UnicodeError, LookupError) as error:
        raise invalid(path, f"is not {encoding} text", None) from error
    if not faithful:
        raise invalid(path, f"does not survive a round trip through {encoding}", None)
    return Source(path, text, encoding, bom)
