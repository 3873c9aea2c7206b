"""From a definition to every file that it leads to: conda files, requirements and their includes, contexts.

Each file is visited once, so that circles end; nothing outside the repository is ever opened.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import PurePosixPath

from wheelpin.definitions import Format, Link, LinkKind
from wheelpin.definitions.formats import read_definition, recognisable, recognise
from wheelpin.document import invalid
from wheelpin.errors import DefinitionError
from wheelpin.repository import Repository

_LEADING = (b"conda_file", b"build", b"-r", b"-c", b"--req", b"--con", b"condaDependencies", b"file:")
"""Without one of these a file leads to no other; a glance at bytes costs less than reading a definition."""

_IN_CONTEXT = (Format.REQUIREMENTS, Format.CONDA, Format.PYPROJECT, Format.DOCKERFILE)


Followed = tuple[str, Format, str | None]
"""A file, what it is read as, and the build context that its own paths start from."""


def definition_files(repository: Repository, path: str) -> dict[str, Format]:
    """The files that `path` is made of, itself first, and what each is read as.

    Raises DefinitionError for a link out of the repository or to a file that does not exist.
    """
    found: dict[str, Format] = {}
    waiting: list[Followed] = [(path, recognise(repository.read(path)) or Format.AZUREML, None)]
    while waiting:
        file, form, context = waiting.pop(0)
        if file not in found:
            found[file] = form
            waiting.extend(_followed(repository, file, form, context))
    return found


def followed(repository: Repository, paths: Iterable[str]) -> dict[str, Format | None]:
    """These files, and those that they lead to with what each is read as; None for what says so itself.

    A file whose links are broken leads nowhere: whoever reads the file itself is told.
    """
    files: dict[str, Format | None] = dict.fromkeys(paths)
    for path in list(files):
        with suppress(DefinitionError):
            if recognisable(path) and repository.read_if(path, _may_lead):
                files |= definition_files(repository, path)
    return files


def _may_lead(data: bytes) -> bool:
    return any(word in data for word in _LEADING)


def _followed(repository: Repository, file: str, form: Format, context: str | None) -> Iterator[Followed]:
    base = context if context is not None else str(PurePosixPath(file).parent)
    folder: str | None = None
    for link in read_definition(repository.read(file), form).links:
        target = _target(repository, file, form, link, base)
        if target is None:
            continue
        match link.kind:
            case LinkKind.CONTEXT:
                folder = target
                yield from _in_context(repository, folder)
            case LinkKind.DOCKERFILE:
                yield target, Format.DOCKERFILE, folder
            case LinkKind.CONDA:
                yield target, Format.CONDA, None
            case LinkKind.REQUIREMENTS:
                yield target, Format.REQUIREMENTS, None
            case LinkKind.ENVIRONMENT:
                yield target, Format.AZUREML, None


def _target(repository: Repository, file: str, form: Format, link: Link, base: str) -> str | None:
    """The path behind a link; None for a path in a Dockerfile that only the image knows."""
    inside_image = form is Format.DOCKERFILE
    try:
        target = repository.actual(repository.resolve(link.path, base=base))
    except DefinitionError as error:
        if inside_image:
            return None
        raise invalid(file, error.message, link.line) from error
    exists = (
        (repository.root / target).is_dir() if link.kind is LinkKind.CONTEXT else repository.is_file(target)
    )
    if exists:
        return target
    if inside_image:
        return None
    raise invalid(file, f"{link.path!r} does not exist", link.line)


def _in_context(repository: Repository, folder: str) -> Iterator[Followed]:
    for path in repository.files:
        if not (folder == "." or path.startswith(f"{folder}/")) or not recognisable(path):
            continue
        try:
            form = recognise(repository.read(path))
        except DefinitionError:
            continue
        if form in _IN_CONTEXT:
            yield path, form, folder
