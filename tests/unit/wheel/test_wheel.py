"""A wheel is read from its file alone; whatever the file holds, a Wheel or a CheckError comes out."""

import hashlib
import io
import os
import zipfile
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.wheel.archives import (
    FILE,
    METADATA,
    RECORD,
    STORED,
    WHEEL,
    Part,
    streamed,
    wheel,
    zipped,
    zipped64,
)
from tests.wheels import make_wheel, metadata, wheel_file, wheel_members
from wheelpin.errors import CheckError
from wheelpin.wheel import MAX_FINDINGS, Wheel, read_wheel
from wheelpin.wheel.archive import read_entries
from wheelpin.wheel.entry import unpack


def written(folder: Path, data: bytes, file: str = FILE) -> Path:
    (folder / file).write_bytes(data)
    return folder / file


def test_wheel_says_what_the_file_says(tmp_path: Path) -> None:
    path = make_wheel(tmp_path, "Acme.Core", "1.4.0rc1", requires=["acme-io>=1"], tag="py2.py3-none-any")
    data = path.read_bytes()
    read = read_wheel(path)
    assert read == Wheel(
        path=path,
        name="acme-core",
        version="1.4.0rc1",
        tags=("py2-none-any", "py3-none-any"),
        sha256=hashlib.sha256(data).hexdigest(),
        content=read.content,
        size=len(data),
        metadata=metadata("Acme.Core", "1.4.0rc1", ["acme-io>=1"], ">=3.9"),
        requires_python=">=3.9",
    )
    assert read.file == "acme_core-1.4.0rc1-py2.py3-none-any.whl"


@pytest.mark.parametrize(
    ("file", "name", "version"),
    [
        ("acme-1.0-py3-none-any.whl", "acme", "1.0"),
        ("acme-1.0-7-py3-none-any.whl", "acme", "1.0"),
        ("Acme-1.0.0-py3-none-any.whl", "acme", "1.0.0"),
        ("acme-v1.0-py3-none-any.whl", "acme", "1.0"),
    ],
)
def test_name_and_version_are_normalised(file: str, name: str, version: str, tmp_path: Path) -> None:
    read = read_wheel(written(tmp_path, zipped(wheel()), file))
    assert (read.name, read.version) == (name, version)


@pytest.mark.parametrize(
    "file",
    [
        "acme-1.0.zip",
        "acme.whl",
        "acme-one-py3-none-any.whl",
        'acme-1.0-py3-none-any"onload=evil().whl',
        "acme-1.0-py3-none-\u0430ny.whl",
        "acme-1.0-py3-none-any\n.whl",
    ],
)
def test_file_name_is_refused(file: str, tmp_path: Path) -> None:
    with pytest.raises(CheckError) as caught:
        read_wheel(written(tmp_path, zipped(wheel()), file))
    message = "is not named as a wheel is: NAME-VERSION-PYTHON-ABI-PLATFORM.whl"
    assert [finding.message for finding in caught.value.findings] == [message]


def test_file_name_with_countless_tags_is_refused(tmp_path: Path) -> None:
    file = f"acme-1.0-{'-'.join(['.'.join('abcdefghijkl')] * 3)}.whl"
    with pytest.raises(CheckError) as caught:
        read_wheel(written(tmp_path, zipped(wheel()), file))
    assert [finding.message for finding in caught.value.findings] == [
        "has a file name with more than 1,000 tags"
    ]


def test_refusal_names_the_file_and_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(CheckError) as caught:
        read_wheel(written(tmp_path, b""))
    error = caught.value
    assert error.message == "acme-1.0-py3-none-any.whl is not a valid wheel"
    assert list(map(str, error.findings)) == [f"{FILE}: is too short for a zip archive"]
    assert error.hint == error.findings[0].hint
    assert (
        error.hint
        == "build the wheel again; to change a built one, `wheel unpack` and `wheel pack` keep it whole"
    )


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckError) as caught:
        read_wheel(tmp_path / FILE)
    assert list(map(str, caught.value.findings)) == [f"{FILE}: cannot be read: No such file or directory"]


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / FILE).mkdir()
    os.mkfifo(tmp_path / FILE)
    for path in (tmp_path / "folder" / FILE, tmp_path / FILE):
        with pytest.raises(CheckError) as caught:
            read_wheel(path)
        assert list(map(str, caught.value.findings)) == [f"{FILE}: is not a regular file"]


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    parts = wheel(files={WHEEL: wheel_file("py2-none-any", "x").replace(b"1.0", b"2.0", 1)})
    with pytest.raises(CheckError) as caught:
        read_wheel(written(tmp_path, zipped([Part(name=b"../evil.py"), *parts])))
    assert [finding.message for finding in caught.value.findings] == [
        "'../evil.py' is not a plain relative path with forward slashes",
        "WHEEL has no Wheel-Version 1.x",
        "WHEEL has other tags than the file name: to rename a wheel, use `wheel tags`",
        "RECORD does not list '../evil.py'",
    ]


def test_list_of_faults_is_not_endless(tmp_path: Path) -> None:
    parts = [Part(name=f"evil{number}.py".encode()) for number in range(MAX_FINDINGS + 1)]
    with pytest.raises(CheckError) as caught:
        read_wheel(written(tmp_path, zipped([*parts, *wheel()])))
    assert len(caught.value.findings) == MAX_FINDINGS


def content(folder: Path, data: bytes) -> str:
    return read_wheel(written(folder, data)).content


def test_content_is_the_same_however_it_is_packed(tmp_path: Path) -> None:
    parts = wheel()
    generated = wheel(files={WHEEL: wheel_file("py3-none-any", "other-builder 2.0")})
    packings = [
        zipped(parts),
        zipped(parts, backwards=True),
        zipped(parts[::-1]),
        zipped([replace(part, method=STORED) for part in parts]),
        zipped([streamed(part) for part in parts]),
        zipped([replace(part, mode=0o100600) for part in parts]),
        zipped(wheel(Part(name=b"acme/", method=STORED, mode=0o40755))),
        zipped(generated),
    ]
    assert len(set(packings)) == len(packings)
    assert len({content(tmp_path, packing) for packing in packings}) == 1


def test_content_differs_where_the_installed_files_do(tmp_path: Path) -> None:
    module = wheel_members("acme", "1.0")["acme/__init__.py"]
    first, *rest = wheel()
    differing = [
        zipped(wheel()),
        zipped(wheel(files={"acme/__init__.py": module + b"\n"})),
        zipped(wheel(files={"acme/more.py": b""})),
        zipped(wheel(files={"acme/more.py": module}, without=["acme/__init__.py"])),
        zipped([replace(first, mode=0o100755), *rest]),
        zipped(wheel(files={WHEEL: wheel_file("py3-none-any", "x") + b"Root-Is-Purelib: false\n"})),
    ]
    assert len({content(tmp_path, packing) for packing in differing}) == len(differing)


def test_content_does_not_depend_on_how_record_is_written(tmp_path: Path) -> None:
    lines = wheel()[-1].data.splitlines(keepends=True)
    shuffled = wheel(files={RECORD: b"".join(lines[::-1])})
    assert content(tmp_path, zipped(wheel())) == content(tmp_path, zipped(shuffled))


@dataclass(frozen=True)
class Mutation:
    """One way to spoil bytes; `at`, `length` and `to` are taken modulo what there is."""

    kind: str
    at: int
    length: int
    to: int
    filler: bytes

    def apply(self, data: bytes) -> bytes:
        """`data`, spoiled."""
        start = self.at % (len(data) + 1)
        head, piece, tail = data[:start], data[start : start + self.length], data[start + self.length :]
        match self.kind:
            case "truncate":
                return head
            case "flip":
                return head + bytes(byte ^ (1 << self.to % 8) for byte in piece) + tail
            case "replace":
                return head + self.filler[: len(piece)] + tail
            case "insert":
                return head + self.filler + piece + tail
            case "repeat":
                return head + piece + piece + tail
            case _:
                rest = head + tail
                place = self.to % (len(rest) + 1)
                return rest[:place] + piece + rest[place:]


MUTATIONS = st.lists(
    st.builds(
        Mutation,
        kind=st.sampled_from(["truncate", "flip", "replace", "insert", "repeat", "move"]),
        at=st.integers(0, 4_000),
        length=st.sampled_from([1, 2, 4, 8, 30, 46, 300]),
        to=st.integers(0, 4_000),
        filler=st.binary(min_size=1, max_size=8)
        | st.sampled_from([b"PK\1\2", b"PK\3\4", b"PK\5\6", b"PK\6\6", b"PK\6\7", b"PK\7\x08", b"\xff" * 8]),
    ),
    min_size=1,
    max_size=4,
)
GOOD = (
    zipped(wheel()),
    zipped([replace(part, method=STORED) for part in wheel()]),
    zipped([streamed(part) for part in wheel(Part(name=b"acme/", method=STORED, mode=0o40755))]),
    zipped64(wheel()),
)
SHORT = settings(max_examples=300, derandomize=True, deadline=None, database=None)
LONG = settings(SHORT, max_examples=10_000)


def check_spoiled_archive(folder: Path, data: bytes, mutations: list[Mutation]) -> None:
    """What is not refused must be what every other reader reads."""
    for mutation in mutations:
        data = mutation.apply(data)
    try:
        read_wheel(written(folder, data))
    except CheckError:
        return
    file = io.BytesIO(data)
    ours = {entry.name: b"".join(unpack(file, entry)) for entry in read_entries(file)}
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        assert ours == {name: archive.read(name) for name in archive.namelist()}


def check_spoiled_member(folder: Path, member: str, mutations: list[Mutation]) -> None:
    """A spoiled file of .dist-info in an archive that is in order."""
    data = wheel_members("acme", "1.0")[member]
    for mutation in mutations:
        data = mutation.apply(data)
    with suppress(CheckError):
        read_wheel(written(folder, zipped(wheel(files={member: data}))))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@SHORT
@given(data=st.sampled_from(GOOD), mutations=MUTATIONS)
def test_spoiled_archive_is_refused_or_read_as_others_read_it(
    data: bytes, mutations: list[Mutation], folder: Path
) -> None:
    check_spoiled_archive(folder, data, mutations)


@SHORT
@given(member=st.sampled_from([METADATA, WHEEL, RECORD]), mutations=MUTATIONS)
def test_spoiled_dist_info_is_refused_or_read(member: str, mutations: list[Mutation], folder: Path) -> None:
    check_spoiled_member(folder, member, mutations)


@pytest.mark.long
@LONG
@given(data=st.sampled_from(GOOD), mutations=MUTATIONS)
def test_10_000_spoiled_archives_are_refused_or_read_as_others_read_them(
    data: bytes, mutations: list[Mutation], folder: Path
) -> None:
    check_spoiled_archive(folder, data, mutations)


@pytest.mark.long
@LONG
@given(member=st.sampled_from([METADATA, WHEEL, RECORD]), mutations=MUTATIONS)
def test_10_000_spoiled_dist_infos_are_refused_or_read(
    member: str, mutations: list[Mutation], folder: Path
) -> None:
    check_spoiled_member(folder, member, mutations)
