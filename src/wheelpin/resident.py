"""Residents: environments that live only in a registry.

Their newest versions are copied into a scratch folder, where pins are found and written as in any repository;
from there they are registered anew. All that we do not change goes along: description, tags, properties,
inference config, and what a later service may add.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import yaml

from wheelpin.change import Edit, Revision
from wheelpin.config import WorkspaceEnvironment
from wheelpin.definitions.links import definition_files
from wheelpin.definitions.survey import pinned
from wheelpin.errors import DefinitionError, Finding, Level, TargetError, UsageError
from wheelpin.pin import Target, edited, plan_pins
from wheelpin.registries import Browsable, Registered
from wheelpin.release import Release
from wheelpin.repository import Repository
from wheelpin.scope import Member, Resident

READS_AT_ONCE: Final = 16

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_READ_ONLY = {"environmentType", "provisioningState", "isArchived", "isAnonymous", "stage"}
"""What the service decides itself, and the stage: a new version starts its life anew."""
_LABELS = "azureml.labels"
_SURROGATE = re.compile(r"\\u[Dd][89A-Fa-f]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Residents:
    """Those that pin what is released: by name, with what becomes of their pins, and what they are now."""

    members: Mapping[str, Member]
    revisions: tuple[Revision, ...]
    findings: tuple[Finding, ...]
    known: Mapping[tuple[str, str], Registered]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Copy:
    """One of them in the scratch folder; `path` is its environment YAML there."""

    name: str
    registry: str
    path: str
    registered: Registered
    kept: Mapping[str, Any]
    registries: tuple[str, ...]


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
    copies: dict[str, _Copy] = {}
    for entry in entries:
        wanted = [name for name in _names(release, entry, findings) if name not in {*defined, *copies}]
        copies |= {copy.name: copy for copy in _copied(release, entry, wanted, folder, findings)}
    return _pinned(release, copies, targets, folder, findings)


def _names(release: Release, entry: WorkspaceEnvironment, findings: list[Finding]) -> list[str]:
    """The names that an entry of the config selects."""
    if not any(char in entry.name for char in "*?["):
        return [entry.name]
    registry = _browsable(release, entry.source)
    found = [name for name in registry.names() if fnmatchcase(name, entry.name)]
    unfit = [name for name in found if not _SAFE.fullmatch(name)]
    findings += [_left_alone(entry.source, name, "its name is no file name") for name in unfit]
    if not found:
        message = f"no environment there is called {entry.name!r}"
        findings.append(Finding(level=Level.WARNING, subject=f"registry {entry.source}", message=message))
    return [name for name in found if name not in unfit]


def _browsable(release: Release, name: str) -> Browsable:
    registry = release.registries.get(name)
    if registry is None:
        raise UsageError(f"environments: `from: {name}`: this run does not open that registry")
    if not isinstance(registry, Browsable):
        raise UsageError(f"environments: `from: {name}`: environments cannot be read there")
    return registry


def _copied(
    release: Release,
    entry: WorkspaceEnvironment,
    names: Sequence[str],
    folder: Path,
    findings: list[Finding],
) -> Iterator[_Copy]:
    """Copies of the newest versions, made side by side; what cannot be copied is told and left alone."""
    registry = _browsable(release, entry.source)

    def copy(name: str) -> _Copy | Finding | None:
        found = registry.definition(name)
        if found is None:
            return _left_alone(entry.source, name, "it is not there, archived, or Azure ML's own")
        place = folder / entry.source / name
        place.mkdir(parents=True)
        try:
            _write(registry, name, found.properties, place)
        except DefinitionError as error:
            return _left_alone(entry.source, name, error.message)
        return _Copy(
            name=name,
            registry=entry.source,
            path=f"{entry.source}/{name}/environment.yml",
            registered=found.registered,
            kept=_kept(found.properties),
            registries=entry.registries or (entry.source,),
        )

    with ThreadPoolExecutor(READS_AT_ONCE) as pool:
        for made in pool.map(copy, names):
            if isinstance(made, Finding):
                findings.append(made)
            elif made is not None:
                yield made


def _write(registry: Browsable, name: str, properties: Mapping[str, Any], place: Path) -> None:
    """Write a definition as files: what is read of it later, with `condaFile` as the registry has it."""
    definition: dict[str, Any] = {"name": name}
    if image := properties.get("image"):
        definition["image"] = str(image)
    if conda := properties.get("condaFile"):
        (place / "conda.yml").write_bytes(_conda_bytes(str(conda)))
        definition["conda_file"] = "conda.yml"
    build = properties.get("build")
    if isinstance(build, Mapping) and build.get("contextUri"):
        uri = str(build["contextUri"])
        context = PurePosixPath(unquote(urlsplit(uri).path)).name
        if not _SAFE.fullmatch(context) or context in {"conda.yml", "environment.yml"}:
            context = "context"
        registry.download(uri, place / context)
        definition["build"] = {"path": context}
        if build.get("dockerfilePath"):
            definition["build"]["dockerfile_path"] = str(build["dockerfilePath"])
    (place / "environment.yml").write_text(yaml.safe_dump(definition), encoding="utf-8")


def _conda_bytes(text: str) -> bytes:
    """A `condaFile` as YAML can be read. Raises DefinitionError for one that is no text."""
    if _SURROGATE.search(text):
        with suppress(ValueError, RecursionError):
            # JSON writes what is beyond 16 bits as two escapes, which mean nothing in YAML.
            text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise DefinitionError("its condaFile holds half of a character") from error


def _kept(properties: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in properties.items() if key not in _READ_ONLY and value is not None}
    own = kept.get("properties")
    if isinstance(own, Mapping):
        kept["properties"] = {key: value for key, value in own.items() if key != _LABELS}
    return {key: value for key, value in kept.items() if value not in ({}, "")}


def _pinned(
    release: Release,
    copies: Mapping[str, _Copy],
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
            findings.append(_left_alone(copy.registry, copy.name, error.message))
            continue
        if plan.edits:
            _require_newest(release, copy)
        findings += plan.findings
        revisions += [_revision(copy, edit) for edit in plan.edits]
        members[copy.name] = _member(scratch, copy)  # anew: its repository has read the old texts
    known = {(copy.registry, copy.name): copy.registered for copy in copies.values()}
    return Residents(members=members, revisions=tuple(revisions), findings=tuple(findings), known=known)


def _require_newest(release: Release, copy: _Copy) -> None:
    """See that nothing newer is there than what was copied, which a thorough look alone can tell."""
    newest = release.registries[copy.registry].series(copy.name).latest
    if newest != copy.registered:
        raise TargetError(
            f"registry {copy.registry}: {copy.name} has just got a version that its lists do not show yet",
            hint="run the command again in a minute",
        )


def _member(scratch: Repository, copy: _Copy) -> Member:
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


def _revision(copy: _Copy, edit: Edit) -> Revision:
    return Revision(
        registry=copy.registry,
        environment=copy.name,
        path=edit.path,
        line=edit.line,
        name=edit.name,
        before=edit.before,
        after=edit.after,
    )


def _left_alone(registry: str, name: str, why: str) -> Finding:
    return Finding(level=Level.WARNING, subject=f"{registry}/{name}", message=f"left alone: {why}")
