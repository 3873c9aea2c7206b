"""All changes of a release as one value: what apply would do to the world as it is now. Only reads."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from wheelpin.change import Change, Edit, Registration, Revision, Unchanged, Upload
from wheelpin.errors import Finding, StalePlanError, UsageError
from wheelpin.pin import Target, plan_pins
from wheelpin.publish import UploadPlan, plan_uploads
from wheelpin.release import Release
from wheelpin.resident import read_residents
from wheelpin.scope import Member, read_scope
from wheelpin.versions import plan_environments
from wheelpin.wheel import Wheel

_KINDS: dict[str, type[Change]] = {
    "upload": Upload,
    "edit": Edit,
    "revise": Revision,
    "register": Registration,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Changes in the order in which they are carried out, and what is right already.

    `targets` is where the names of stores and registries lead, as the config has it. `findings` is advice,
    `wheels` are the files to send, by name, and `residents` are copies of environments that live only in a
    registry, as they are going to be: none of these is part of what is approved.
    """

    changes: tuple[Change, ...]
    unchanged: tuple[Unchanged, ...] = ()
    targets: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    wheels: Mapping[str, Wheel] = field(default_factory=dict)
    residents: Mapping[str, Member] = field(default_factory=dict)

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
            "targets": self.targets,
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
            targets=dict(data["targets"]),
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
    residents = read_residents(release, scope.environments, targets, folder)
    following, registrations = plan_environments(release, scope, pins.edits, residents)
    moving = {change.environment for plan in registrations for change in plan.registrations}
    return Plan(
        changes=(
            *uploads.uploads,
            *_in_writing_order(pins.edits, following.edits),
            *(revision for revision in residents.revisions if revision.environment in moving),
            *(change for plan in registrations for change in plan.registrations),
        ),
        unchanged=(
            *uploads.unchanged,
            *(item for plan in registrations for item in plan.unchanged),
        ),
        targets=_addresses(release),
        findings=(
            *pins.findings,
            *following.findings,
            *residents.findings,
            *(finding for plan in registrations for finding in plan.findings),
        ),
        wheels={wheel.file: uploads.adopted.get(wheel.file, wheel) for wheel in release.wheels},
        residents=residents.members,
    )


def _addresses(release: Release) -> dict[str, Mapping[str, object]]:
    """Where each name leads: an approved plan must not go elsewhere because the config has changed."""
    config = release.config
    stores = {name: config.stores[name].model_dump(mode="json", exclude_none=True) for name in release.stores}
    registries = {
        name: config.registries[name].model_dump(mode="json", exclude_none=True)
        for name in release.registries
    }
    return {"stores": stores, "registries": registries}


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


def _in_writing_order(pins: Sequence[Edit], following: Sequence[Edit]) -> list[Edit]:
    """Files with pins first: a run that is stopped in between then finds its versions still to be decided."""
    pinned = {edit.path for edit in pins}
    return sorted(
        {*pins, *following}, key=lambda edit: (edit.path not in pinned, edit.path, edit.line, edit.column)
    )
