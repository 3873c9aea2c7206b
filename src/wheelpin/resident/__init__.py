"""Residents: environments that live only in a registry.

Their newest versions are copied into a scratch folder, where pins are found and written as in any repository;
from there they are registered anew. All that we do not change goes along: description, tags, properties,
inference config, and what a later service may add.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from wheelpin.change import Edit, Revision
from wheelpin.config import WorkspaceEnvironment
from wheelpin.definitions.links import definition_files
from wheelpin.definitions.survey import pinned
from wheelpin.errors import DefinitionError, Finding, TargetError
from wheelpin.pin import Target, edited, plan_pins
from wheelpin.registries import Registered
from wheelpin.release import Release
from wheelpin.repository import Repository
from wheelpin.resident.copies import Copy, copied, left_alone, selected
from wheelpin.scope import Member, Resident


@dataclass(frozen=True, kw_only=True, slots=True)
class Residents:
    """Those that pin what is released: by name, with what becomes of their pins, and what they are now."""

    members: Mapping[str, Member]
    revisions: tuple[Revision, ...]
    findings: tuple[Finding, ...]
    known: Mapping[tuple[str, str], Registered]


NO_RESIDENTS = Residents(members={}, revisions=(), findings=(), known={})


def read_residents(
    release: Release, defined: Iterable[str], targets: Mapping[str, Target], folder: Path
) -> Residents:
    """Find those that the config selects and that pin one of the targets, and write the pins in their copies.

    Copies go into `folder`, which must outlive the plan. Environments that the repository defines itself are
    not among them. Raises TargetError, UsageError.
    """
    entries = [
        entry for entry in release.config.environments or () if isinstance(entry, WorkspaceEnvironment)
    ]
    if not entries or not targets:
        return NO_RESIDENTS
    # Of its own: a release that lost a race is planned anew.
    folder = Path(mkdtemp(prefix="residents-", dir=folder))
    findings: list[Finding] = []
    copies: dict[str, Copy] = {}
    for entry in entries:
        wanted = [name for name in selected(release, entry, findings) if name not in {*defined, *copies}]
        copies |= {copy.name: copy for copy in copied(release, entry, wanted, folder, findings)}
    return _pinned(release, copies, targets, folder, findings)


def _pinned(
    release: Release,
    copies: Mapping[str, Copy],
    targets: Mapping[str, Target],
    folder: Path,
    findings: list[Finding],
) -> Residents:
    """Of the copies those that pin a target, with the new pins written."""
    members: dict[str, Member] = {}
    revisions: list[Revision] = []
    scratch = Repository(folder)
    for copy in copies.values():
        try:
            member = _member(scratch, copy)
            member.environment(scratch)  # what may not be registered is refused, one by one
            if not pinned(scratch, member.files, set(targets)):
                continue
            plan = plan_pins(
                scratch, member.files, targets, downgrade=release.downgrade, ranges=release.ranges
            )
            _write_edits(scratch, plan.edits)
        except DefinitionError as error:
            findings.append(left_alone(copy.registry, copy.name, error.message))
            continue
        if plan.edits:
            _require_newest(release, copy)
        findings += plan.findings
        revisions += [_revision(copy, edit) for edit in plan.edits]
        members[copy.name] = _member(scratch, copy)  # anew: its repository has read the old texts
    known = {(copy.registry, copy.name): copy.registered for copy in copies.values()}
    return Residents(members=members, revisions=tuple(revisions), findings=tuple(findings), known=known)


def _require_newest(release: Release, copy: Copy) -> None:
    """See that nothing newer is there than what was copied, which a thorough look alone can tell."""
    newest = release.registries[copy.registry].series(copy.name).latest
    if newest != copy.registered:
        raise TargetError(
            f"registry {copy.registry}: {copy.name} has just got a version that its lists do not show yet",
            hint="run the command again in a minute",
        )


def _member(scratch: Repository, copy: Copy) -> Member:
    return Member(
        path=copy.path,
        files=definition_files(scratch, copy.path),
        registries=copy.registries,
        resident=Resident(repository=Repository(scratch.root), kept=copy.kept),
    )


def _write_edits(scratch: Repository, edits: Sequence[Edit]) -> None:
    for path in dict.fromkeys(edit.path for edit in edits):
        text = edited(scratch.read(path).text, [edit for edit in edits if edit.path == path])
        scratch.write(path, text)


def _revision(copy: Copy, edit: Edit) -> Revision:
    return Revision(
        registry=copy.registry,
        environment=copy.name,
        path=edit.path,
        line=edit.line,
        name=edit.name,
        before=edit.before,
        after=edit.after,
    )
