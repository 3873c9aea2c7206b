"""Snapshot: a project's sources as a build gets to see them, in a fresh folder with plain modes and times.

The work tree is only read: whatever a build leaves behind, it leaves in the copy, and what earlier builds
left in the work tree never reaches a wheel.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from wheelpin.build.project import Project
from wheelpin.build.sources import Collector, SourceFile, ignore_files
from wheelpin.command import CommandError, git
from wheelpin.repository import Repository

Edited = Callable[[], Container[str]]
"""Finds the files that a release edits, relative to the root of the repository."""

_BUILD_FILES = ("pyproject.toml", "setup.py", "setup.cfg", "hatch.toml", "hatch_build.py", "build.py")
_COMPILED = ("Cargo.toml", "CMakeLists.txt", "meson.build")
_ASKS_GIT = re.compile(
    r"(?<!\.)\bgit\b|scm|vcs|versioningit|versioneer|dynamic.versioning|dunamai|\bpbr\b", re.IGNORECASE
)
_LOOKS_UP = re.compile(r"(?<!\.)\.\.[/\\\"']|\.parents\b|\.parent\.parent|:parent\b|\bpardir\b")
_NO_LFS = ("-c", "filter.lfs.smudge=", "-c", "filter.lfs.process=", "-c", "filter.lfs.required=false")


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
            if file.committed:
                continue  # the commit tells it
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
            if not file.committed:
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

        Unless the build looks at files beside the project, those are absent and count as unchanged. Files
        that a release edits are as they were committed: a pin that follows does not make a version "dirty",
        which would be another version at the next plan.
        """
        git("clone", "--quiet", "--shared", "--no-checkout", str(self.base), str(folder), cwd=self.base)
        if self.whole:
            git("reset", "--quiet", cwd=folder)
            self._restore(folder)
            return
        git("sparse-checkout", "set", "--no-cone", f"/{self.path}/", cwd=folder)
        git(*_NO_LFS, "checkout", "--quiet", cwd=folder)
        shutil.rmtree(folder / self.path, ignore_errors=True)
        self._restore(folder)

    def _restore(self, folder: Path) -> None:
        paths = [os.fsencode(file.path) for file in self.files if file.committed]
        if paths:
            listed = folder / ".git" / "committed"
            listed.write_bytes(b"\0".join(paths))
            options = (f"--pathspec-from-file={listed}", "--pathspec-file-nul")
            git("--literal-pathspecs", *_NO_LFS, "checkout", "--quiet", *options, cwd=folder)
            listed.unlink()


def take_snapshot(
    repository: Repository, project: Project, output: Path, edited: Edited = frozenset
) -> Snapshot:
    """What `project` is built from: by default its own folder as it stands in the work tree.

    All that git tracks is source, and all that git would add but tools' leftovers and `output`. What git
    ignores is taken along only inside a Python package, where generators put modules and assets. Build files
    that mention git or a folder above, and builds by cargo, cmake or meson, get the whole repository; those
    that mention git get its history, too, and what a release edits as it was committed. Their text decides
    that, and at worst it costs time.

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
    collector = Collector(
        area,
        project=place,
        output=Path(os.path.realpath(output)),
        boundary=root if base.is_relative_to(root) else base,
    )
    found = [*collector.below(area, area.relative_to(base)), *ignore_files(base, place)]
    files = {file.path: file for file in found}
    if top is not None:
        files |= _committed(base, root, files, edited())
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


def _committed(
    base: Path, root: Path, files: Mapping[str, SourceFile], edited: Container[str]
) -> dict[str, SourceFile]:
    """The files that a release edits, if git has them; build files and packages are taken as they stand."""
    tracked = set(git("ls-tree", "-r", "-z", "--name-only", "HEAD", cwd=base).split("\0"))
    packages = {PurePosixPath(path).parent for path in files if path.endswith("/__init__.py")}
    found = {}
    for path in tracked.intersection(files):
        file, inner = files[path], PurePosixPath(path)
        in_place = file.link is None and file.place == base / path and file.place.is_relative_to(root)
        source = inner.name in _BUILD_FILES or not packages.isdisjoint(inner.parents)
        if in_place and not source and file.place.relative_to(root).as_posix() in edited:
            found[path] = replace(file, committed=True)
    return found
