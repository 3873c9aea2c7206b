"""Files replaced atomically, written beside and then renamed: readers see the old bytes or the new ones."""

import errno
import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

_PREFIX = ".wheelpin-"
_SUFFIX = ".tmp"


@dataclass(frozen=True, slots=True)
class Replacement:
    """New bytes that lie beside a file and have not taken its place yet."""

    place: Path
    temporary: Path

    def commit(self) -> None:
        """Take the place of the file. Raises OSError with the old bytes in place."""
        try:
            self.temporary.replace(self.place)
        except BaseException:
            self.discard()
            raise

    def discard(self) -> None:
        """Leave the file as it is."""
        self.temporary.unlink(missing_ok=True)


def stage_file(place: Path, data: bytes, mode: int = 0o644) -> Replacement:
    """Write `data` beside `place`, down to the disk. Raises OSError."""
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=_prefix(place), suffix=_SUFFIX)
    replacement = Replacement(place, Path(name))
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        replacement.temporary.chmod(mode)
    except BaseException:
        replacement.discard()
        raise
    return replacement


def sweep(place: Path) -> None:
    """Remove what writers of this file left behind when they were killed. Raises OSError.

    The caller knows that no other process is writing it.
    """
    for leftover in place.parent.glob(f"{_prefix(place)}*{_SUFFIX}"):
        leftover.unlink(missing_ok=True)


def replace_file(place: Path, data: bytes, mode: int = 0o644) -> None:
    """Write `data` to `place`, all or nothing. Raises OSError."""
    stage_file(place, data, mode).commit()


def _prefix(place: Path) -> str:
    """A name of bounded length: that of the file may be as long as names can be."""
    return f"{_PREFIX}{hashlib.sha256(os.fsencode(place.name)).hexdigest()[:12]}."


def try_place(place: Path) -> None:
    """Raise the OSError that `replace_file` would raise; nothing is changed."""
    if place.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    stage_file(place, b"").discard()


def is_leftover(name: str) -> bool:
    """Whether a file is what a killed writer left behind: never a part of anything."""
    return name.startswith(_PREFIX) and name.endswith(_SUFFIX)
