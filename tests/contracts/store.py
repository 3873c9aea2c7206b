"""What every store promises, whatever kind it is.

A backend runs the suite by a class that inherits it and gives the two fixtures.
"""

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.wheels import make_wheel
from wheelpin.errors import ConflictError, VerificationError
from wheelpin.publish import plan_uploads
from wheelpin.stores import Store
from wheelpin.wheel import Wheel, read_wheel

WRITERS = 8

Opener = Callable[[], Store]
Fingerprint = Callable[[], object]


def wheel(folder: Path, version: str = "1.0", *, text: str = "", by: str = "acme-builder 1.0") -> Wheel:
    """A wheel of acme-core that differs by its content (`text`) or only by who packed it (`by`)."""
    return named("Acme.Core", folder, version, text=text, by=by)


def named(name: str, folder: Path, version: str = "1.0", *, text: str = "", by: str = "") -> Wheel:
    place = folder / hashlib.sha256(f"{text}{by}".encode()).hexdigest()[:8]
    return read_wheel(make_wheel(place, name, version, files={"acme.py": text}, generator=by))


def put(store: Store, *wheels: Wheel) -> None:
    """Upload wheels of one project and publish them together."""
    for each in wheels:
        store.upload(each)
    store.publish(wheels[0].name, wheels)


def listed(store: Store, project: str = "acme-core") -> list[tuple[str, str | None]]:
    return [(published.file, published.sha256) for published in store.files(project)]


class StoreContract:
    """Inherit, and give `opened` and `fingerprint`."""

    @pytest.fixture
    def opened(self) -> Opener:
        """Open the one store of this test anew, as another process would."""
        raise NotImplementedError

    @pytest.fixture
    def fingerprint(self) -> Fingerprint:
        """What changes with every write to the store, even one that changes nothing."""
        raise NotImplementedError

    @pytest.fixture
    def store(self, opened: Opener) -> Store:
        return opened()

    def test_an_unknown_project_has_no_files(self, store: Store) -> None:
        assert listed(store) == []

    def test_nothing_is_held_under_a_new_name(self, store: Store, tmp_path: Path) -> None:
        assert store.held(wheel(tmp_path).file) is None

    def test_looking_writes_nothing(self, store: Store, tmp_path: Path, fingerprint: Fingerprint) -> None:
        before = fingerprint()
        listed(store)
        store.held(wheel(tmp_path).file)
        assert fingerprint() == before

    def test_a_published_wheel_is_listed_with_its_sha256(self, opened: Opener, tmp_path: Path) -> None:
        ours = wheel(tmp_path)
        put(opened(), ours)
        assert listed(opened()) == [(ours.file, ours.sha256)]

    def test_a_published_wheel_comes_back_byte_for_byte(self, store: Store, tmp_path: Path) -> None:
        ours = wheel(tmp_path)
        put(store, ours)
        folder = tmp_path / "fetched"
        folder.mkdir()
        fetched = store.fetch(store.files("acme-core")[0], folder)
        assert fetched == folder / ours.file
        assert fetched.read_bytes() == ours.path.read_bytes()

    def test_an_upload_can_be_found_before_it_is_published(self, opened: Opener, tmp_path: Path) -> None:
        ours = wheel(tmp_path)
        opened().upload(ours)
        store = opened()
        found = [*store.files("acme-core"), store.held(ours.file)]
        assert [each.sha256 for each in found if each] == [ours.sha256]

    def test_files_come_in_the_order_of_their_names(self, store: Store, tmp_path: Path) -> None:
        for version in ("2.0", "1.10", "1.9"):
            put(store, wheel(tmp_path, version))
        files = [file for file, _ in listed(store)]
        assert len(files) == 3
        assert files == sorted(files)

    def test_a_later_version_joins_the_earlier_ones(self, opened: Opener, tmp_path: Path) -> None:
        first, second = wheel(tmp_path, "1.0"), wheel(tmp_path, "2.0")
        put(opened(), first)
        put(opened(), second)
        assert listed(opened()) == [(first.file, first.sha256), (second.file, second.sha256)]

    def test_wheels_of_one_version_are_published_together(self, store: Store, tmp_path: Path) -> None:
        tags = ("cp311-cp311-linux_x86_64", "cp311-cp311-win_amd64", "py3-none-any")
        wheels = [read_wheel(make_wheel(tmp_path, "acme-core", "1.0", tag=tag)) for tag in tags]
        put(store, *wheels)
        assert listed(store) == [(each.file, each.sha256) for each in wheels]

    def test_projects_do_not_mix(self, store: Store, tmp_path: Path) -> None:
        core, io = wheel(tmp_path), named("acme_io", tmp_path)
        put(store, core)
        put(store, io)
        assert listed(store, "acme-core") == [(core.file, core.sha256)]
        assert listed(store, "acme-io") == [(io.file, io.sha256)]

    def test_a_local_version_survives_the_way_there_and_back(self, store: Store, tmp_path: Path) -> None:
        ours = wheel(tmp_path, "1.0+linux.1")
        put(store, ours)
        assert listed(store) == [(ours.file, ours.sha256)]

    def test_the_url_of_a_file_ends_in_its_name(self, store: Store, tmp_path: Path) -> None:
        ours = wheel(tmp_path, "1.0+linux.1")
        put(store, ours)
        urls = [store.url(ours.file), store.files("acme-core")[0].url]
        assert all(url is None or unquote(urlsplit(url).path).endswith(f"/{ours.file}") for url in urls)

    def test_the_index_url_holds_no_credential(self, store: Store) -> None:
        assert "@" not in urlsplit(store.index_url).netloc
        assert not urlsplit(store.index_url).query

    def test_uploading_the_same_again_writes_nothing(
        self, opened: Opener, tmp_path: Path, fingerprint: Fingerprint
    ) -> None:
        ours = wheel(tmp_path)
        put(opened(), ours)
        before = fingerprint()
        put(opened(), ours)
        assert fingerprint() == before

    @pytest.mark.parametrize("published", [True, False])
    def test_other_content_under_one_name_is_a_conflict_that_changes_nothing(
        self, opened: Opener, tmp_path: Path, fingerprint: Fingerprint, published: bool
    ) -> None:
        first, second = wheel(tmp_path), wheel(tmp_path, text="# another")
        opened().upload(first)
        if published:
            opened().publish("acme-core", [first])
        before = fingerprint()
        with pytest.raises(ConflictError) as caught:
            opened().upload(second)
        assert fingerprint() == before
        assert all(word in caught.value.message for word in (first.file, first.sha256, second.sha256))
        assert "raise the version of acme-core" in caught.value.hint

    def test_what_was_never_uploaded_is_never_published(self, store: Store, tmp_path: Path) -> None:
        there, missing = wheel(tmp_path), wheel(tmp_path, "2.0")
        put(store, there)
        with pytest.raises(VerificationError, match=missing.file):
            store.publish("acme-core", [missing])
        assert listed(store) == [(there.file, there.sha256)]

    def test_a_run_that_was_killed_between_uploads_is_finished_by_the_next(
        self, opened: Opener, tmp_path: Path
    ) -> None:
        wheels = [wheel(tmp_path, version) for version in ("1.0", "2.0", "3.0")]
        opened().upload(wheels[0])
        opened().upload(wheels[1])
        put(opened(), *wheels)
        assert listed(opened()) == [(each.file, each.sha256) for each in wheels]

    def test_the_plan_uploads_what_is_absent(self, store: Store, tmp_path: Path) -> None:
        ours = wheel(tmp_path)
        plan = plan_uploads([store], [ours], tmp_path)
        assert [(upload.file, upload.sha256) for upload in plan.uploads] == [(ours.file, ours.sha256)]
        assert (plan.unchanged, plan.adopted) == ((), {})

    def test_the_plan_after_publishing_is_empty(self, opened: Opener, tmp_path: Path) -> None:
        ours = wheel(tmp_path)
        put(opened(), ours)
        plan = plan_uploads([opened()], [ours], tmp_path)
        assert plan.uploads == ()
        assert [(same.subject, same.reason) for same in plan.unchanged] == [
            (ours.file, f"{opened().name} holds the same sha256")
        ]

    @pytest.mark.parametrize("published", [True, False])
    def test_a_rebuild_that_differs_in_its_packing_converges_on_the_bytes_that_stand(
        self, opened: Opener, tmp_path: Path, published: bool
    ) -> None:
        first, rebuilt = wheel(tmp_path), wheel(tmp_path, by="acme-builder 2.0")
        assert first.sha256 != rebuilt.sha256
        opened().upload(first)
        if published:
            opened().publish("acme-core", [first])
        plan = plan_uploads([opened()], [rebuilt], tmp_path)
        assert plan.adopted[rebuilt.file].sha256 == first.sha256
        if plan.uploads:
            put(opened(), plan.adopted[rebuilt.file])
        assert listed(opened()) == [(first.file, first.sha256)]
        assert plan_uploads([opened()], [rebuilt], tmp_path).uploads == ()

    def test_the_plan_refuses_other_content(self, opened: Opener, tmp_path: Path) -> None:
        first, second = wheel(tmp_path), wheel(tmp_path, text="# another")
        put(opened(), first)
        with pytest.raises(ConflictError, match=first.sha256):
            plan_uploads([opened()], [second], tmp_path)

    def test_publishers_of_one_project_lose_nothing(self, opened: Opener, tmp_path: Path) -> None:
        wheels = [wheel(tmp_path, f"1.{number}") for number in range(WRITERS)]
        put_side_by_side(opened, wheels)
        assert listed(opened()) == sorted((each.file, each.sha256) for each in wheels)

    def test_publishers_of_many_projects_lose_nothing(self, opened: Opener, tmp_path: Path) -> None:
        wheels = [named(f"acme-{number}", tmp_path) for number in range(WRITERS)]
        put_side_by_side(opened, wheels)
        found = [listed(opened(), each.name) for each in wheels]
        assert found == [[(each.file, each.sha256)] for each in wheels]

    def test_of_publishers_with_different_content_one_wins(self, opened: Opener, tmp_path: Path) -> None:
        wheels = [wheel(tmp_path, text=f"# {number}") for number in range(WRITERS)]
        outcomes = put_side_by_side(opened, wheels)
        winners = [each for each, failure in zip(wheels, outcomes, strict=True) if failure is None]
        assert len(winners) == 1
        assert listed(opened()) == [(winners[0].file, winners[0].sha256)]


def put_side_by_side(opened: Opener, wheels: Sequence[Wheel]) -> list[ConflictError | None]:
    """Publish each wheel by a publisher of its own, all at once; for each its conflict, if it had one."""

    def attempt(each: Wheel) -> ConflictError | None:
        try:
            put(opened(), each)
        except ConflictError as error:
            return error
        return None

    with ThreadPoolExecutor(len(wheels)) as pool:
        return list(pool.map(attempt, wheels))
