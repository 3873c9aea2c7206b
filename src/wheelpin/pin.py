"""Which text changes when packages and environments get new versions, and writing it; never another byte.

Planning only reads. Writing takes the edits as plain facts, because a saved plan is JSON.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from packaging.utils import canonicalize_name

from wheelpin.change import Edit
from wheelpin.definitions import Reference, ReferenceForm, Span, Stated
from wheelpin.definitions.editing import edited, verified
from wheelpin.definitions.formats import suppose
from wheelpin.definitions.readings import Reading, anything, readings
from wheelpin.definitions.rewrite import Kept, Target, rewritten
from wheelpin.definitions.screen import package_screen, text_screen
from wheelpin.definitions.version import is_plain_version, next_version, version_of
from wheelpin.errors import Finding, Level, TargetError, UsageError
from wheelpin.replacement import Replacement
from wheelpin.repository import Repository
from wheelpin.source import Lines

__all__ = [
    "PinPlan", "Target", "edited", "parse_targets", "plan_pins", "plan_references", "plan_version",
    "stage_edits",
    "stands",
]  # fmt: skip

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_LIKE_A_REQUIREMENT = re.compile(r"[^/\\]*[<>~!=][^/\\]*|\s*")

_Change = tuple[str, Span, str | Kept | None]
"""A name, where something stands that has to do with it, and what is to stand there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PinPlan:
    """The edits to make, by path, line and column, and what was found on the way."""

    edits: tuple[Edit, ...] = ()
    findings: tuple[Finding, ...] = ()


def parse_targets(arguments: Iterable[str]) -> tuple[dict[str, Target], list[str]]:
    """The targets among arguments, `NAME==VERSION`, by normalised name, and the paths that are the rest.

    Raises UsageError for what is neither (`acme-core>=1`), for what is no version, for two versions of one
    package, and where there is no target.
    """
    targets: dict[str, Target] = {}
    paths = []
    for argument in arguments:
        name, equals, version = argument.partition("==")
        if not equals and not _LIKE_A_REQUIREMENT.fullmatch(argument):
            paths.append(argument)
            continue
        if not _NAME.fullmatch(name.strip()) or version.startswith("="):
            reason = f"{argument!r} is neither NAME==VERSION nor a path"
            raise UsageError(reason, hint="write NAME==VERSION; a path with such characters begins with ./")
        if version_of(version) is None:
            raise UsageError(f"{argument}: {version!r} is not a version", hint="write NAME==VERSION")
        target = Target(name=canonicalize_name(name.strip()), version=version.strip())
        if targets.setdefault(target.name, target) != target:
            raise UsageError(f"{argument}: another version of {name} is given too")
    if not targets:
        taken = f"; {paths[0]!r} is taken for a path" if paths else ""
        raise UsageError("no package is given", hint=f"write NAME==VERSION{taken}")
    return targets, paths


def plan_pins(
    repository: Repository,
    paths: Iterable[str],
    targets: Mapping[str, Target],
    *,
    downgrade: bool = False,
    ranges: bool = False,
) -> PinPlan:
    """The edits that give the pins of some packages, by normalised name, their targets' versions.

    `paths` may be a mapping that says what each file is read as; other files are read as what they are
    recognised as, or not at all. A pin that is newer than its target stays unless `downgrade`; ranges are
    raised only with `ranges`. Files that cannot be read are told of and left as they are.
    """
    plan = _Plan()
    for reading in readings(repository, paths, package_screen(targets), plan.findings.append):
        text = reading.source.text
        changes: list[_Change] = [
            (pin.name, pin.span, rewritten(pin, text, target, downgrade=downgrade, ranges=ranges))
            for pin in (*reading.definition.pins, *reading.definition.unread)
            if (target := targets.get(pin.name))
        ]
        plan.take(reading, [*changes, *_mixed_indexes(reading, targets)])
    return plan.made()


def plan_references(
    repository: Repository,
    paths: Iterable[str],
    versions: Mapping[str, str],
    registries: Iterable[str] = (),
    *,
    downgrade: bool = False,
) -> PinPlan:
    """The edits that give references to some environments, by name, their versions.

    `registries` are the Azure ML registries whose long form (`azureml://registries/R/…`) is ours too. A
    component that refers to one states the next version of its own: a registered one never changes.
    """
    ours = {None, *registries}
    plan = _Plan()
    for reading in readings(repository, paths, text_screen(versions), plan.findings.append):
        definition, text = reading.definition, reading.source.text
        changes: list[_Change] = [
            (reference.name, reference.span, _referring(reference, text, version, downgrade=downgrade))
            for reference in definition.references
            if (version := versions.get(reference.name)) and reference.registry in ours
        ]
        if definition.stated and any(isinstance(new, str) for _, _, new in changes):
            changes.append(_component(definition.stated, text))
        plan.take(reading, changes)
    return plan.made()


def plan_version(repository: Repository, path: str, version: str) -> PinPlan:
    """The edit of the `version:` that an environment states of itself; none where it states none."""
    plan = _Plan()
    for reading in readings(repository, [path], anything, plan.findings.append):
        stated = reading.definition.stated
        if stated and stated.version != version:
            plan.take(reading, [(stated.name, stated.span, _stating(stated, reading.source.text, version))])
    return plan.made()


def stage_edits(repository: Repository, path: str, edits: Iterable[Edit]) -> Replacement:
    """Prepare the edits of one file: all of them and nothing else, so that only a rename is left.

    Raises TargetError where the file is not what the edits were planned for, where they would change more
    than versions, or where it cannot be written; the file is left as it was then.
    """
    disk = Repository(repository.root)
    source = disk.read(path)
    return disk.stage(path, verified(source, suppose(source), tuple(edits)))


def stands(repository: Repository, path: str, edits: Sequence[Edit]) -> bool:
    """Whether a file reads on disk as it would after these edits, and not as before them."""
    text = Repository(repository.root).read(path).text
    return not _stand(text, [(edit, edit.before) for edit in edits], grown=False) and _stand(
        text, [(edit, edit.after) for edit in edits], grown=True
    )


def _stand(text: str, wanted: Sequence[tuple[Edit, str]], *, grown: bool) -> bool:
    """Whether each text stands at the place of its edit, moved by the edits before it if those are made."""
    lines = Lines(text)
    down = right = row = 0
    for edit, words in wanted:
        right = right if edit.line == row else 0
        row = edit.line
        offset = lines.offset(edit.line + down, edit.column + right)
        if offset is None or not text.startswith(words, offset):
            return False
        if grown:
            right += len(edit.after) - len(edit.before)
            down += edit.after.count("\n") - edit.before.count("\n")
    return True


class _Plan:
    """The edits and findings so far."""

    def __init__(self) -> None:
        self.edits: list[Edit] = []
        self.findings: list[Finding] = []

    def take(self, reading: Reading, changes: Iterable[_Change]) -> None:
        """Take what is to change in one file, once it is seen that nothing else would."""
        source = reading.source
        lines = Lines(source.text)
        edits = []
        for name, span, new in changes:
            line, column = lines.position(span.start)
            if isinstance(new, Kept):
                self._find(source.path, line, new)
            elif new is not None:
                before = span.of(source.text)
                edits.append(
                    Edit(path=source.path, line=line, column=column, name=name, before=before, after=new)
                )
        if not edits:
            return
        try:
            verified(source, reading.form, edits)
        except TargetError as error:
            message = error.message.removeprefix(f"{source.path}: ")
            self._find(source.path, edits[0].line, Kept(Level.ERROR, message, error.hint))
        else:
            self.edits += edits

    def made(self) -> PinPlan:
        """The plan."""
        edits = sorted(self.edits, key=lambda edit: (edit.path, edit.line, edit.column))
        return PinPlan(edits=tuple(edits), findings=tuple(self.findings))

    def _find(self, path: str, line: int, kept: Kept) -> None:
        self.findings.append(
            Finding(level=kept.level, subject=path, message=kept.message, line=line, hint=kept.hint)
        )


def _mixed_indexes(reading: Reading, targets: Mapping[str, Target]) -> list[_Change]:
    """What a further index beside a private package means; pip takes the highest version of all indexes."""
    private = sorted({pin.name for pin in reading.definition.pins} & set(targets))
    if not private:
        return []
    message = (
        f"--extra-index-url beside the private package {private[0]}: whoever uploads that name to the other "
        "index, with a higher or the same version, gets installed (dependency confusion)"
    )
    hint = "give pip one index, with --index-url: a feed that has public packages as its upstream source"
    return [
        (private[0], span, Kept(Level.WARNING, message, hint)) for span in reading.definition.extra_indexes
    ]


def _referring(reference: Reference, text: str, version: str, *, downgrade: bool) -> str | Kept | None:
    span, at, old = reference.span, reference.at, reference.version or ""
    if reference.ignored:
        return Kept(Level.NOTICE, f"{span.of(text)!r} stays: its comment says 'wheelpin: ignore'")
    if reference.form not in (ReferenceForm.VERSION, ReferenceForm.REGISTRY) or at is None:
        return Kept(Level.NOTICE, f"{span.of(text)!r} stays: its form is {reference.form.value}")
    if old == version:
        return None
    if old.isdecimal() and version.isdecimal() and int(old) > int(version) and not downgrade:
        return Kept(Level.NOTICE, f"{reference.name} is referred to as {old}, which is newer than {version}")
    return text[span.start : at.start] + version + text[at.end : span.end]


def _component(stated: Stated, text: str) -> _Change:
    version = next_version(stated.at.of(text))
    if version is None:
        message = (
            f"component {stated.name}: its environment changes, and {stated.version!r} has no next version"
        )
        kept = Kept(Level.WARNING, message, "raise its version by hand: a registered component never changes")
        return stated.name, stated.span, kept
    return stated.name, stated.span, _stating(stated, text, version)


def _stating(stated: Stated, text: str, version: str) -> str:
    value = version if stated.quoted or is_plain_version(version) else f'"{version}"'
    return text[stated.span.start : stated.at.start] + value + text[stated.at.end : stated.span.end]
