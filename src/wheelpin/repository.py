"""The files of the repository: found, read within limits, overlaid with edits to come, replaced atomically.

Everything in the repository is untrusted: a path may lead outside it, a link may point anywhere, a file may
be a pipe or a gigabyte.
"""

import codecs
import os
import re
import stat
import tempfile
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

import pathspec

from wheelpin.command import CommandError, run
from wheelpin.document import invalid
from wheelpin.errors import DefinitionError, TargetError, UsageError

MAX_BYTES = 1 << 20
"""No definition is larger; Azure ML itself refuses a Dockerfile of more."""

_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)")
_LINE_END = re.compile(r"\r\n|\n|\r")
_SKIPPED = {".git", ".hg", ".tox", ".nox", ".venv", "venv", "node_modules", "__pycache__", ".wheelpin"}


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Source:
    """The text of one file and what is needed to write it back byte for byte."""

    path: str
    text: str
    encoding: str = "utf-8"
    bom: bytes = b""

    def encode(self, text: str) -> bytes:
        """`text` as this file's bytes."""
        return self.bom + text.encode(self.encoding)


class Lines:
    """Turns offsets in a text into lines and columns, both counted from 1, and back."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(text))]

    def position(self, offset: int) -> tuple[int, int]:
        """The line and column of an offset."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int | None:
        """The offset of a line and column; None when there is no such line."""
        if not 1 <= line <= len(self._starts):
            return None
        return self._starts[line - 1] + column - 1


@dataclass(frozen=True)
class Repository:
    """A folder, usually a git work tree; `texts` overlays files with what they are going to hold.

    Paths are relative to `root`, with forward slashes.
    """

    root: Path
    texts: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def files(self) -> tuple[str, ...]:
        """Every file that git knows or would add; outside git, every file but tools' own folders."""
        try:
            listed = run(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=self.root).split("\0")
        except CommandError:
            listed = list(_walk(self.root))
        return tuple(sorted({file for file in listed if file and not _skipped(file)}))

    @cached_property
    def _sources(self) -> dict[str, Source]:
        return {}

    def matching(self, patterns: Iterable[str]) -> list[str]:
        """The files that match one of the glob patterns; `**` spans folders."""
        spec = pathspec.GitIgnoreSpec.from_lines("/" + pattern.removeprefix("./") for pattern in patterns)
        return [file for file in self.files if spec.match_file(file)]

    def below(self, paths: Iterable[str]) -> tuple[str, ...]:
        """The files at and under these paths, all files where none is given. Raises UsageError for a missing one."""
        chosen: set[str] = set()
        for path in paths:
            place = self.resolve(Path(os.path.relpath(self.root / path, self.root)).as_posix())
            if not (self.root / place).exists():
                raise UsageError(f"{path}: no such file or folder")
            inside = {file for file in self.files if place == "." or file.startswith(place + "/")}
            chosen |= inside if (self.root / place).is_dir() else {place}
        return tuple(sorted(chosen)) if paths else self.files

    def with_texts(self, texts: Mapping[str, str]) -> "Repository":
        """This repository as it will be once these files hold these texts."""
        return Repository(self.root, {**self.texts, **texts})

    def resolve(self, path: str, *, base: str = "") -> str:
        """The path of `path` as written in the file or folder `base`, relative to the root.

        Raises DefinitionError when it leads out of the repository.
        """
        joined = os.path.normpath(PurePosixPath(base, path.replace("\\", "/"))).replace(os.sep, "/")
        if PurePosixPath(path).is_absolute() or joined == ".." or joined.startswith("../") or "\0" in path:
            raise DefinitionError(f"{path!r} leads out of the repository")
        return joined

    def is_file(self, path: str) -> bool:
        """Whether there is a regular file at `path`, in the overlay or on disk."""
        return path in self.texts or (self.root / path).is_file()

    def read_bytes(self, path: str, limit: int = MAX_BYTES) -> bytes:
        """The bytes of one file. Raises DefinitionError for what is not a plain, small file inside the root."""
        place = self._inside(path)
        try:
            found = place.stat()
        except OSError as error:
            raise invalid(path, f"cannot be read: {error.strerror}", None) from error
        if not stat.S_ISREG(found.st_mode):
            raise invalid(path, "is not a regular file", None)
        if found.st_size > limit:
            raise invalid(path, f"is larger than {limit:,} bytes", None)
        try:
            return place.read_bytes()
        except OSError as error:
            raise invalid(path, f"cannot be read: {error.strerror}", None) from error

    def read(self, path: str) -> Source:
        """The text of one file, with every character that it has. Raises DefinitionError."""
        if path not in self._sources:
            self._sources[path] = self._read(path)
        return self._sources[path]

    def current_bytes(self, path: str, limit: int = MAX_BYTES) -> bytes:
        """The bytes that `path` holds, or will hold where the overlay has it."""
        if path not in self.texts:
            return self.read_bytes(path, limit)
        source = self.read(path)
        return source.encode(source.text)

    def write(self, path: str, text: str) -> None:
        """Replace one file atomically: readers and crashes see the old bytes or the new ones, never a part.

        Mode and encoding stay. Raises TargetError with the old bytes in place.
        """
        source = Repository(self.root).read(path)
        place = self._inside(path)
        try:
            replace_file(place, source.encode(text), stat.S_IMODE(place.stat().st_mode))
        except OSError as error:
            raise TargetError(f"{path}: cannot be written: {error.strerror}") from error

    def _read(self, path: str) -> Source:
        if path in self.texts:
            on_disk = Repository(self.root).read(path) if (self.root / path).exists() else Source(path, "")
            return Source(path, self.texts[path], on_disk.encoding, on_disk.bom)
        return decode(path, self.read_bytes(path))

    def _inside(self, path: str) -> Path:
        place = self.root / path
        resolved = Path(os.path.realpath(place))
        if not resolved.is_relative_to(os.path.realpath(self.root)):
            raise invalid(path, "leads out of the repository", None)
        return place if not place.is_symlink() else resolved


def decode(path: str, data: bytes) -> Source:
    """Text from bytes as pip and YAML read them: a byte order mark, else a PEP 263 line, else UTF-8."""
    for bom, name in _BOMS.items():
        if data.startswith(bom):
            encoding = name.replace("-sig", "")
            return _decoded(path, data[len(bom) :], encoding, bom)
    for head in data.split(b"\n", 2)[:2]:
        if match := _CODING.match(head):
            return _decoded(path, data, match[1].decode("ascii"), b"")
    return _decoded(path, data, "utf-8", b"")


def _decoded(path: str, data: bytes, encoding: str, bom: bytes) -> Source:
    try:
        text = data.decode(encoding)
        faithful = text.encode(encoding) == data
    except (UnicodeError, LookupError) as error:
        raise invalid(path, f"is not {encoding} text", None) from error
    if not faithful:
        raise invalid(path, f"does not survive a round trip through {encoding}", None)
    return Source(path, text, encoding, bom)


def replace_file(place: Path, data: bytes, mode: int = 0o644) -> None:
    """Write `data` to `place` by way of a temporary file beside it and a rename. Raises OSError."""
    handle, temporary = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(mode)
        Path(temporary).replace(place)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _walk(root: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in _SKIPPED]
        if "pyvenv.cfg" in files:
            folders[:] = []
            continue
        for file in files:
            yield Path(folder, file).relative_to(root).as_posix()


def _skipped(file: str) -> bool:
    return not _SKIPPED.isdisjoint(PurePosixPath(file).parts)
