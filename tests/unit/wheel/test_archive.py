"""Archives that two readers could see differently are refused; honest oddities of real writers are not."""

import io
import struct
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.wheel.archives import (
    DEFLATED,
    ENCRYPTED,
    FILE,
    STORED,
    STREAMED,
    TOP,
    UTF8,
    Part,
    deflated,
    descriptor,
    spoiled,
    streamed,
    wheel,
    wide,
    zipped,
    zipped64,
)
from wheelpin.errors import CheckError
from wheelpin.wheel import read_wheel
from wheelpin.wheel.archive import MAX_ENTRIES, MAX_NAME, _Header, _trailers, read_entries
from wheelpin.wheel.entry import ArchiveError, unpack

FIRST = wheel()[0]
SIZE, PACKED = len(FIRST.data), len(FIRST.body)
BOMB = (64 << 20) + 1
UNICODE_PATH = struct.pack("<2HBL", 0x7075, 5 + 8, 1, 0) + b"other.py"
CUT = "does not end as a zip archive: it is cut short, something follows it, or a comment does"
CONTRADICTS = "'acme/__init__.py' has a local header that contradicts the directory"
GAP = "'acme/__init__.py' does not reach exactly to the next entry"
WIDE = "has a ZIP64 extra field that does not fit its entry"
WIDE_END = "has a ZIP64 end record that does not fit its place"
END = "has an end record that does not fit its directory"
TWO_WAYS = "has an extra field that readers could understand in two ways"
DAMAGED = "'acme/__init__.py' is damaged: it has not the size and CRC that the archive states"

REJECTED: dict[str, tuple[bytes, str]] = {
    "empty_file": (b"", "is too short for a zip archive"),
    "text_file": (b"<!doctype html>" * 9, CUT),
    "truncated": (zipped(wheel())[:-1], CUT),
    "appended_bytes": (zipped(wheel(), after=b"\n"), CUT),
    "second_archive_appended": (zipped(wheel()) + zipped(wheel()), END),
    "archive_comment": (zipped(wheel(), comment=b"PK\5\6"), CUT),
    "prefix": (zipped(wheel(), before=b"#!/bin/sh\n"), "has bytes before its first entry"),
    "prefix_that_offsets_hide": (b"#!/bin/sh\n" + zipped(wheel()), END),
    "hidden_entry_before_directory": (
        zipped(wheel(), between=zipped([Part(name=b"evil.py")])[:40]),
        "'acme-1.0.dist-info/RECORD' does not reach exactly to the next entry",
    ),
    "bytes_between_entries": (zipped(spoiled(after=b"gap")), GAP),
    "overlapping_entries": (zipped(spoiled(central={"packed": 999}, local={"packed": 999})), GAP),
    "two_entries_with_the_same_bytes": (
        zipped([FIRST, replace(FIRST, central={"offset": 0})]),
        "'acme/__init__.py' does not reach exactly to the next entry",
    ),
    "entry_without_local_header": (
        zipped(wheel())[:4].replace(b"\3", b"\5") + zipped(wheel())[4:],
        CONTRADICTS,
    ),
    "other_name_in_local_header": (zipped(spoiled(local={"name": b"acme/__main__.py"})), CONTRADICTS),
    "other_size_in_local_header": (zipped(spoiled(local={"size": SIZE + 1})), CONTRADICTS),
    "other_packed_size_in_local_header": (zipped(spoiled(local={"packed": PACKED + 1})), CONTRADICTS),
    "other_crc_in_local_header": (zipped(spoiled(local={"crc": 1})), CONTRADICTS),
    "other_method_in_local_header": (zipped(spoiled(local={"method": STORED})), CONTRADICTS),
    "other_flags_in_local_header": (zipped(spoiled(local={"flags": UTF8})), CONTRADICTS),
    "encrypted": (
        zipped(spoiled(flags=ENCRYPTED)),
        "'acme/__init__.py' is encrypted or uses a feature that wheels do not",
    ),
    "bzip2": (
        zipped(spoiled(method=12)),
        "'acme/__init__.py' is compressed by method 12: wheels use deflate or none",
    ),
    "stored_with_two_sizes": (
        zipped(spoiled(method=STORED, packed=FIRST.data + b"hidden")),
        "'acme/__init__.py' is stored with two different sizes",
    ),
    "descriptor_contradicts_directory": (
        zipped([replace(streamed(FIRST), after=descriptor(b"other"))]),
        GAP,
    ),
    "descriptor_without_flag": (zipped(spoiled(after=descriptor(FIRST.data))), GAP),
    "flag_without_descriptor": (zipped([replace(streamed(FIRST), after=b"")]), GAP),
    "descriptor_of_stored_data": (
        zipped([replace(streamed(FIRST), method=STORED, packed=FIRST.data)]),
        CONTRADICTS,
    ),
    "comment_on_entry": (
        zipped(spoiled(central={"comment": b"hi"})),
        "has a damaged directory, or comments in it",
    ),
    "entry_on_other_disk": (
        zipped(spoiled(central={"disk": 1})),
        "has a damaged directory, or comments in it",
    ),
    "archive_on_two_disks": (zipped(wheel(), end={"disk": 1}), END),
    "count_too_small": (
        zipped(wheel(), end={"here": 3, "count": 3}),
        "has a directory with more in it than the entries it states",
    ),
    "count_too_large": (
        zipped(wheel(), end={"here": 5, "count": 5}),
        "has a directory with fewer entries than it states",
    ),
    "two_counts": (zipped(wheel(), end={"here": 3}), END),
    "directory_elsewhere": (zipped(wheel(), end={"start": 0}), END),
    "more_entries_than_zip_has": (
        zipped64(wheel(), end={"here": 0xFFFF, "count": 0xFFFF}, here=MAX_ENTRIES + 1, count=MAX_ENTRIES + 1),
        "has more than 65,535 entries, or a directory of over 16,777,216 bytes",
    ),
    "zip64_contradicts_end_record": (
        zipped64(wheel(), count=3, here=3),
        "has two end records that contradict each other",
    ),
    "zip64_record_elsewhere": (zipped64(wheel(), offset=0), WIDE_END),
    "zip64_record_with_more_in_it": (zipped64(wheel(), size=60), WIDE_END),
    "zip64_on_two_disks": (zipped64(wheel(), disks=2), WIDE_END),
    "zip64_field_too_short": (
        zipped(spoiled(central={"size": TOP, "packed": TOP, "extra": wide(SIZE)})),
        WIDE,
    ),
    "zip64_field_contradicts_header": (zipped(spoiled(local={"extra": wide(SIZE + 1, PACKED)})), WIDE),
    "zip64_field_twice": (zipped(spoiled(central={"extra": wide() + wide()})), TWO_WAYS),
    "extra_field_too_long": (zipped(spoiled(central={"extra": b"\1\0\xff\0"})), TWO_WAYS),
    "unicode_path_field": (zipped(spoiled(central={"extra": UNICODE_PATH})), TWO_WAYS),
    "name_in_unknown_encoding": (
        zipped([Part(name=b"acme/\xe9.py")]),
        "b'acme/\\xe9.py' is a name in no stated encoding: readers could decode it in two ways",
    ),
    "name_that_is_not_utf8": (
        zipped([Part(name=b"acme/\xff.py", flags=UTF8)]),
        "b'acme/\\xff.py' is a name in no stated encoding: readers could decode it in two ways",
    ),
    "name_too_long": (
        zipped([Part(name=b"a" * (MAX_NAME + 1))]),
        "has an entry with a name of more than 512 bytes",
    ),
    "nothing": (zipped([]), "holds no files"),
    "bomb": (
        zipped([Part(name=b"bomb", local={"size": BOMB}, central={"size": BOMB})]),
        "is a bomb: it would unpack to 67,108,865 bytes",
    ),
    "wrong_crc": (zipped(spoiled(local={"crc": 1}, central={"crc": 1})), DAMAGED),
    "more_data_than_stated": (
        zipped(spoiled(local={"size": SIZE - 1}, central={"size": SIZE - 1})),
        DAMAGED,
    ),
    "less_data_than_stated": (
        zipped(spoiled(local={"size": SIZE + 1}, central={"size": SIZE + 1})),
        DAMAGED,
    ),
    "bytes_after_deflated_data": (
        zipped(spoiled(packed=deflated(FIRST.data) + b"hidden")),
        "'acme/__init__.py' does not end where its data does",
    ),
    "deflated_data_cut_short": (
        zipped(spoiled(packed=deflated(FIRST.data)[:-2])),
        "'acme/__init__.py' does not end where its data does",
    ),
    "not_deflated": (
        zipped(spoiled(packed=b"\xff" * 9)),
        "'acme/__init__.py' is damaged: Error -3 while decompressing data: invalid block type",
    ),
}

ACCEPTED: dict[str, bytes] = {
    "plain": zipped(wheel()),
    "stored": zipped([replace(part, method=STORED) for part in wheel()]),
    "empty_file": zipped(wheel(Part(name=b"acme/empty.py"))),
    "empty_file_stored": zipped(wheel(Part(name=b"acme/empty.py", method=STORED))),
    "folders": zipped(wheel(Part(name=b"acme/", method=STORED, mode=0o40755))),
    "no_modes": zipped([replace(part, mode=0) for part in wheel()]),
    "utf8_names": zipped(wheel(Part(name="acme/\u00e9t\u00e9.txt".encode(), flags=UTF8))),
    "directory_in_another_order": zipped(wheel(), backwards=True),
    "descriptor": zipped([streamed(part) for part in wheel()]),
    "descriptor_without_signature": zipped([streamed(part, signed=False) for part in wheel()]),
    "wide_descriptor": zipped([streamed(part, form="<L2Q") for part in wheel()]),
    "wide_descriptor_without_signature": zipped(
        [streamed(part, signed=False, form="<L2Q") for part in wheel()]
    ),
    "descriptor_and_sizes_in_header": zipped(
        [replace(streamed(part), local={}) for part in wheel()],
    ),
    "zip64_local_header": zipped(
        spoiled(local={"size": TOP, "packed": TOP, "extra": wide(SIZE, PACKED)}),
    ),
    "zip64_directory": zipped(
        spoiled(central={"size": TOP, "packed": TOP, "offset": TOP, "extra": wide(SIZE, PACKED, 0)}),
    ),
    "zip64_sizes_said_twice": zipped(spoiled(local={"extra": wide(SIZE, PACKED)})),
    "zip64_end_record": zipped64(wheel()),
    "zip64_end_record_needed": zipped64(
        wheel(), end={"here": 0xFFFF, "count": 0xFFFF, "length": TOP, "start": TOP}
    ),
    "other_extra_field": zipped(spoiled(local={"extra": struct.pack("<2HBL", 0x5455, 5, 1, 0)})),
}


@pytest.mark.parametrize("case", REJECTED)
def test_archive_is_refused(case: str, tmp_path: Path) -> None:
    data, message = REJECTED[case]
    (tmp_path / FILE).write_bytes(data)
    with pytest.raises(CheckError) as caught:
        read_wheel(tmp_path / FILE)
    assert [finding.message for finding in caught.value.findings] == [message]


@pytest.mark.parametrize("case", ACCEPTED)
def test_archive_is_read_as_every_other_reader_reads_it(case: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(ACCEPTED[case])
    assert read_wheel(tmp_path / FILE).name == "acme"
    file = io.BytesIO(ACCEPTED[case])
    ours = {entry.name: b"".join(unpack(file, entry)) for entry in read_entries(file)}
    with zipfile.ZipFile(file) as archive:
        assert ours == {name: archive.read(name) for name in archive.namelist()}


def test_entries_come_in_the_order_of_their_bytes() -> None:
    entries = read_entries(io.BytesIO(zipped(wheel(), backwards=True)))
    assert [entry.name.encode() for entry in entries] == [part.name for part in wheel()]


def test_large_file_passes_in_small_pieces() -> None:
    data = bytes(3 << 20)
    file = io.BytesIO(zipped([Part(name=b"zeros", data=data), Part(name=b"x", data=data, method=STORED)]))
    for entry in read_entries(file):
        pieces = list(unpack(file, entry))
        assert max(map(len, pieces)) <= 64 << 10
        assert b"".join(pieces) == data


def test_entry_beyond_the_end_of_the_file_is_refused() -> None:
    file = io.BytesIO(zipped([Part(name=b"x", data=b"data", method=STORED)]))
    (entry,) = read_entries(file)
    file.truncate(20)
    with pytest.raises(ArchiveError, match="is cut short"):
        list(unpack(file, entry))


def test_descriptor_of_a_very_large_entry_is_wide() -> None:
    header = _Header(
        name=b"x", flags=STREAMED, method=DEFLATED, crc=7, packed=5, size=TOP + 1, attributes=0, offset=0
    )
    wide_form = struct.pack("<L2Q", 7, 5, TOP + 1)
    assert _trailers(header) == (wide_form, b"PK\7\x08" + wide_form)
