"""Every pin and reference in some files, as flat facts."""

from collections.abc import Iterable
from dataclasses import dataclass

from wheelpin.definitions import Form, ReferenceForm
from wheelpin.definitions.readings import Told, anything, readings
from wheelpin.definitions.screen import package_screen, text_screen
from wheelpin.errors import Finding
from wheelpin.repository import Repository
from wheelpin.source import Lines


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A pin or a reference where it stands; `version` is None where none is stated.

    `line` and `column` count from 1, in characters. `text` is what stands there.
    """

    path: str
    line: int
    column: int
    form: Form | ReferenceForm
    name: str
    version: str | None
    text: str


def _unheard(finding: Finding) -> None:
    """Findings are the planner's business."""


def survey(repository: Repository, paths: Iterable[str], told: Told = _unheard) -> list[Found]:
    """Every pin and reference in some files, in the order of path, line and column.

    `paths` may be a mapping that says what each file is read as; `told` hears what is found besides.
    """
    found = []
    for reading in readings(repository, paths, anything, told):
        lines = Lines(reading.source.text)
        for one in reading.definition.found:
            line, column = lines.position(one.span.start)
            found.append(
                Found(
                    path=reading.source.path,
                    line=line,
                    column=column,
                    form=one.form,
                    name=one.name,
                    version=one.version,
                    text=one.span.of(reading.source.text),
                )
            )
    return found


def pinned(repository: Repository, paths: Iterable[str], names: Iterable[str]) -> frozenset[str]:
    """Those of some packages, by normalised name, that have a pin anywhere in some files."""
    wanted = frozenset(names)
    of_ours = readings(repository, paths, package_screen(wanted), _unheard)
    return wanted & {pin.name for reading in of_ours for pin in reading.definition.pins}


def stated_versions(repository: Repository, paths: Iterable[str]) -> dict[str, frozenset[str]]:
    """For each environment that some files refer to, the versions that they state."""
    versions: dict[str, frozenset[str]] = {}
    for reading in readings(repository, paths, text_screen(["azureml:"]), _unheard):
        for reference in reading.definition.references:
            if reference.form is ReferenceForm.VERSION and reference.version:
                versions[reference.name] = versions.get(reference.name, frozenset()) | {reference.version}
    return versions
