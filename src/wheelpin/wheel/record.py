"""RECORD: the wheel's own list of its files, held against what the archive really has."""

import base64
import csv
import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from wheelpin.wheel.archive import MAX_ENTRIES
from wheelpin.wheel.entry import ArchiveError, Entry, shown, unpack

ALGORITHMS = ("sha256", "sha384", "sha512")
"""The wheel specification asks for sha256 or better."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One line of RECORD as it stands: `digest` is urlsafe base64 without padding, `size` is in bytes."""

    path: str
    algorithm: str
    digest: str
    size: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Payload:
    """What an entry really holds: its sha256, and its digest by the algorithm that RECORD uses for it."""

    entry: Entry
    sha256: bytes
    recorded: str


def read_record(data: bytes) -> list[Row]:
    """The lines of a RECORD file. Raises ArchiveError when it is not the CSV that it must be."""
    lines = io.TextIOWrapper(io.BytesIO(data), "utf-8", newline="")
    try:
        rows = list(islice(csv.reader(lines, strict=True), MAX_ENTRIES + 1))
    except UnicodeDecodeError as error:
        raise ArchiveError("has a RECORD that is not UTF-8") from error
    except csv.Error as error:
        raise ArchiveError(f"has a RECORD that cannot be read: {error}") from error
    if len(rows) > MAX_ENTRIES:
        raise ArchiveError(f"has a RECORD with more than {MAX_ENTRIES:,} lines")
    return [_row(row) for row in rows if row]


def read_payload(file: BinaryIO, entry: Entry, algorithm: str) -> Payload:
    """Hash one entry without ever holding it whole. Raises ArchiveError when it is damaged."""
    sha256 = hashlib.sha256()
    recorded = sha256 if algorithm not in ALGORITHMS or algorithm == "sha256" else hashlib.new(algorithm)
    for piece in unpack(file, entry):
        sha256.update(piece)
        if recorded is not sha256:
            recorded.update(piece)
    return Payload(entry=entry, sha256=sha256.digest(), recorded=_base64(recorded.digest()))


def record_faults(own_path: str, rows: list[Row], payloads: Mapping[str, Payload]) -> Iterator[str]:
    """Where RECORD, whose path is `own_path`, and the archive differ, one sentence each.

    RECORD need not list itself and the signatures of it, and never with a hash of itself.
    """
    exempt = {own_path, f"{own_path}.jws", f"{own_path}.p7s"}
    listed: set[str] = set()
    for row in rows:
        if row.path in listed:
            yield f"RECORD lists {shown(row.path)} more than once"
        elif row.path not in payloads:
            yield f"RECORD lists {shown(row.path)}, which is not in the wheel"
        elif row.path not in exempt or row.algorithm or row.size:
            yield from _row_faults(row, payloads[row.path])
        listed.add(row.path)
    for path in payloads:
        if path not in listed and path not in exempt:
            yield f"RECORD does not list {shown(path)}"


def _row(fields: list[str]) -> Row:
    if len(fields) != 3:  # noqa: PLR2004 - path, hash, size
        raise ArchiveError(f"has a RECORD with {len(fields)} instead of 3 fields for {shown(fields[0])}")
    path, digest, size = fields
    algorithm, _, encoded = digest.partition("=")
    return Row(path=path, algorithm=algorithm, digest=encoded, size=size)


def _row_faults(row: Row, payload: Payload) -> Iterator[str]:
    if row.algorithm not in ALGORITHMS:
        yield f"RECORD has no sha256 of {shown(row.path)}"
    elif row.digest != payload.recorded:
        yield f"RECORD has another {row.algorithm} for {shown(row.path)} than the file itself"
    if row.size != str(payload.entry.size):
        yield f"RECORD has another size for {shown(row.path)} than the file itself"


def _base64(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
