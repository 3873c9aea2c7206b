"""What a feed would refuse is known before anything is built, and a name that may be somebody else's is."""

from pathlib import Path

import pytest

from tests.contracts.store import wheel
from tests.feeds import feed_config, open_feed
from tests.servers.artifacts import ArtifactsServer, Operation
from tests.servers.artifacts.feeds import Role, Version
from tests.wheels import make_wheel
from wheelpin.config import AzureArtifactsStore
from wheelpin.errors import Finding, Level, SignInError, TargetError
from wheelpin.stores import feed_checks
from wheelpin.stores.feed_checks import check_wheels


def _told(findings: "tuple[Finding, ...] | list[Finding]") -> list[tuple[Level, str, str]]:
    return [(found.level, found.subject, found.message) for found in findings]


def _asked(server: ArtifactsServer, *names: str) -> list[tuple[Level, str, str]]:
    return _told(list(open_feed(server).preflight(names or ["acme-core"])))


def test_a_feed_without_an_upstream_takes_any_name(artifacts: ArtifactsServer) -> None:
    assert _asked(artifacts, "acme-core", "acme-io") == []
    assert artifacts.writes == 0


def test_a_name_that_the_upstream_serves_is_refused(artifacts: ArtifactsServer) -> None:
    file = artifacts.upstream("acme-core", "99.0.0")
    [found] = open_feed(artifacts).preflight(["acme-core"])
    assert (found.level, found.subject) == (Level.ERROR, "acme-core")
    assert found.message == (
        f"was never published to the feed, and PyPI serves somebody's package of that name: {file}"
    )
    assert "register it there" in found.hint


def test_a_name_that_somebody_installed_through_the_feed_is_refused(artifacts: ArtifactsServer) -> None:
    artifacts.upstream("acme-core", "99.0.0", saved=True)
    [(level, _, message)] = _asked(artifacts)
    assert level is Level.ERROR
    assert message.endswith("99.0.0")


def test_a_new_name_that_nobody_has_is_noted(artifacts: ArtifactsServer) -> None:
    artifacts.add_upstream()
    [(level, subject, message)] = _asked(artifacts)
    assert (level, subject) == (Level.NOTICE, "acme-core")
    assert message == "is published for the first time; PyPI knows no such name today"


def test_a_name_that_is_the_feed_s_own_is_taken_whatever_the_upstream_has(
    artifacts: ArtifactsServer, tmp_path: Path
) -> None:
    artifacts.publish(make_wheel(tmp_path, "acme-core", "1.0"))
    artifacts.upstream("acme-core", "99.0.0")
    assert _asked(artifacts) == []
    artifacts.delete("acme-core", "1.0")
    assert _asked(artifacts) == []


def test_versions_of_the_upstream_beside_ours_are_warned_of(
    artifacts: ArtifactsServer, tmp_path: Path
) -> None:
    artifacts.upstream("acme-core", "99.0.0", saved=True)
    artifacts.publish(make_wheel(tmp_path, "acme-core", "1.0"))
    artifacts.allow_external("acme-core")
    assert _asked(artifacts) == [
        (
            Level.WARNING,
            "acme-core",
            "the feed still shows versions that came from PyPI: 99.0.0",
        ),
        (
            Level.WARNING,
            "acme-core",
            "the feed lets versions from PyPI stand beside those that are published",
        ),
    ]


def test_the_number_of_versions_is_limited(
    artifacts: ArtifactsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_checks, "NEARLY", 3)
    monkeypatch.setattr(feed_checks, "MAX_VERSIONS", 4)
    for number in range(3):
        artifacts.publish(make_wheel(tmp_path, "acme-core", f"1.{number}"))
    assert _asked(artifacts) == [
        (Level.WARNING, "acme-core", "the feed holds 3 versions of it, of 4 that it takes")
    ]
    artifacts.publish(make_wheel(tmp_path, "acme-core", "1.3"))
    assert _asked(artifacts) == [
        (Level.ERROR, "acme-core", "the feed holds 4 versions of it, and takes no more than 4")
    ]
    versions = artifacts.feed.packages["acme-core"].versions
    versions["2"] = Version(version="2.0", deleted=versions["1"].published)
    artifacts.delete("acme-core", "1.3")
    artifacts.delete("acme-core", "1.2")
    assert _asked(artifacts) == []


def test_the_feed_has_to_be_there(artifacts: ArtifactsServer) -> None:
    with pytest.raises(TargetError) as caught:
        open_feed(artifacts, feed_config(artifacts.collection, feed="weels")).preflight(["acme-core"])
    assert caught.value.message == ("store feed: feed contoso/weels: The feed with ID 'weels' doesn't exist.")


@pytest.mark.parametrize("role", [Role.READER, Role.COLLABORATOR])
def test_publishing_has_to_be_allowed(artifacts: ArtifactsServer, role: Role) -> None:
    with pytest.raises(SignInError) as caught:
        open_feed(artifacts, token=artifacts.grant(role)).preflight(["acme-core"])
    assert caught.value.message == ("store feed: feed contoso/wheels: we may read it, but not publish to it")
    assert "Feed Publisher (Contributor)" in caught.value.hint


@pytest.mark.parametrize("page", [False, True])
def test_who_we_are_has_to_be_known(artifacts: ArtifactsServer, page: bool) -> None:
    if page:
        artifacts.show_sign_in_page()
    with pytest.raises(SignInError) as caught:
        open_feed(artifacts, token="expired-long-ago").preflight(["acme-core"])
    assert "expired-long-ago" not in caught.value.message + caught.value.hint
    assert "AZURE_DEVOPS_EXT_PAT" in caught.value.hint


def test_a_server_of_one_s_own_and_a_feed_of_a_project_are_asked_too(artifacts: ArtifactsServer) -> None:
    artifacts.be_on_premises()
    artifacts.add_feed("models", "Machine Learning")
    config = AzureArtifactsStore(
        kind="azure-artifacts",
        url=artifacts.collection,
        project="Machine Learning",
        feed="models",
        view="Release",
    )
    assert list(open_feed(artifacts, config).preflight(["acme-core"])) == []


def test_a_service_that_stumbles_is_asked_again(artifacts: ArtifactsServer) -> None:
    artifacts.fail_next(503, on=Operation.REST)
    assert _asked(artifacts) == []


def test_wheels_that_no_feed_takes_are_refused_before_they_are_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_checks, "MAX_SIZE", 1 << 10)
    large = wheel(tmp_path, text="x = 1\n" + "".join(f"# {number**7}\n" for number in range(999)))
    found = list(check_wheels([wheel(tmp_path, "1.0+dirty"), wheel(tmp_path, "1." + "1" * 126), large]))
    assert [each.message.partition(",")[0] for each in found if "MiB" not in each.message] == [
        "version 1.0+dirty has a local part",
        "its version has 128 characters",
    ]
    assert any("MiB, Azure Artifacts takes 0" in each.message for each in found)
    assert {each.level for each in found} == {Level.ERROR}
