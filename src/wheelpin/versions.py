"""Versions of environments, and the edits that follow from them, until nothing moves any more."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial

from wheelpin.change import Edit, Revision
from wheelpin.config import SharedRegistry
from wheelpin.definitions.formats import read_definition
from wheelpin.definitions.survey import stated_versions
from wheelpin.errors import DefinitionError, Finding
from wheelpin.pin import edited, plan_references, plan_version
from wheelpin.register import (
    Named,
    RegistrationPlan,
    look_closer,
    plan_registration,
    read_standings,
)
from wheelpin.registries.names import highest_number
from wheelpin.release import Release
from wheelpin.repository import Repository
from wheelpin.resident import NO_RESIDENTS, Residents
from wheelpin.scope import Member, Scope


@dataclass(frozen=True, kw_only=True, slots=True)
class Following:
    """The edits that follow from new environment versions."""

    edits: tuple[Edit, ...]
    findings: tuple[Finding, ...]


def plan_environments(
    release: Release, scope: Scope, pins: Sequence[Edit], residents: Residents = NO_RESIDENTS
) -> tuple[Following, list[RegistrationPlan]]:
    """Versions and what follows from them, until nothing moves any more.

    A file that names an environment's version may lie in the build context of another environment, or even of
    its own: then its edit is itself a change of a definition.
    """
    repository = release.repository
    scope = scope.joined_by(residents.members)
    named = cache(lambda: _named(release, scope, pins, residents.revisions))
    standings = read_standings(
        {
            name: [release.registries[registry] for registry in member.registries]
            for name, member in scope.environments.items()
        },
        residents.known,
    )
    versions: dict[str, str] = {}
    for _ in range(len(scope.environments) + 3):
        following = _plan_following(release, scope, versions)
        final = overlaid(repository, [*pins, *following.edits])
        environments = {name: member.environment(final) for name, member in scope.environments.items()}
        look_closer(standings, environments)
        plans = {
            name: plan_registration(
                environment, standings[name], release.config.versioning, partial(_of, named, name)
            )
            for name, environment in environments.items()
        }
        # An environment that is archived everywhere gets no version that anything could name.
        found = {name: plan.version for name, plan in plans.items() if plan.registrations or plan.unchanged}
        if found == versions:
            return following, list(plans.values())
        versions = found
    raise DefinitionError(
        "environment versions never settle: a version derived from content is written into that content",
        hint="drop `version:` from definitions inside their own build context, or use `versioning: next`",
    )


def _of(named: Callable[[], Mapping[str, Named]], name: str) -> Named:
    return named()[name]


def _named(
    release: Release, scope: Scope, pins: Sequence[Edit], revisions: Sequence[Revision]
) -> dict[str, Named]:
    repository = release.repository
    committed = repository.committed({*scope.files, *scope.references})
    now, before = (_highest(tree, scope) for tree in (repository, committed))
    touched = {edit.path for edit in pins}
    revised = {revision.environment for revision in revisions}
    return {
        name: Named(
            committed=before[name],
            highest=now[name],
            edited=name in revised or not touched.isdisjoint(member.files),
            dirty=member.resident is None and not committed.texts.keys().isdisjoint(member.files),
        )
        for name, member in scope.environments.items()
    }


def _highest(repository: Repository, scope: Scope) -> dict[str, int]:
    """The highest version of each environment that its definition or a reference names."""
    referred = stated_versions(repository, scope.references)
    return {
        name: highest_number({*referred.get(name, ()), *_stated(repository, member)})
        for name, member in scope.environments.items()
    }


def _stated(repository: Repository, member: Member) -> set[str]:
    if member.resident is not None:
        return set()
    with suppress(DefinitionError):
        stated = read_definition(repository.read(member.path)).stated
        return {stated.version} if stated else set()
    return set()


def _plan_following(release: Release, scope: Scope, versions: Mapping[str, str]) -> Following:
    if not versions:
        return Following(edits=(), findings=())
    shared = [of.name for of in release.config.registries.values() if isinstance(of, SharedRegistry)]
    references = plan_references(release.repository, scope.references, versions, shared)
    plans = [
        plan_version(release.repository, scope.environments[name].path, version)
        for name, version in versions.items()
        if scope.environments[name].resident is None
    ]
    return Following(
        edits=tuple({edit: None for plan in (references, *plans) for edit in plan.edits}),
        findings=references.findings,
    )


def overlaid(repository: Repository, edits: Sequence[Edit]) -> Repository:
    """The repository as it will be once these edits are made."""
    by_path: dict[str, list[Edit]] = {}
    for edit in edits:
        by_path.setdefault(edit.path, []).append(edit)
    texts = {path: edited(repository.read(path).text, of_file) for path, of_file in by_path.items()}
    return repository.with_texts(texts)
