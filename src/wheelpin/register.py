"""Which environments get a new version, and which; send one.

One version string in all registries of an environment, so that one reference serves development and
production. Nothing is registered when the definition did not change.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

from wheelpin.change import Registration, Unchanged
from wheelpin.ci import Host
from wheelpin.environment import Environment
from wheelpin.registries import Registered, Registry

Versioning = Literal["next", "content"]

_LONGEST_NUMBER = 15
"""Digits; what is longer is a timestamp or a digest, not a number that anybody counts up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """The versions that the repository names: the definition's own, and those of all references to it.

    `committed` is the highest number among them in the last commit, `highest` in the work tree, 0 for none.
    `edited` tells that this release edits the definition, `dirty` that its files differ from the last commit.
    """

    committed: int
    highest: int
    edited: bool
    dirty: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What one registry holds of an environment."""

    registry: str
    latest: Registered | None
    highest: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistrationPlan:
    """The version that an environment has once the release is done, and what it takes to get there."""

    version: str
    registrations: tuple[Registration, ...]
    unchanged: tuple[Unchanged, ...]


def read_standings(name: str, registries: Sequence[Registry]) -> tuple[Standing, ...]:
    """What each registry holds of an environment, asked side by side."""
    with ThreadPoolExecutor(max(len(registries), 1)) as pool:
        return tuple(pool.map(lambda registry: _standing(registry, name), registries))


def plan_registration(
    environment: Environment,
    registries: Sequence[Registry],
    standings: Sequence[Standing],
    versioning: Versioning,
    named: Callable[[], Named],
) -> RegistrationPlan:
    """Decide the version of one environment from what its registries hold; only reads.

    `named` is asked only where a new number is needed: finding out costs more than all the rest.
    """
    digest = environment.digest
    version = _version(digest, standings, versioning, named)
    if versioning == "next":
        while _taken(environment, version, registries, standings):
            version = str(int(version) + 1)
    wanted = Registered(version=version, digest=digest)
    held = [
        standing
        for registry, standing in zip(registries, standings, strict=True)
        if _holds(registry, standing, environment.name, wanted)
    ]
    missing = [standing for standing in standings if standing not in held]
    return RegistrationPlan(
        version=version,
        registrations=tuple(_registration(environment, version, standing) for standing in missing),
        unchanged=tuple(
            Unchanged(
                subject=f"{environment.name}:{version}", reason=f"{standing.registry} holds this definition"
            )
            for standing in held
        ),
    )


def register(
    change: Registration, environment: Environment, registry: Registry, tags: Mapping[str, str], host: Host
) -> None:
    """Carry out one registration."""
    with host.task(f"register {change.environment}:{change.version} in {change.registry}"):
        registry.register(environment, change.version, tags)


def _standing(registry: Registry, name: str) -> Standing:
    latest = registry.latest(name)
    highest = registry.highest(name) if latest else 0
    return Standing(registry=registry.name, latest=latest, highest=highest)


def _holds(registry: Registry, standing: Standing, name: str, wanted: Registered) -> bool:
    """Whether a registry has this version, as its latest or as an earlier one; asks only where it may."""
    if standing.latest is None or standing.latest == wanted:
        return standing.latest is not None
    above = _is_number(wanted.version) and int(wanted.version) > standing.highest
    return not above and registry.get(name, wanted.version) == wanted


def _version(
    digest: str, standings: Sequence[Standing], versioning: Versioning, named: Callable[[], Named]
) -> str:
    if versioning == "content":
        return f"c{digest[:12]}"
    top = max((standing.highest for standing in standings), default=0)
    held = [
        standing.latest.version
        for standing in standings
        if standing.latest and standing.latest.digest == digest
    ]
    settled = [version for version in held if _is_number(version) and int(version) >= top]
    if settled:
        return max(settled, key=int)
    if len(set(held)) == 1 and len(held) == len(standings):
        return held[0]
    return str(_next(top, named()))


def _next(top: int, named: Named) -> int:
    """The number above all that are known, or the one that a stopped run has written already.

    A run that is stopped between its edits and its registrations leaves files that name a version which is
    nowhere yet. Counted from the last commit, the next run comes to the same number.
    """
    if not named.edited and not named.dirty:
        return named.highest if named.highest > top else top + 1
    following = max(top, named.committed) + 1
    if named.highest <= following:
        return following
    return named.highest + 1 if named.edited else named.highest


def _taken(
    environment: Environment, version: str, registries: Sequence[Registry], standings: Sequence[Standing]
) -> bool:
    """Whether a registry holds another definition under this version, which can then never be ours."""
    if not _is_number(version):
        return False
    for registry, standing in zip(registries, standings, strict=True):
        if standing.highest < int(version):
            continue
        found = registry.get(environment.name, version)
        if found and found.digest != environment.digest:
            return True
    return False


def _registration(environment: Environment, version: str, standing: Standing) -> Registration:
    return Registration(
        registry=standing.registry,
        environment=environment.name,
        version=version,
        previous=standing.latest.version if standing.latest else None,
        digest=environment.digest,
    )


def highest_number(versions: Iterable[str]) -> int:
    """The highest version that is a number; 0 when there is none."""
    return max((int(version) for version in versions if _is_number(version)), default=0)


def _is_number(version: str) -> bool:
    return version.isascii() and version.isdigit() and len(version) <= _LONGEST_NUMBER
