"""Retries: how often and how long something is tried again, as one value that a test can shorten."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from wheelpin.errors import WheelpinError

T = TypeVar("T")


class TransientError(Exception):
    """Something that may well go better in a moment; `error` is what it is once no try is left.

    `wait` is what the server asked for, in seconds.
    """

    def __init__(self, error: WheelpinError, wait: float | None = None) -> None:
        super().__init__(error.message)
        self.error = error
        self.wait = wait


@dataclass(frozen=True, kw_only=True, slots=True)
class Retries:
    """Full-jitter exponential waits from `base` to `cap`, a server's own wish up to `obeyed`; all in seconds.

    No wait begins after `deadline`. `sleep` and `clock` are seams for tests.
    """

    attempts: int = 6
    base: float = 0.5
    cap: float = 30.0
    obeyed: float = 120.0
    deadline: float = 600.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def persist(self, work: Callable[[], T]) -> T:
        """What `work` gives, tried anew as long as it raises TransientError; then raises its error."""
        start = self.clock()
        attempt = 0
        while True:
            try:
                return work()
            except TransientError as failure:
                attempt += 1
                if attempt >= self.attempts or self.clock() - start > self.deadline:
                    raise failure.error from failure
                self.pause(attempt - 1, failure.wait)

    def pause(self, attempt: int, wait: float | None = None) -> None:
        """Wait as long as the server wished, or a random while that grows with the number of attempts."""
        self.sleep(min(wait, self.obeyed) if wait is not None else self.jitter(attempt))

    def jitter(self, attempt: int) -> float:
        """A random number of seconds, so that many who were turned away do not come back together."""
        return random.uniform(0, min(self.cap, self.base * 2**attempt))  # noqa: S311 - no secret

    def until(self, seconds: float, look: Callable[[], bool]) -> bool:
        """Whether `look` says yes within so many seconds; it is asked at least once."""
        start = self.clock()
        attempt = 0
        while not look():
            if self.clock() - start >= seconds:
                return False
            self.sleep(min(5.0, self.base * 2**attempt))
            attempt += 1
        return True
