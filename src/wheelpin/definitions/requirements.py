"""pip's requirements and constraints files: logical lines as pip joins them, options, hashes, includes."""

import re
from collections.abc import Iterator
from dataclasses import replace

from wheelpin.definitions import AddressKind, Definition, LinkKind, Pin, Span
from wheelpin.definitions.collector import Collector, collector
from wheelpin.definitions.fragment import Fragment, joined
from wheelpin.definitions.marks import apply_marks
from wheelpin.definitions.requirement import requirement
from wheelpin.source import Source

_LINE_END = re.compile(r"\r\n|[\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]")
"""Where str.splitlines, and so pip, ends a line."""
_BLANK = re.compile(r"\s*")
_INCLUDE = re.compile(r"(?:-r|-c|--requirement|--constraint)(?:[ \t]*=[ \t]*|[ \t]*)(?=\S)")
_EDITABLE = re.compile(r"(?:-e|--editable)(?:[ \t]*=[ \t]*|[ \t]+)(?=\S)")
_ADDRESS = re.compile(
    r"(?:^|[ \t])(-i|--index-url|--extra-index-url|-f|--find-links)(?:[ \t]*=[ \t]*|[ \t]+)[\"']?([^\s\"']+)"
)
_SHORT = {"-i": AddressKind.INDEX, "-f": AddressKind.LINKS}
_OPTION = re.compile(r"[ \t]-")
_HASH = re.compile(r"--hash(?:=|[ \t]+)[a-z0-9]+:[0-9a-fA-F]+")


def read(source: Source) -> Definition:
    """The pins of a requirements or constraints file."""
    found = collector(source)
    read_requirements(found.text, found)
    apply_marks(found, continued=(line.span(0, len(line.text)) for line in logical_lines(found.text)))
    return found.definition()


def read_requirements(text: Fragment, found: Collector) -> None:
    """Take the pins and links of lines that pip reads as a requirements file."""
    for line in logical_lines(text):
        if include := _INCLUDE.match(line.text):
            path = line.text[include.end() :].strip("\"'")
            found.link(LinkKind.REQUIREMENTS, path, line.starts[0])
        elif editable := _EDITABLE.match(line.text):
            read_requirement(line.part(editable.end(), len(line.text)), found)
        elif line.text.startswith("-"):
            for address in _ADDRESS.finditer(line.text):
                kind = _SHORT.get(address[1]) or AddressKind(address[1])
                found.address(kind, line.part(*address.span(2)))
        else:
            read_requirement(line, found)


def read_requirement(line: Fragment, found: Collector) -> None:
    """Take the pin of one requirement with the options behind it."""
    option = _OPTION.search(line.text)
    end = option.start() if option else len(line.text)
    pin = requirement(line.part(0, end))
    if pin:
        found.pin(_with_hashes(pin, line, end))


def logical_lines(text: Fragment) -> Iterator[Fragment]:
    """Lines as pip sees them: continuations joined, comments and outer blanks cut off, none empty."""
    pieces: list[Fragment] = []
    for line in _physical_lines(text):
        comment = line.text.lstrip().startswith("#")
        if line.text.endswith("\\") and not comment:
            pieces.append(line.part(0, len(line.text.rstrip("\\"))))
            continue
        if not (comment and pieces):
            pieces.append(line)
        stripped = _stripped(joined(pieces))
        pieces = []
        if stripped.text:
            yield stripped
    if pieces and (stripped := _stripped(joined(pieces))).text:
        yield stripped


def _physical_lines(text: Fragment) -> Iterator[Fragment]:
    at = 0
    for end in _LINE_END.finditer(text.text):
        yield text.part(at, end.start())
        at = end.end()
    if at < len(text.text):
        yield text.part(at, len(text.text))


def _stripped(line: Fragment) -> Fragment:
    text = line.text
    at = text.find("#")
    while at > 0 and not text[at - 1].isspace():
        at = text.find("#", at + 1)
    if at >= 0:
        text = text[:at]
    start = len(text) - len(text.lstrip())
    return line.part(start, max(start, len(text.rstrip())))


def _with_hashes(pin: Pin, line: Fragment, options: int) -> Pin:
    hashes = tuple(line.span(*found.span()) for found in _HASH.finditer(line.text, options))
    if not hashes:
        return pin
    return replace(pin, hashes=hashes, span=Span(pin.span.start, hashes[-1].end))
