"""The Markdown report: what would happen or has happened, where, and what to do next; read on a phone."""

from collections.abc import Callable, Iterable, Sequence

from wheelpin.change import Change, Edit, Registration, Revision, Upload
from wheelpin.errors import Finding, Level, WheelpinError
from wheelpin.outcome import Outcome
from wheelpin.plan import Plan
from wheelpin.report.markdown import address, code, document, link, prose, quoted, table
from wheelpin.report.picture import picture
from wheelpin.report.studio import page
from wheelpin.report.text import counts, headline, short, subject_of

COMMENT_LIMIT = 65_536
"""Characters that GitHub takes as the text of a comment or a pull request; Azure DevOps takes more."""

_SIGNS = {Level.ERROR: "❌", Level.WARNING: "⚠️", Level.NOTICE: "ℹ️"}  # noqa: RUF001 - the sign for a notice

_DONE = "✅ done"

Told = Callable[[Change], str]


def plan_markdown(
    plan: Plan, *, approvable: bool = True, diagrams: bool = True, limit: int | None = None
) -> str:
    """What a release would do, and how to let it; at most `limit` characters, cut after a row.

    Without `approvable` it does not say how: where the plan is carried out already, say. Without `diagrams`
    it has no Mermaid, for hosts that show its source.
    """
    blocks = [f"## wheelpin plan {code(plan.digest[:8])}", f"**{_sentence(counts(plan))}**"]
    if plan.changes and approvable:
        blocks += ["To release exactly this:", f"```sh\nwheelpin apply --expect {plan.digest}\n```"]
    blocks += [*_changes(plan, None), *_findings(plan.findings), *_unchanged(plan)]
    if diagrams:
        blocks.append(picture(plan.changes))
    return document(blocks, limit)


def outcome_markdown(outcome: Outcome, *, diagrams: bool = True, limit: int | None = None) -> str:
    """What a release did, what failed and why, and what to do next; see `plan_markdown`."""
    plan, failed = outcome.plan, dict(outcome.failed)
    done, waiting = set(outcome.done), set(outcome.waiting)

    def told(change: Change) -> str:
        if change in waiting:
            return "after the merge"
        return _DONE if change in done else "❌ failed" if change in failed else "not started"

    sign = "✅" if len(done) + len(waiting) == len(plan.changes) else "❌"
    blocks = [f"## {sign} wheelpin: {headline(outcome)}", f"Plan {code(plan.digest[:8])}: {counts(plan)}"]
    blocks += [*_landed(outcome), *_failures(outcome)]
    blocks += [*_changes(plan, told), *_findings(plan.findings), *_unchanged(plan)]
    if diagrams:
        blocks.append(picture(outcome.done))
    return document(blocks, limit)


def failure_markdown(error: WheelpinError, *, limit: int | None = None) -> str:
    """Why a command stopped before it did anything that could be counted, and what to do."""
    told = "\n".join(map(str, error.findings))
    rest = "\n".join(line for line in error.message.splitlines() if line not in told.splitlines())
    blocks = ["## ❌ wheelpin stopped"]
    blocks += [quoted(rest)] if rest else []
    blocks += [f"**What to do:** {prose(error.hint)}"] if error.hint else []
    return document([*blocks, *_findings(error.findings)], limit)


def _landed(outcome: Outcome) -> Iterable[str]:
    if outcome.pushed:
        yield f"Pushed to {code(outcome.pushed)}"
    if outcome.pull_request:
        yield f"Pull request: {address(outcome.pull_request)}"
    if outcome.waiting:
        first = "merge the pull request; then " if outcome.pull_request else "nothing is left to merge: "
        yield f"**What to do:** {first}`wheelpin apply` registers the environments."


def _failures(outcome: Outcome) -> Iterable[str]:
    for error in dict.fromkeys(error for _, error in outcome.failed):
        which = [change for change, why in outcome.failed if why is error]
        yield f"**Failed:** {', '.join(code(subject_of(change)) for change in which)}"
        yield quoted(error.message)
        if error.hint:
            yield f"**What to do:** {prose(error.hint)}"
    if outcome.failed or outcome.not_started:
        yield "Run the same command again once that is mended: what is done stays done, and nothing is lost."


def _changes(plan: Plan, told: Told | None) -> Iterable[str]:
    """A table for each kind of change, with a column for what became of it where that is known."""
    uploads = [change for change in plan.changes if isinstance(change, Upload)]
    registrations = [change for change in plan.changes if isinstance(change, Registration)]
    edits = [change for change in plan.changes if isinstance(change, Edit | Revision)]
    yield from _section("Wheels", ("Package", "Version", "Store"), uploads, _wheel, told)
    yield from _section(
        "Environments",
        ("Environment", "From", "To", "Registry"),
        registrations,
        lambda change: _environment(plan, change, is_there=told is not None and told(change) == _DONE),
        told,
    )
    yield from _section("Definitions", ("Where", "Before", "After"), edits, _edit, told)


def _section(
    title: str,
    head: Sequence[str],
    changes: Sequence[Change],
    row: Callable[..., Sequence[str]],
    told: Told | None,
) -> Iterable[str]:
    if changes:
        rows = [[*row(change), *([told(change)] if told else [])] for change in changes]
        yield f"### {title}"
        yield table([*head, *(["Outcome"] if told else [])], rows)


def _wheel(change: Upload) -> Sequence[str]:
    return code(change.name), code(change.version), code(change.store)


def _environment(plan: Plan, change: Registration, *, is_there: bool) -> Sequence[str]:
    previous, after = change.previous, code(change.version)
    before = link(code(previous), page(plan, change, previous)) if previous else "new"
    if is_there:
        after = link(after, page(plan, change, change.version))
    return code(change.environment), before, after, code(change.registry)


def _edit(change: Edit | Revision) -> Sequence[str]:
    return code(f"{change.path}:{change.line}"), code(short(change.before)), code(short(change.after))


def _findings(findings: Sequence[Finding]) -> Iterable[str]:
    if findings:
        yield "### Findings"
        yield "\n".join(map(_finding, findings))


def _finding(finding: Finding) -> str:
    hint = f" *{prose(finding.hint)}*" if finding.hint else ""
    return f"- {_SIGNS[finding.level]} {code(finding.place)}: {prose(finding.message)}{hint}"


def _unchanged(plan: Plan) -> Iterable[str]:
    if plan.unchanged:
        yield "### Right already"
        rows = [[code(item.subject), prose(item.reason)] for item in plan.unchanged]
        yield table(("What", "Why"), rows)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
