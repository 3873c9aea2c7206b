"""Entries that would do harm when they are extracted are refused, each with the rule that it breaks."""

import stat
from pathlib import Path

import pytest

from tests.unit.wheel.archives import FILE, STORED, UTF8, Part, wheel, zipped
from wheelpin.errors import CheckError
from wheelpin.wheel import read_wheel
from wheelpin.wheel.entry import Entry, hazards, hidden, shown

PATH = "is not a plain relative path with forward slashes"
INVISIBLE = "has an invisible character in its name"
KIND = "is a link, a device or not the kind of file that its name says"
LOOKS = "mixes ASCII letters with letters that look like them"

REJECTED: dict[str, tuple[list[Part], str]] = {
    "parent": ([Part(name=b"../evil.py")], f"'../evil.py' {PATH}"),
    "parent_within": ([Part(name=b"acme/../../evil.py")], f"'acme/../../evil.py' {PATH}"),
    "absolute": ([Part(name=b"/etc/cron.d/evil")], f"'/etc/cron.d/evil' {PATH}"),
    "backslash": ([Part(name=b"acme\\..\\evil.py")], f"'acme\\\\..\\\\evil.py' {PATH}"),
    "drive": ([Part(name=b"C:/evil.py")], f"'C:/evil.py' {PATH}"),
    "drive_relative": ([Part(name=b"c:evil.py")], f"'c:evil.py' {PATH}"),
    "drive_below_a_scheme": (
        [Part(name=b"acme-1.0.data/data/C:/evil.py")],
        f"'acme-1.0.data/data/C:/evil.py' {PATH}",
    ),
    "network_share": ([Part(name=b"//server/share/evil.py")], f"'//server/share/evil.py' {PATH}"),
    "dot": ([Part(name=b"./evil.py")], f"'./evil.py' {PATH}"),
    "doubled_slash": ([Part(name=b"acme//evil.py")], f"'acme//evil.py' {PATH}"),
    "parent_folder": ([Part(name=b"../", mode=0o40755, method=STORED)], f"'../' {PATH}"),
    "null_byte": ([Part(name=b"acme/evil.py\0.txt")], f"'acme/evil.py\\x00.txt' {INVISIBLE}"),
    "escape_sequence": ([Part(name=b"acme/\x1b[2Jevil.py")], f"'acme/\\x1b[2Jevil.py' {INVISIBLE}"),
    "bidi_override": (
        [Part(name="acme/\u202eyp.live".encode(), flags=UTF8)],
        f"'acme/\\u202eyp.live' {INVISIBLE}",
    ),
    "zero_width": (
        [Part(name="acme/__init__\u200b.py".encode(), flags=UTF8)],
        f"'acme/__init__\\u200b.py' {INVISIBLE}",
    ),
    "cyrillic_look_alike": (
        [Part(name="acme/c\u043ere.py".encode(), flags=UTF8)],
        f"'acme/c\\u043ere.py' {LOOKS}",
    ),
    "symlink": ([Part(name=b"acme/link", data=b"/etc/passwd", mode=0o120777)], f"'acme/link' {KIND}"),
    "device": ([Part(name=b"acme/null", mode=stat.S_IFCHR | 0o666)], f"'acme/null' {KIND}"),
    "pipe": ([Part(name=b"acme/pipe", mode=stat.S_IFIFO | 0o666)], f"'acme/pipe' {KIND}"),
    "file_named_as_folder": ([Part(name=b"acme/x/", mode=0o100644)], f"'acme/x/' {KIND}"),
    "folder_named_as_file": ([Part(name=b"acme/x", mode=0o40755)], f"'acme/x' {KIND}"),
    "folder_that_holds_bytes": (
        [Part(name=b"acme/x/", data=b"hidden", mode=0o40755)],
        "'acme/x/' is a folder that holds bytes",
    ),
    "same_name": (
        [Part(name=b"a.py"), Part(name=b"a.py", data=b"evil")],
        "'a.py' and 'a.py' are one file where names differ by more than case",
    ),
    "same_name_but_for_case": (
        [Part(name=b"acme/X.py"), Part(name=b"acme/x.py")],
        "'acme/x.py' and 'acme/X.py' are one file where names differ by more than case",
    ),
    "same_name_but_for_accents": (
        [
            Part(name="acme/\u00e9.py".encode(), flags=UTF8),
            Part(name="acme/e\u0301.py".encode(), flags=UTF8),
        ],
        "'acme/\\xe9.py' and 'acme/e\\u0301.py' are one file where names differ by more than case",
    ),
    "file_below_a_file": (
        [Part(name=b"acme/x"), Part(name=b"acme/x-y"), Part(name=b"acme/x/y")],
        "'acme/x/y' lies below 'acme/x', which is a file",
    ),
    "folder_with_the_name_of_a_file": (
        [Part(name=b"acme/x"), Part(name=b"acme/x/", mode=0o40755)],
        "'acme/x/' lies below 'acme/x', which is a file",
    ),
}


@pytest.mark.parametrize("case", REJECTED)
def test_entry_is_refused(case: str, tmp_path: Path) -> None:
    parts, message = REJECTED[case]
    (tmp_path / FILE).write_bytes(zipped([*parts, *wheel()]))
    with pytest.raises(CheckError) as caught:
        read_wheel(tmp_path / FILE)
    assert message in [finding.message for finding in caught.value.findings]


@pytest.mark.parametrize(
    "name",
    [
        "acme/..py",
        "acme/...",
        "acme/a b.txt",
        "acme/ab:c.txt",
        "acme/\u00fcbung.txt",
        "acme/\u0442\u0435\u0441\u0442.txt",
        "acme/\u0394x.csv",
        "acme/\u6570\u636e.csv",
        "acme/\U0001f600.svg",
        "acme-1.0.data/scripts/acme",
    ],
)
def test_unusual_name_is_fine(name: str) -> None:
    entry = Entry(name=name, method=STORED, crc=0, packed=0, size=0, mode=0o100644, offset=0)
    assert list(hazards([entry])) == []


@pytest.mark.parametrize(
    ("mode", "executable"),
    [(0o100755, True), (0o100644, False), (0o755, False), (0o40755, False), (0, False)],
)
def test_entry_is_executable_where_pip_says_so(mode: int, executable: bool) -> None:
    entry = Entry(name="x", method=STORED, crc=0, packed=0, size=0, mode=mode, offset=0)
    assert entry.is_executable is executable


@pytest.mark.parametrize(
    "character",
    [
        *"\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
        *"\0\n\r\t\x1b\x7f\x85\u2028\u2029\ufeff",
    ],
)
def test_hidden_finds_what_a_reader_cannot_see(character: str) -> None:
    assert hidden(f"acme{character}")


def test_shown_is_ascii_and_short() -> None:
    assert shown("\u202e") == r"'\u202e'"
    assert shown("x" * 1000) == "'" + "x" * 117 + "...'"
