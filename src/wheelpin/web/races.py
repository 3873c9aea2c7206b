"""Races: repeat what somebody else was quicker at, looking at everything anew, until a deadline."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import TypeVar

from wheelpin.errors import OutcomeUnknownError
from wheelpin.web.retries import Retries

T = TypeVar("T")

BASE, CAP = 0.05, 5.0
"""Seconds: whoever was quicker is done within milliseconds, so waits are shorter than after failures."""
_DOUBLINGS = 7


class LostRaceError(Exception):
    """What was to be written is not any more as it was when it was read."""


def win(attempt: Callable[[], T], retries: Retries, what: str) -> T:
    """What `attempt` gives once nobody is quicker and nothing fails in passing.

    It is repeated from its beginning, so it has to look before it writes: after a lost answer it finds what
    it wrote itself. Raises OutcomeUnknownError when others are quicker until the deadline.
    """
    start = retries.clock()
    races = replace(retries, base=BASE, cap=CAP)
    for lost in count():
        try:
            return retries.persist(attempt)
        except LostRaceError as error:
            if retries.clock() - start > retries.deadline:
                hint = "nothing is lost: run the same command again"
                raise OutcomeUnknownError(f"{what}: others kept changing it", hint=hint) from error
            races.pause(min(lost, _DOUBLINGS))
    raise AssertionError
