"""Pace: bursts are free, what comes after waits, and the service's own word counts."""

import pytest

from wheelpin.web.pace import READS, WRITES, Kind, Pace


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


READ = Kind(subscription="one", writes=False)
WRITE = Kind(subscription="one", writes=True)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pace(clock: Clock) -> Pace:
    return Pace(clock.sleep, lambda: clock.now)


@pytest.mark.parametrize(("kind", "bucket"), [(READ, READS), (WRITE, WRITES)], ids=["reads", "writes"])
def test_a_burst_is_free_and_the_rest_comes_at_the_service_s_rate(
    pace: Pace, clock: Clock, kind: Kind, bucket: tuple[float, float]
) -> None:
    size, rate = bucket
    for _ in range(int(size)):
        pace.take(kind)
    assert clock.slept == []
    for _ in range(20):
        pace.take(kind)
    assert clock.now == pytest.approx(100 + 20 / rate)


def test_an_idle_bucket_fills_up_and_never_above_its_size(pace: Pace, clock: Clock) -> None:
    for _ in range(250):
        pace.take(READ)
    clock.now += 1000
    for _ in range(250):
        pace.take(READ)
    assert clock.slept == []
    pace.take(READ)
    assert clock.slept == [pytest.approx(1 / 25)]


def test_subscriptions_and_writes_have_buckets_of_their_own(pace: Pace, clock: Clock) -> None:
    for _ in range(250):
        pace.take(READ)
    pace.take(WRITE)
    pace.take(Kind(subscription="two", writes=False))
    assert clock.slept == []


def test_what_the_service_says_is_left_counts(pace: Pace, clock: Clock) -> None:
    pace.take(READ)
    pace.learn(READ, 0)
    pace.take(READ)
    assert clock.slept == [pytest.approx(1 / 25)]
    pace.learn(READ, 200)  # others may have used less than we thought; that is no gift
    pace.take(READ)
    assert len(clock.slept) == 2


def test_silence_is_kept_by_everybody(pace: Pace, clock: Clock) -> None:
    pace.hold(7)
    pace.take(READ)
    assert clock.slept == [7]
    pace.take(WRITE)
    assert clock.now == 107


def test_silence_that_is_asked_for_meanwhile_is_kept_by_those_who_wait(clock: Clock) -> None:
    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        if len(clock.slept) == 1:
            waited.hold(5)

    waited = Pace(sleep, lambda: clock.now)
    waited.hold(7)
    waited.take(READ)
    assert clock.slept == [7, 5]
