"""Stores between releases: taking versions back, and reading everything again, as commands do it."""

import json
from pathlib import Path

import pytest

from tests.contracts.store import put, wheel
from tests.hosts import Listener
from wheelpin.cli import run
from wheelpin.errors import UsageError
from wheelpin.stores.directory import DirectoryBucket
from wheelpin.stores.static import StaticStore
from wheelpin.upkeep import audit, parse_release, yank


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository whose embedded store holds one wheel."""
    put(StaticStore(DirectoryBucket("local", tmp_path / ".wheelpin" / "wheels")), wheel(tmp_path / "built"))
    return tmp_path


@pytest.mark.parametrize(
    "text", ["acme-core", "==1.0", "acme-core==", "acme-core==x", "a b==1", "acme-core>=1.0"]
)
def test_a_release_is_a_name_and_a_version(text: str) -> None:
    with pytest.raises(UsageError, match="is not a release"):
        parse_release(text)


def test_a_release_is_normalised() -> None:
    name, version = parse_release("Acme_Core == 1.0.0")
    assert (name, str(version)) == ("acme-core", "1.0.0")


def test_a_version_is_yanked_and_unyanked(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = root / ".wheelpin/wheels/simple/acme-core/index.json"
    assert run(["-C", str(root), "yank", "Acme.Core==1", "--reason", "broken"]) == 0
    assert capsys.readouterr().out == "yanked acme_core-1.0-py3-none-any.whl in local\n"
    assert json.loads(page.read_bytes())["files"][0]["yanked"] == "broken"
    assert run(["-C", str(root), "yank", "acme-core==1.0", "--undo", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"local": ["acme_core-1.0-py3-none-any.whl"]}
    assert "yanked" not in json.loads(page.read_bytes())["files"][0]


@pytest.mark.parametrize("how", [[], ["--reason", ""], ["--reason", "x", "--undo"]])
def test_a_yank_has_a_reason_or_is_undone(
    root: Path, capsys: pytest.CaptureFixture[str], how: list[str]
) -> None:
    assert run(["-C", str(root), "yank", "acme-core==1.0", *how]) == 2
    assert "give either --reason TEXT or --undo" in capsys.readouterr().err


def test_a_version_that_no_store_has_cannot_be_yanked(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-C", str(root), "yank", "acme-core==2.0", "--reason", "x"]) == 2
    assert "acme-core 2.0 is not published in local" in capsys.readouterr().err


def test_a_store_that_is_as_it_should_be_passes(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-C", str(root), "store", "check", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_a_changed_wheel_ends_in_exit_code_8(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = root / ".wheelpin/wheels/simple/acme-core/acme_core-1.0-py3-none-any.whl"
    place.write_bytes(b"other")
    assert run(["store", "check", "-C", str(root)]) == 8
    said = capsys.readouterr().err
    assert "local: acme_core-1.0-py3-none-any.whl: has sha256" in said.replace("\n", " ")
    assert "1 of 1 findings are errors" in said


def test_an_index_is_rebuilt_on_demand(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = root / ".wheelpin/wheels/simple/acme-core/index.json"
    before = page.read_bytes()
    page.write_bytes(b"{")
    assert run(["store", "-C", str(root), "check"]) == 8
    assert run(["-C", str(root), "store", "check", "--rebuild"]) == 0
    assert page.read_bytes() == before


class Feed:
    """A store that can neither yank nor be checked."""

    name = "feed"


def test_stores_that_cannot_are_told() -> None:
    host = Listener()
    with pytest.raises(UsageError, match="none of the stores can yank"):
        yank([Feed()], *parse_release("acme-core==1.0"), "broken", host)  # type: ignore[list-item]
    with pytest.raises(UsageError, match="none of the stores can be checked"):
        audit([Feed()], host, rebuild=False)  # type: ignore[list-item]
    assert host.said == [
        "store feed cannot yank: do it there, if it has a way",
        "store feed keeps its files itself: there is nothing to check",
    ]
