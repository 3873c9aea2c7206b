"""Edits as facts, applied to a text and checked: what differs then is what was meant, or nothing is done."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from yaml import ScalarNode

from wheelpin.change import Edit
from wheelpin.definitions import Definition, Format, Span
from wheelpin.definitions.formats import reader
from wheelpin.document import compose, nodes
from wheelpin.errors import DefinitionError, TargetError
from wheelpin.source import Lines, Source

_YAML = (Format.AZUREML, Format.CONDA, Format.V1)


def edited(text: str, edits: Sequence[Edit]) -> str:
    """`text` after its edits. Raises TargetError where `before` does not stand, or edits overlap."""
    new, end = "", len(text)
    for edit, span in reversed(_placed(text, edits)):
        new = edit.after + text[span.end : end] + new
        end = span.start
    return text[:end] + new


def verified(source: Source, form: Format, edits: Sequence[Edit]) -> str:
    """The text after its edits, read again: exactly the edited places say something else.

    Raises TargetError where an edit would change what else the file says.
    """
    text = edited(source.text, edits)
    moved = _Moves([(span, len(edit.after)) for edit, span in _placed(source.text, edits)])
    try:
        old = reader(form)(source)
        new = reader(form)(Source(source.path, text, source.encoding, source.bom))
        same = (
            moved.spans <= _places(old)
            and _facts(old, moved) == _facts(new, None)
            and _same_yaml(source, text, form, moved)
        )
        source.encode(text)
    except (DefinitionError, UnicodeError):
        same = False
    if not same:
        places = ", ".join(f"{edit.line}:{edit.column}" for edit in edits)
        raise TargetError(
            f"{source.path}: the edit at {places} would change more than a version, so none is made",
            hint="write the version in a plainer way, or mark the line with '# wheelpin: ignore'",
        )
    return text


def _placed(text: str, edits: Sequence[Edit]) -> list[tuple[Edit, Span]]:
    """Each edit with where its `before` stands, in the order of the text."""
    lines = Lines(text)
    placed = []
    for edit in edits:
        start = lines.offset(edit.line, edit.column)
        if start is None or start < 0 or not text.startswith(edit.before, start):
            raise TargetError(
                f"{edit.path}:{edit.line}:{edit.column}: {edit.before!r} does not stand here",
                hint="plan again: the file has changed",
            )
        placed.append((edit, Span(start, start + len(edit.before))))
    placed.sort(key=lambda pair: pair[1])
    for (one, first), (_, second) in pairwise(placed):
        if second.start < first.end:
            raise TargetError(f"{one.path}:{one.line}:{one.column}: two edits overlap")
    return placed


class _Moves:
    """Where offsets of the old text stand in the new one."""

    def __init__(self, edits: Sequence[tuple[Span, int]]) -> None:
        self.spans = {span for span, _ in edits}
        self.starts = [span.start for span, _ in edits]
        self.ends = [span.end for span, _ in edits]
        self.shifts = [0, *accumulate(length - (span.end - span.start) for span, length in edits)]

    def span(self, span: Span) -> Span:
        """A span that is either edited as a whole or not touched, in the new text."""
        return Span(self._offset(span.start), self._offset(span.end))

    def touches(self, start: int, end: int) -> bool:
        """Whether an edit lies in a part of the old text."""
        index = bisect_right(self.ends, start)
        return index < len(self.starts) and self.starts[index] < end

    def _offset(self, offset: int) -> int:
        return offset + self.shifts[bisect_right(self.ends, offset)]


def _places(definition: Definition) -> set[Span]:
    """Where a version stands: nothing else is ever edited."""
    stated = [definition.stated.span] if definition.stated else []
    return {*(one.span for one in definition.found), *stated}


def _facts(definition: Definition, moved: _Moves | None) -> list[object]:
    """All that a definition says but for the versions, each fact at its place in the new text."""
    facts: list[object] = [
        (one.name, one.form, moved.span(one.span) if moved else one.span) for one in definition.found
    ]
    if definition.stated:
        span = definition.stated.span
        facts.append((definition.stated.name, moved.span(span) if moved else span))
    facts.extend((link.kind, link.path) for link in definition.links)
    facts.extend((finding.level, finding.message) for finding in definition.findings)
    return facts


def _same_yaml(source: Source, text: str, form: Format, moved: _Moves) -> bool:
    if form not in _YAML:
        return True
    old, new = list(_scalars(source.text, source.path)), list(_scalars(text, source.path))
    return len(old) == len(new) and all(
        (one.tag, one.value) == (two.tag, two.value)
        or moved.touches(one.start_mark.index, one.end_mark.index)
        for one, two in zip(old, new, strict=True)
    )


def _scalars(text: str, path: str) -> Iterator[ScalarNode]:
    for document in compose(text, path):
        yield from (node for node in nodes(document) if isinstance(node, ScalarNode))
