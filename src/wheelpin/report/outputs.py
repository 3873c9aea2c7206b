"""What later steps of a pipeline ask of a run: names and values, which are text or JSON on one line."""

import json
from collections.abc import Iterable, Mapping

from wheelpin.change import Registration, Upload
from wheelpin.outcome import Outcome
from wheelpin.plan import Plan
from wheelpin.wheel import Wheel


def plan_outputs(plan: Plan) -> Mapping[str, str]:
    """What the plan would do: `changed` says whether anything."""
    registrations = [change for change in plan.changes if isinstance(change, Registration)]
    return _outputs(plan, plan.wheels.values(), registrations, changed=bool(plan.changes))


def outcome_outputs(outcome: Outcome) -> Mapping[str, str]:
    """What a run did: wheels that are where they should be, and environments that it registered."""
    done = set(outcome.done)
    missing = {
        change.file for change in outcome.plan.changes if isinstance(change, Upload) and change not in done
    }
    wheels = [wheel for file, wheel in outcome.plan.wheels.items() if file not in missing]
    registrations = [change for change in outcome.done if isinstance(change, Registration)]
    return _outputs(outcome.plan, wheels, registrations, changed=bool(done))


def _outputs(
    plan: Plan,
    wheels: Iterable[Wheel],
    registrations: Iterable[Registration],
    *,
    changed: bool,
) -> Mapping[str, str]:
    return {
        "plan-digest": plan.digest,
        "changed": "true" if changed else "false",
        "wheels": _json(
            {"name": wheel.name, "version": wheel.version, "file": wheel.file, "sha256": wheel.sha256}
            for wheel in wheels
        ),
        "environments": _json(
            {"name": change.environment, "version": change.version, "registry": change.registry}
            for change in registrations
        ),
    }


def _json(facts: Iterable[Mapping[str, str]]) -> str:
    return json.dumps(list(facts), ensure_ascii=True)
