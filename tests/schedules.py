"""Every schedule of a few processes that share a bucket, by the store's real code.

A process is run anew for each step, with the answers that it got so far, until it asks for one more thing; so
it can be continued from any point, in any order, any number of times. Where two schedules lead to the same
bucket and the same answers, what follows is explored once, and counted for both.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from wheelpin.credentials.redaction import Secret
from wheelpin.errors import TargetError
from wheelpin.stores.static import StaticStore
from wheelpin.stores.static.bucket import Body, Held, Stored
from wheelpin.web.races import LostRaceError
from wheelpin.web.retries import Retries, TransientError

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PATIENT = Retries(sleep=lambda _: None, clock=lambda: 0.0)

World = Mapping[str, tuple[bytes, int]]
"""What stands under each key, and how often it was written."""
Answer = Stored | Held | str | None
Process = Callable[[StaticStore], object]

LOST, UNHEARD, WRITTEN = "lost the race", "no answer", "written"


@dataclass(frozen=True, slots=True)
class Request:
    """One call of a bucket's method."""

    method: str
    key: str
    data: bytes = b""
    etag: str | None = None


class _Asked(BaseException):
    """A process has used up its answers; its next request."""

    def __init__(self, request: Request) -> None:
        self.request = request


@dataclass(slots=True)
class Replayed:
    """A bucket that gives the answers of earlier, one by one, and then asks."""

    answers: Iterator[Answer]
    index_names: Sequence[str]
    name: str = "shared"

    def secrets(self) -> Sequence[Secret]:
        return ()

    def url(self, key: str) -> str:
        return f"https://bucket.example/{key}"

    place = url

    def read(self, key: str) -> Stored | None:
        answer = self._ask(Request("read", key))
        assert answer is None or isinstance(answer, Stored)
        return answer

    def look(self, key: str) -> Held | None:
        answer = self._ask(Request("look", key))
        assert answer is None or isinstance(answer, Held)
        return answer

    def pieces(self, key: str) -> Iterator[bytes]:
        stored = self.read(key)
        assert stored is not None
        yield stored.data

    def create(self, key: str, body: Body) -> None:
        self._ask(Request("write", key, b"".join(body.pieces())))

    def replace(self, key: str, body: Body, etag: str) -> None:
        self._ask(Request("write", key, b"".join(body.pieces()), etag))

    def keys(self, prefix: str) -> Iterator[str]:
        raise NotImplementedError(prefix)

    def _ask(self, request: Request) -> Answer:
        try:
            answer = next(self.answers)
        except StopIteration:
            raise _Asked(request) from None
        if answer == UNHEARD:
            raise TransientError(TargetError("no answer"))
        if answer == LOST:
            raise LostRaceError(request.key)
        return answer


@dataclass(frozen=True, slots=True)
class _State:
    world: tuple[tuple[str, tuple[bytes, int]], ...]
    heard: tuple[tuple[Answer, ...], ...]
    crashed: frozenset[int] = frozenset()
    unheard: int = 0


@dataclass(kw_only=True, slots=True)
class Explorer:
    """Explores all schedules of `processes`, of which `crashes` may stop for good, before any request.

    `conditions` may be taken away, to see that they are what it rests on. `unheard` is how many answers to
    writes may be lost in one schedule, with the write carried out or not. `judge` is given each final world
    and the processes that finished in it, and says whether it is as it should be.
    """

    processes: Sequence[Process]
    judge: Callable[[World, frozenset[int]], bool]
    crashes: int = 0
    unheard: int = 0
    conditions: bool = True
    index_names: Sequence[str] = ("index.html",)
    states: int = 0
    _next: dict[tuple[int, tuple[Answer, ...]], Request | None] = field(default_factory=dict)
    _known: dict[_State, Counter[bool]] = field(default_factory=dict)

    def explore(self, world: World) -> Counter[bool]:
        """How many schedules end as they should, and how many do not."""
        return self._explore(_State(_frozen(world), tuple(() for _ in self.processes)))

    def run(self, world: World, process: Process) -> World:
        """What is left when a process runs alone, from its beginning to its end."""
        heard: tuple[Answer, ...] = ()
        while (request := self._ask(process, heard)) is not None:
            answer, world = self._serve(world, request)
            heard = (*heard, answer)
        return world

    def _explore(self, state: _State) -> Counter[bool]:
        known = self._known.get(state)
        if known is None:
            self.states += 1
            known = Counter()
            for following in self._following(state):
                known.update(self._explore(following))
            if not known:
                finished = frozenset(range(len(self.processes))) - state.crashed
                known[self.judge(dict(state.world), finished)] += 1
            self._known[state] = known
        return known

    def _following(self, state: _State) -> Iterator[_State]:
        for number, heard in enumerate(state.heard):
            request = None if number in state.crashed else self._request(number, heard)
            if request is None:
                continue
            answer, world = self._serve(dict(state.world), request)
            yield _heard(state, number, answer, world)
            if request.method == "write" and state.unheard < self.unheard:
                lost = replace(state, unheard=state.unheard + 1)
                yield _heard(lost, number, UNHEARD, world)
                yield _heard(lost, number, UNHEARD, dict(state.world))
            if len(state.crashed) < self.crashes:
                yield replace(state, crashed=state.crashed | {number})

    def _request(self, number: int, heard: tuple[Answer, ...]) -> Request | None:
        if (number, heard) not in self._next:
            self._next[number, heard] = self._ask(self.processes[number], heard)
        return self._next[number, heard]

    def _ask(self, process: Process, heard: tuple[Answer, ...]) -> Request | None:
        """What a process asks for after these answers; None when it has ended."""
        try:
            process(StaticStore(Replayed(iter(heard), self.index_names), PATIENT))
        except _Asked as asked:
            return asked.request
        return None

    def _serve(self, world: World, request: Request) -> tuple[Answer, World]:
        data, version = world.get(request.key, (b"", 0))
        match request.method:
            case "read":
                return (Stored(data=data, etag=str(version)) if version else None), world
            case "look":
                held = Held(size=len(data), sha256=None, modified=NOON)
                return (held if version else None), world
            case _:
                wanted = str(version) if version else None
                if self.conditions and request.etag != wanted:
                    return LOST, world
                return WRITTEN, {**world, request.key: (request.data, version + 1)}


def _heard(state: _State, number: int, answer: Answer, world: World) -> _State:
    heard = list(state.heard)
    heard[number] = (*heard[number], answer)
    return replace(state, world=_frozen(world), heard=tuple(heard))


def _frozen(world: World) -> tuple[tuple[str, tuple[bytes, int]], ...]:
    return tuple(sorted(world.items()))
