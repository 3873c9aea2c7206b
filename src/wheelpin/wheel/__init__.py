"""Wheel: one built distribution (PEP 427), read and validated from its file, never from its source."""

import hashlib
import os
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from packaging.utils import parse_wheel_filename
from packaging.version import Version

from wheelpin.errors import CheckError, Finding, Level
from wheelpin.wheel.archive import read_entries
from wheelpin.wheel.distinfo import DistInfo, info_faults, read_info, requires_python
from wheelpin.wheel.entry import ArchiveError, hazards
from wheelpin.wheel.record import Payload, read_payload, read_record, record_faults

MAX_FINDINGS = 100
MAX_TAGS = 1_000

_FILE_NAME = re.compile(r"[A-Za-z0-9_.!+-]+\.whl")
_HINT = "build the wheel again; to change a built one, `wheel unpack` and `wheel pack` keep it whole"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wheel:
    """What is known of a wheel once its file has been read.

    `name` is normalised (PEP 503), `version` is PEP 440's canonical text. `content` is the digest of what
    the wheel holds, without how it is packed: two wheels with one `content` install the same files.
    `metadata` is the METADATA file as it stands (PEP 658 serves these bytes). `size` is in bytes.
    """

    path: Path
    name: str
    version: str
    tags: tuple[str, ...]
    sha256: str
    content: str
    size: int
    metadata: bytes
    requires_python: str | None = None

    @property
    def file(self) -> str:
        """The file's name, which is the wheel's identity in every store."""
        return self.path.name


def read_wheel(path: Path) -> Wheel:
    """Read and validate one file; nothing is extracted, and memory stays bounded whatever the file holds.

    Raises CheckError with all that is wrong, at most MAX_FINDINGS of it.
    """
    faults: list[str] = []
    try:
        wheel = _read(path, faults)
    except ArchiveError as error:
        raise _refused(path, [*faults, str(error)]) from error
    except OSError as error:
        raise _refused(path, [f"cannot be read: {error.strerror}"]) from error
    if faults:
        raise _refused(path, faults)
    return wheel


def _read(path: Path, faults: list[str]) -> Wheel:
    name, version, tags = _parsed(path.name)
    if not stat.S_ISREG(path.stat().st_mode):
        raise ArchiveError("is not a regular file")
    with path.open("rb") as file:
        entries = read_entries(file)
        faults += islice(hazards(entries), MAX_FINDINGS)
        info = read_info(file, entries)
        faults += info_faults(info, name, version, tags)
        rows = read_record(info.record)
        algorithms = {row.path: row.algorithm for row in rows}
        files = [entry for entry in entries if not entry.is_folder]
        payloads = {
            entry.name: read_payload(file, entry, algorithms.get(entry.name, "sha256")) for entry in files
        }
        faults += islice(record_faults(f"{info.folder}/RECORD", rows, payloads), MAX_FINDINGS)
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Wheel(
        path=path,
        name=name,
        version=str(version),
        tags=tags,
        sha256=sha256,
        content=_content(info, payloads.values()),
        size=size,
        metadata=info.metadata,
        requires_python=requires_python(info.metadata),
    )


def _parsed(file: str) -> tuple[str, Version, tuple[str, ...]]:
    try:
        name, version, _, tags = parse_wheel_filename(file if _FILE_NAME.fullmatch(file) else "")
    except ValueError as error:
        raise ArchiveError("is not named as a wheel is: NAME-VERSION-PYTHON-ABI-PLATFORM.whl") from error
    if len(tags) > MAX_TAGS:
        raise ArchiveError(f"has a file name with more than {MAX_TAGS:,} tags")
    return name, version, tuple(sorted(map(str, tags)))


def _content(info: DistInfo, payloads: Iterable[Payload]) -> str:
    """The digest of all that is installed: paths, bytes and executable bits.

    RECORD follows from the rest, and the Generator line of WHEEL only says who packed it.
    """
    lines = info.wheel.splitlines(keepends=True)
    wheel = b"".join(line for line in lines if not line.lower().startswith(b"generator:"))
    digest = hashlib.sha256()
    for payload in sorted(payloads, key=lambda payload: payload.entry.name):
        name, sha256 = payload.entry.name, payload.sha256.hex()
        if name == f"{info.folder}/RECORD":
            continue
        if name == f"{info.folder}/WHEEL":
            sha256 = hashlib.sha256(wheel).hexdigest()
        digest.update(f"{sha256} {'x' if payload.entry.is_executable else '-'} {name}\n".encode())
    return digest.hexdigest()


def _refused(path: Path, faults: list[str]) -> CheckError:
    findings = [
        Finding(level=Level.ERROR, subject=path.name, message=fault, hint=_HINT)
        for fault in faults[:MAX_FINDINGS]
    ]
    return CheckError(f"{path.name} is not a valid wheel", hint=_HINT, findings=findings)
