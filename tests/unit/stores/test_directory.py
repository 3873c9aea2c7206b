"""The directory store: the contract of all stores, its layout, and what damage does to it."""

import hashlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.contracts.store import Fingerprint, Opener, StoreContract, listed, named, put, wheel
from wheelpin.config import DirectoryStore
from wheelpin.errors import ConflictError, TargetError, VerificationError
from wheelpin.publish import plan_uploads
from wheelpin.stores import Published, open_store, simple_html, simple_json
from wheelpin.stores.directory import DirectoryBucket
from wheelpin.stores.simple import Page
from wheelpin.stores.static import StaticStore
from wheelpin.stores.static.listing import project_listing
from wheelpin.web.retries import Retries


@pytest.fixture
def store(tmp_path: Path) -> StaticStore:
    return StaticStore(DirectoryBucket("local", tmp_path / "store"))


@pytest.fixture
def simple(tmp_path: Path) -> Path:
    return tmp_path / "store" / "simple"


class TestDirectoryStore(StoreContract):
    @pytest.fixture
    def opened(self, tmp_path: Path) -> Opener:
        return lambda: StaticStore(DirectoryBucket("local", tmp_path / "store"))

    @pytest.fixture
    def fingerprint(self, tmp_path: Path) -> Fingerprint:
        def states() -> object:
            folder = tmp_path / "store"
            places = [folder, *folder.rglob("*")] if folder.exists() else []
            return {place: (place.stat().st_ino, place.stat().st_mtime_ns) for place in places}

        return states


def test_layout(store: StaticStore, simple: Path, tmp_path: Path) -> None:
    ours = wheel(tmp_path)
    put(store, ours)
    files = {place.relative_to(simple).as_posix() for place in simple.rglob("*") if place.is_file()}
    assert files - {".lock", "acme-core/.lock"} == {
        "index.html",
        "index.json",
        "acme-core/index.html",
        "acme-core/index.json",
        f"acme-core/{ours.file}",
        f"acme-core/{ours.file}.metadata",
    }
    assert (simple / "acme-core" / f"{ours.file}.metadata").read_bytes() == ours.metadata


def test_json_page_says_all_that_installers_ask_for(store: StaticStore, simple: Path, tmp_path: Path) -> None:
    ours = wheel(tmp_path)
    put(store, ours)
    place = simple / "acme-core" / ours.file
    uploaded = datetime.fromtimestamp(place.stat().st_mtime, UTC)
    assert json.loads((simple / "acme-core" / "index.json").read_bytes()) == {
        "meta": {"api-version": "1.1"},
        "name": "acme-core",
        "versions": ["1.0"],
        "files": [
            {
                "filename": ours.file,
                "url": ours.file,
                "hashes": {"sha256": ours.sha256},
                "size": ours.size,
                "upload-time": uploaded.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                "requires-python": ">=3.9",
                "core-metadata": {"sha256": hashlib.sha256(ours.metadata).hexdigest()},
            }
        ],
    }


def test_links_are_relative_so_that_the_folder_can_be_moved_or_served(
    store: StaticStore, simple: Path, tmp_path: Path
) -> None:
    ours = wheel(tmp_path, "1.0+linux.1")
    put(store, ours)
    html = (simple / "acme-core" / "index.html").read_text()
    assert f'href="acme_core-1.0%2Blinux.1-py3-none-any.whl#sha256={ours.sha256}"' in html
    assert '<a href="acme-core/">acme-core</a>' in (simple / "index.html").read_text()


def test_published_files_can_be_read_by_everyone(store: StaticStore, simple: Path, tmp_path: Path) -> None:
    put(store, wheel(tmp_path))
    visible = [place for place in simple.rglob("*") if place.is_file() and place.name != ".lock"]
    assert {place.stat().st_mode & 0o777 for place in visible} == {0o644}


def test_urls_are_those_of_files(store: StaticStore, simple: Path) -> None:
    assert store.index_url == simple.as_uri() + "/"
    assert store.url("acme_core-1.0-py3-none-any.whl") == (
        (simple / "acme-core" / "acme_core-1.0-py3-none-any.whl").as_uri()
    )


def test_default_folder_is_hidden_from_git(tmp_path: Path) -> None:
    put(StaticStore(DirectoryBucket("local", tmp_path / ".wheelpin" / "wheels")), wheel(tmp_path))
    assert (tmp_path / ".wheelpin" / ".gitignore").read_text() == "*\n"


def test_other_folders_are_left_to_their_owner(store: StaticStore, tmp_path: Path) -> None:
    put(store, wheel(tmp_path))
    assert not list(tmp_path.rglob(".gitignore"))


@pytest.mark.parametrize("damage", ["missing", "cut", "other version", "not text", "lacks the file"])
@pytest.mark.parametrize("page", ["acme-core/index.html", "index.html"])
def test_html_that_does_not_show_a_file_unpublishes_it_until_it_is_mended(
    store: StaticStore, simple: Path, tmp_path: Path, page: str, damage: str
) -> None:
    ours = wheel(tmp_path)
    put(store, ours)
    whole = (simple / page).read_bytes()
    match damage:
        case "missing":
            (simple / page).unlink()
        case "cut":
            (simple / page).write_bytes(whole[: whole.index(b"href=") + 8])
        case "other version":
            (simple / page).write_bytes(whole.replace(b'content="1.1"', b'content="2.0"'))
        case "not text":
            (simple / page).write_bytes(b"\xff" + whole)
        case _:
            (simple / page).write_bytes(simple_html.render(Page(project="acme-core")))
    store = StaticStore(store.bucket)  # as the next run has it
    assert listed(store) == []
    plan = plan_uploads([store], [ours], tmp_path)
    assert [upload.sha256 for upload in plan.uploads] == [ours.sha256]
    put(store, ours)
    assert (simple / page).read_bytes() == whole
    assert listed(store) == [(ours.file, ours.sha256)]


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        (b"#sha256=", b"#sha256=0000"),
        (b"data-core-metadata", b"data-yanked"),
        (b"&gt;=3.9", b"&gt;=3.1"),
    ],
)
def test_html_that_shows_a_file_otherwise_unpublishes_it(
    store: StaticStore, simple: Path, tmp_path: Path, written: bytes, instead: bytes
) -> None:
    ours = wheel(tmp_path)
    put(store, ours)
    html = simple / "acme-core" / "index.html"
    html.write_bytes(html.read_bytes().replace(written, instead, 1))
    assert listed(store) == []


def test_a_run_that_was_killed_before_the_root_is_mended(
    store: StaticStore, simple: Path, tmp_path: Path
) -> None:
    ours = wheel(tmp_path)
    put(store, ours)
    for page in ("index.json", "index.html"):
        (simple / page).unlink()
    store = StaticStore(store.bucket)
    assert listed(store) == []
    put(store, ours)
    assert listed(store) == [(ours.file, ours.sha256)]


def test_other_files_stay_published_while_one_is_half_published(
    store: StaticStore, simple: Path, tmp_path: Path
) -> None:
    first, second = wheel(tmp_path, "1.0"), wheel(tmp_path, "2.0")
    put(store, first)
    html = (simple / "acme-core" / "index.html").read_bytes()
    put(store, second)
    (simple / "acme-core" / "index.html").write_bytes(html)
    assert listed(store) == [(first.file, first.sha256)]


@pytest.mark.parametrize("page", ["acme-core/index.json", "index.json"])
@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"<html></html>", b'{"meta": {"api-version": "2.0"}}'])
def test_a_json_page_that_cannot_be_read_is_never_taken_for_an_empty_one(
    store: StaticStore, simple: Path, tmp_path: Path, page: str, content: bytes
) -> None:
    put(store, wheel(tmp_path))
    (simple / page).write_bytes(content)
    html = (simple / page).with_suffix(".html").read_bytes()
    store = StaticStore(store.bucket)
    with pytest.raises(TargetError) as caught:
        store.files("acme-core")
    assert caught.value.message.startswith(f"store local: {simple / page}: ")
    assert caught.value.hint == "restore the page, or have it made anew: `wheelpin store check --rebuild`"
    with pytest.raises(TargetError):
        put(store, wheel(tmp_path, "2.0"))
    assert (simple / page).read_bytes() == content
    assert (page == "index.json") or (simple / page).with_suffix(".html").read_bytes() == html


def test_a_page_of_another_project_is_refused(store: StaticStore, simple: Path, tmp_path: Path) -> None:
    put(store, wheel(tmp_path))
    put(store, named("acme-io", tmp_path))
    (simple / "acme-core" / "index.json").write_bytes((simple / "acme-io" / "index.json").read_bytes())
    with pytest.raises(TargetError, match="is the page of acme-io"):
        store.files("acme-core")


def test_what_others_write_into_json_pages_is_kept(store: StaticStore, simple: Path, tmp_path: Path) -> None:
    put(store, wheel(tmp_path))
    for page in (simple / "index.json", simple / "acme-core" / "index.json"):
        data = json.loads(page.read_bytes())
        data["x-theirs"] = {"kept": True}
        data["meta"]["x-theirs"] = 1
        for item in data.get("files", data.get("projects")):
            item["x-theirs"] = [1]
        page.write_text(json.dumps(data))
    put(store, wheel(tmp_path, "2.0"))
    for page in (simple / "index.json", simple / "acme-core" / "index.json"):
        data = json.loads(page.read_bytes())
        assert (data["x-theirs"], data["meta"]["x-theirs"]) == ({"kept": True}, 1)
        assert data.get("files", data.get("projects"))[0]["x-theirs"] == [1]


def test_a_yanked_file_stays_yanked(store: StaticStore, simple: Path, tmp_path: Path) -> None:
    ours = wheel(tmp_path)
    put(store, ours)
    page = simple / "acme-core" / "index.json"
    data = json.loads(page.read_bytes())
    data["files"][0]["yanked"] = "broken"
    page.write_text(json.dumps(data))
    put(store, ours)
    assert simple_json.parse(page.read_bytes()).files[0].yanked == "broken"
    assert b'data-yanked="broken"' in page.with_suffix(".html").read_bytes()


def test_a_page_is_never_replaced_by_one_that_lists_less(
    store: StaticStore, simple: Path, tmp_path: Path
) -> None:
    ours = wheel(tmp_path)
    put(store, ours)
    before = (simple / "acme-core" / "index.json").read_bytes()
    with pytest.raises(VerificationError, match=f"would lose {ours.file}: it is left as it is"):
        project_listing(store.bucket, "acme-core", Retries()).change(lambda _: Page(project="acme-core"))
    assert (simple / "acme-core" / "index.json").read_bytes() == before


def test_published_bytes_that_someone_changed_are_not_fetched(
    store: StaticStore, simple: Path, tmp_path: Path
) -> None:
    ours = wheel(tmp_path)
    put(store, ours)
    (simple / "acme-core" / ours.file).write_bytes(b"other")
    with pytest.raises(VerificationError) as caught:
        store.fetch(store.files("acme-core")[0], tmp_path)
    assert caught.value.message == (
        f"store local: {ours.file} has sha256 {hashlib.sha256(b'other').hexdigest()}, "
        f"its index says {ours.sha256}"
    )


def test_a_file_without_a_stated_hash_is_fetched_as_it_is(
    store: StaticStore, simple: Path, tmp_path: Path
) -> None:
    ours = wheel(tmp_path)
    put(store, ours)
    folder = tmp_path / "fetched"
    folder.mkdir()
    published = Published(file=ours.file, sha256=None, url=store.url(ours.file))
    assert store.fetch(published, folder).read_bytes() == ours.path.read_bytes()


def test_a_wheel_that_changed_since_it_was_read_is_not_sent(
    store: StaticStore, simple: Path, tmp_path: Path
) -> None:
    ours = wheel(tmp_path)
    ours.path.write_bytes(b"other")
    with pytest.raises(VerificationError, match=f"{ours.file} has changed since it was read"):
        store.upload(ours)
    assert [place.name for place in (simple / "acme-core").iterdir()] == [".lock"]


def test_a_sidecar_that_does_not_fit_its_wheel_is_mended(
    store: StaticStore, simple: Path, tmp_path: Path
) -> None:
    ours = wheel(tmp_path)
    put(store, ours)
    sidecar = simple / "acme-core" / f"{ours.file}.metadata"
    sidecar.write_bytes(b"other")
    put(store, ours)
    assert sidecar.read_bytes() == ours.metadata


def test_an_index_that_lists_other_bytes_than_stand_there_is_a_conflict(
    store: StaticStore, simple: Path, tmp_path: Path
) -> None:
    ours = wheel(tmp_path)
    put(store, ours)
    page = simple / "acme-core" / "index.json"
    page.write_text(page.read_text().replace(ours.sha256, "0" * 64))
    with pytest.raises(ConflictError, match="0" * 64):
        put(store, ours)


def test_leftovers_of_a_killed_run_are_swept(store: StaticStore, simple: Path, tmp_path: Path) -> None:
    put(store, wheel(tmp_path))
    leftovers = [simple / "acme-core" / ".x.tmp", simple / ".index.html.y.tmp"]
    for leftover in leftovers:
        leftover.write_bytes(b"half")
    put(store, wheel(tmp_path, "2.0"))
    put(store, named("acme-io", tmp_path))
    assert not any(leftover.exists() for leftover in leftovers)


@pytest.mark.parametrize("project", ["..", ".", "", "a/b", "../x", "Acme Core", "a\0b"])
def test_a_project_name_is_no_way_out_of_the_folder(store: StaticStore, project: str) -> None:
    with pytest.raises(TargetError, match="is not the name of a project"):
        store.files(project)


def test_a_folder_that_cannot_be_made_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file")
    store = StaticStore(DirectoryBucket("local", tmp_path / "store"))
    with pytest.raises(TargetError) as caught:
        store.upload(wheel(tmp_path))
    place = tmp_path / "store" / "simple" / "acme-core"
    assert caught.value.message == f"store local: {place}: Not a directory"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions do not bind this user")
def test_a_read_only_folder_is_told_in_one_sentence(store: StaticStore, simple: Path, tmp_path: Path) -> None:
    simple.mkdir(parents=True)
    simple.chmod(0o555)
    with pytest.raises(TargetError, match="Permission denied"):
        store.upload(wheel(tmp_path))
    simple.chmod(0o755)


def test_a_full_disk_leaves_nothing_half_written(
    store: StaticStore, simple: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fsync(_: int) -> None:
        raise OSError(28, "No space left on device")

    ours = wheel(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        with pytest.raises(TargetError, match=r"^store local: .*: No space left on device$"):
            store.upload(ours)
    assert [place.name for place in (simple / "acme-core").iterdir()] == [".lock"]
    put(store, ours)
    assert listed(store) == [(ours.file, ours.sha256)]


def test_a_disk_that_swallows_writes_is_found_out(
    store: StaticStore, simple: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, wheel(tmp_path))
    ours = wheel(tmp_path, "2.0")
    store.upload(ours)
    monkeypatch.setattr("wheelpin.stores.directory.replace_file", lambda _place, _data: None)
    with pytest.raises(VerificationError) as caught:
        store.publish("acme-core", [ours])
    place = simple / "acme-core" / "index.html"
    assert caught.value.message == f"store local: {place} is as it was before it was written"


def test_open_store_starts_relative_paths_at_the_root(tmp_path: Path) -> None:
    opened = open_store("local", DirectoryStore(kind="directory", path="dist/wheels"), tmp_path)
    assert opened == StaticStore(DirectoryBucket("local", tmp_path / "dist" / "wheels"))
    assert opened.name == "local"


def test_a_path_out_of_the_repository_gives_plain_urls(tmp_path: Path) -> None:
    opened = open_store("local", DirectoryStore(kind="directory", path="../wheels"), tmp_path / "repository")
    assert opened.index_url == (tmp_path / "wheels" / "simple").as_uri() + "/"


def test_a_root_that_lists_a_project_is_read_once_in_a_run(
    store: StaticStore, simple: Path, tmp_path: Path
) -> None:
    for name in ("acme-core", "acme-io"):
        put(store, named(name, tmp_path))
    store = StaticStore(store.bucket)
    assert len(listed(store, "acme-core")) == 1
    (simple / "index.json").write_bytes(b"{")
    assert len(listed(store, "acme-io")) == 1


def test_a_copy_that_cannot_be_written_is_told(store: StaticStore, tmp_path: Path) -> None:
    ours = wheel(tmp_path)
    put(store, ours)
    with pytest.raises(TargetError) as caught:
        store.fetch(store.files("acme-core")[0], tmp_path / "missing")
    place = tmp_path / "missing" / ours.file
    assert caught.value.message == f"store local: {place}: No such file or directory"
