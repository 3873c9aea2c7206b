"""Fragment: a piece of text that knows where in the file each of its characters stands.

A pin may sit in a quoted scalar in a block scalar in a YAML file; it is found in decoded text and edited in
the file. The mapping is kept per character: nothing is ever guessed from lengths.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wheelpin.definitions import Span


@dataclass(frozen=True, slots=True)
class Fragment:
    """Decoded text; its character `i` is written as the file's characters `starts[i]` to `ends[i]`."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def span(self, start: int, end: int) -> Span:
        """Where in the file the characters from `start` to `end` stand; at least one character."""
        return Span(self.starts[start], self.ends[end - 1])

    def part(self, start: int, end: int) -> "Fragment":
        """The characters from `start` to `end` as a fragment of their own."""
        return Fragment(self.text[start:end], self.starts[start:end], self.ends[start:end])

    def decoded(self, text: str, starts: Sequence[int], ends: Sequence[int]) -> "Fragment":
        """`text`, whose character `i` is written as this fragment's characters `starts[i]` to `ends[i]`."""
        return Fragment(text, [self.starts[i] for i in starts], [self.ends[i - 1] for i in ends])


def whole(text: str) -> Fragment:
    """A file's text, which stands where it stands."""
    return Fragment(text, range(len(text)), range(1, len(text) + 1))


def joined(parts: Iterable[Fragment]) -> Fragment:
    """Several fragments as one text: the logical line of continued lines."""
    pieces = list(parts)
    if len(pieces) == 1:
        return pieces[0]
    return Fragment(
        "".join(piece.text for piece in pieces),
        [start for piece in pieces for start in piece.starts],
        [end for piece in pieces for end in piece.ends],
    )
