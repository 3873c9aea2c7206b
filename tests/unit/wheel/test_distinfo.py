"""The .dist-info folder must be one, be whole, and say what the file name says."""

from pathlib import Path

import pytest

from tests.unit.wheel.archives import FILE, METADATA, RECORD, WHEEL, Part, wheel, zipped
from tests.wheels import make_wheel, record, wheel_file, wheel_members
from wheelpin.errors import CheckError
from wheelpin.wheel import read_wheel
from wheelpin.wheel.distinfo import MAX_HEADER, requirements
from wheelpin.wheel.entry import ArchiveError

HEAD = "Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n"


def metadata(text: str) -> bytes:
    return zipped(wheel(files={METADATA: text.encode()}))


def wheel_text(text: str | bytes) -> bytes:
    return zipped(wheel(files={WHEEL: text.encode() if isinstance(text, str) else text}))


def moved(folder: str) -> bytes:
    members = {
        path.replace("acme-1.0.dist-info", folder): data
        for path, data in wheel_members("acme", "1.0").items()
        if path != RECORD
    }
    members[f"{folder}/RECORD"] = record(members, f"{folder}/RECORD")
    return zipped([Part(name=path.encode(), data=data) for path, data in members.items()])


REJECTED: dict[str, tuple[bytes, list[str]]] = {
    "no_folder": (
        zipped(wheel(without=[METADATA, WHEEL, RECORD])),
        ["has no .dist-info folder"],
    ),
    "two_folders": (
        zipped(wheel(Part(name=b"other-2.0.dist-info/METADATA"))),
        ["has more than one .dist-info folder"],
    ),
    "no_metadata": (zipped(wheel(without=[METADATA])), ["has no METADATA in its .dist-info folder"]),
    "no_wheel": (zipped(wheel(without=[WHEEL])), ["has no WHEEL in its .dist-info folder"]),
    "no_record": (zipped(wheel(without=[RECORD])), ["has no RECORD in its .dist-info folder"]),
    "other_name": (
        metadata(HEAD.replace("acme", "evil")),
        ["METADATA has another name than the file name: 'evil'"],
    ),
    "other_version": (
        metadata(HEAD.replace("1.0", "6.6")),
        ["METADATA has another version than the file name: '6.6'"],
    ),
    "name_twice": (
        metadata(HEAD + "Name: evil\n"),
        ["has a METADATA that states Name 2 times instead of once"],
    ),
    "no_version": (
        metadata("Metadata-Version: 2.1\nName: acme\n"),
        ["has a METADATA that states Version 0 times instead of once"],
    ),
    "metadata_of_the_future": (
        metadata(HEAD.replace("2.1", "3.0")),
        ["METADATA has a Metadata-Version that is neither 1.x nor 2.x"],
    ),
    "name_with_look_alike": (
        metadata(HEAD.replace("acme", "\u0430cme")),
        ["METADATA has an invalid Name: '\\u0430cme'"],
    ),
    "name_with_bidi_override": (
        metadata(HEAD.replace("acme", "ac\u202eme")),
        ["METADATA has an invalid Name: 'ac\\u202eme'"],
    ),
    "folded_name": (
        metadata(HEAD.replace("acme", "acme\n evil")),
        ["METADATA has an invalid Name: 'acme\\n evil'"],
    ),
    "invalid_version": (
        metadata(HEAD.replace("1.0", "one")),
        ["METADATA has an invalid Version: 'one'"],
    ),
    "endless_version": (
        metadata(HEAD.replace("1.0", "1" * 9000)),
        [f"METADATA has an invalid Version: '{'1' * 117}...'"],
    ),
    "version_of_too_many_digits": (
        metadata(HEAD.replace("1.0", "1" * 4200 + ".0")),
        [f"METADATA has an invalid Version: '{'1' * 117}...'"],
    ),
    "html_in_requires_python": (
        metadata(HEAD + 'Requires-Python: ==="><a\n'),
        ["METADATA has an invalid Requires-Python: '===\"><a'"],
    ),
    "invalid_requires_python": (
        metadata(HEAD + "Requires-Python: >=three\n"),
        ["METADATA has an invalid Requires-Python: '>=three'"],
    ),
    "requires_python_twice": (
        metadata(HEAD + "Requires-Python: >=3\nRequires-Python: <4\n"),
        ["has a METADATA that states Requires-Python 2 times instead of once"],
    ),
    "invalid_requirement": (
        metadata(HEAD + "Requires-Dist: acme-io >< 1\n"),
        ["METADATA has an invalid Requires-Dist: 'acme-io >< 1'"],
    ),
    "requirement_with_escape": (
        metadata(HEAD + "Requires-Dist: acme\x1b[2J\n"),
        ["METADATA has an invalid Requires-Dist: 'acme\\x1b[2J'"],
    ),
    "requirement_without_bottom": (
        metadata(HEAD + f"Requires-Dist: acme; {'(' * 4000}\n"),
        [f"METADATA has an invalid Requires-Dist: 'acme; {'(' * 111}...'"],
    ),
    "not_a_header": (
        metadata(HEAD + "Summary: one\ntwo\nRequires-Dist: lost\n"),
        ["has a METADATA with a line that is not a header: 'two'"],
    ),
    "not_utf8": (
        zipped(wheel(files={METADATA: HEAD.encode() + b"Author: \xff\n"})),
        ["has a METADATA that is not UTF-8"],
    ),
    "endless_headers": (
        metadata(HEAD + "Keywords: x\n" * (MAX_HEADER // 12)),
        ["has a METADATA with headers of more than 1,048,576 bytes"],
    ),
    "huge_metadata": (
        metadata(HEAD + "\n" + "A long story.\n" * 300_000),
        ["has a METADATA of more than 4,194,304 bytes"],
    ),
    "wheel_of_the_future": (
        wheel_text(wheel_file("py3-none-any", "x").replace(b"1.0", b"2.0")),
        ["WHEEL has no Wheel-Version 1.x"],
    ),
    "no_wheel_version": (
        wheel_text("Tag: py3-none-any\n"),
        ["has a WHEEL that states Wheel-Version 0 times instead of once"],
    ),
    "other_tag": (
        wheel_text(wheel_file("cp311-cp311-linux_x86_64", "x")),
        ["WHEEL has other tags than the file name: to rename a wheel, use `wheel tags`"],
    ),
    "another_tag": (
        wheel_text(wheel_file("py2.py3-none-any", "x")),
        ["WHEEL has other tags than the file name: to rename a wheel, use `wheel tags`"],
    ),
    "endless_tag": (
        wheel_text(f"Wheel-Version: 1.0\nTag: {'-'.join(['.'.join('a' * 5000)] * 3)}\n"),
        ["WHEEL has other tags than the file name: to rename a wheel, use `wheel tags`"],
    ),
    "other_name_of_folder": (
        moved("other-1.0.dist-info"),
        ["the folder 'other-1.0.dist-info' has another name than the file name: 'other'"],
    ),
    "other_version_of_folder": (
        moved("acme-2.0.dist-info"),
        ["the folder 'acme-2.0.dist-info' has another version than the file name: '2.0'"],
    ),
    "folder_without_version": (
        moved("acme.dist-info"),
        [
            "the folder 'acme.dist-info' has another name than the file name: ''",
            "the folder 'acme.dist-info' has another version than the file name: 'acme'",
        ],
    ),
}

ACCEPTED: dict[str, bytes] = {
    "no_description": metadata(HEAD),
    "windows_line_ends": metadata(HEAD.replace("\n", "\r\n") + "\r\nWhat this is.\r\n"),
    "description_that_looks_like_headers": metadata(HEAD + "\nName: evil\n\nVersion: 6.6\n"),
    "folded_license": metadata(
        HEAD + "License: MIT\n        \n        Permission is granted\n        \x0c\n"
    ),
    "name_of_another_spelling": metadata(HEAD.replace("acme", "Acme")),
    "version_of_another_spelling": metadata(HEAD.replace("1.0", "v1.0.0")),
    "empty_requires_python": metadata(HEAD + "Requires-Python:\n"),
    "fields_of_the_future": metadata(HEAD.replace("2.1", "2.9") + "Import-Flavour: vanilla\n"),
    "license_file_before_its_time": metadata(HEAD + "License-File: LICENSE\n"),
    "description_of_any_length": metadata(HEAD + "\n" + "A long story.\n" * 90_000),
    "folder_of_another_spelling": moved("Acme-1.0.0.dist-info"),
    "vendored_folder": zipped(wheel(Part(name=b"acme/_vendor/other-2.0.dist-info/METADATA"))),
}


@pytest.mark.parametrize("case", REJECTED)
def test_dist_info_is_refused(case: str, tmp_path: Path) -> None:
    data, messages = REJECTED[case]
    (tmp_path / FILE).write_bytes(data)
    with pytest.raises(CheckError) as caught:
        read_wheel(tmp_path / FILE)
    assert [finding.message for finding in caught.value.findings] == messages


@pytest.mark.parametrize("case", ACCEPTED)
def test_dist_info_is_accepted(case: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(ACCEPTED[case])
    assert read_wheel(tmp_path / FILE).name == "acme"


def test_compressed_tags_are_those_of_the_file_name(tmp_path: Path) -> None:
    tag = "py2.py3-none-any"
    path = make_wheel(tmp_path, "acme", "1.0", tag=tag)
    compressed = wheel_file(tag, "x").split(b"Tag:")[0] + f"Tag: {tag}\n".encode()
    path.write_bytes(wheel_text(compressed))
    assert read_wheel(path).tags == ("py2-none-any", "py3-none-any")


def test_requirements_are_those_of_the_headers() -> None:
    data = (HEAD + "Requires-Dist: acme-io>=2; extra == 'io'\n\nRequires-Dist: lost").encode()
    assert list(map(str, requirements(data))) == ['acme-io>=2; extra == "io"']


def test_requirements_of_what_is_not_metadata_are_refused() -> None:
    with pytest.raises(ArchiveError, match="a line that is not a header: ''"):
        requirements(b"")
