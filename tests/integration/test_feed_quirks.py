"""The ways of Azure Artifacts that a naive client stumbles over, and what a user reads then."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contracts.store import listed, named, put, wheel
from tests.feeds import QUICK, feed_config, open_feed
from tests.servers.artifacts import ArtifactsServer, Operation
from tests.servers.artifacts.feeds import Role
from tests.servers.clients import pip_install, twine_upload, uv_install, with_credentials
from wheelpin.errors import (
    ConflictError,
    OutcomeUnknownError,
    SignInError,
    TargetError,
    VerificationError,
)
from wheelpin.publish import plan_uploads
from wheelpin.web.retries import Retries
from wheelpin.wheel import Wheel


@pytest.fixture
def ours(tmp_path: Path) -> Wheel:
    return wheel(tmp_path)


def _uploads(server: ArtifactsServer) -> list[int | None]:
    return [seen.status for seen in server.requests if seen.method == "POST"]


def test_a_503_with_the_file_stored_is_a_success(artifacts: ArtifactsServer, ours: Wheel) -> None:
    artifacts.fail_next(503, stored=True)
    put(open_feed(artifacts), ours)
    assert artifacts.files() == {ours.file: ours.sha256}
    assert _uploads(artifacts) == [503, 409]  # twine sends again by itself


def test_a_service_that_is_down_is_sent_to_again(artifacts: ArtifactsServer, ours: Wheel) -> None:
    artifacts.fail_next(503, times=7)
    put(open_feed(artifacts), ours)
    assert artifacts.files() == {ours.file: ours.sha256}


def test_a_service_that_stays_down_leaves_the_outcome_unknown(
    artifacts: ArtifactsServer, ours: Wheel
) -> None:
    artifacts.fail_next(503, times=99)
    with pytest.raises(OutcomeUnknownError) as caught:
        open_feed(artifacts).upload(ours)
    assert caught.value.message == (
        f"store feed: {ours.file}: nobody knows whether it was stored: The service is not available."
    )
    assert "run the same command again" in caught.value.hint


def test_a_conflict_shows_both_hashes_and_the_way_out(
    artifacts: ArtifactsServer, ours: Wheel, tmp_path: Path
) -> None:
    put(open_feed(artifacts), ours)
    other = wheel(tmp_path, text="# another")
    with pytest.raises(ConflictError) as caught:
        open_feed(artifacts).upload(other)
    assert caught.value.message == (
        f"store feed holds other content as {other.file}\n"
        f"  held:  sha256 {ours.sha256}\n"
        f"  built: sha256 {other.sha256}"
    )
    assert caught.value.hint == "what is published is never replaced: raise the version of acme-core"


def test_a_deleted_version_is_explained(artifacts: ArtifactsServer, ours: Wheel) -> None:
    artifacts.publish(ours.path)
    artifacts.delete("acme-core", "1.0")
    with pytest.raises(ConflictError) as caught:
        open_feed(artifacts).upload(ours)
    assert "was deleted on 20" in caught.value.message
    assert "keeps every version reserved for ever" in caught.value.message
    assert caught.value.hint.startswith("raise the version of acme-core")


def test_an_upload_that_is_shown_late_is_waited_for(artifacts: ArtifactsServer, ours: Wheel) -> None:
    artifacts.lag(0.5)
    put(open_feed(artifacts), ours)
    assert listed(open_feed(artifacts)) == [(ours.file, ours.sha256)]


def test_an_upload_that_is_never_shown_ends_at_the_deadline_and_goes_on_later(
    artifacts: ArtifactsServer, ours: Wheel
) -> None:
    artifacts.lag()
    store = open_feed(artifacts, patient=0.2)
    store.upload(ours)
    with pytest.raises(OutcomeUnknownError, match=f"does not show {ours.file} after 0 s"):
        store.publish("acme-core", [ours])
    again = open_feed(artifacts, patient=0.2)
    again.upload(ours)  # 409, not shown, and not deleted either: late
    with pytest.raises(OutcomeUnknownError):
        again.publish("acme-core", [ours])
    artifacts.catch_up()
    put(open_feed(artifacts), ours)
    assert artifacts.files() == {ours.file: ours.sha256}


@pytest.mark.parametrize(
    ("version", "words", "hint"),
    [
        ("1.0+dirty", "Local version segments are not allowed", "without a local part"),
        ("1." + "1" * 126, "under 128 characters", "127 characters"),
    ],
)
def test_versions_that_the_service_refuses(
    artifacts: ArtifactsServer, tmp_path: Path, version: str, words: str, hint: str
) -> None:
    with pytest.raises(TargetError) as caught:
        open_feed(artifacts).upload(wheel(tmp_path, version))
    assert "was refused (400): The package version provided is invalid." in caught.value.message
    assert words in caught.value.message
    assert hint in caught.value.hint


def test_a_metadata_version_that_the_service_refuses(
    artifacts: ArtifactsServer, ours: Wheel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.servers.artifacts.METADATA_VERSIONS_OF_2024", ("1.0",))
    artifacts.refuse_metadata_versions()
    with pytest.raises(TargetError) as caught:
        open_feed(artifacts).upload(ours)
    assert caught.value.message == (
        f"store feed: {ours.file} was refused (400): "
        "Metadata version '2.1' is unsupported. Supported versions are: 1.0."
    )
    assert "`setuptools<77`" in caught.value.hint


@pytest.mark.parametrize("gateway", [False, True])
def test_a_file_that_is_too_large(artifacts: ArtifactsServer, ours: Wheel, *, gateway: bool) -> None:
    if gateway:
        artifacts.fail_next(413)
    else:
        artifacts.limit_size(100)
    with pytest.raises(TargetError, match=r"\(413\)") as caught:
        open_feed(artifacts).upload(ours)
    assert "azure-blob" in caught.value.hint


def test_one_refused_wheel_of_many_loses_no_other(artifacts: ArtifactsServer, tmp_path: Path) -> None:
    wheels = [named(f"acme-{number}", tmp_path) for number in range(4)]
    bad = wheel(tmp_path, "1.0+dirty")
    failed = open_feed(artifacts).upload_all([wheels[0], bad, *wheels[1:]])
    assert list(failed) == [bad.file]
    assert set(artifacts.files()) == {each.file for each in wheels}


def test_an_expired_token_is_told_before_anything_is_sent(artifacts: ArtifactsServer, ours: Wheel) -> None:
    store = open_feed(artifacts, token="expired-long-ago")
    with pytest.raises(SignInError) as caught:
        store.upload(ours)
    assert "401 TF400813: The user is not authorized" in caught.value.message
    assert caught.value.hint.startswith("who we are comes from AZURE_DEVOPS_EXT_PAT: it has expired")
    assert _uploads(artifacts) == []


def test_a_sign_in_page_is_no_success(artifacts: ArtifactsServer, ours: Wheel) -> None:
    artifacts.show_sign_in_page()
    with pytest.raises(SignInError, match="203, which is a sign-in page"):
        open_feed(artifacts, token="expired-long-ago").upload(ours)
    store = open_feed(artifacts)
    assert list(store.files("acme-core")) == []
    artifacts.revoke(artifacts.token)  # between the look and the upload, which twine takes for done
    with pytest.raises(SignInError, match="203"):
        store.upload(ours)


def test_a_token_that_expires_before_the_promotion_is_found_out(
    artifacts: ArtifactsServer, ours: Wheel
) -> None:
    store = open_feed(artifacts, feed_config(artifacts.collection, view="Release"))
    put(store, wheel(ours.path.parent, "0.9"))
    store.upload(ours)
    artifacts.show_sign_in_page()
    artifacts.revoke(artifacts.token)
    with pytest.raises(SignInError):
        store.publish("acme-core", [ours])


def test_a_reader_is_told_that_a_role_is_missing(artifacts: ArtifactsServer, ours: Wheel) -> None:
    with pytest.raises(SignInError) as caught:
        open_feed(artifacts, token=artifacts.grant(Role.READER)).upload(ours)
    assert "was refused (403): User" in caught.value.message
    assert "You need to have 'AddPackage'" in caught.value.message
    assert "AZURE_DEVOPS_EXT_PAT must be allowed to publish there" in caught.value.hint


def test_throttling_is_obeyed(artifacts: ArtifactsServer, ours: Wheel) -> None:
    slept: list[float] = []
    retries = Retries(base=0.02, cap=0.1, sleep=slept.append)
    artifacts.publish(ours.path)
    artifacts.throttle(9, on=Operation.SIMPLE, blocked=True)
    store = open_feed(artifacts, retries=retries)
    assert len(store.files("acme-core")) == 1
    assert slept[0] == 9
    artifacts.throttle(5, on=Operation.SIMPLE)  # with an answer: it is the next request that waits
    slept.clear()
    quick = open_feed(artifacts, retries=retries)
    assert len(quick.files("acme-core")) == 1
    assert slept == []
    assert len(quick.files("acme-core")) == 1
    assert [round(wait) for wait in slept] == [5]


def test_links_without_hashes_are_compared_by_download(
    artifacts: ArtifactsServer, ours: Wheel, tmp_path: Path
) -> None:
    artifacts.hide_hashes()
    put(open_feed(artifacts), ours)
    assert plan_uploads([open_feed(artifacts)], [ours], tmp_path).uploads == ()
    assert all(seen.header("Authorization") == "" for seen in artifacts.storage.requests)
    assert artifacts.storage.requests


def test_what_was_promoted_is_what_installers_of_the_view_get(
    artifacts: ArtifactsServer, ours: Wheel, tmp_path: Path
) -> None:
    store = open_feed(artifacts, feed_config(artifacts.collection, view="release"))
    store.upload(ours)
    assert list(store.files("acme-core")) == []
    held = store.held(ours.file)
    assert held
    assert held.sha256 == ours.sha256
    store.publish("acme-core", [ours])
    assert [published.file for published in store.files("acme-core")] == [ours.file]
    assert artifacts.feed.packages["acme-core"].versions["1"].views == ["Release"]
    writes = artifacts.writes
    put(open_feed(artifacts, feed_config(artifacts.collection, view="release")), ours)
    assert artifacts.writes == writes


def test_a_view_that_does_not_exist_is_told(artifacts: ArtifactsServer, ours: Wheel) -> None:
    store = open_feed(artifacts, feed_config(artifacts.collection, view="Stable"))
    with pytest.raises(TargetError, match="The view 'Stable' does not exist"):
        store.preflight(["acme-core"])
    with pytest.raises(TargetError, match="The view 'Stable' does not exist"):
        store.files("acme-core")


def test_a_feed_that_does_not_exist_is_not_an_empty_one(artifacts: ArtifactsServer) -> None:
    store = open_feed(artifacts, feed_config(artifacts.collection, feed="weels"))
    with pytest.raises(TargetError, match="The feed with ID 'weels' doesn't exist"):
        store.files("acme-core")


def test_what_was_never_sent_is_not_waited_for(artifacts: ArtifactsServer, ours: Wheel) -> None:
    with pytest.raises(VerificationError, match="was not uploaded before it is published"):
        open_feed(artifacts, retries=QUICK, patient=600).publish("acme-core", [ours])


def test_a_legacy_address_and_other_tools_uploads_are_one_feed(
    artifacts: ArtifactsServer, ours: Wheel
) -> None:
    twine_upload(ours.path, artifacts.upload_url(), password=artifacts.token)
    store = open_feed(artifacts, feed_config(artifacts.url))
    assert listed(store) == [(ours.file, ours.sha256)]


@pytest.mark.parametrize("install", [pip_install, uv_install], ids=["pip", "uv"])
def test_installers_get_it_from_the_index_that_the_store_names(
    artifacts: ArtifactsServer, tmp_path: Path, install: Callable[[str, str, Path], str]
) -> None:
    store = open_feed(artifacts, feed_config(artifacts.collection, view="Release"))
    put(store, wheel(tmp_path, text="HERE = 1\n"))
    install("acme-core==1.0", with_credentials(store.index_url, artifacts.token), tmp_path / "site")
    assert (tmp_path / "site" / "acme.py").read_text() == "HERE = 1\n"
