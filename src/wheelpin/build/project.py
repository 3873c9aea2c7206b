"""Project: a folder that can be built, found by its pyproject.toml.

Only what decides *whether* it is built is read here: a version is a fact of the wheel, never of the source.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any, TypeVar

from packaging.utils import canonicalize_name

from wheelpin.document import invalid
from wheelpin.errors import BuildError, ConfigError, DefinitionError, Finding, UsageError
from wheelpin.repository import Repository

FILE = "pyproject.toml"

_AT_LINE = re.compile(r" \(at line (\d+), column \d+\)$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Project:
    """A folder with a pyproject.toml that can be built; `path` is relative to the root, which itself is ".".

    `name` is normalised (PEP 503) and None where only the build backend knows it, as `version` is; a release
    takes both from the wheel. `backend` is as [build-system] states it; without that, setuptools builds
    (PEP 517).
    """

    path: str
    name: str | None
    backend: str | None
    version: str | None = None

    @property
    def file(self) -> str:
        """The pyproject.toml, relative to the root."""
        return _file_in(self.path)

    @property
    def title(self) -> str:
        """What a person would call it."""
        return self.name or self.path


def find_projects(repository: Repository, patterns: Sequence[str] | None) -> tuple[Project, ...]:
    """The projects in the folders that match `patterns`; None stands for every folder that can be built.

    A pyproject.toml can be built when it has [project] or [build-system] and does not say otherwise
    (`tool.uv.package` or `tool.poetry.package-mode` false). Raises BuildError with a finding for each file
    that is not TOML; ConfigError for a pattern without a project, and for two projects with one name.
    """
    projects: list[Project] = []
    broken: list[Finding] = []
    for folder in _folders_with_file(repository, patterns):
        try:
            data = _read(repository, folder)
        except DefinitionError as error:
            broken += error.findings
            continue
        if _can_be_built(data):
            projects.append(_project(folder, data))
    if broken:
        hint = "if not every project is meant, name those to build under `projects:` in wheelpin.yml"
        raise BuildError("\n".join(map(str, broken)), hint=hint if patterns is None else "", findings=broken)
    _refuse_empty(repository, patterns or (), frozenset(project.path for project in projects))
    refuse_shared_names((project.name, project) for project in projects if project.name)
    return tuple(projects)


T = TypeVar("T")


def chosen(every: tuple[T, ...], packages: Sequence[str], called: Callable[[T], str]) -> tuple[T, ...]:
    """Those that are called so, in any spelling; all for no names. Raises UsageError for unknown names."""
    wanted = {canonicalize_name(name): name for name in packages}
    names = {one: canonicalize_name(called(one)) for one in every}
    unknown = wanted.keys() - names.values()
    if unknown:
        raise UsageError(
            f"--package {', '.join(wanted[name] for name in sorted(unknown))}: no such package here",
            hint=f"there is {', '.join(sorted(map(called, every))) or 'none'}",
        )
    return tuple(one for one, name in names.items() if not wanted or name in wanted)


def refuse_shared_names(named: Iterable[tuple[str, Project]]) -> None:
    """Raise ConfigError when two projects are one package to every index."""
    seen: dict[str, Project] = {}
    shared = [
        f"{seen[name].path} and {project.path} are both named {name}"
        for name, project in named
        if seen.setdefault(name, project) is not project
    ]
    if shared:
        raise ConfigError(
            "\n".join(shared), hint="rename one, or choose between them with `projects:` in wheelpin.yml"
        )


def _folders_with_file(repository: Repository, patterns: Sequence[str] | None) -> list[str]:
    if patterns is None:
        files = (PurePosixPath(file) for file in repository.files)
        return [file.parent.as_posix() for file in files if file.name == FILE]
    folders = _folders(repository)
    matching = {folder.as_posix() for pattern in patterns for folder in _matching(folders, pattern)}
    return [folder for folder in sorted(matching) if repository.is_file(_file_in(folder))]


def _refuse_empty(repository: Repository, patterns: Sequence[str], built: frozenset[str]) -> None:
    """Raise ConfigError for each folder that a pattern names for nothing; `**` names only what it finds."""
    folders = _folders(repository) if patterns else set()
    mistakes: list[str] = []
    for pattern in patterns:
        matching = {folder.as_posix() for folder in _matching(folders, pattern)}
        if matching.isdisjoint(built):
            mistakes.append(f"projects: {pattern!r} matches no folder that can be built")
        elif "**" not in pattern:
            mistakes += [f"projects: {folder} cannot be built" for folder in sorted(matching - built)]
    if mistakes:
        raise ConfigError(
            "\n".join(mistakes),
            hint=f"what can be built has a {FILE}, not ignored by git, with [project] or [build-system]",
        )


def _folders(repository: Repository) -> set[PurePosixPath]:
    """Every folder that holds a file, and submodules, which git lists as if they were files."""
    files = [PurePosixPath(file) for file in repository.files]
    submodules = {file for file in files if (repository.root / file).is_dir()}
    return submodules.union(parent for file in files for parent in file.parents)


def _matching(folders: Iterable[PurePosixPath], pattern: str) -> Iterator[PurePosixPath]:
    parts = PurePosixPath(pattern.replace("\\", "/")).parts
    return (folder for folder in folders if _matches(folder.parts, parts))


def _matches(folder: Sequence[str], pattern: Sequence[str]) -> bool:
    """Glob part by part, `**` for any number of folders, as in every other path of the config."""
    if not pattern or not folder:
        return not folder and all(part == "**" for part in pattern)
    if pattern[0] == "**":
        return _matches(folder, pattern[1:]) or _matches(folder[1:], pattern)
    return fnmatchcase(folder[0], pattern[0]) and _matches(folder[1:], pattern[1:])


def _file_in(folder: str) -> str:
    return FILE if folder == "." else f"{folder}/{FILE}"


def _read(repository: Repository, folder: str) -> dict[str, Any]:
    file = _file_in(folder)
    text = repository.read(file).text
    try:
        return tomllib.loads(text)
    except ValueError as error:
        # Before Python 3.14 the line stands only in the message.
        found = _AT_LINE.search(str(error))
        reason = _AT_LINE.sub("", str(error))
        raise invalid(file, f"not TOML: {reason}", int(found[1]) if found else None) from error
    except RecursionError as error:
        raise invalid(file, "not TOML: nested too deeply", None) from error


def _can_be_built(data: dict[str, Any]) -> bool:
    opted_out = (
        _at(data, "tool", "uv", "package") is False or _at(data, "tool", "poetry", "package-mode") is False
    )
    return ("project" in data or "build-system" in data) and not opted_out


def _project(folder: str, data: dict[str, Any]) -> Project:
    name = _at(data, "project", "name")
    version = _at(data, "project", "version")
    backend = _at(data, "build-system", "build-backend")
    return Project(
        path=folder,
        name=canonicalize_name(name) if isinstance(name, str) else None,
        backend=backend if isinstance(backend, str) else None,
        version=version if isinstance(version, str) else None,
    )


def _at(data: object, *keys: str) -> object:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data
