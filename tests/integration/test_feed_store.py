"""The emulated Azure Artifacts as a store: the contract of all stores, and the service's own ways."""

from pathlib import Path

import pytest

from tests.contracts.store import Fingerprint, Opener, StoreContract, listed, put, wheel
from tests.feeds import feed_config, open_feed
from tests.servers.artifacts import ArtifactsServer
from wheelpin.errors import TargetError
from wheelpin.stores import Store


class FeedContract(StoreContract):
    @pytest.fixture
    def fingerprint(self, artifacts: ArtifactsServer) -> Fingerprint:
        return lambda: (artifacts.files(), artifacts.writes)

    def test_a_local_version_survives_the_way_there_and_back(self, store: Store, tmp_path: Path) -> None:
        with pytest.raises(TargetError, match="Local version segments are not allowed"):
            put(store, wheel(tmp_path, "1.0+linux.1"))
        assert listed(store) == []

    def test_the_url_of_a_file_ends_in_its_name(self, store: Store, tmp_path: Path) -> None:
        ours = wheel(tmp_path)
        put(store, ours)
        assert store.url(ours.file) is None
        assert store.files("acme-core")[0].url.endswith(f"/{ours.file}")


class TestFeedOfAnOrganization(FeedContract):
    @pytest.fixture
    def opened(self, artifacts: ArtifactsServer) -> Opener:
        return lambda: open_feed(artifacts)


class TestFeedOfAProjectWithAView(FeedContract):
    @pytest.fixture
    def opened(self, artifacts: ArtifactsServer) -> Opener:
        artifacts.feed = artifacts.add_feed("models", "Machine Learning")
        config = feed_config(artifacts.collection, feed="models", project="Machine Learning", view="Release")
        return lambda: open_feed(artifacts, config)
