"""Folders that several processes write at once: one writer at a time, and files that are whole or not there.

Nothing here waits for ever because of a process that was killed: its lock dies with it.
"""

import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

OWN = ".wheelpin"
"""The folder of the embedded default; git is told to look away from it."""


def make_folder(folder: Path) -> None:
    """Make a folder and its parents. Raises OSError."""
    for place in (folder, *folder.parents):
        ignore = place / ".gitignore"
        if place.name == OWN and not ignore.exists():
            place.mkdir(parents=True, exist_ok=True)
            with locked(place), suppress(FileExistsError):
                create_file(ignore, iter([b"*\n"]))
    folder.mkdir(parents=True, exist_ok=True)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder against every other process and thread of this machine that asks for it.

    Whoever holds it may take temporary files in it for the leftovers of a killed process, and removes them.
    Raises OSError.
    """
    with (folder / ".lock").open("ab") as lock:
        _wait_for(lock)
        for leftover in folder.glob(".*.tmp"):
            _remove(leftover)
        yield


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """As `locked`, without a file in the folder and without sweeping: for folders that are not ours.

    Windows cannot lock a folder; there two runs in one work tree must not meet. Raises OSError.
    """
    if sys.platform == "win32":  # pragma: no cover
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        _wait_for(handle)
        yield
    finally:
        os.close(handle)


@contextmanager
def in_use(mark: Path) -> Iterator[None]:
    """Keep a file that says until this ends, or the process dies, that what lies beside it is in use.

    Raises OSError.
    """
    with mark.open("ab") as lock:
        _take(lock)
        yield


def abandoned(mark: Path) -> bool:
    """Whether a process that kept this file has died; not where there is no such file."""
    try:
        with mark.open("rb+") as lock:
            return _take(lock)
    except OSError:
        return False


def create_file(place: Path, chunks: Iterator[bytes]) -> None:
    """Write a file that is not there yet; under its name it is whole or absent, whatever stops the writing.

    The caller holds the folder. Raises OSError, FileExistsError with the file that is there untouched.
    """
    # os.link would need no lock, but Azure Files, where the notebooks of a workspace lie, has no hard links.
    if place.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(place))
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=".", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(chunks)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.rename(place)
    except BaseException:
        _remove(temporary)
        raise


@contextmanager
def new_folder(place: Path) -> Iterator[Path]:
    """A temporary folder beside `place` that becomes `place` once it is filled; what stands there stays.

    The caller holds `place.parent`. Raises OSError.
    """
    temporary = Path(tempfile.mkdtemp(dir=place.parent, prefix=".", suffix=".tmp"))
    try:
        yield temporary
        temporary.chmod(0o755)
        temporary.rename(place)
    except BaseException:
        _remove(temporary)
        raise


def _remove(leftover: Path) -> None:
    if leftover.is_dir():
        shutil.rmtree(leftover)
    else:
        leftover.unlink(missing_ok=True)


if sys.platform == "win32":  # pragma: no cover

    def _wait_for(lock: BinaryIO) -> None:
        import msvcrt

        while True:
            lock.seek(0)
            try:
                msvcrt.locking(lock.fileno(), msvcrt.LK_LOCK, 1)
            except OSError as error:
                if error.errno != errno.EDEADLOCK:  # what ten tries in ten seconds end with
                    raise
            else:
                return

    def _take(lock: BinaryIO) -> bool:
        import msvcrt

        try:
            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:

    def _wait_for(lock: BinaryIO | int) -> None:
        import fcntl

        fcntl.flock(lock, fcntl.LOCK_EX)

    def _take(lock: BinaryIO) -> bool:
        import fcntl

        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
