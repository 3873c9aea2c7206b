"""Trying again: as often as allowed, as late as asked, never for ever."""

import pytest

from wheelpin.errors import TargetError
from wheelpin.web.retries import Retries, TransientError


class Clock:
    """Time that passes by sleeping alone."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def retries(self, attempts: int = 6, deadline: float = 600) -> Retries:
        return Retries(attempts=attempts, deadline=deadline, sleep=self.sleep, clock=lambda: self.now)


class Work:
    """Fails so many times, asking each time for a wait."""

    def __init__(self, failures: int, wait: float | None = None) -> None:
        self.failures, self.wait = failures, wait

    def __call__(self) -> str:
        if self.failures:
            self.failures -= 1
            raise TransientError(TargetError("busy"), self.wait)
        return "done"


def test_what_fails_for_a_while_is_tried_again() -> None:
    clock = Clock()
    assert clock.retries().persist(Work(5)) == "done"
    assert all(0 <= slept <= 0.5 * 2**at for at, slept in enumerate(clock.slept))


def test_the_last_error_is_told() -> None:
    clock = Clock()
    with pytest.raises(TargetError, match="busy"):
        clock.retries(attempts=3).persist(Work(3))
    assert len(clock.slept) == 2


def test_a_server_s_wish_is_obeyed_within_bounds() -> None:
    clock = Clock()
    clock.retries().persist(Work(1, 7))
    clock.retries().persist(Work(1, 9000))
    assert clock.slept == [7, 120]


def test_after_the_deadline_nothing_begins() -> None:
    clock = Clock()
    with pytest.raises(TargetError):
        clock.retries(attempts=99, deadline=200).persist(Work(99, 120))
    assert clock.slept == [120, 120]


def test_waiting_for_something_to_show_ends() -> None:
    clock = Clock()
    assert clock.retries().until(0, lambda: True)
    assert not clock.retries().until(10, lambda: False)
    assert 10 <= clock.now < 16
