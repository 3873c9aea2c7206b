"""RECORD must list the archive's files, all of them and nothing else, with the right hashes and sizes."""

import base64
import hashlib
from pathlib import Path

import pytest

from tests.unit.wheel.archives import FILE, INFO, METADATA, RECORD, WHEEL, Part, wheel, zipped
from tests.wheels import record, record_hash, wheel_members
from wheelpin.errors import CheckError
from wheelpin.wheel import read_wheel

MODULE = "acme/__init__.py"
MEMBERS = wheel_members("acme", "1.0")
HONEST = MEMBERS[RECORD].decode()
MODULE_LINE = HONEST.splitlines()[0]
DATA = MEMBERS[MODULE]


def recorded(old: str, new: str, *extra: Part) -> bytes:
    assert old in HONEST
    parts = wheel(files={RECORD: HONEST.replace(old, new, 1).encode()})
    return zipped([*extra, *parts])


def digest(algorithm: str, data: bytes = DATA) -> str:
    encoded = base64.urlsafe_b64encode(hashlib.new(algorithm, data).digest()).decode().rstrip("=")
    return f"{algorithm}={encoded}"


REJECTED: dict[str, tuple[bytes, str]] = {
    "unlisted_file": (
        zipped([Part(name=b"evil.pth"), *wheel()]),
        "RECORD does not list 'evil.pth'",
    ),
    "listed_file_is_missing": (
        recorded(MODULE_LINE, MODULE_LINE + "\nacme/more.py,,0"),
        "RECORD lists 'acme/more.py', which is not in the wheel",
    ),
    "listed_twice": (
        recorded(MODULE_LINE, f"{MODULE_LINE}\n{MODULE_LINE}"),
        "RECORD lists 'acme/__init__.py' more than once",
    ),
    "other_bytes": (
        zipped(wheel(files={MODULE: b"__version__ = '6.6'\n", RECORD: HONEST.encode()})),
        "RECORD has another sha256 for 'acme/__init__.py' than the file itself",
    ),
    "other_size": (
        recorded(f",{len(DATA)}\n", ",1\n"),
        "RECORD has another size for 'acme/__init__.py' than the file itself",
    ),
    "no_size": (
        recorded(f",{len(DATA)}\n", ",\n"),
        "RECORD has another size for 'acme/__init__.py' than the file itself",
    ),
    "no_hash": (recorded(record_hash(DATA), ""), "RECORD has no sha256 of 'acme/__init__.py'"),
    "md5": (recorded(record_hash(DATA), digest("md5")), "RECORD has no sha256 of 'acme/__init__.py'"),
    "sha1": (recorded(record_hash(DATA), digest("sha1")), "RECORD has no sha256 of 'acme/__init__.py'"),
    "unknown_algorithm": (recorded("sha256=", "rot13="), "RECORD has no sha256 of 'acme/__init__.py'"),
    "hexadecimal": (
        recorded(record_hash(DATA), "sha256=" + hashlib.sha256(DATA).hexdigest()),
        "RECORD has another sha256 for 'acme/__init__.py' than the file itself",
    ),
    "hash_of_itself": (
        recorded(f"{RECORD},,", f"{RECORD},{record_hash(b'')},0"),
        f"RECORD has another sha256 for '{RECORD}' than the file itself",
    ),
    "wrong_hash_of_signature": (
        recorded(
            MODULE_LINE,
            f"{MODULE_LINE}\n{RECORD}.jws,{record_hash(b'no')},0",
            Part(name=f"{RECORD}.jws".encode()),
        ),
        f"RECORD has another sha256 for '{RECORD}.jws' than the file itself",
    ),
    "two_fields": (
        recorded(MODULE_LINE, MODULE),
        "has a RECORD with 1 instead of 3 fields for 'acme/__init__.py'",
    ),
    "open_quote": (
        recorded(MODULE_LINE, '"' + MODULE_LINE),
        "has a RECORD that cannot be read: unexpected end of data",
    ),
    "endless_field": (
        recorded(MODULE_LINE, "a" * 200_000),
        "has a RECORD that cannot be read: field larger than field limit (131072)",
    ),
    "more_lines_than_files": (
        recorded(MODULE_LINE, "\n" * 65_535),
        "has a RECORD with more than 65,535 lines",
    ),
    "not_utf8": (
        zipped(wheel(files={RECORD: b"\xff,,\n"})),
        "has a RECORD that is not UTF-8",
    ),
}

ACCEPTED: dict[str, bytes] = {
    "sha384": recorded(record_hash(DATA), digest("sha384")),
    "sha512": recorded(record_hash(DATA), digest("sha512")),
    "windows_line_ends": zipped(wheel(files={RECORD: HONEST.replace("\n", "\r\n").encode()})),
    "blank_last_line": zipped(wheel(files={RECORD: HONEST.encode() + b"\n"})),
    "quoted_path": zipped(
        wheel(
            files={"acme/a,b.txt": b"", RECORD: (HONEST + f'"acme/a,b.txt",{record_hash(b"")},0\n').encode()}
        )
    ),
    "itself_not_listed": recorded(f"{RECORD},,\n", ""),
    "signatures": zipped(
        [Part(name=f"{RECORD}.jws".encode()), Part(name=f"{RECORD}.p7s".encode()), *wheel()]
    ),
    "signature_listed_without_hash": recorded(
        MODULE_LINE, f"{MODULE_LINE}\n{RECORD}.jws,,", Part(name=f"{RECORD}.jws".encode())
    ),
}


@pytest.mark.parametrize("case", REJECTED)
def test_record_is_refused(case: str, tmp_path: Path) -> None:
    data, message = REJECTED[case]
    (tmp_path / FILE).write_bytes(data)
    with pytest.raises(CheckError) as caught:
        read_wheel(tmp_path / FILE)
    assert message in [finding.message for finding in caught.value.findings]


@pytest.mark.parametrize("case", ACCEPTED)
def test_record_is_accepted(case: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(ACCEPTED[case])
    assert read_wheel(tmp_path / FILE).name == "acme"


def test_every_difference_is_told(tmp_path: Path) -> None:
    listed = {path: data for path, data in MEMBERS.items() if path in (METADATA, WHEEL)}
    spoiled = wheel(files={METADATA: MEMBERS[METADATA] + b"more", RECORD: record(listed, RECORD)})
    (tmp_path / FILE).write_bytes(zipped(spoiled))
    with pytest.raises(CheckError) as caught:
        read_wheel(tmp_path / FILE)
    assert [finding.message for finding in caught.value.findings] == [
        f"RECORD has another sha256 for '{INFO}/METADATA' than the file itself",
        f"RECORD has another size for '{INFO}/METADATA' than the file itself",
        "RECORD does not list 'acme/__init__.py'",
    ]
