"""Plan, outcome, wheels and pins as JSON, for scripts; nothing in it reads as a command of a CI service."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_version

from wheelpin.definitions import ReferenceForm
from wheelpin.definitions.survey import Found
from wheelpin.errors import Finding
from wheelpin.outcome import Outcome
from wheelpin.plan import Plan, change_json
from wheelpin.wheel import Wheel

if TYPE_CHECKING:
    from wheelpin.share import Ended


def plan_json(plan: Plan) -> str:
    """The plan's facts; the same text for the same plan."""
    return as_json(plan.as_json())


def outcome_json(outcome: Outcome) -> str:
    """The outcome's facts."""
    facts: dict[str, Any] = {
        "plan": outcome.plan.as_json(),
        "done": [change_json(change) for change in outcome.done],
        "failed": [
            {"change": change_json(change), "error": error.message} for change, error in outcome.failed
        ],
        "not_started": [change_json(change) for change in outcome.not_started],
        "after_merge": [change_json(change) for change in outcome.waiting],
        "pull_request": outcome.pull_request or None,
    }
    return as_json(facts)


def wheels_json(wheels: Sequence[Wheel]) -> str:
    """What was built, as facts."""
    facts = [
        {
            "file": wheel.file,
            "name": wheel.name,
            "version": wheel.version,
            "sha256": wheel.sha256,
            "size": wheel.size,
        }
        for wheel in wheels
    ]
    return as_json(facts)


def yanked_json(found: Mapping[str, Sequence[str]]) -> str:
    """The same, for scripts."""
    return as_json({store: list(files) for store, files in found.items()})


def shared_json(ended: "Sequence[Ended]") -> str:
    """What became of environments that were to be shared, as facts."""
    facts = [
        {
            "name": each.name,
            "version": each.version or None,
            "outcome": each.outcome,
            "error": each.error.message if each.error else None,
        }
        for each in ended
    ]
    return as_json(facts)


def findings_json(findings: Sequence[Finding]) -> str:
    """What was found, for scripts."""
    return as_json([asdict(finding) for finding in findings])


def pins_json(found: Sequence[Found], own: Mapping[str, str | None]) -> str:
    """Where pins and references stand, as facts; `current` is null for packages of others."""
    return as_json([{**asdict(item), "current": is_current(item, own)} for item in found])


def is_current(found: Found, own: Mapping[str, str | None]) -> bool | None:
    """Whether a pin of an own package has its version; None for everything else."""
    version = None if isinstance(found.form, ReferenceForm) else own.get(found.name)
    if version is None or found.version is None:
        return None
    return canonicalize_version(found.version) == canonicalize_version(version)


def as_json(facts: object) -> str:
    """ASCII alone: no host has to escape any of it, and no encoding of standard output lacks a character.

    `#` stands only in strings; two of them would begin a command of Azure Pipelines anywhere in a line.
    """
    return json.dumps(facts, indent=2, ensure_ascii=True).replace("##", r"#\u0023")
