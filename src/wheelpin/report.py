"""Plan, outcome and wheels as text and JSON; strings only: the host decides where they are shown."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, assert_never

from packaging.utils import canonicalize_version

from wheelpin.apply import Outcome
from wheelpin.change import Change, Edit, Registration, Upload
from wheelpin.definitions import ReferenceForm
from wheelpin.definitions.survey import Found
from wheelpin.errors import Finding
from wheelpin.plan import Plan, change_json
from wheelpin.wheel import Wheel

_WIDEST = 60


def plan_text(plan: Plan) -> str:
    """The plan as a person reads it: a headline, then a line for each change and each thing found right."""
    rows = [_row(change) for change in plan.changes]
    rows += [("=", "unchanged", item.subject, item.reason) for item in plan.unchanged]
    return "\n".join([f"plan {plan.digest[:8]}: {_counts(plan)}", *_table(rows)])


def plan_json(plan: Plan) -> str:
    """The plan's facts; the same text for the same plan."""
    return _json(plan.as_json())


def outcome_text(outcome: Outcome) -> str:
    """What happened, for somebody who has just read the plan: how much was done, and all that was not."""
    rows = [("!", "failed", _subject(change), error.message) for change, error in outcome.failed]
    rows += [(".", "not started", _subject(change), "") for change in outcome.not_started]
    return "\n".join([_headline(outcome), *_table(rows)])


def outcome_json(outcome: Outcome) -> str:
    """The outcome's facts."""
    facts: dict[str, Any] = {
        "plan": outcome.plan.as_json(),
        "done": [change_json(change) for change in outcome.done],
        "failed": [
            {"change": change_json(change), "error": error.message} for change, error in outcome.failed
        ],
        "not_started": [change_json(change) for change in outcome.not_started],
    }
    return _json(facts)


def _headline(outcome: Outcome) -> str:
    if not outcome.plan.changes:
        return "nothing to do"
    parts = [f"{len(outcome.done)} of {_plural(len(outcome.plan.changes), 'change')} done"]
    if outcome.failed:
        parts.append(f"{len(outcome.failed)} failed")
    if outcome.not_started:
        parts.append(f"{len(outcome.not_started)} not started")
    return ", ".join(parts)


def _counts(plan: Plan) -> str:
    counts = Counter(_kind(change) for change in plan.changes)
    parts = [_plural(counts[kind], kind) for kind in ("upload", "edit", "registration") if counts[kind]]
    if plan.unchanged:
        parts.append(f"{len(plan.unchanged)} unchanged")
    if not plan.changes:
        parts.insert(0, "nothing to do")
    return ", ".join(parts)


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _kind(change: Change) -> str:
    match change:
        case Upload():
            return "upload"
        case Edit():
            return "edit"
        case Registration():
            return "registration"
        case _:
            assert_never(change)


def _row(change: Change) -> tuple[str, str, str, str]:
    match change:
        case Upload():
            return "+", "upload", change.file, change.store
        case Edit():
            return (
                "~",
                "edit",
                f"{change.path}:{change.line}",
                f"{_short(change.before)} -> {_short(change.after)}",
            )
        case Registration():
            was = f" (was {change.previous})" if change.previous else " (new)"
            return "+", "register", f"{change.environment}:{change.version}{was}", change.registry
        case _:
            assert_never(change)


def _subject(change: Change) -> str:
    kind, subject = _row(change)[1:3]
    return f"{kind} {subject}"


def _short(text: str) -> str:
    """A pin on one line: the first line of one with hashes, the tail of a long URL."""
    first, *more = text.split("\n")
    line = _one_line(first.rstrip("\\ \r"))
    return line + " …" if more else line


def _one_line(text: str) -> str:
    """Text from a file or a server that cannot pass for a line of ours."""
    return " ".join(text.split())


def _table(rows: Sequence[tuple[str, str, str, str]]) -> list[str]:
    """Columns wide enough for what they hold, but for an unusually long subject."""
    rows = [(sign, kind, _one_line(subject), detail) for sign, kind, subject, detail in rows]
    widths = [max((min(len(row[column]), _WIDEST) for row in rows), default=0) for column in (1, 2)]
    return [
        f"  {sign} {kind:<{widths[0]}} {subject:<{widths[1]}}  {detail}".rstrip()
        for sign, kind, subject, detail in rows
    ]


def wheels_text(wheels: Sequence[Wheel]) -> str:
    """What was built."""
    if not wheels:
        return "no wheels"
    rows = [
        ("+", "wheel", wheel.file, f"{wheel.size:,} bytes, sha256 {wheel.sha256[:12]}") for wheel in wheels
    ]
    return "\n".join([_plural(len(wheels), "wheel"), *_table(rows)])


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
    return _json(facts)


def yanked_text(found: Mapping[str, Sequence[str]], *, undone: bool) -> str:
    """The files of a version that was yanked, or is not any more, in each store."""
    done = "unyanked" if undone else "yanked"
    return "\n".join(f"{done} {file} in {store}" for store, files in found.items() for file in files)


def yanked_json(found: Mapping[str, Sequence[str]]) -> str:
    """The same, for scripts."""
    return _json({store: list(files) for store, files in found.items()})


def findings_json(findings: Sequence[Finding]) -> str:
    """What was found, for scripts."""
    return _json([asdict(finding) for finding in findings])


def pins_text(found: Sequence[Found], own: Mapping[str, str | None]) -> str:
    """Where pins and references stand, a line each; `own` are the versions of the repository's packages."""
    places = [f"{item.path}:{item.line}:{item.column}" for item in found]
    widths = [max(map(len, column), default=0) for column in (places, [item.form for item in found])]
    rows = [
        f"{place:<{widths[0]}}  {item.form:<{widths[1]}}  {_short(item.text)}{_standing(item, own)}"
        for place, item in zip(places, found, strict=True)
    ]
    return "\n".join([*rows, f"{len(found)} found"])


def pins_json(found: Sequence[Found], own: Mapping[str, str | None]) -> str:
    """Where pins and references stand, as facts; `current` is null for packages of others."""
    return _json([{**asdict(item), "current": _is_current(item, own)} for item in found])


def _standing(found: Found, own: Mapping[str, str | None]) -> str:
    current = _is_current(found, own)
    if current is None:
        return ""
    return "  (current)" if current else f"  (now {own[found.name]})"


def _is_current(found: Found, own: Mapping[str, str | None]) -> bool | None:
    """Whether a pin of an own package has its version; None for everything else."""
    version = None if isinstance(found.form, ReferenceForm) else own.get(found.name)
    if version is None or found.version is None:
        return None
    return canonicalize_version(found.version) == canonicalize_version(version)


def _json(facts: object) -> str:
    """ASCII alone: no host has to escape any of it, and no encoding of standard output lacks a character."""
    return json.dumps(facts, indent=2, ensure_ascii=True)
