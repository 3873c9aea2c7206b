"""All changes of a release as one value: what apply would do to the world as it is now. Only reads."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from wheelpin.change import Change, Edit, Registration, Unchanged, Upload
from wheelpin.definitions import read_definition
from wheelpin.definitions.azureml import read_environment
from wheelpin.definitions.survey import stated_versions
from wheelpin.errors import DefinitionError, Finding, StalePlanError, UsageError
from wheelpin.pin import Target, edited, plan_pins, plan_references, plan_version
from wheelpin.publish import UploadPlan, plan_uploads
from wheelpin.register import (
    Named,
    RegistrationPlan,
    Standing,
    highest_number,
    plan_registration,
    read_standings,
)
from wheelpin.release import Release
from wheelpin.repository import Repository
from wheelpin.scope import Scope, read_scope
from wheelpin.wheel import Wheel

_KINDS: dict[str, type[Change]] = {"upload": Upload, "edit": Edit, "register": Registration}
_NAMES = {kind: name for name, kind in _KINDS.items()}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Changes in the order in which they are carried out, and what is right already.

    `findings` is advice, and `wheels` are the files to send, by name: neither is part of what is approved.
    """

    changes: tuple[Change, ...]
    unchanged: tuple[Unchanged, ...] = ()
    findings: tuple[Finding, ...] = ()
    wheels: Mapping[str, Wheel] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        """The sha256 of the plan's facts: the permission to apply it."""
        text = json.dumps(self._facts(), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """The plan as `--json` and `--out` tell it."""
        return {"digest": self.digest, **self._facts()}

    def _facts(self) -> dict[str, Any]:
        return {
            "changes": [change_json(change) for change in self.changes],
            "unchanged": [asdict(item) for item in self.unchanged],
        }


def change_json(change: Change) -> dict[str, Any]:
    """One change as plain facts."""
    return {"kind": _NAMES[type(change)], **asdict(change)}


def load_plan(path: Path) -> Plan:
    """Read a saved plan. Raises UsageError for what is none, StalePlanError for one that was edited."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        changes = [dict(item) for item in data["changes"]]
        plan = Plan(
            changes=tuple(_KINDS[change.pop("kind")](**change) for change in changes),
            unchanged=tuple(Unchanged(**item) for item in data["unchanged"]),
        )
        stated = data["digest"]
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise UsageError(f"{path}: is not a plan", hint="make one with `wheelpin plan --out FILE`") from error
    if plan.digest != stated:
        raise StalePlanError(
            f"{path}: was edited after it was made", hint="make a new one: `wheelpin plan --out`"
        )
    return plan


def make_plan(release: Release, folder: Path) -> Plan:
    """What it takes to make the world as the repository and the wheels say.

    Published wheels that take the place of built ones are fetched into `folder`, which must outlive the plan.
    Raises ConflictError before anything is written when a store holds other content under a wheel's name.
    """
    uploads = plan_uploads(tuple(release.stores.values()), release.wheels, folder)
    scope = read_scope(release.repository, release.config)
    targets = _targets(release, uploads)
    pins = plan_pins(
        release.repository, scope.files, targets, downgrade=release.downgrade, ranges=release.ranges
    )
    following, registrations = _plan_environments(release, scope, pins.edits)
    return Plan(
        changes=(
            *uploads.uploads,
            *_in_writing_order(pins.edits, following.edits),
            *(change for plan in registrations for change in plan.registrations),
        ),
        unchanged=(
            *uploads.unchanged,
            *(item for plan in registrations for item in plan.unchanged),
        ),
        findings=(*pins.findings, *following.findings),
        wheels={wheel.file: uploads.adopted.get(wheel.file, wheel) for wheel in release.wheels},
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Following:
    """The edits that follow from new environment versions."""

    edits: tuple[Edit, ...]
    findings: tuple[Finding, ...]


def _targets(release: Release, uploads: UploadPlan) -> dict[str, Target]:
    """For each package the version that definitions are to have, with the bytes that stores hold of it."""
    from packaging.version import Version

    wheels = [uploads.adopted.get(wheel.file, wheel) for wheel in release.wheels]
    targets = {}
    for name in sorted({wheel.name for wheel in wheels}):
        newest = max((wheel.version for wheel in wheels if wheel.name == name), key=Version)
        chosen = tuple(wheel for wheel in wheels if (wheel.name, wheel.version) == (name, newest))
        urls = {wheel.file: _urls(release, wheel.file) for wheel in chosen}
        targets[name] = Target(name=name, version=newest, wheels=chosen, urls=urls)
    return targets


def _urls(release: Release, file: str) -> tuple[str, ...]:
    found = (store.url(file) for store in release.stores.values())
    return tuple(url for url in found if url is not None)


def _plan_environments(
    release: Release, scope: Scope, pins: Sequence[Edit]
) -> tuple[_Following, list[RegistrationPlan]]:
    """Versions and what follows from them, until nothing moves any more.

    A file that names an environment's version may lie in the build context of another environment, or even of
    its own: then its edit is itself a change of a definition.
    """
    repository = release.repository
    named = _named(release, scope, pins)
    standings = _standings(release, scope)
    versions: dict[str, str] = {}
    for _ in range(len(scope.environments) + 3):
        following = _plan_following(release, scope, versions)
        final = overlaid(repository, [*pins, *following.edits])
        plans = {
            name: plan_registration(
                read_environment(final, member.path),
                [release.registries[registry] for registry in member.registries],
                standings[name],
                release.config.versioning,
                named[name],
            )
            for name, member in scope.environments.items()
        }
        found = {name: plan.version for name, plan in plans.items()}
        if found == versions:
            return following, list(plans.values())
        versions = found
    raise DefinitionError(
        "environment versions never settle: a version derived from content is written into that content",
        hint="drop `version:` from definitions inside their own build context, or use `versioning: next`",
    )


def _named(release: Release, scope: Scope, pins: Sequence[Edit]) -> dict[str, Named]:
    repository = release.repository
    committed = repository.committed({*scope.files, *scope.references})
    now, before = (_highest(tree, scope) for tree in (repository, committed))
    touched = {edit.path for edit in pins}
    return {
        name: Named(
            committed=before[name],
            highest=now[name],
            edited=not touched.isdisjoint(member.files),
            dirty=not committed.texts.keys().isdisjoint(member.files),
        )
        for name, member in scope.environments.items()
    }


def _highest(repository: Repository, scope: Scope) -> dict[str, int]:
    """The highest version of each environment that its definition or a reference names."""
    referred = stated_versions(repository, scope.references)
    return {
        name: highest_number({*referred.get(name, ()), *_stated(repository, member.path)})
        for name, member in scope.environments.items()
    }


def _stated(repository: Repository, path: str) -> set[str]:
    with suppress(DefinitionError):
        stated = read_definition(repository.read(path)).stated
        return {stated.version} if stated else set()
    return set()


def _standings(release: Release, scope: Scope) -> dict[str, tuple[Standing, ...]]:
    members = scope.environments.items()
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(
            lambda item: read_standings(item[0], [release.registries[name] for name in item[1].registries]),
            members,
        )
        return dict(zip(scope.environments, found, strict=True))


def _plan_following(release: Release, scope: Scope, versions: Mapping[str, str]) -> _Following:
    if not versions:
        return _Following(edits=(), findings=())
    references = plan_references(release.repository, scope.references, versions)
    plans = [
        plan_version(release.repository, scope.environments[name].path, version)
        for name, version in versions.items()
    ]
    return _Following(
        edits=tuple({edit: None for plan in (references, *plans) for edit in plan.edits}),
        findings=references.findings,
    )


def overlaid(repository: Repository, edits: Sequence[Edit]) -> Repository:
    """The repository as it will be once these edits are made."""
    texts = {
        path: edited(repository.read(path).text, [edit for edit in edits if edit.path == path])
        for path in {edit.path for edit in edits}
    }
    return repository.with_texts(texts)


def _in_writing_order(pins: Sequence[Edit], following: Sequence[Edit]) -> list[Edit]:
    """Files with pins first: a run that is stopped in between then finds its versions still to be decided."""
    pinned = {edit.path for edit in pins}
    return sorted(
        {*pins, *following}, key=lambda edit: (edit.path not in pinned, edit.path, edit.line, edit.column)
    )
