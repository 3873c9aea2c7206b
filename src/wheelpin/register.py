"""Which environments get a new version, and which; send one.

One version string in all registries of an environment, so that one reference serves development and
production. Nothing is registered when the definition did not change.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from wheelpin.change import Registration, Unchanged
from wheelpin.ci import Host
from wheelpin.environment import Environment
from wheelpin.errors import Finding, Level
from wheelpin.registries import Registered, Registry, Series
from wheelpin.registries.names import number_of

Versioning = Literal["next", "content"]

READS_AT_ONCE = 48

_NOTHING: Mapping[tuple[str, str], Registered] = MappingProxyType({})


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


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What one registry holds of an environment: its latest version, and all of them if anybody asks."""

    registry: Registry
    environment: str
    latest: Registered | None
    _series: list[Series] = field(default_factory=list, init=False, compare=False, repr=False)
    _versions: dict[str, Registered | None] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    @property
    def series(self) -> Series:
        """All versions; a second look, which only a change is worth, and which is taken once."""
        # No cached_property: before Python 3.12 all of a class wait for one another, here for servers.
        if not self._series:
            self._series.append(self.registry.series(self.environment))
        return self._series[0]

    def at(self, version: str) -> Registered | None:
        """What is registered under a version; asks only where the latest ones do not tell, and once."""
        for known in (self.latest, self.series.latest):
            if known and known.version == version:
                return known
        if version == str(self.series.highest + 1):
            return None
        if version not in self._versions:
            self._versions[version] = self.registry.get(self.environment, version)
        return self._versions[version]

    def holds(self, wanted: Registered) -> bool:
        """Whether the registry has this version, as its latest or an earlier one."""
        return wanted == self.latest or self.at(wanted.version) == wanted


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistrationPlan:
    """The version that an environment has once the release is done, and what it takes to get there."""

    version: str
    registrations: tuple[Registration, ...]
    unchanged: tuple[Unchanged, ...]
    findings: tuple[Finding, ...] = ()


def read_standings(
    wanted: Mapping[str, Sequence[Registry]], known: Mapping[tuple[str, str], Registered] = _NOTHING
) -> dict[str, tuple[Standing, ...]]:
    """What the registries of each environment hold of it, asked side by side.

    `known` is the latest of those that were read already, by registry and environment.
    """
    pairs = [(name, registry) for name, registries in wanted.items() for registry in registries]

    def ask(pair: tuple[str, Registry]) -> Registered | None:
        name, registry = pair
        return known.get((registry.name, name)) or registry.latest(name)

    with ThreadPoolExecutor(READS_AT_ONCE) as pool:
        found = list(pool.map(ask, pairs))
    standings: dict[str, list[Standing]] = {name: [] for name in wanted}
    for (name, registry), latest in zip(pairs, found, strict=True):
        standings[name].append(Standing(registry=registry, environment=name, latest=latest))
    return {name: tuple(of) for name, of in standings.items()}


def look_closer(standings: Mapping[str, Sequence[Standing]], environments: Mapping[str, Environment]) -> None:
    """Read all versions of the environments that are to change, side by side, before they are asked for."""
    changing = [
        each for name, of in standings.items() if not _agreed(environments[name].digest, of) for each in of
    ]
    with ThreadPoolExecutor(READS_AT_ONCE) as pool:
        list(pool.map(lambda standing: standing.series, changing))


def plan_registration(
    environment: Environment,
    standings: Sequence[Standing],
    versioning: Versioning,
    named: Callable[[], Named],
) -> RegistrationPlan:
    """Decide the version of one environment from what its registries hold; only reads.

    `named` is asked only where a new number is needed: finding out costs more than all the rest.
    """
    digest = environment.digest
    version = _version(digest, standings, versioning, named)
    if versioning == "next" and not _agreed(digest, standings):
        while _taken(environment, version, standings):
            version = str(int(version) + 1)
    wanted = Registered(version=version, digest=digest)
    held = [standing for standing in standings if standing.holds(wanted)]
    missing = [standing for standing in standings if standing not in held]
    return RegistrationPlan(
        version=version,
        registrations=tuple(
            _registration(environment, version, each) for each in missing if not each.series.archived
        ),
        unchanged=tuple(
            Unchanged(
                subject=f"{environment.name}:{version}", reason=f"{each.registry.name} holds this definition"
            )
            for each in held
        ),
        findings=tuple(_left_alone(environment, each) for each in missing if each.series.archived),
    )


def register(
    change: Registration, environment: Environment, registry: Registry, tags: Mapping[str, str], host: Host
) -> None:
    """Carry out one registration."""
    with host.task(f"register {change.environment}:{change.version} in {change.registry}"):
        registry.register(environment, change.version, tags)


def _agreed(digest: str, standings: Sequence[Standing]) -> str | None:
    """The version that is the latest everywhere, where it is this definition: then nothing is to do."""
    found = {standing.latest for standing in standings}
    match list(found):
        case [Registered(version=version, digest=held)] if held == digest:
            return version
        case _:
            return None


def _version(
    digest: str, standings: Sequence[Standing], versioning: Versioning, named: Callable[[], Named]
) -> str:
    if versioning == "content":
        return f"c{digest[:12]}"
    if agreed := _agreed(digest, standings):
        return agreed
    all_series = [standing.series for standing in standings]
    top = max((series.highest for series in all_series), default=0)
    held = [
        series.latest.version for series in all_series if series.latest and series.latest.digest == digest
    ]
    settled = [version for version in held if (number := number_of(version)) is not None and number >= top]
    if settled:
        return max(settled, key=int)
    if len(set(held)) == 1 and len(held) == len(standings):
        return held[0]
    newest = Registered(version=str(top), digest=digest)
    if top and any(standing.holds(newest) for standing in standings):
        return newest.version  # of two releases that landed at once the earlier one was registered last
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


def _taken(environment: Environment, version: str, standings: Sequence[Standing]) -> bool:
    """Whether a registry holds another definition under this version, which can then never be ours."""
    if number_of(version) is None:
        return False
    with ThreadPoolExecutor(READS_AT_ONCE) as pool:
        held = list(pool.map(lambda standing: standing.at(version), standings))
    return any(found and found.digest != environment.digest for found in held)


def _registration(environment: Environment, version: str, standing: Standing) -> Registration:
    previous = standing.series.latest
    return Registration(
        registry=standing.registry.name,
        environment=environment.name,
        version=version,
        previous=previous.version if previous else None,
        digest=environment.digest,
    )


def _left_alone(environment: Environment, standing: Standing) -> Finding:
    return Finding(
        level=Level.WARNING,
        subject=environment.name,
        message=f"is archived in {standing.registry.name}: it gets no new version there",
        hint="restore it there, or take the registry from its `registries:` in wheelpin.yml",
    )
