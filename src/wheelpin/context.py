"""The content hash of a build context, as the official client computes it; contexts are named by it.

The algorithm is that of azure-ai-ml 1.35.2 (`_utils/_asset_utils.py`): a seed, then name and content of each
entry, folders in place, sorted without regard to case. Only the ignore file in the folder itself counts.
"""

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pathspec

from wheelpin.document import invalid
from wheelpin.errors import DefinitionError, Finding, Level
from wheelpin.folder import OWN
from wheelpin.replacement import is_leftover
from wheelpin.repository import Repository

_SEED = b"Initialize for october 2021 AML CLI version"
_IGNORE_FILES = (".amlignore", ".gitignore")
_GIT = ".git"
LARGEST = 1 << 30
"""Bytes of a file in a context."""

_Spec = pathspec.PathSpec[pathspec.Pattern]

Entry = tuple[str, str | None]
"""The name of an entry, and the path of the file that it is; None for a folder."""


def context_files(repository: Repository, folder: str) -> list[str]:
    """The files of a context that are uploaded, in the order of the hash; links are followed."""
    return [path for _, path in _entries(repository, folder) if path is not None]


def _unheeded(_path: str, _data: bytes) -> None:
    pass


def context_hash(repository: Repository, folder: str, seen: Callable[[str, bytes], None] = _unheeded) -> str:
    """The sha256 that the official client gives a context; `seen` gets each file with what was hashed of it.

    Raises DefinitionError for a folder that is missing or empty, or holds what is not a plain file.
    """
    digest = hashlib.sha256(_SEED)
    empty = True
    for name, path in _entries(repository, folder):
        digest.update(name.encode())
        if path is not None:
            data = repository.current_bytes(path, LARGEST)
            digest.update(data)
            seen(path, data)
            empty = False
    if empty:
        raise invalid(folder, "the build context has no files", None)
    return digest.hexdigest()


def _entries(repository: Repository, folder: str) -> Iterator[Entry]:
    folder = "" if folder == "." else folder
    return _below(repository, folder, folder, _ignored(repository, folder))


def _below(
    repository: Repository, top: str, folder: str, ignored: _Spec, above: tuple[Path, ...] = ()
) -> Iterator[Entry]:
    """The entries of a folder and, in place, of those in it; `above` are the folders that it is in."""
    place = (repository.root / folder).resolve()
    if not place.is_relative_to(repository.root.resolve()):
        raise invalid(folder, "leads out of the repository", None)
    if place in above:
        raise invalid(folder, "leads back to a folder that it is in", None)
    try:
        names = [entry.name for entry in place.iterdir() if not _is_ours(entry.name)]
    except OSError as error:
        raise invalid(folder, f"cannot be read: {error.strerror}", None) from error
    for name in sorted(names, key=lambda name: (name.lower(), name)):
        path = f"{folder}/{name}" if folder else name
        if ignored.match_file(os.path.relpath(path, top or ".").replace(os.sep, "/")):
            continue
        if name == _GIT:
            raise _unfit(top)
        if (repository.root / path).is_dir():
            yield name, None
            yield from _below(repository, top, path, ignored, (*above, place))
        else:
            yield name, path


def _is_ours(name: str) -> bool:
    """Whether wheelpin itself wrote it, so that it must not move the hash of what is around it."""
    return name == OWN or is_leftover(name)


def _unfit(context: str) -> DefinitionError:
    """A context that holds git's folder would upload a CI job's credentials, and change with every commit."""
    finding = Finding(
        level=Level.ERROR,
        subject=context or ".",
        message=f"the build context holds {_GIT}, which must never be uploaded",
        hint=f"give the image a folder of its own, or list {_GIT}, without a slash, in its .amlignore",
    )
    return DefinitionError(str(finding), findings=[finding])


def _ignored(repository: Repository, folder: str) -> _Spec:
    for name in _IGNORE_FILES:
        path = f"{folder}/{name}" if folder else name
        if repository.is_file(path):
            try:
                return pathspec.PathSpec.from_lines("gitignore", repository.read(path).text.splitlines())
            except (ValueError, re.error) as error:
                raise invalid(path, f"holds a pattern that cannot be read: {error}", None) from error
    return pathspec.PathSpec.from_lines("gitignore", [])
