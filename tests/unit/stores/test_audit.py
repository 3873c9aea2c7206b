"""A store is read again as a whole: what is changed, missing, not listed or foreign; an index made anew."""

from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.version import Version

from tests.contracts.store import listed, named, put, wheel
from wheelpin.errors import Level
from wheelpin.stores import simple_json
from wheelpin.stores.directory import DirectoryBucket
from wheelpin.stores.static import StaticStore
from wheelpin.wheel import Wheel


@pytest.fixture
def store(tmp_path: Path) -> StaticStore:
    return StaticStore(DirectoryBucket("local", tmp_path / "store"))


@pytest.fixture
def simple(tmp_path: Path) -> Path:
    return tmp_path / "store" / "simple"


@pytest.fixture
def ours(store: StaticStore, tmp_path: Path) -> Wheel:
    """One of two published wheels of acme-core, beside one of acme-io."""
    put(store, wheel(tmp_path, "1.0"), wheel(tmp_path, "2.0"))
    put(store, named("acme-io", tmp_path))
    return wheel(tmp_path, "1.0")


def told(store: StaticStore) -> list[tuple[Level, str, str]]:
    return [(finding.level, finding.subject, finding.message) for finding in store.audit()]


def test_nothing_is_wrong_with_a_store_that_is_left_alone(store: StaticStore, ours: Wheel) -> None:
    assert told(store) == []


def test_nothing_is_wrong_with_a_store_that_is_not_there(store: StaticStore) -> None:
    assert told(store) == []
    store.rebuild()
    assert told(store) == []


def _swap(folder: Path, ours: Wheel) -> None:
    (folder / ours.file).write_bytes(b"other")


def _remove(folder: Path, ours: Wheel) -> None:
    (folder / ours.file).unlink()


def _swap_sidecar(folder: Path, ours: Wheel) -> None:
    (folder / f"{ours.file}.metadata").write_bytes(b"other")


def _remove_sidecar(folder: Path, ours: Wheel) -> None:
    (folder / f"{ours.file}.metadata").unlink()


def _spoil_html(folder: Path, ours: Wheel) -> None:
    html = folder / "index.html"
    html.write_bytes(html.read_bytes().replace(ours.sha256.encode(), b"0" * 64))


def _spoil_root(folder: Path, ours: Wheel) -> None:
    (folder.parent / "index.html").write_bytes(b"")


def _cut_json(folder: Path, ours: Wheel) -> None:
    (folder / "index.json").write_bytes((folder / "index.json").read_bytes()[:-10])


def _cut_root(folder: Path, ours: Wheel) -> None:
    (folder.parent / "index.json").write_bytes(b"[]")


@pytest.mark.parametrize(
    ("damage", "subject", "why"),
    [
        (_swap, "acme_core-1.0-py3-none-any.whl", "has sha256 d9298a10"),
        (_remove, "acme_core-1.0-py3-none-any.whl", "is listed and not there"),
        (_swap_sidecar, "acme_core-1.0-py3-none-any.whl.metadata", "is not what its index says"),
        (_remove_sidecar, "acme_core-1.0-py3-none-any.whl.metadata", "is listed and not there"),
        (_spoil_html, "simple/acme-core/index.html", "does not show what index.json says"),
        (_spoil_root, "simple/index.html", "does not show what index.json says"),
        (_cut_json, "simple/acme-core/index.json", "not JSON"),
        (_cut_root, "simple/index.json", "is not a table"),
    ],
)
def test_damage_is_an_error(
    store: StaticStore, ours: Wheel, damage: Callable[[Path, Wheel], None], subject: str, why: str
) -> None:
    damage(Path(store.bucket.place("simple/acme-core")), ours)
    found = [finding for finding in told(store) if finding[1] == subject]
    assert [(level, why in message) for level, _, message in found] == [(Level.ERROR, True)]


def test_a_project_that_the_root_lacks_is_an_error(store: StaticStore, simple: Path, ours: Wheel) -> None:
    root = simple / "index.json"
    root.write_bytes(root.read_bytes().replace(b"acme-io", b"acme-nn"))
    assert (Level.ERROR, "acme-io", "is not in the list of projects") in told(store)


def test_a_wheel_that_no_page_lists_is_a_warning(store: StaticStore, ours: Wheel, tmp_path: Path) -> None:
    late = wheel(tmp_path, "3.0")
    store.upload(late)
    assert [(level, subject) for level, subject, _ in told(store)] == [(Level.WARNING, late.file)]


@pytest.mark.parametrize("place", ["notes.txt", "acme-core/notes.txt", "acme-core/old/x.whl", "Acme_X/x.whl"])
def test_a_file_that_is_nobodys_is_a_warning(
    store: StaticStore, simple: Path, ours: Wheel, place: str
) -> None:
    (simple / place).parent.mkdir(exist_ok=True)
    (simple / place).write_bytes(b"")
    assert told(store) == [(Level.WARNING, f"simple/{place}", "has no place in a simple index")]


@pytest.mark.parametrize("damage", [_spoil_html, _spoil_root, _cut_json, _cut_root])
def test_rebuilding_makes_an_index_anew_from_the_wheels(
    store: StaticStore, simple: Path, ours: Wheel, damage: Callable[[Path, Wheel], None]
) -> None:
    before = listed(store)
    damage(simple / "acme-core", ours)
    store.rebuild()
    assert told(store) == []
    assert listed(store) == before


def test_rebuilding_twice_writes_once(store: StaticStore, simple: Path, ours: Wheel) -> None:
    (simple / "acme-core" / "index.json").unlink()
    store.rebuild()
    before = {place: place.stat().st_mtime_ns for place in simple.rglob("*")}
    store.rebuild()
    assert {place: place.stat().st_mtime_ns for place in simple.rglob("*")} == before


def test_rebuilding_lists_an_upload_that_was_not_finished(
    store: StaticStore, simple: Path, ours: Wheel, tmp_path: Path
) -> None:
    late = wheel(tmp_path, "3.0")
    store.upload(late)
    (simple / "acme-core" / f"{late.file}.metadata").unlink()
    store.rebuild()
    assert (late.file, late.sha256) in listed(store)
    assert told(store) == []


def test_rebuilding_drops_what_is_gone_and_keeps_what_is_yanked(
    store: StaticStore, simple: Path, ours: Wheel
) -> None:
    store.yank("acme-core", Version("2.0"), "broken")
    (simple / "acme-core" / ours.file).unlink()
    store.rebuild()
    page = simple_json.parse((simple / "acme-core" / "index.json").read_bytes())
    assert [(file.name, file.yanked) for file in page.files] == [("acme_core-2.0-py3-none-any.whl", "broken")]


def test_rebuilding_never_takes_changed_bytes_for_published_ones(
    store: StaticStore, simple: Path, ours: Wheel, tmp_path: Path
) -> None:
    other = wheel(tmp_path, "1.0", text="# other")
    (simple / "acme-core" / ours.file).write_bytes(other.path.read_bytes())
    store.rebuild()
    assert (ours.file, ours.sha256) in listed(store)
    assert [level for level, _, _ in told(store)] == [Level.ERROR]


@pytest.mark.parametrize("name", ["acme_core-9.0-py3-none-any.whl", "acme_io-9.0-py3-none-any.whl"])
def test_rebuilding_lists_no_file_that_is_no_wheel_of_the_project(
    store: StaticStore, simple: Path, ours: Wheel, tmp_path: Path, name: str
) -> None:
    data = b"" if name.startswith("acme_core") else named("acme-io", tmp_path, "9.0").path.read_bytes()
    (simple / "acme-core" / name).write_bytes(data)
    before = listed(store)
    store.rebuild()
    assert listed(store) == before
    assert [subject for _, subject, _ in told(store)] == [name]


def test_yanking_marks_all_files_of_a_version_and_unyanking_unmarks_them(
    store: StaticStore, simple: Path, ours: Wheel
) -> None:
    page, html = simple / "acme-core" / "index.json", simple / "acme-core" / "index.html"
    before = page.read_bytes(), html.read_bytes()
    assert store.yank("acme-core", Version("1"), "broken & bad") == [ours.file]
    assert simple_json.parse(page.read_bytes()).by_name[ours.file].yanked == "broken & bad"
    assert html.read_bytes().count(b'data-yanked="broken &amp; bad"') == 1
    assert told(store) == []
    assert store.yank("acme-core", Version("1"), None) == [ours.file]
    assert (page.read_bytes(), html.read_bytes()) == before


@pytest.mark.parametrize(("project", "version"), [("acme-core", "3.0"), ("acme-new", "1.0")])
def test_yanking_what_is_not_there_changes_nothing(
    store: StaticStore, simple: Path, ours: Wheel, project: str, version: str
) -> None:
    before = sorted(simple.rglob("*"))
    assert store.yank(project, Version(version), "broken") == []
    assert sorted(simple.rglob("*")) == before
