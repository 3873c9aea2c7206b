"""Which text changes when packages and environments get new versions, and writing it; never another byte.

Planning only reads. Writing takes the edits as plain facts, because a saved plan is JSON.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from packaging.utils import canonicalize_name

from wheelpin.change import Edit
from wheelpin.definitions import (
    Definition,
    Form,
    Format,
    Reference,
    ReferenceForm,
    Span,
    read_definition,
    recognisable,
    recognise,
    suppose,
)
from wheelpin.definitions.editing import edited, verified
from wheelpin.definitions.rewrite import Kept, Target, rewritten
from wheelpin.definitions.screen import Screen, package_screen, text_screen
from wheelpin.definitions.version import is_plain_version, version_of
from wheelpin.errors import DefinitionError, Finding, Level, TargetError, UsageError
from wheelpin.repository import Repository
from wheelpin.source import Lines, Source

__all__ = [
    "Found", "PinPlan", "Target", "edited", "parse_targets", "plan_pins", "plan_references", "plan_version",
    "stated_versions", "survey", "write_edits",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class PinPlan:
    """The edits to make, by path, line and column, and what was found on the way."""

    edits: tuple[Edit, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A pin or a reference where it stands; `version` is None where none is stated."""

    path: str
    line: int
    column: int
    form: Form | ReferenceForm
    name: str
    version: str | None
    text: str


def parse_targets(arguments: Iterable[str]) -> tuple[dict[str, Target], list[str]]:
    """The targets among arguments, `NAME==VERSION`, by normalised name, and the paths that are the rest.

    Raises UsageError for what is no version, for two versions of one package, and where there is no target.
    """
    targets: dict[str, Target] = {}
    paths = []
    for argument in arguments:
        name, equals, version = argument.partition("==")
        if not equals:
            paths.append(argument)
            continue
        if version_of(version) is None:
            raise UsageError(f"{argument}: {version!r} is not a version", hint="write NAME==VERSION")
        target = Target(name=canonicalize_name(name.strip()), version=version.strip())
        if targets.setdefault(target.name, target) != target:
            raise UsageError(f"{argument}: another version of {name} is given too")
    if not targets:
        raise UsageError("no package is given", hint="write NAME==VERSION")
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
    for source, form, definition in _read(repository, paths, package_screen(targets), plan):
        changes = [
            (pin.name, pin.span, rewritten(pin, source.text, target, downgrade=downgrade, ranges=ranges))
            for pin in definition.pins
            if (target := targets.get(pin.name))
        ]
        plan.take(source, form, changes)
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

    `registries` are the Azure ML registries whose long form (`azureml://registries/R/…`) is ours too.
    """
    ours = {None, *registries}
    plan = _Plan()
    for source, form, definition in _read(repository, paths, text_screen(versions), plan):
        changes = [
            (reference.name, reference.span, _referring(reference, source, version, downgrade=downgrade))
            for reference in definition.references
            if (version := versions.get(reference.name)) and reference.registry in ours
        ]
        plan.take(source, form, changes)
    return plan.made()


def plan_version(repository: Repository, path: str, version: str) -> PinPlan:
    """The edit of the `version:` that an environment states of itself; none where it states none."""
    plan = _Plan()
    for source, form, definition in _read(repository, [path], _anything, plan):
        stated = definition.stated
        if stated and stated.version != version:
            value = version if stated.quoted or is_plain_version(version) else f'"{version}"'
            before = source.text[stated.span.start : stated.at.start]
            after = source.text[stated.at.end : stated.span.end]
            plan.take(source, form, [(stated.name, stated.span, before + value + after)])
    return plan.made()


def write_edits(repository: Repository, path: str, edits: Iterable[Edit]) -> None:
    """Make the edits of one file: all of them and nothing else, atomically, or none.

    Raises TargetError where the file is not what the edits were planned for, where they would change more
    than versions, or where it cannot be written; the file is left as it was then.
    """
    disk = Repository(repository.root)
    source = disk.read(path)
    disk.write(path, verified(source, suppose(source), tuple(edits)))


def survey(repository: Repository, paths: Iterable[str]) -> list[Found]:
    """Every pin and reference in some files, in the order of path, line and column."""
    found = []
    for source, _, definition in _read(repository, paths, _anything, _Plan()):
        lines = Lines(source.text)
        for one in definition.found:
            line, column = lines.position(one.span.start)
            found.append(
                Found(
                    path=source.path,
                    line=line,
                    column=column,
                    form=one.form,
                    name=one.name,
                    version=one.version,
                    text=one.span.of(source.text),
                )
            )
    return found


def stated_versions(repository: Repository, paths: Iterable[str]) -> dict[str, frozenset[str]]:
    """For each environment that some files refer to, the versions that they state."""
    versions: dict[str, frozenset[str]] = {}
    for _, _, definition in _read(repository, paths, text_screen(["azureml:"]), _Plan()):
        for reference in definition.references:
            if reference.form is ReferenceForm.VERSION and reference.version:
                versions[reference.name] = versions.get(reference.name, frozenset()) | {reference.version}
    return versions


class _Plan:
    """The edits and findings so far."""

    def __init__(self) -> None:
        self.edits: list[Edit] = []
        self.findings: list[Finding] = []

    def take(
        self, source: Source, form: Format, changes: Iterable[tuple[str, Span, str | Kept | None]]
    ) -> None:
        """Take what is to change in one file, once it is seen that nothing else would."""
        lines = Lines(source.text)
        edits = []
        for name, span, new in changes:
            line, column = lines.position(span.start)
            if isinstance(new, Kept):
                self._find(source.path, new.level, new.message, line, new.hint)
            elif new is not None:
                before = span.of(source.text)
                edits.append(
                    Edit(path=source.path, line=line, column=column, name=name, before=before, after=new)
                )
        try:
            verified(source, form, edits)
        except TargetError as error:
            self._find(source.path, Level.ERROR, error.message, edits[0].line, error.hint)
        else:
            self.edits += edits

    def refuse(self, path: str, error: DefinitionError) -> None:
        """Tell of a file that cannot be read; it is left as it is."""
        for finding in error.findings:
            self._find(path, Level.WARNING, finding.message, finding.line, "nothing in it is changed")

    def made(self) -> PinPlan:
        """The plan."""
        edits = sorted(self.edits, key=lambda edit: (edit.path, edit.line, edit.column))
        return PinPlan(edits=tuple(edits), findings=tuple(self.findings))

    def _find(self, path: str, level: Level, message: str, line: int | None, hint: str) -> None:
        self.findings.append(Finding(level=level, subject=path, message=message, line=line, hint=hint))


def _read(
    repository: Repository, paths: Iterable[str], screen: Screen, plan: _Plan
) -> Iterator[tuple[Source, Format, Definition]]:
    """The definitions among some files that pass a first look; an error in one stops its edits only."""
    formats: Mapping[str, Format] = paths if isinstance(paths, Mapping) else {}
    for path in sorted(set(paths)):
        if path not in formats and not recognisable(path):
            continue
        try:
            source = repository.read_if(path, screen)
            form = formats.get(path) or (recognise(source) if source else None)
            if source is None or form is None:
                continue
            definition = read_definition(source, form)
        except DefinitionError as error:
            plan.refuse(path, error)
            continue
        plan.findings += definition.findings
        if not any(finding.level is Level.ERROR for finding in definition.findings):
            yield source, form, definition


def _referring(reference: Reference, source: Source, version: str, *, downgrade: bool) -> str | Kept | None:
    text, span, at = source.text, reference.span, reference.at
    if reference.form not in (ReferenceForm.VERSION, ReferenceForm.REGISTRY) or at is None:
        return Kept(Level.NOTICE, f"{span.of(text)!r} stays: its form is {reference.form.value}")
    old = reference.version or ""
    if old == version:
        return None
    if old.isdecimal() and version.isdecimal() and int(old) > int(version) and not downgrade:
        return Kept(Level.NOTICE, f"{reference.name} is referred to as {old}, which is newer than {version}")
    return text[span.start : at.start] + version + text[at.end : span.end]


def _anything(data: bytes) -> bool:  # noqa: ARG001 - a screen
    return True
