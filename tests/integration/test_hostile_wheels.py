"""Wheels made to exhaust who reads them: memory and time stay bounded, whatever stands in the file."""

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.wheel.archives import FILE, METADATA, RECORD, STORED, UTF8, WHEEL, Part, wheel, zipped
from wheelpin.command import run

HEAD = b"Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n"
MEBIBYTE = 1 << 20
READ = r"""
import re, resource, sys
from pathlib import Path
from wheelpin.errors import CheckError
from wheelpin.wheel import read_wheel
try:
    print(read_wheel(Path(sys.argv[1])).file)
except CheckError as error:
    print(error.findings[0].message)
try:  # ru_maxrss begins with what our parent had, on Linux
    peak = re.search(r"^VmHWM:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)[1]
except OSError:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print("peak", peak)
"""


def names(count: int, tail: str) -> list[Part]:
    return [
        Part(name=f"{number:05}{tail}".encode(), method=STORED, flags=0 if tail.isascii() else UTF8)
        for number in range(count)
    ]


def metadata(text: bytes) -> list[Part]:
    return wheel(files={METADATA: HEAD + text})


HOSTILE: dict[str, Callable[[], list[Part]]] = {
    "zeros": lambda: wheel(Part(name=b"zeros", data=bytes(64 * MEBIBYTE - 4000))),
    "as_many_entries_as_zip_has": lambda: [*names(65_531, ""), *wheel()],
    "deep_folders": lambda: [*names(10_000, "/a" * 220), *wheel()],
    "names_of_accents": lambda: [*names(10_000, "\u0345\u0301\u0323\u0327" * 50), *wheel()],
    "headers_of_different_names": lambda: metadata(b"".join(b"%x:\n" % number for number in range(140_000))),
    "endless_folding": lambda: metadata(b"Summary:" + b"\n " * 520_000),
    "nested_markers": lambda: metadata((b"Requires-Dist: a; " + b"(" * 4_000 + b"\n") * 50),
    "long_specifiers": lambda: metadata((b"Requires-Dist: a" + b">=1," * 1_000 + b"\n") * 50),
    "many_extras": lambda: metadata((b"Requires-Dist: a[" + b"a," * 2_000 + b"\n") * 50),
    "record_of_commas": lambda: wheel(files={RECORD: b"," * 16_000_000}),
    "record_of_lines": lambda: wheel(files={RECORD: b"\n" * 16_000_000}),
    "record_of_paths": lambda: wheel(
        files={RECORD: b"".join(b"%d,,\n" % number for number in range(65_000))}
    ),
    "tags_without_end": lambda: wheel(files={WHEEL: b"Wheel-Version: 1.0\n" + b"Tag: a\n" * 140_000}),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_wheel_costs_little(case: str, tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_bytes(zipped(HOSTILE[case]()))
    begun = time.monotonic()
    printed = run([sys.executable, "-c", READ, str(path)], cwd=tmp_path)
    assert time.monotonic() - begun < 30
    peak = re.search(r"^peak (\d+)$", printed, re.MULTILINE)
    assert peak
    assert int(peak[1]) < 256 * 1024  # KiB on Linux
