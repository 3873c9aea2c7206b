"""Races are run again from the beginning, within bounds that a test can hold."""

from collections.abc import Callable
from itertools import count

import pytest

from wheelpin.errors import OutcomeUnknownError, TargetError
from wheelpin.web.races import BASE, CAP, LostRaceError, win
from wheelpin.web.retries import Retries, TransientError


class Clock:
    """A clock that moves while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def retries(self, attempts: int = 3, deadline: float = 60) -> Retries:
        return Retries(attempts=attempts, deadline=deadline, sleep=self.sleep, clock=lambda: self.now)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def failing(*outcomes: Exception | str) -> Callable[[], str]:
    """What comes to these outcomes, one after the other."""
    left = iter(outcomes)

    def attempt() -> str:
        outcome = next(left)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return attempt


def away() -> TransientError:
    return TransientError(TargetError("store blobs: gave no answer"))


def test_what_goes_well_is_not_waited_for() -> None:
    clock = Clock()
    assert win(failing("won"), clock.retries(), "a page") == "won"
    assert clock.slept == []


def test_losses_and_failures_are_survived() -> None:
    clock = Clock()
    attempt = failing(LostRaceError(), away(), away(), LostRaceError(), away(), "won")
    assert win(attempt, clock.retries(), "a page") == "won"
    assert len(clock.slept) == 5


def test_waits_after_losses_grow_to_a_bound() -> None:
    clock = Clock()
    win(failing(*[LostRaceError()] * 30, "won"), clock.retries(deadline=1_000), "a page")
    assert all(seconds <= min(CAP, BASE * 2**at) for at, seconds in enumerate(clock.slept))


def test_failures_in_a_row_end_in_their_error() -> None:
    with pytest.raises(TargetError, match="gave no answer"):
        win(failing(away(), away(), away()), Clock().retries(), "a page")


def test_a_race_that_is_lost_until_the_deadline_is_unknown() -> None:
    clock = Clock()
    lost = (LostRaceError() for _ in count())

    def attempt() -> str:
        raise next(lost)

    with pytest.raises(OutcomeUnknownError) as caught:
        win(attempt, clock.retries(deadline=30), "store blobs: a page")
    assert caught.value.message == "store blobs: a page: others kept changing it"
    assert caught.value.hint == "nothing is lost: run the same command again"
    assert 30 < clock.now < 30 + CAP
