"""YAML scalars decoded with positions: plain, quoted with escapes, literal and folded.

PyYAML gives a scalar's value and where it begins and ends, but not where each character of the value is
written. This module follows libyaml's scanner (`yaml_parser_scan_flow_scalar` and its siblings), and its
result counts only when it equals the value that libyaml itself gave.
"""

import re
from collections.abc import Iterator

from yaml import ScalarNode

from wheelpin.definitions.fragment import Fragment

_PROPERTIES = re.compile(
    r"(?:[&!][^\s]*(?:[ \t]+|[ \t]*(?:#[^\r\n]*)?(?:\r\n|[\r\n\x85\u2028\u2029])[ \t]*)*)*"
)
_BREAK = re.compile(r"\r\n|[\r\n\x85\u2028\u2029]")
_HEADER = re.compile(r"[|>]([-+0-9]*)[ \t]*(?:#[^\r\n\x85\u2028\u2029]*)?(?:\r\n|[\r\n\x85\u2028\u2029]|$)")
_ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r",
    "e": "\x1b", " ": " ", '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0", "L": "\u2028",
    "P": "\u2029",
}  # fmt: skip
_CODES = {"x": 2, "u": 4, "U": 8}

Piece = tuple[str, int, int]
"""One decoded character and the part of the text that it is written as."""


def scalar_fragment(node: ScalarNode, text: Fragment) -> Fragment | None:
    """The value of a scalar of the YAML in `text`; None where the positions cannot be trusted."""
    start, end = node.start_mark.index, node.end_mark.index
    if not node.style and text.text[start:end] == node.value:
        return text.part(start, end)
    skipped = _PROPERTIES.match(text.text, start, end)
    start = skipped.end() if skipped else start
    pieces = _pieces(node, text.text, start, end)
    value = "".join(piece[0] for piece in pieces)
    if value != node.value:
        return None
    return text.decoded(value, [piece[1] for piece in pieces], [piece[2] for piece in pieces])


def quoted_fragment(text: Fragment, start: int, end: int) -> Fragment:
    """The value of a string on one line; `start` and `end` include its quotes.

    For TOML, whose escapes YAML knows too.
    """
    if text.text[start] == "'" or "\\" not in text.text[start:end]:
        return text.part(start + 1, end - 1)
    pieces = list(_flow(text.text, start + 1, end - 1, '"'))
    value = "".join(piece[0] for piece in pieces)
    return text.decoded(value, [piece[1] for piece in pieces], [piece[2] for piece in pieces])


def _pieces(node: ScalarNode, text: str, start: int, end: int) -> list[Piece]:
    match node.style:
        case "'" | '"':
            return list(_flow(text, start + 1, end - 1, node.style))
        case "|" | ">":
            return _block(node, text, start, end)
        case _:
            return list(_flow(text, start, end, ""))


def _flow(text: str, start: int, end: int, quote: str) -> Iterator[Piece]:
    """A plain or quoted scalar: escapes, doubled quotes and folded lines."""
    at = start
    while at < end:
        char = text[at]
        if quote == "'" and char == "'":
            yield "'", at, at + 2
            at += 2
        elif quote == '"' and char == "\\":
            pieces, at = _escape(text, at, end)
            yield from pieces
        elif char in " \t\r\n\x85\u2028\u2029":
            pieces, at = _blanks(text, at, end)
            yield from pieces
        else:
            yield char, at, at + 1
            at += 1


def _escape(text: str, at: int, end: int) -> tuple[list[Piece], int]:
    code = text[at + 1 : at + 2]
    if _BREAK.match(text, at + 1, end):
        breaks, after = _breaks(text, at + 1, end)
        return breaks[1:], after
    after = at + 2 + _CODES.get(code, 0)
    if code not in _CODES:
        return [(_ESCAPES.get(code, ""), at, after)], after
    return [(chr(int(text[at + 2 : after], 16)), at, after)], after


def _blanks(text: str, at: int, end: int) -> tuple[list[Piece], int]:
    """Blanks and line breaks: kept within a line, folded across lines."""
    after = _skip_blanks(text, at, end)
    if not _BREAK.match(text, after, end):
        return [(text[i], i, i + 1) for i in range(at, after)], after
    breaks, after = _breaks(text, after, end)
    if breaks[0][0] == "\n":
        breaks = breaks[1:] or [(" ", at, after)]
    return breaks, after


def _breaks(text: str, at: int, end: int) -> tuple[list[Piece], int]:
    """All line breaks from `at` on, the blanks around them left out."""
    breaks: list[Piece] = []
    while found := _BREAK.match(text, at, end):
        breaks.append((_break(found[0]), at, found.end()))
        at = _skip_blanks(text, found.end(), end)
    return breaks, at


def _block(node: ScalarNode, text: str, start: int, end: int) -> list[Piece]:
    """A literal or folded scalar, its indentation taken from the value's own first line."""
    header = _HEADER.match(text, start, end)
    if header is None:
        return []
    lines = list(_lines(text, header.end(), end))
    indent = _indent(node.value, text, lines)
    chomp = "-" if "-" in header[1] else "+" if "+" in header[1] else ""
    pieces: list[Piece] = []
    pending: list[Piece] = []
    breaks: list[Piece] = []
    leading_blank = False
    for begin, stop, broken in lines:
        blanks = stop - begin <= indent and text[begin:stop].strip(" ") == ""
        if blanks:
            breaks.extend(broken)
            continue
        content = begin + indent
        blank = text[content] in " \t"
        if node.style == ">" and pending and pending[0][0] == "\n" and not leading_blank and not blank:
            pending = [] if breaks else [(" ", pending[0][1], content)]
        pieces += [*pending, *breaks, *((text[i], i, i + 1) for i in range(content, stop))]
        pending, breaks, leading_blank = broken, [], blank
    if chomp != "-":
        pieces += pending
    if chomp == "+":
        pieces += breaks
    return pieces


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int, list[Piece]]]:
    """Begin and end of each line, and its line break as a piece."""
    at = start
    while at < end:
        found = _BREAK.search(text, at, end)
        if found is None:
            yield at, end, []
            return
        yield at, found.start(), [(_break(found[0]), found.start(), found.end())]
        at = found.end()


def _indent(value: str, text: str, lines: list[tuple[int, int, list[Piece]]]) -> int:
    inner = next((line for line in _BREAK.split(value) if line.strip(" ")), "")
    for begin, stop, _ in lines:
        line = text[begin:stop]
        if line.strip(" "):
            return max(0, _width(line) - _width(inner))
    return 0


def _width(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _break(written: str) -> str:
    return written if written in ("\u2028", "\u2029") else "\n"


def _skip_blanks(text: str, at: int, end: int) -> int:
    while at < end and text[at] in " \t":
        at += 1
    return at
