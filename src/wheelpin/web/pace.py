"""Pace: how many requests a service bears, so that many threads and many pipelines are not turned away.

Azure Resource Manager gives each subscription and caller a bucket of tokens for reads and one for writes,
says in every answer how many are left, and after a 429 wants silence for as long as it says.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

READS: Final = (250.0, 25.0)
"""Requests at once, and per second after that, as the service documents them."""
WRITES: Final = (200.0, 10.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """Whose bucket a request takes from."""

    subscription: str
    writes: bool


class Pace:
    """The buckets of one host; safe to use from many threads. `sleep` and `clock` are seams for tests."""

    def __init__(
        self,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sleep = sleep
        self._clock = clock
        self._lock = threading.Lock()
        self._resume = 0.0
        self._buckets: dict[Kind, _Bucket] = defaultdict(lambda: _Bucket(clock()))

    def take(self, kind: Kind) -> None:
        """Wait until one more request of this kind is welcome."""
        with self._lock:
            now = self._clock()
            wait = max(self._buckets[kind].take(kind, now), self._resume - now)
        while wait > 0:
            self._sleep(wait)
            wait = self._silence()

    def _silence(self) -> float:
        """Seconds of silence that are left: more may have been asked for while somebody waited."""
        with self._lock:
            return self._resume - self._clock()

    def learn(self, kind: Kind, left: int) -> None:
        """The service says how many requests are left."""
        with self._lock:
            self._buckets[kind].cut(left)

    def hold(self, seconds: float) -> None:
        """The service wants nothing from anybody for a while."""
        with self._lock:
            self._resume = max(self._resume, self._clock() + seconds)


class _Bucket:
    """Tokens; below zero are those that somebody waits for already."""

    def __init__(self, now: float) -> None:
        self._tokens: float | None = None
        self._seen = now

    def take(self, kind: Kind, now: float) -> float:
        """Seconds to wait for the token that is taken."""
        size, rate = WRITES if kind.writes else READS
        tokens = size if self._tokens is None else self._tokens
        tokens = min(size, tokens + (now - self._seen) * rate) - 1
        self._tokens, self._seen = tokens, now
        return max(0.0, -tokens / rate)

    def cut(self, left: int) -> None:
        if self._tokens is not None:
            self._tokens = min(self._tokens, float(left))
