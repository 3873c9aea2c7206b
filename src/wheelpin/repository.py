"""The files of the repository: found, read within limits, overlaid with edits to come, replaced atomically.

Everything in the repository is untrusted: a path may lead outside it, a link may point anywhere, a file may
be a pipe or a gigabyte.
"""

import errno
import os
import posixpath
import re
import stat
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

import pathspec

from wheelpin.command import CommandError, git
from wheelpin.document import invalid
from wheelpin.errors import DefinitionError, TargetError, UsageError
from wheelpin.replacement import Replacement, is_leftover, stage_file, sweep
from wheelpin.source import Source, decode

MAX_BYTES = 1 << 20
"""No definition is larger; Azure ML itself refuses a Dockerfile of more."""

_READ_ONLY = os.O_RDONLY | sum(
    getattr(os, flag, 0) for flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY")
)
"""A link is an error; a pipe without a writer does not block."""
_UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_SKIPPED = {".git", ".hg", ".tox", ".nox", ".venv", "venv", "node_modules", "__pycache__", ".wheelpin"}


@dataclass(frozen=True)
class Repository:
    """A folder, usually a git work tree; `texts` overlays files with what they are going to hold.

    Paths are relative to `root`, with forward slashes.
    """

    root: Path
    texts: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def files(self) -> tuple[str, ...]:
        """Every file that git knows or would add; outside git, every file but tools' own folders.

        What git knows but is not there, and names that cannot be shown, are left out.
        """
        try:
            listed = git("ls-files", "-z", "-co", "--exclude-standard", cwd=self.root).split("\0")
        except CommandError as error:
            if error.code is not None and _in_git(self.root):
                raise UsageError(
                    f"{self.root}: git does not list the files of this repository", hint=error.output.strip()
                ) from error
            listed = list(_walk(self.root))
        return tuple(sorted({file for file in listed if not _skipped(file) and self.is_file(file)}))

    @cached_property
    def _sources(self) -> dict[str, Source]:
        return {}

    @cached_property
    def _folders(self) -> dict[str, str]:
        return {}

    def matching(self, patterns: Iterable[str]) -> list[str]:
        """The files that match one of the glob patterns; `**` spans folders. Raises UsageError."""
        spec = compile_patterns(patterns)
        return [file for file in self.files if spec.match_file(file)]

    def below(self, paths: Collection[str]) -> tuple[str, ...]:
        """The files at and under these paths, all files where none is given. Raises UsageError."""
        chosen: set[str] = set()
        for path in paths:
            try:
                place = self.resolve(Path(os.path.relpath(self.root / path, self.root)).as_posix())
            except DefinitionError as error:
                raise UsageError(f"{path}: leads out of {self.root}") from error
            if not (self.root / place).exists():
                raise UsageError(f"{path}: no such file or folder")
            inside = {file for file in self.files if place == "." or file.startswith(place + "/")}
            chosen |= inside if (self.root / place).is_dir() else {place}
        return tuple(sorted(chosen)) if paths else self.files

    def with_texts(self, texts: Mapping[str, str]) -> "Repository":
        """This repository as it will be once these files hold these texts."""
        later = Repository(self.root, {**self.texts, **texts})
        if texts.keys() <= set(self.files):
            later.__dict__["files"] = self.files
        return later

    def committed(self, paths: Container[str]) -> "Repository":
        """This repository with the text that some files have in the last commit; itself outside git."""
        try:
            changed = git("diff", "--name-only", "--relative", "-z", "HEAD", cwd=self.root)
            texts = {
                path: decode(path, git("show", f"HEAD:./{path}", cwd=self.root).encode()).text
                for path in changed.split("\0")
                if path in paths
            }
        except (CommandError, DefinitionError):
            return self
        return self.with_texts(texts)

    def resolve(self, path: str, *, base: str = "") -> str:
        """The path of `path` as it is meant in the folder `base`, relative to the root.

        Raises DefinitionError when it leads out of the repository.
        """
        joined = posixpath.normpath(posixpath.join(base, path.replace("\\", "/")))
        if joined.startswith(("/", "../")) or joined == ".." or "\0" in path:
            raise DefinitionError(f"{path!r} leads out of the repository")
        return joined

    def is_file(self, path: str) -> bool:
        """Whether there is a regular file at `path`, in the overlay or on disk."""
        try:
            return path in self.texts or (self.root / path).is_file()
        except (OSError, ValueError):  # a name that is too long, or that no file can have
            return False

    def read_bytes(self, path: str, limit: int = MAX_BYTES) -> bytes:
        """The bytes of one file. Raises DefinitionError for what is no plain, small file inside the root."""
        try:
            return read_plain(self._place(path), path, limit)
        except OSError as error:
            if error.errno == errno.ELOOP and (actual := self.actual(path)) != path:
                return self.read_bytes(actual, limit)
            raise invalid(path, f"cannot be read: {error.strerror}", None) from error
        except ValueError as error:
            raise invalid(path, "is a name that no file can have", None) from error

    def read(self, path: str) -> Source:
        """The text of one file, with every character that it has; that of the file behind a link.

        Raises DefinitionError.
        """
        if path not in self._sources:
            self._sources[path] = self._read(path)
        return self._sources[path]

    def read_if(self, path: str, passes: Callable[[bytes], bool]) -> Source | None:
        """The text of one file whose bytes pass a first look; None, undecoded, for others.

        Raises DefinitionError.
        """
        if path in self._sources or path in self.texts:
            source = self.read(path)
            return source if passes(source.text.encode(errors="surrogatepass")) else None
        data = self.read_bytes(path)
        if not passes(data):
            return None
        source = self._sources[path] = self._decoded(path, data)
        return source

    def actual(self, path: str) -> str:
        """The path of the file itself, where `path` is a link to it or leads through one.

        Raises DefinitionError when that is outside.
        """
        return self._inside(path).relative_to(os.path.realpath(self.root)).as_posix()

    def current_bytes(self, path: str, limit: int = MAX_BYTES) -> bytes:
        """The bytes that `path` holds, or will hold where the overlay has it."""
        path = self.actual(path) if self.texts else path
        if path not in self.texts:
            return self.read_bytes(path, limit)
        source = self.read(path)
        return source.encode(source.text)

    def write(self, path: str, text: str) -> None:
        """Replace one file, mode and encoding kept. Raises TargetError with the old bytes in place."""
        replacement = self.stage(path, text)
        with _writing(path):
            replacement.commit()

    def stage(self, path: str, text: str) -> Replacement:
        """Write a file's new text beside it, so that nothing but a rename is left. Raises TargetError.

        The caller holds the root against other processes that edit below it.
        """
        source = Repository(self.root).read(path)
        place = self._inside(path)
        with _writing(path):
            sweep(place)
            return stage_file(place, source.encode(text), stat.S_IMODE(place.stat().st_mode))

    def _read(self, path: str) -> Source:
        if path in self.texts:
            on_disk = Repository(self.root).read(path) if (self.root / path).exists() else Source(path, "")
            return Source(path, self.texts[path], on_disk.encoding, on_disk.bom)
        return self._decoded(path, self.read_bytes(path))

    def _decoded(self, path: str, data: bytes) -> Source:
        actual = self.actual(path)
        return self.read(actual) if actual in self.texts else decode(actual, data)

    def _place(self, path: str) -> str:
        """Where a file is, links of folders followed; found out once for all files of a folder."""
        folder, slash, name = path.rpartition("/")
        if folder + slash not in self._folders:
            self._inside(path)
            self._folders[folder + slash] = os.path.realpath(self.root / folder)
        return f"{self._folders[folder + slash]}/{name}"

    def _inside(self, path: str) -> Path:
        """The file behind `path`, links followed, so that a write replaces the file and not the link."""
        try:
            resolved = Path(os.path.realpath(self.root / path))
        except ValueError as error:
            raise invalid(path, "is a name that no file can have", None) from error
        if not resolved.is_relative_to(os.path.realpath(self.root)):
            raise invalid(path, "leads out of the repository", None)
        return resolved


@contextmanager
def _writing(path: str) -> Iterator[None]:
    try:
        yield
    except UnicodeEncodeError as error:
        missing = error.object[error.start]
        raise TargetError(f"{path}: cannot be written: {error.encoding} has no {missing!r}") from error
    except OSError as error:
        raise TargetError(
            f"{path}: cannot be written: {error.strerror}", hint="make it writable, and run again"
        ) from error


def compile_patterns(patterns: Iterable[str]) -> pathspec.GitIgnoreSpec:
    """Glob patterns that start at the root. Raises UsageError for what is none, as `[z-a]`."""
    try:
        return pathspec.GitIgnoreSpec.from_lines("/" + pattern.removeprefix("./") for pattern in patterns)
    except (ValueError, re.error) as error:
        raise UsageError(f"not a glob pattern: {error}") from error


def read_plain(place: str, path: str, limit: int = MAX_BYTES) -> bytes:
    """The bytes of a file that is no link; looked at when it is open, so that nobody can exchange it.

    `path` is what errors call it. Raises DefinitionError for what is no plain, small file, OSError.
    """
    handle = os.open(place, _READ_ONLY)
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise invalid(path, "is not a regular file", None)
        if found.st_size > limit:
            raise invalid(path, f"is larger than {limit:,} bytes", None)
        return os.read(handle, found.st_size + 1)
    finally:
        os.close(handle)


def _walk(root: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in _SKIPPED]
        if "pyvenv.cfg" in files:
            folders[:] = []
            continue
        for file in files:
            yield Path(folder, file).relative_to(root).as_posix()


def _skipped(file: str) -> bool:
    parts = PurePosixPath(file).parts
    leftover = any(map(is_leftover, parts[-1:]))
    return not _SKIPPED.isdisjoint(parts) or leftover or bool(_UNSHOWN.search(file))


def _in_git(root: Path) -> bool:
    return any((folder / ".git").exists() for folder in (root, *root.absolute().parents))
