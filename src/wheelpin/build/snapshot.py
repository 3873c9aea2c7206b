"""Snapshot: a project's sources as a build gets to see them, in a fresh folder with plain modes and times.

The work tree is only read: whatever a build leaves behind, it leaves in the copy, and what earlier builds
left in the work tree never reaches a wheel.
"""

import hashlib
import os
import re
import shutil
import stat
from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from pathlib import Path, PurePath, PurePosixPath

from wheelpin.build.project import Project
from wheelpin.command import CommandError, git
from wheelpin.errors import BuildError
from wheelpin.replacement import is_leftover
from wheelpin.repository import Repository

_BUILD_FILES = ("pyproject.toml", "setup.py", "setup.cfg", "hatch.toml", "hatch_build.py", "build.py")
_COMPILED = ("Cargo.toml", "CMakeLists.txt", "meson.build")
_ASKS_GIT = re.compile(
    r"(?<!\.)\bgit\b|scm|vcs|versioningit|versioneer|dynamic.versioning|dunamai|\bpbr\b", re.IGNORECASE
)
_LOOKS_UP = re.compile(r"(?<!\.)\.\.[/\\\"']|\.parents\b|\.parent\.parent|:parent\b|\bpardir\b")
_LEFTOVER = re.compile(
    r"(^|/)([^/]+\.egg-info|\.eggs|__pycache__|\.?venv|\.tox|\.nox|node_modules|\.wheelpin)/|\.py[co]$"
    r"|^build/(lib|(lib|temp|bdist)\.[^/]+)/|^dist/"
)
_NO_LFS = ("-c", "filter.lfs.smudge=", "-c", "filter.lfs.process=", "-c", "filter.lfs.required=false")


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceFile:
    """One file of a snapshot: where it goes, where it stands, and its target if it stays a link."""

    path: str
    place: Path
    link: str | None = None

    @property
    def executable(self) -> bool:
        """The one permission that counts, as in git; a link has none of its own."""
        return self.link is None and bool(self.place.stat().st_mode & stat.S_IXUSR)


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """The files that one project is built from, in the order of their paths.

    `path` is the project's folder and, as all paths here, relative to `base`: the root of the repository, or
    of the git repository whose history the build asks for. `whole` says that files beside it are there too.
    """

    base: Path
    path: str
    files: tuple[SourceFile, ...]
    whole: bool
    history: bool

    def digest(self) -> str:
        """The sha256 over all that the build can see: paths, executable bits and bytes; commit and tags."""
        digest = hashlib.sha256(os.fsencode(self.path))
        for file in self.files:
            digest.update(b"\0%s\0%d\0" % (os.fsencode(file.path), file.executable))
            if file.link is not None:
                digest.update(os.fsencode(file.link))
                continue
            with file.place.open("rb") as opened:
                digest.update(hashlib.file_digest(opened, "sha256").digest())
        if self.history:
            digest.update(git("show-ref", "--head", "--tags", cwd=self.base).encode())
        return digest.hexdigest()

    def write(self, folder: Path, epoch: int) -> Path:
        """Make the copy in `folder`, which is created, with all times at `epoch`; the project's folder there.

        Raises OSError, CommandError.
        """
        if self.history:
            self._clone(folder)
        for file in self.files:
            target = folder / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            if file.link is not None:
                target.symlink_to(file.link)
                continue
            shutil.copyfile(file.place, target)
            target.chmod(0o755 if file.executable else 0o644)
            os.utime(target, (epoch, epoch))
        project = folder / self.path
        for inner, _, _ in os.walk(project, topdown=False):
            Path(inner).chmod(0o755)
            os.utime(inner, (epoch, epoch))
        return project

    def _clone(self, folder: Path) -> None:
        """Give the copy a git repository of its own, which only borrows the objects of the real one.

        Unless the build looks at files beside the project, those are absent and count as unchanged: an edited
        definition elsewhere in the repository does not make a version "dirty".
        """
        git("clone", "--quiet", "--shared", "--no-checkout", str(self.base), str(folder), cwd=self.base)
        if self.whole:
            git("reset", "--quiet", cwd=folder)
            return
        git("sparse-checkout", "set", "--no-cone", f"/{self.path}/", cwd=folder)
        git(*_NO_LFS, "checkout", "--quiet", cwd=folder)
        shutil.rmtree(folder / self.path, ignore_errors=True)


def take_snapshot(repository: Repository, project: Project, output: Path) -> Snapshot:
    """What `project` is built from: by default its own folder as it stands in the work tree.

    All that git tracks is source, and all that git would add but tools' leftovers and `output`. What git
    ignores is taken along only inside a Python package, where generators put modules and assets. Build files
    that mention git or a folder above, and builds by cargo, cmake or meson, get the whole repository; those
    that mention git get its history, too. Their text decides that, and at worst it costs time.

    Raises BuildError for a link that leads out of the repository.
    """
    root = Path(os.path.realpath(repository.root))
    place = Path(os.path.realpath(root / project.path))
    build_files = [place / name for name in _BUILD_FILES if (place / name).is_file()]
    text = "\n".join(file.read_text(encoding="utf-8", errors="replace") for file in build_files)
    top = _top_with_commit(place) if _ASKS_GIT.search(text) else None
    base = top or root
    whole = (
        place == base or bool(_LOOKS_UP.search(text)) or any((place / name).exists() for name in _COMPILED)
    )
    area = base if whole else place
    collector = _Collector(
        area,
        project=place,
        output=Path(os.path.realpath(output)),
        boundary=root if base.is_relative_to(root) else base,
    )
    found = [*collector.below(area, area.relative_to(base)), *_ignore_files(base, place)]
    files = {file.path: file for file in found}
    return Snapshot(
        base=base,
        path=place.relative_to(base).as_posix(),
        files=tuple(files[name] for name in sorted(files)),
        whole=whole,
        history=top is not None,
    )


def _top_with_commit(folder: Path) -> Path | None:
    """The root of the git repository around `folder`; None outside git and before the first commit."""
    try:
        return Path(git("rev-parse", "--show-toplevel", "--verify", "HEAD", cwd=folder).splitlines()[0])
    except CommandError:
        return None


def _ignore_files(base: Path, project: Path) -> Iterator[SourceFile]:
    """The .gitignore of each folder above: hatchling leaves out of the wheel what the nearest one names."""
    for folder in project.parents:
        if not folder.is_relative_to(base):
            return
        place = folder / ".gitignore"
        if place.is_file() and not place.is_symlink():
            yield SourceFile(path=place.relative_to(base).as_posix(), place=place)


@dataclass(frozen=True, slots=True)
class _Collector:
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
