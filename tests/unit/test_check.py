"""What is found in wheels without asking twine."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.wheels import make_wheel
from wheelpin import check
from wheelpin.check import check_wheels
from wheelpin.errors import Finding, Level
from wheelpin.wheel import Wheel, read_wheel


@pytest.fixture(autouse=True)
def _content_twine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let twine find nothing: what it says is for tests/integration."""

    def reports(wheels: Sequence[Wheel], python: str) -> list[str]:
        return [""] * len(wheels)

    monkeypatch.setattr(check, "_reports", reports)


def wheel(folder: Path, name: str, version: str, *requires: str, text: str = "") -> Wheel:
    return read_wheel(make_wheel(folder, name, version, requires=requires, files={f"{name}.py": text}))


def test_nothing_to_check_finds_nothing() -> None:
    assert check_wheels([]) == ()


def test_healthy_wheels_give_no_finding(tmp_path: Path) -> None:
    wheels = [
        wheel(tmp_path, "acme-core", "1.4.0rc1"),
        wheel(tmp_path, "acme-io", "2.0", "acme_core>=1.4.0rc1", "numpy<1", "acme-io[all]>3"),
    ]
    assert check_wheels(wheels) == ()


def test_local_version_is_a_warning(tmp_path: Path) -> None:
    assert check_wheels([wheel(tmp_path, "acme", "1.0+g1a2b3c4")]) == (
        Finding(
            level=Level.WARNING,
            subject="acme-1.0+g1a2b3c4-py3-none-any.whl",
            message="version 1.0+g1a2b3c4 has a local part, which PyPI and Azure Artifacts refuse",
            hint="build it without `+g1a2b3c4`, which tools that take versions from git add between tags",
        ),
    )


def test_one_file_name_for_two_wheels_is_an_error(tmp_path: Path) -> None:
    wheels = [
        wheel(tmp_path / "one", "acme", "1.0"),
        wheel(tmp_path / "two", "acme", "1.0", text="other"),
    ]
    assert check_wheels(wheels) == (
        Finding(
            level=Level.ERROR,
            subject="acme-1.0-py3-none-any.whl",
            message=f"two wheels have this name: in {tmp_path / 'one'} and in {tmp_path / 'two'}",
            hint="give the projects different names: case and the kind of `-`, `_`, `.` do not count",
        ),
    )


def test_the_same_wheel_in_two_places_is_fine(tmp_path: Path) -> None:
    assert (
        check_wheels([wheel(tmp_path / "one", "acme", "1.0"), wheel(tmp_path / "two", "acme", "1.0")]) == ()
    )


def test_requirement_that_a_sibling_does_not_meet_is_a_warning(tmp_path: Path) -> None:
    wheels = [
        wheel(tmp_path, "acme-io", "2.0", "Acme.Core<1.4; python_version > '3'", "acme-core~=1.4"),
        wheel(tmp_path, "acme-core", "1.4.0"),
    ]
    assert check_wheels(wheels) == (
        Finding(
            level=Level.WARNING,
            subject="acme_io-2.0-py3-none-any.whl",
            message='requires Acme.Core<1.4; python_version > "3", but Acme.Core is 1.4.0 here',
            hint="change the requirement, or raise the version of the other one",
        ),
    )


def test_requirement_of_an_extra_is_left_alone(tmp_path: Path) -> None:
    requires = "acme-core<1.4; python_version > '3' and extra == 'old'"
    wheels = [wheel(tmp_path, "acme-io", "2.0", requires), wheel(tmp_path, "acme-core", "1.4.0")]
    assert check_wheels(wheels) == ()


def test_requirement_that_one_of_two_siblings_meets_is_fine(tmp_path: Path) -> None:
    wheels = [
        wheel(tmp_path, "acme-core", "1.3"),
        wheel(tmp_path, "acme-core", "1.4"),
        wheel(tmp_path, "acme-io", "2.0", "acme-core<1.4"),
    ]
    assert check_wheels(wheels) == ()


def test_findings_come_in_the_order_of_the_wheels(tmp_path: Path) -> None:
    wheels = [
        wheel(tmp_path, "b", "1.0", "a<1"),
        wheel(tmp_path, "a", "1.0+local"),
        wheel(tmp_path, "c", "1.0+local"),
    ]
    assert [finding.subject[0] for finding in check_wheels(wheels)] == ["b", "a", "c"]
