"""What a file's own comments ask for: `# wheelpin: ignore` and `# wheelpin: acme-core`.

A mark speaks for its line, or for the next one where it stands alone; to ignore holds for all of an
instruction or a requirement that goes on over several lines.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from packaging.utils import canonicalize_name
from yaml import Node, ScalarNode

from wheelpin.definitions import Form, Pin, Span
from wheelpin.definitions.collector import Collector
from wheelpin.definitions.spans import Spans
from wheelpin.definitions.unread import take_unread
from wheelpin.document import nodes
from wheelpin.errors import Level

_MARK = re.compile(r"#[ \t]*wheelpin:[ \t]*([^\r\n#]*)", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,200}[A-Za-z0-9])?")
_VERSION = re.compile(
    r"(?<![A-Za-z0-9_.+])v?([0-9]+(?:\.[0-9]+)*(?:[-_.]?(?:a|b|rc|post|dev)[0-9]+)*(?:\+[a-z0-9.]+)?)"
    r"(?![A-Za-z0-9_])"
)
_LINE = re.compile(r"[^\r\n]*")


@dataclass(frozen=True, slots=True)
class _Mark:
    """A comment's wish, where it stands, and the part of the text that it speaks for."""

    wish: str
    at: int
    line: Span


_NO_STRINGS = Spans([])


def apply_marks(
    found: Collector, *, strings: Spans = _NO_STRINGS, alone: bool = False, continued: Iterable[Span] = ()
) -> None:
    """Do what the comments of a file ask for with what was found in it, and with what looks like a pin.

    What looks like a mark in one of the `strings` is none; `alone` says that only whole lines are comments;
    `continued` are the parts of the text that are one, over all their lines.
    """
    take_unread(found)
    if not _MARK.search(found.source.text):
        return
    marks = list(_marks(found.source.text, strings, alone=alone))
    ignoring = _continued([mark for mark in marks if mark.wish.lower() == "ignore"], continued)
    _tell_idle(found, ignoring)
    _ignore(found, Spans(mark.line for mark in ignoring))
    stated = [found.stated.span] if found.stated else []
    taken = Spans([*found.pins, *found.references, *stated])
    for mark in marks:
        if mark.wish.lower() != "ignore":
            _mark(found, mark, taken)


def yaml_strings(documents: Iterable[Node]) -> Spans:
    """The plain and quoted scalars of YAML, in which a `#` begins no comment."""
    return Spans(
        Span(node.start_mark.index, node.end_mark.index)
        for document in documents
        for node in nodes(document)
        if isinstance(node, ScalarNode) and node.style not in ("|", ">")
    )


def _marks(text: str, strings: Spans, *, alone: bool) -> Iterator[_Mark]:
    for comment in _MARK.finditer(text):
        at = comment.start()
        start = max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1
        before = text[start:at]
        if (before and not before[-1].isspace()) or (alone and before.strip()):
            continue
        if strings.meet(Span(at, at + 1)):
            continue
        line = Span(start, at) if before.strip() else _next_line(text, comment.end())
        yield _Mark(comment[1].strip(), at, line)


def _next_line(text: str, at: int) -> Span:
    rest = _LINE.match(text, at)
    end = rest.end() if rest else len(text)
    start = end + 2 if text.startswith("\r\n", end) else min(end + 1, len(text))
    line = _LINE.match(text, start)
    return Span(start, line.end() if line else start)


def _continued(marks: list[_Mark], wholes: Iterable[Span]) -> list[_Mark]:
    """The marks, those before a whole with all of it as their line."""
    ordered = sorted(wholes) if marks else []
    starts = [span.start for span in ordered]
    found = []
    for mark in marks:
        index = bisect_left(starts, max(mark.at, mark.line.start))
        behind = index < len(ordered) and starts[index] < mark.line.end
        end = max(mark.line.end, ordered[index].end) if behind else mark.line.end
        found.append(replace(mark, line=Span(mark.line.start, end)))
    return found


def _tell_idle(found: Collector, ignoring: Iterable[_Mark]) -> None:
    stated = [found.stated.span] if found.stated else []
    places = Spans([*found.pins, *found.unread, *found.references, *stated])
    for mark in ignoring:
        if not places.meet(mark.line):
            hint = "it stands in the line that is to stay, or alone in the line before it"
            found.find(
                Level.WARNING, "a comment says 'wheelpin: ignore' where there is no pin", mark.at, hint
            )


def _ignore(found: Collector, lines: Spans) -> None:
    for span, pin in found.pins.items():
        if lines.meet(span):
            found.pins[span] = replace(pin, ignored=True)
    for span, pin in found.unread.items():
        if lines.meet(span):
            found.unread[span] = replace(pin, ignored=True)
    for span, reference in found.references.items():
        if lines.meet(span):
            found.references[span] = replace(reference, ignored=True)
    if found.stated and lines.meet(found.stated.span):
        found.stated = None


def _mark(found: Collector, mark: _Mark, taken: Spans) -> None:
    """Take the version that stands alone in the marked line as a pin."""
    text = found.source.text
    if not _NAME.fullmatch(mark.wish):
        hint = "it takes 'ignore' or the name of a package"
        found.find(Level.WARNING, f"a comment asks for {mark.wish[:60]!r}", mark.at, hint)
        return
    versions = (Span(*version.span(1)) for version in _VERSION.finditer(text, mark.line.start, mark.line.end))
    spans = [span for span in versions if not taken.meet(span)]
    chosen = [span for span in spans if "." in span.of(text)] or spans
    if len(chosen) != 1:
        message = f"the line marked with {mark.wish!r} has {len(chosen)} versions of its own instead of one"
        found.find(Level.WARNING, message, mark.at)
        return
    span = chosen[0]
    name = canonicalize_name(mark.wish)
    found.pin(Pin(name=name, form=Form.MARKED, span=span, version=span.of(text), at=(span,)))
