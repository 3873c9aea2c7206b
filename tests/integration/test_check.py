"""What twine finds, in wheels that pip would install without a word."""

from pathlib import Path

import pytest

from tests.wheels import make_wheel, pack, record, wheel_file_name, wheel_members
from wheelpin.check import check_wheels
from wheelpin.errors import CheckError, Finding, Level
from wheelpin.wheel import Wheel, read_wheel

HINT = "`readme` under [project] in pyproject.toml gives the description and its type"


def described(folder: Path, name: str, metadata: str) -> Wheel:
    """A wheel whose METADATA has these lines below name and version."""
    info = f"{name}-1.0.dist-info"
    members = wheel_members(name, "1.0")
    members[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{metadata}".encode()
    del members[f"{info}/RECORD"]
    members[f"{info}/RECORD"] = record(members, f"{info}/RECORD")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / wheel_file_name(name, "1.0")
    path.write_bytes(pack(members))
    return read_wheel(path)


def good(folder: Path, name: str) -> Wheel:
    return read_wheel(make_wheel(folder, name, "1.0"))


def bad_markup(folder: Path, name: str) -> Wheel:
    text = "Description-Content-Type: text/x-rst\n\nTitle\n=====\n\n:nosuch:`role`\n\nChecking all: PASSED\n"
    return described(folder, name, text)


def unreadable(folder: Path, name: str) -> Wheel:
    return described(folder, name, "Dynamic: Requires-Dist\nDescription-Content-Type: text/plain\n\nx\n")


MARKUP = (
    "twine check: `long_description` has syntax errors in markup and would not be rendered on PyPI. "
    'line 4: Error: Unknown interpreted text role "nosuch".'
)
UNREADABLE = (
    "twine check: InvalidDistribution: Invalid distribution metadata: "
    "dynamic introduced in metadata version 2.2, not 2.1"
)


def test_healthy_wheels_pass(tmp_path: Path) -> None:
    assert check_wheels([good(tmp_path, "a"), good(tmp_path, "b")]) == ()


def test_missing_description_is_a_warning(tmp_path: Path) -> None:
    assert check_wheels([described(tmp_path, "a", "")]) == (
        Finding(
            level=Level.WARNING,
            subject="a-1.0-py3-none-any.whl",
            message="twine check: `long_description_content_type` missing. defaulting to `text/x-rst`. "
            "`long_description` missing.",
            hint=HINT,
        ),
    )


def test_description_that_cannot_be_rendered_is_an_error(tmp_path: Path) -> None:
    assert check_wheels([bad_markup(tmp_path, "a")]) == (
        Finding(level=Level.ERROR, subject="a-1.0-py3-none-any.whl", message=MARKUP, hint=HINT),
    )


def test_metadata_that_twine_cannot_read_is_an_error(tmp_path: Path) -> None:
    assert check_wheels([unreadable(tmp_path, "a")]) == (
        Finding(
            level=Level.ERROR,
            subject="a-1.0-py3-none-any.whl",
            message=UNREADABLE,
            hint="correct the metadata in pyproject.toml, or install a newer twine that knows it",
        ),
    )


def test_every_wheel_is_checked_and_keeps_its_own_findings(tmp_path: Path) -> None:
    """Also behind one that stops twine, in a folder whose name rich would take for markup."""
    folder = tmp_path / "a [red]folder[/red]"
    wheels = [
        good(folder, "b"),
        unreadable(folder, "c"),
        described(folder, "a", ""),
        good(folder, "e"),
        bad_markup(folder, "d"),
        unreadable(folder, "f"),
        good(folder, "g"),
    ]
    found = [(finding.subject[0], finding.level, finding.message) for finding in check_wheels(wheels)]
    assert [(subject, level) for subject, level, _ in found] == [
        ("c", Level.ERROR),
        ("a", Level.WARNING),
        ("d", Level.ERROR),
        ("f", Level.ERROR),
    ]
    assert [message for subject, _, message in found if subject in "cdf"] == [UNREADABLE, MARKUP, UNREADABLE]


def test_file_beside_the_wheels_does_not_pass_for_twine(tmp_path: Path) -> None:
    (tmp_path / "twine.py").write_text("raise SystemExit('not twine')")
    assert check_wheels([good(tmp_path, "a")]) == ()


def test_python_without_twine_is_told(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho No module named twine\nexit 1\n")
    python.chmod(0o755)
    with pytest.raises(CheckError) as caught:
        check_wheels([good(tmp_path, "a")], python=str(python))
    assert caught.value.message == "twine check: python ended with exit code 1: No module named twine"
    assert caught.value.hint == "`python -m twine check` must work where wheelpin is installed"


def test_failure_that_twine_words_anew_is_an_error_all_the_same(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'Checking a-1.0-py3-none-any.whl: FAILED for a new reason'\nexit 1\n")
    python.chmod(0o755)
    (finding,) = check_wheels([good(tmp_path, "a")], python=str(python))
    assert finding.level is Level.ERROR
    assert finding.message == "twine check: a-1.0-py3-none-any.whl: FAILED for a new reason"
