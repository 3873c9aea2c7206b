"""Connections, and what is done about each, as text and as facts. No secret is among them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from wheelpin.connect.steps import Action, Step
from wheelpin.credentials.address import bare
from wheelpin.errors import Finding, WheelpinError
from wheelpin.report.facts import as_json

_SIGNS = {
    Action.CREATE: ("+", "create"),
    Action.REFRESH: ("~", "refresh"),
    Action.KEEP: ("=", "keep"),
    Action.LACK: ("!", "missing"),
}
_DONE = {
    Action.CREATE: "created",
    Action.REFRESH: "refreshed",
    Action.KEEP: "unchanged",
    Action.LACK: "missing",
}


def connections_text(steps: Sequence[Step]) -> str:
    """A line for each connection in each workspace."""
    if not steps:
        return "no connection is wanted here"
    names = max(len(step.wanted.name) for step in steps)
    registries = max(len(step.registry) for step in steps)
    return "\n".join(
        f"  {_SIGNS[step.action][0]} {_SIGNS[step.action][1]:<8} {step.wanted.name:<{names}}"
        f"  {step.registry:<{registries}}  {step.wanted.category} {bare(step.wanted.target)}"
        for step in steps
    )


def connected_text(steps: Sequence[Step], failed: Mapping[Step, WheelpinError]) -> str:
    """What became of them, in one line."""
    counts = Counter(done(step, failed) for step in steps)
    parts = [f"{counts[word]} {word}" for word in (*_DONE.values(), "failed") if counts[word]]
    return ", ".join(parts) or "nothing to do"


def done(step: Step, failed: Mapping[Step, WheelpinError]) -> str:
    """What became of a connection, in a word."""
    return "failed" if step in failed else _DONE[step.action]


def connections_json(
    steps: Sequence[Step], failed: Mapping[Step, WheelpinError], findings: Sequence[Finding]
) -> str:
    """What became of connections, and what was found, as facts."""
    facts = [
        {
            "registry": step.registry,
            "name": step.wanted.name,
            "category": step.wanted.category,
            "target": step.wanted.target,
            "outcome": done(step, failed),
            "error": failed[step].message if step in failed else None,
        }
        for step in steps
    ]
    return as_json({"connections": facts, "findings": [asdict(finding) for finding in findings]})
