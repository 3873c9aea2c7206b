"""The definitions among some files: each is read once, and parsed only if it can hold what is looked for."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from wheelpin.definitions import Definition, Format
from wheelpin.definitions.formats import read_definition, recognisable, recognise
from wheelpin.definitions.screen import Screen
from wheelpin.errors import DefinitionError, Finding, Level
from wheelpin.repository import Repository
from wheelpin.source import Source

Told = Callable[[Finding], None]
"""Hears what is found on the way."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """A file, what it was read as, and what it says."""

    source: Source
    form: Format
    definition: Definition


def readings(repository: Repository, paths: Iterable[str], screen: Screen, told: Told) -> Iterator[Reading]:
    """The definitions among some files, in the order of their paths; a link counts as the file behind it.

    `paths` may be a mapping that says what each file is read as; other files are read as what they are
    recognised as, or not at all. A file that cannot be read is told of. So is all that is found in one, and
    no file with an error in it is given out: nothing in it may be changed or released.
    """
    formats: Mapping[str, Format | None] = paths if isinstance(paths, Mapping) else {}
    seen: set[str] = set()
    for path in sorted(set(paths)):
        if formats.get(path) is None and not recognisable(path):
            continue
        try:
            found = _reading(repository, path, formats.get(path), screen)
        except DefinitionError as error:
            _tell(error, told)
            continue
        if found is None or found.source.path in seen:
            continue
        seen.add(found.source.path)
        for finding in found.definition.findings:
            told(finding)
        if not any(finding.level is Level.ERROR for finding in found.definition.findings):
            yield found


def anything(data: bytes) -> bool:  # noqa: ARG001 - a screen looks at bytes
    """A screen that lets every file through."""
    return True


def _reading(repository: Repository, path: str, form: Format | None, screen: Screen) -> Reading | None:
    source = repository.read_if(path, screen)
    form = form or (recognise(source) if source else None)
    if source is None or form is None:
        return None
    return Reading(source=source, form=form, definition=read_definition(source, form))


def _tell(error: DefinitionError, told: Told) -> None:
    for one in error.findings:
        hint = one.hint or "nothing in it is changed"
        told(Finding(level=Level.WARNING, subject=one.subject, message=one.message, hint=hint, line=one.line))
