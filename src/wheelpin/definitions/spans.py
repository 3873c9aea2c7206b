"""Many parts of one text, asked at once."""

from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate

from wheelpin.definitions import Span


class Spans:
    """Parts of a text, asked whether another part meets one of them."""

    def __init__(self, spans: Iterable[Span]) -> None:
        ordered = sorted(spans)
        self._starts = [span.start for span in ordered]
        self._ends = list(accumulate((span.end for span in ordered), max))

    def meet(self, span: Span) -> bool:
        """Whether a part has a character in common with one of these."""
        before = bisect_left(self._starts, span.end)
        return before > 0 and self._ends[before - 1] > span.start
