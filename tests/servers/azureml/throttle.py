"""Azure Resource Manager's token buckets: how many requests a subscription has left, and when it has more."""

import math
import threading
import time
from dataclasses import dataclass

from tests.servers.azureml import answers
from tests.servers.messages import Headers, Request, Response

_FACTOR = 15
"""How much larger the bucket of all principals together is."""

_KINDS = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}


@dataclass(slots=True)
class _Bucket:
    size: int
    refill: float
    left: float
    looked: float
    closed_until: float = 0.0


class Throttle:
    """A bucket for each subscription and kind of request; without `on` the numbers never fall.

    Sizes are in requests, refills in requests per second; as documented in 2024.
    """

    def __init__(self) -> None:
        self.on = False
        self._limits = {"reads": (250, 25.0), "writes": (200, 10.0), "deletes": (200, 10.0)}
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self._lock = threading.Lock()

    def limit(self, kind: str, size: int, refill: float) -> None:
        """Count from now on, and begin with a full bucket."""
        with self._lock:
            self.on = True
            self._limits[kind] = (size, refill)
            self._buckets.clear()

    def take(self, subscription: str, request: Request) -> tuple[Headers, Response | None]:
        """What every answer says of the rest, and the answer itself when there is nothing left."""
        kind = _KINDS.get(request.method, "writes")
        size, refill = self._limits[kind]
        if not self.on:
            return _headers(kind, size - 1, size * _FACTOR - 1), None
        with self._lock:
            now = time.monotonic()
            start = _Bucket(size=size, refill=refill, left=size, looked=now)
            bucket = self._buckets.setdefault((subscription, kind), start)
            bucket.left = min(size, bucket.left + (now - bucket.looked) * refill)
            bucket.looked = now
            if bucket.left < 1 or now < bucket.closed_until:
                return _headers(kind, 0, size * _FACTOR - size), _refused(bucket, now)
            bucket.left -= 1
            left = int(bucket.left)
        return _headers(kind, left, size * _FACTOR - size + left), None


def _refused(bucket: _Bucket, now: float) -> Response:
    """429; who comes back before the time is up waits anew."""
    wait = max(1, math.ceil((1 - bucket.left) / bucket.refill))
    bucket.closed_until = now + wait
    message = f"The request is being throttled. Please try again after {wait} seconds."
    return answers.error(429, "SubscriptionRequestsThrottled", message, (("Retry-After", str(wait)),))


def _headers(kind: str, left: int, left_of_all: int) -> Headers:
    return (
        (f"x-ms-ratelimit-remaining-subscription-{kind}", str(left)),
        (f"x-ms-ratelimit-remaining-subscription-global-{kind}", str(left_of_all)),
    )
