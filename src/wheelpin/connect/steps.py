"""What becomes of each connection in each workspace: looked at, written one by one, read back."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from wheelpin.azureml.connections import Connection, Connections, Draft
from wheelpin.connect.supply import Supply
from wheelpin.connect.wanted import Wanted
from wheelpin.credentials.address import bare
from wheelpin.errors import ConflictError, Finding, Level, UsageError, VerificationError, WheelpinError
from wheelpin.web.retries import TransientError

READS_AT_ONCE: Final = 8

Held = Mapping[str, Sequence[Connection]]
"""The connections of each workspace, by the registry's name in the config."""


class Action(StrEnum):
    """What becomes of a connection."""

    CREATE = "create"
    REFRESH = "refresh"
    KEEP = "keep"
    LACK = "lack"


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A connection that a workspace should have, and what is done about it; plain facts, no secret."""

    registry: str
    wanted: Wanted
    action: Action

    @property
    def writes(self) -> bool:
        """Whether anything changes."""
        return self.action in (Action.CREATE, Action.REFRESH)


def read_held(workspaces: Mapping[str, Connections]) -> Held:
    """What the workspaces have. Raises TargetError, SignInError."""
    with ThreadPoolExecutor(READS_AT_ONCE) as pool:
        found = pool.map(lambda connections: tuple(connections.listed()), workspaces.values())
        return dict(zip(workspaces, found, strict=True))


def plan_connections(held: Held, wanted: Sequence[Wanted], supply: Supply) -> tuple[Step, ...]:
    """What is to be done in each workspace.

    Raises ConflictError with everything that has one of the names and is for something else, UsageError.
    """
    supply.check(wanted)
    steps, clashes = [], []
    for registry, connections in held.items():
        by_name = {connection.name.lower(): connection for connection in connections}
        for each in wanted:
            there = by_name.get(each.name.lower())
            if there and not is_same(there, each):
                clashes.append(_clash(registry, each, there))
            steps.append(
                Step(registry=registry, wanted=each, action=_action(there, connections, each, supply))
            )
    if clashes:
        raise ConflictError("what is there under these names stays", findings=clashes)
    return tuple(steps)


def connect_one(connections: Connections, step: Step, supply: Supply) -> None:
    """Create or replace one connection, and read it back.

    An answer that was lost is followed by another look and the same write: what is stored cannot be seen.
    Raises ConflictError, VerificationError, SignInError, TargetError, OutcomeUnknownError.
    """
    connections.assets.rest.link.retries.persist(lambda: _attempt(connections, step, supply))


def is_same(there: Connection, wanted: Wanted) -> bool:
    """Whether a connection is for what it should be for, whoever made it."""
    same_place = there.target.rstrip("/") == wanted.target
    return same_place and there.category.lower() == wanted.category.lower()


def twins(held: Held, steps: Iterable[Step]) -> list[Finding]:
    """Other connections for the very same place: which of the two a build takes is documented nowhere."""
    return [
        Finding(
            level=Level.WARNING,
            subject=f"registry {step.registry}",
            message=f"{step.wanted.name} is for {step.wanted.target}, and so is {other.name}",
            hint="which of the two a build takes is not documented: delete one",
        )
        for step in steps
        if step.writes
        for other in held[step.registry]
        if other.name.lower() != step.wanted.name.lower() and is_same(other, step.wanted)
    ]


def _action(
    there: Connection | None, all_there: Sequence[Connection], wanted: Wanted, supply: Supply
) -> Action:
    if supply.login(wanted):
        return Action.REFRESH if there else Action.CREATE
    found = there is not None or any(is_same(other, wanted) for other in all_there)
    return Action.KEEP if found else Action.LACK


def _attempt(connections: Connections, step: Step, supply: Supply) -> None:
    wanted, login = step.wanted, supply.login(step.wanted)
    if login is None:
        raise UsageError(f"{wanted.name}: there is no secret for it")
    there = connections.read(wanted.name)
    if there and not is_same(there, wanted):
        raise ConflictError(
            f"registry {step.registry}: {wanted.name} has become something else",
            findings=[_clash(step.registry, wanted, there)],
        )
    draft = Draft(
        name=wanted.name, category=wanted.category, target=wanted.target, login=login, ends=supply.ends
    )
    connections.put(draft, there)
    written = connections.read(wanted.name)
    if written is None or not is_same(written, wanted):
        what = "is not there" if written is None else f"is for {bare(written.target)}"
        error: WheelpinError = VerificationError(
            f"registry {step.registry}: {wanted.name} {what} after it was written"
        )
        raise TransientError(error)


def _clash(registry: str, wanted: Wanted, there: Connection) -> Finding:
    return Finding(
        level=Level.ERROR,
        subject=f"registry {registry}",
        message=f"{there.name} is a connection of category {there.category} for {bare(there.target)}, "
        f"not {wanted.category.value} for {wanted.target}",
        hint="somebody else's connection is never replaced: delete it in the workspace, if it is not needed",
    )
