"""A folder as a bucket, for the processes of one machine: whoever looks and then writes holds the folder."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from wheelpin.credentials.redaction import Secret
from wheelpin.errors import TargetError
from wheelpin.folder import create_file, locked, make_folder
from wheelpin.replacement import replace_file
from wheelpin.stores.static.bucket import PIECE, Body, Held, Stored
from wheelpin.web.races import LostRaceError


@dataclass(frozen=True, slots=True)
class DirectoryBucket:
    """The folder `path`, which is made when something is written into it."""

    name: str
    path: Path

    @property
    def index_names(self) -> Sequence[str]:
        return ("index.html",)

    def secrets(self) -> Sequence[Secret]:
        return ()

    def url(self, key: str) -> str:
        slash = "/" if key.endswith("/") else ""
        return self._file(key).as_uri() + slash

    def place(self, key: str) -> str:
        return str(self._file(key))

    def read(self, key: str) -> Stored | None:
        with self._translated():
            return _stored(self._file(key))

    def look(self, key: str) -> Held | None:
        with self._translated():
            try:
                with self._file(key).open("rb") as file:
                    sha256 = hashlib.file_digest(file, "sha256").hexdigest()
                    size = file.tell()
            except FileNotFoundError:
                return None
            modified = datetime.fromtimestamp(self._file(key).stat().st_mtime, UTC)
            return Held(size=size, sha256=sha256, modified=modified)

    def pieces(self, key: str) -> Iterator[bytes]:
        with self._translated(), self._file(key).open("rb") as file:
            while piece := file.read(PIECE):
                yield piece

    def create(self, key: str, body: Body) -> None:
        file = self._file(key)
        with self._translated():
            make_folder(file.parent)
            with locked(file.parent):
                try:
                    create_file(file, body.pieces())
                except FileExistsError as error:
                    raise LostRaceError(key) from error

    def replace(self, key: str, body: Body, etag: str) -> None:
        file = self._file(key)
        with self._translated(), locked(file.parent):
            stored = _stored(file)
            if stored is None or stored.etag != etag:
                raise LostRaceError(key)
            replace_file(file, b"".join(body.pieces()))

    def keys(self, prefix: str) -> Iterator[str]:
        with self._translated():
            for file in sorted(self._file(prefix).rglob("*")):
                if file.is_file() and not _is_own(file.name):
                    yield file.relative_to(self._file("")).as_posix()

    def _file(self, key: str) -> Path:
        return self.path.resolve() / key

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Tell what the operating system says in our words."""
        try:
            yield
        except OSError as error:
            raise TargetError(
                f"store {self.name}: {error.filename or self.path}: {error.strerror}"
            ) from error


def _stored(file: Path) -> Stored | None:
    """A file with an etag that no other state of it has; None where there is none, and only there."""
    try:
        data, state = file.read_bytes(), file.stat()
    except FileNotFoundError:
        return None
    return Stored(data=data, etag=f"{state.st_ino} {state.st_mtime_ns} {hashlib.sha256(data).hexdigest()}")


def _is_own(name: str) -> bool:
    return name == ".lock" or (name.startswith(".") and name.endswith(".tmp"))
