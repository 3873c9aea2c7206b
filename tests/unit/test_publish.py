"""Which wheels go up: decided by what the stores hold, and by nothing else."""

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.contracts.store import named, put, wheel
from tests.hosts import Listener
from tests.wheels import make_wheel
from wheelpin.change import Unchanged, Upload
from wheelpin.errors import ConflictError
from wheelpin.publish import UploadPlan, plan_uploads, reveal, send
from wheelpin.stores import Published, Store
from wheelpin.stores.directory import DirectoryBucket
from wheelpin.stores.static import StaticStore
from wheelpin.wheel import Wheel, read_wheel


@dataclass
class Watched:
    """A directory store that remembers what it was asked, and may hide the hashes of its index."""

    inner: StaticStore
    hashless: bool = False
    asked: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def index_url(self) -> str:
        return self.inner.index_url

    def files(self, project: str) -> Sequence[Published]:
        self.asked.append(f"files {project}")
        return [
            replace(found, sha256=None) if self.hashless else found for found in self.inner.files(project)
        ]

    def held(self, file: str) -> Published | None:
        self.asked.append(f"held {file}")
        return self.inner.held(file)

    def fetch(self, published: Published, folder: Path) -> Path:
        self.asked.append(f"fetch {published.file}")
        return self.inner.fetch(published, folder)

    def url(self, file: str) -> str | None:
        return self.inner.url(file)

    def upload(self, wheel: Wheel) -> None:
        self.inner.upload(wheel)

    def publish(self, project: str, wheels: Sequence[Wheel]) -> None:
        self.inner.publish(project, wheels)


@pytest.fixture
def feed(tmp_path: Path) -> StaticStore:
    return StaticStore(DirectoryBucket("feed", tmp_path / "feed"))


@pytest.fixture
def blobs(tmp_path: Path) -> StaticStore:
    return StaticStore(DirectoryBucket("blobs", tmp_path / "blobs"))


def upload(store: Store, of: Wheel) -> Upload:
    return Upload(
        store=store.name, file=of.file, name=of.name, version=of.version, sha256=of.sha256, size=of.size
    )


def test_nothing_to_publish_is_an_empty_plan(feed: StaticStore, tmp_path: Path) -> None:
    assert plan_uploads([feed], [], tmp_path) == UploadPlan(uploads=(), unchanged=(), adopted={})
    assert plan_uploads([], [wheel(tmp_path)], tmp_path) == UploadPlan(uploads=(), unchanged=(), adopted={})


def test_uploads_are_in_the_order_of_stores_and_wheels(
    feed: StaticStore, blobs: StaticStore, tmp_path: Path
) -> None:
    wheels = [named("b", tmp_path), named("a", tmp_path)]
    plan = plan_uploads([feed, blobs], wheels, tmp_path)
    assert plan.uploads == tuple(upload(store, each) for store in (feed, blobs) for each in wheels)


def test_each_page_is_read_once_however_many_wheels_there_are(feed: StaticStore, tmp_path: Path) -> None:
    wheels = [wheel(tmp_path, f"1.{number}") for number in range(20)]
    put(feed, *wheels)
    store = Watched(feed)
    plan = plan_uploads([store], wheels, tmp_path)
    assert len(plan.unchanged) == 20
    assert store.asked == ["files acme-core"]


def test_the_same_bytes_are_unchanged(feed: StaticStore, tmp_path: Path) -> None:
    ours = wheel(tmp_path)
    put(feed, ours)
    plan = plan_uploads([feed], [ours], tmp_path)
    assert plan.unchanged == (Unchanged(subject=ours.file, reason="feed holds the same sha256"),)
    assert (plan.uploads, plan.adopted) == ((), {})


def test_the_same_bytes_are_known_without_a_hash_in_the_index(feed: StaticStore, tmp_path: Path) -> None:
    ours = wheel(tmp_path)
    put(feed, ours)
    store = Watched(feed, hashless=True)
    plan = plan_uploads([store], [ours], tmp_path)
    assert plan.unchanged == (Unchanged(subject=ours.file, reason="feed holds the same sha256"),)
    assert (plan.uploads, plan.adopted) == ((), {})


def test_another_packing_is_adopted(feed: StaticStore, tmp_path: Path) -> None:
    published, built = wheel(tmp_path), wheel(tmp_path, by="other")
    put(feed, published)
    plan = plan_uploads([feed], [built], tmp_path)
    adopted = plan.adopted[built.file]
    assert plan.unchanged == (
        Unchanged(
            subject=built.file,
            reason="feed holds the same content in another packing; its bytes are kept",
        ),
    )
    assert plan.uploads == ()
    assert (adopted.sha256, adopted.content) == (published.sha256, built.content)
    assert adopted.path.read_bytes() == published.path.read_bytes()


def test_what_one_store_publishes_is_what_the_others_get(
    feed: StaticStore, blobs: StaticStore, tmp_path: Path
) -> None:
    published, built = wheel(tmp_path), wheel(tmp_path, by="other")
    put(blobs, published)
    plan = plan_uploads([feed, blobs], [built], tmp_path)
    assert plan.uploads == (upload(feed, published),)
    put(feed, plan.adopted[built.file])
    assert feed.files("acme-core")[0].sha256 == blobs.files("acme-core")[0].sha256 == published.sha256
    assert plan_uploads([feed, blobs], [built], tmp_path).uploads == ()


def test_of_two_published_packings_the_first_store_is_the_truth(
    feed: StaticStore, blobs: StaticStore, tmp_path: Path
) -> None:
    published, built = wheel(tmp_path), wheel(tmp_path, by="other")
    put(feed, published)
    put(blobs, built)
    plan = plan_uploads([feed, blobs], [built], tmp_path)
    assert plan.adopted[built.file].sha256 == published.sha256
    assert [same.reason for same in plan.unchanged] == [
        "feed holds the same content in another packing; its bytes are kept",
        "blobs holds the same sha256",
    ]


def test_what_is_published_weighs_more_than_what_was_only_uploaded(
    feed: StaticStore, blobs: StaticStore, tmp_path: Path
) -> None:
    stopped, published = wheel(tmp_path, by="stopped"), wheel(tmp_path, by="published")
    feed.upload(stopped)
    put(blobs, published)
    with pytest.raises(ConflictError, match="store feed") as caught:
        plan_uploads([feed, blobs], [wheel(tmp_path)], tmp_path)
    assert stopped.sha256 in caught.value.message
    assert published.sha256 in caught.value.message


def test_an_upload_that_was_never_published_is_finished(feed: StaticStore, tmp_path: Path) -> None:
    stopped, built = wheel(tmp_path, by="stopped"), wheel(tmp_path)
    feed.upload(stopped)
    plan = plan_uploads([feed], [built], tmp_path)
    assert plan.uploads == (upload(feed, stopped),)
    assert plan.adopted[built.file].sha256 == stopped.sha256


def test_all_conflicts_are_told_at_once_with_both_hashes_and_the_way_out(
    feed: StaticStore, blobs: StaticStore, tmp_path: Path
) -> None:
    first, second = named("acme_io", tmp_path), wheel(tmp_path)
    other_first, other_second = named("acme_io", tmp_path, text="#"), wheel(tmp_path, text="#")
    put(feed, first)
    put(blobs, second)
    with pytest.raises(ConflictError) as caught:
        plan_uploads([feed, blobs], [other_first, other_second], tmp_path)
    assert caught.value.exit_code == 4
    assert caught.value.message == (
        f"store feed holds other content as {first.file}\n"
        f"  held:  sha256 {first.sha256}\n"
        f"  built: sha256 {other_first.sha256}\n"
        f"store blobs holds other content as {second.file}\n"
        f"  held:  sha256 {second.sha256}\n"
        f"  built: sha256 {other_second.sha256}"
    )
    assert caught.value.hint == (
        "what is published is never replaced: raise the version of acme-core, acme-io"
    )


def test_what_is_no_wheel_under_the_name_is_other_content(feed: StaticStore, tmp_path: Path) -> None:
    ours = wheel(tmp_path)
    broken = make_wheel(tmp_path / "broken", "acme-core", "1.0")
    broken.write_bytes(b"no zip")
    put(feed, replace(ours, path=broken, sha256=_sha256(broken), size=6))
    with pytest.raises(ConflictError, match=_sha256(broken)):
        plan_uploads([feed], [ours], tmp_path)


def test_planning_writes_only_what_it_fetches(feed: StaticStore, tmp_path: Path) -> None:
    published, built = wheel(tmp_path), wheel(tmp_path, by="other")
    put(feed, published)
    folder = tmp_path / "scratch"
    folder.mkdir()
    before = {place: place.stat().st_mtime_ns for place in (tmp_path / "feed").rglob("*")}
    plan_uploads([feed], [built], folder)
    assert {place: place.stat().st_mtime_ns for place in (tmp_path / "feed").rglob("*")} == before
    assert [place.name for place in folder.rglob("*.whl")] == [built.file]


def test_an_adopted_wheel_reads_like_any_other(feed: StaticStore, tmp_path: Path) -> None:
    published, built = wheel(tmp_path), wheel(tmp_path, by="other")
    put(feed, published)
    adopted = plan_uploads([feed], [built], tmp_path).adopted[built.file]
    shutil.rmtree(tmp_path / "feed")
    assert read_wheel(adopted.path) == adopted


def test_doers_say_what_they_do(feed: StaticStore, tmp_path: Path) -> None:
    host = Listener()
    ours = wheel(tmp_path)
    send(feed, ours, host)
    assert feed.files("acme-core") == []
    reveal(feed, "acme-core", [ours], host)
    assert [found.sha256 for found in feed.files("acme-core")] == [ours.sha256]
    assert host.tasks == [f"upload {ours.file} to feed", "publish acme-core in feed"]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
