"""Sources: the files of a project as they stand in the work tree, and where they go in a copy of it."""

import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from pathlib import Path, PurePath, PurePosixPath

from wheelpin.command import CommandError, git
from wheelpin.errors import BuildError
from wheelpin.replacement import is_leftover
from wheelpin.repository import Repository

_LEFTOVER = re.compile(
    r"(^|/)([^/]+\.egg-info|\.eggs|__pycache__|\.?venv|\.tox|\.nox|node_modules|\.wheelpin)/|\.py[co]$"
    r"|^build/(lib|(lib|temp|bdist)\.[^/]+)/|^dist/"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceFile:
    """One file of a snapshot: where it goes, where it stands, and its target if it stays a link.

    What is `committed` goes there as git's last commit has it, and not as it stands.
    """

    path: str
    place: Path
    link: str | None = None
    committed: bool = False

    @property
    def executable(self) -> bool:
        """The one permission that counts, as in git; a link has none of its own."""
        return self.link is None and bool(self.place.stat().st_mode & stat.S_IXUSR)


def ignore_files(base: Path, project: Path) -> Iterator[SourceFile]:
    """The .gitignore of each folder above: hatchling leaves out of the wheel what the nearest one names."""
    for folder in project.parents:
        if not folder.is_relative_to(base):
            return
        place = folder / ".gitignore"
        if place.is_file() and not place.is_symlink():
            yield SourceFile(path=place.relative_to(base).as_posix(), place=place)


@dataclass(frozen=True, slots=True)
class Collector:
    """Walks the sources in `area`; what a link outside of it leads to is taken along, within `boundary`."""

    area: Path
    _: KW_ONLY
    project: Path
    output: Path
    boundary: Path
    above: frozenset[Path] = frozenset()

    def below(self, folder: Path, path: PurePath) -> Iterator[SourceFile]:
        """The files in `folder`, which go to `path`."""
        try:
            tracked = _git_files(folder, "--cached")
            others = _untracked(folder, tracked)
        except CommandError:
            tracked, others = [], list(Repository(folder).files)
        for name in {*tracked, *(name for name in others if not self._is_leftover(folder, name))}:
            yield from self._at(folder / name, path / name)

    def _is_leftover(self, folder: Path, name: str) -> bool:
        place = folder / name
        inside_output = place.is_relative_to(self.output) and not self.project.is_relative_to(self.output)
        if inside_output or is_leftover(place.name):
            return True
        inner = place.relative_to(self.project).as_posix() if place.is_relative_to(self.project) else name
        return bool(_LEFTOVER.search(inner))

    def _at(self, place: Path, path: PurePath) -> Iterator[SourceFile]:
        try:
            mode = place.lstat().st_mode
        except FileNotFoundError as error:
            if "\ufffd" in path.name:
                raise BuildError(f"{path}: the file's name is not UTF-8") from error
            return  # git knows it, and it was deleted
        if stat.S_ISREG(mode):
            yield SourceFile(path=path.as_posix(), place=place)
        elif stat.S_ISDIR(mode):
            yield from self._enter(place, path)  # a submodule
        elif stat.S_ISLNK(mode):
            yield from self._behind(place, path)

    def _behind(self, link: Path, path: PurePath) -> Iterator[SourceFile]:
        target = Path(os.path.realpath(link))
        if not target.is_relative_to(self.boundary):
            raise BuildError(f"{path}: the link leads out of the repository")
        text = link.readlink()
        if not text.is_absolute() and target.is_relative_to(self.area):
            yield SourceFile(path=path.as_posix(), place=link, link=str(text))
        elif target.is_file():
            yield SourceFile(path=path.as_posix(), place=target)
        elif target.is_dir():
            yield from self._enter(target, path)

    def _enter(self, folder: Path, path: PurePath) -> Iterator[SourceFile]:
        """Another tree in this one, once: a link may lead upwards, and a missing submodule lists itself."""
        if folder not in self.above:
            yield from replace(self, above=self.above | {folder}).below(folder, path)


def _untracked(folder: Path, tracked: Sequence[str]) -> list[str]:
    """What git would add, and what it ignores inside of packages: folders with an `__init__.py`."""
    added = _git_files(folder, "--others", "--exclude-standard")
    packages = {PurePosixPath(file).parent for file in (*tracked, *added) if file.endswith("/__init__.py")}
    outermost = sorted(str(package) for package in packages if packages.isdisjoint(package.parents))
    if not outermost:
        return added
    return added + _git_files(folder, "--others", "--ignored", "--exclude-standard", "--", *outermost)


def _git_files(folder: Path, *options: str) -> list[str]:
    return git("ls-files", "-z", *options, cwd=folder).split("\0")[:-1]
