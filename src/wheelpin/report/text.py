"""Plan, outcome, wheels and pins as a person reads them in a terminal or a log."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import assert_never

from wheelpin.change import Change, Edit, Registration, Revision, Upload
from wheelpin.definitions.survey import Found
from wheelpin.outcome import Outcome
from wheelpin.plan import Plan
from wheelpin.report.facts import is_current
from wheelpin.wheel import Wheel

_WIDEST = 60


def plan_text(plan: Plan) -> str:
    """The plan as a person reads it: a headline, then a line for each change and each thing found right."""
    rows = [_row(change) for change in plan.changes]
    rows += [("=", "unchanged", item.subject, item.reason) for item in plan.unchanged]
    return "\n".join([f"plan {plan.digest[:8]}: {counts(plan)}", *_table(rows)])


def outcome_text(outcome: Outcome) -> str:
    """What happened, for somebody who has just read the plan: how much was done, and all that was not."""
    rows = [("!", "failed", subject_of(change), error.message) for change, error in outcome.failed]
    rows += [(".", "not started", subject_of(change), "") for change in outcome.not_started]
    rows += [(".", "after the merge", subject_of(change), "") for change in outcome.waiting]
    return "\n".join([headline(outcome), *_table(rows)])


def headline(outcome: Outcome) -> str:
    if not outcome.plan.changes:
        return "nothing to do"
    parts = [f"{len(outcome.done)} of {plural(len(outcome.plan.changes), 'change')} done"]
    if outcome.failed:
        parts.append(f"{len(outcome.failed)} failed")
    if outcome.not_started:
        parts.append(f"{len(outcome.not_started)} not started")
    if outcome.waiting:
        parts.append(f"{len(outcome.waiting)} after the merge")
    return ", ".join(parts)


def counts(plan: Plan) -> str:
    counts = Counter(_kind(change) for change in plan.changes)
    parts = [
        plural(counts[kind], kind) for kind in ("upload", "edit", "revision", "registration") if counts[kind]
    ]
    if plan.unchanged:
        parts.append(f"{len(plan.unchanged)} unchanged")
    if not plan.changes:
        parts.insert(0, "nothing to do")
    return ", ".join(parts)


def plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _kind(change: Change) -> str:
    match change:
        case Upload():
            return "upload"
        case Edit():
            return "edit"
        case Revision():
            return "revision"
        case Registration():
            return "registration"
        case _:
            assert_never(change)


def _row(change: Change) -> tuple[str, str, str, str]:
    match change:
        case Upload():
            return "+", "upload", change.file, change.store
        case Edit() | Revision():
            return (
                "~",
                "edit" if isinstance(change, Edit) else "revise",
                f"{change.path}:{change.line}",
                f"{short(change.before)} -> {short(change.after)}",
            )
        case Registration():
            was = f" (was {change.previous})" if change.previous else " (new)"
            return "+", "register", f"{change.environment}:{change.version}{was}", change.registry
        case _:
            assert_never(change)


def subject_of(change: Change) -> str:
    kind, subject = _row(change)[1:3]
    return f"{kind} {subject}"


def short(text: str) -> str:
    """A pin on one line: the first line of one with hashes, the tail of a long URL."""
    first, *more = text.split("\n")
    line = one_line(first.rstrip("\\ \r"))
    return line + " …" if more else line


def one_line(text: str) -> str:
    """Text from a file or a server that cannot pass for a line of ours."""
    return " ".join(text.split())


def _table(rows: Sequence[tuple[str, str, str, str]]) -> list[str]:
    """Columns wide enough for what they hold, but for an unusually long subject."""
    rows = [(sign, kind, one_line(subject), detail) for sign, kind, subject, detail in rows]
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
    return "\n".join([plural(len(wheels), "wheel"), *_table(rows)])


def yanked_text(found: Mapping[str, Sequence[str]], *, undone: bool) -> str:
    """The files of a version that was yanked, or is not any more, in each store."""
    done = "unyanked" if undone else "yanked"
    return "\n".join(f"{done} {file} in {store}" for store, files in found.items() for file in files)


def pins_text(found: Sequence[Found], own: Mapping[str, str | None]) -> str:
    """Where pins and references stand, a line each; `own` are the versions of the repository's packages."""
    places = [f"{item.path}:{item.line}:{item.column}" for item in found]
    widths = [max(map(len, column), default=0) for column in (places, [item.form for item in found])]
    rows = [
        f"{place:<{widths[0]}}  {item.form:<{widths[1]}}  {short(item.text)}{_standing(item, own)}"
        for place, item in zip(places, found, strict=True)
    ]
    return "\n".join([*rows, f"{len(found)} found"])


def _standing(found: Found, own: Mapping[str, str | None]) -> str:
    current = is_current(found, own)
    if current is None:
        return ""
    return "  (current)" if current else f"  (now {own[found.name]})"
