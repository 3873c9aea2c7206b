"""The emulated Azure Artifacts as the official azure-devops client meets it, discovery included."""

# azure.devops is imported by the fixtures alone: it settles where its cache is when it is imported.

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.servers.artifacts import ArtifactsServer
from tests.servers.artifacts.feeds import Role
from tests.wheels import make_wheel

Connect = Callable[[str], Any]


@pytest.fixture
def connect(artifacts: ArtifactsServer) -> Connect:
    """The client's factory of clients for whoever holds a token."""
    from azure.devops.connection import Connection  # type: ignore[import-untyped]
    from msrest.authentication import BasicAuthentication

    def connect(token: str) -> Any:  # noqa: ANN401 - the package has no types
        return Connection(artifacts.collection, BasicAuthentication("", token)).clients_v7_1

    return connect


@pytest.fixture
def models() -> ModuleType:
    from azure.devops.v7_1.py_pi_api import models  # type: ignore[import-untyped]

    return models  # type: ignore[no-any-return]


@pytest.fixture
def errors() -> ModuleType:
    from azure.devops import exceptions  # type: ignore[import-untyped]

    return exceptions  # type: ignore[no-any-return]


@pytest.fixture
def wheel(artifacts: ArtifactsServer, tmp_path: Path) -> Path:
    """A wheel that the feed holds."""
    wheel = make_wheel(tmp_path, "acme-core", "1.4.0")
    artifacts.publish(wheel)
    return wheel


def test_the_cache_of_the_client_is_not_in_the_home_folder(connect: Connect) -> None:
    from azure.devops._file_cache import DEFAULT_CACHE_DIR  # type: ignore[import-untyped]

    assert Path.home() not in Path(DEFAULT_CACHE_DIR).parents


def test_a_feed_is_found_by_name_in_its_own_scope(
    artifacts: ArtifactsServer, connect: Connect, errors: ModuleType
) -> None:
    artifacts.add_feed("models", "Machine Learning")
    client = connect(artifacts.token).get_feed_client()
    feed = client.get_feed("wheels")
    assert (feed.id, feed.project, feed.upstream_sources) == (artifacts.feed.guid, None, [])
    assert client.get_feed("models", project="Machine Learning").project.name == "Machine Learning"
    assert [feed.name for feed in client.get_feeds()] == ["wheels"]
    with pytest.raises(errors.AzureDevOpsServiceError, match="The feed with ID 'models' doesn't exist"):
        client.get_feed("models")


def test_the_released_clients_find_a_feed_too(artifacts: ArtifactsServer, connect: Connect) -> None:
    from azure.devops.connection import Connection
    from msrest.authentication import BasicAuthentication

    connection = Connection(artifacts.collection, BasicAuthentication("", artifacts.token))
    assert connection.clients.get_feed_client().get_feed("wheels").name == "wheels"


def test_feeds_are_listed_for_the_role_that_one_has(artifacts: ArtifactsServer, connect: Connect) -> None:
    reader = connect(artifacts.grant(Role.READER)).get_feed_client()
    assert [feed.name for feed in reader.get_feeds(feed_role="reader")] == ["wheels"]
    assert reader.get_feeds(feed_role="contributor") == []
    assert [permission.role for permission in reader.get_feed_permissions("wheels")] == ["reader"]


def test_bad_credentials_are_told_as_such(
    artifacts: ArtifactsServer, connect: Connect, errors: ModuleType
) -> None:
    with pytest.raises(errors.AzureDevOpsServiceError, match="TF400813"):
        connect("guessed").get_feed_client()


def test_the_client_takes_the_sign_in_page_for_an_answer_where_it_reads_none(
    artifacts: ArtifactsServer, connect: Connect, models: ModuleType, wheel: Path
) -> None:
    from azure.core.exceptions import DeserializationError

    artifacts.show_sign_in_page()
    client = connect(artifacts.token).get_py_pi_api_client()
    artifacts.revoke(artifacts.token)
    patch = models.JsonPatchOperation(op="add", path="/views/-", value="Release")
    details = models.PackageVersionDetails(views=patch)
    with pytest.raises(DeserializationError, match="text/html"):
        client.get_upstreaming_behavior("wheels", "acme-core")
    # No error: whoever promotes has to look whether it happened.
    client.update_package_version(details, "wheels", "acme-core", "1.4.0")
    assert list(artifacts.feed.listing("acme-core", "Release", upstream=False)) == []


def test_a_server_of_one_s_own_is_asked_at_its_collection(
    artifacts: ArtifactsServer, connect: Connect
) -> None:
    artifacts.be_on_premises()
    assert connect(artifacts.token).get_feed_client().get_feed("wheels").name == "wheels"


def test_a_version_is_promoted_to_a_view(
    artifacts: ArtifactsServer, connect: Connect, models: ModuleType, wheel: Path
) -> None:
    clients = connect(artifacts.token)
    patch = models.JsonPatchOperation(op="add", path="/views/-", value="Release")
    details = models.PackageVersionDetails(views=patch)
    for _ in range(2):
        clients.get_py_pi_api_client().update_package_version(details, "wheels", "acme-core", "1.4.0")
    [package] = clients.get_feed_client().get_packages("wheels", normalized_package_name="acme-core")
    [version] = package.versions
    assert (version.version, version.normalized_version) == ("1.4.0", "1.4")
    assert [view.name for view in version.views] == ["Local", "Release"]
    assert wheel.name in [
        file.name for _, file in artifacts.feed.listing("acme-core", "Release", upstream=False)
    ]


def test_promotion_wants_a_role_a_view_and_a_version(
    artifacts: ArtifactsServer, connect: Connect, models: ModuleType, errors: ModuleType, wheel: Path
) -> None:
    def promote(token: str, view: str, version: str) -> None:
        patch = models.JsonPatchOperation(op="add", path="/views/-", value=view)
        client = connect(token).get_py_pi_api_client()
        client.update_package_version(
            models.PackageVersionDetails(views=patch), "wheels", "acme-core", version
        )

    for words, token, view, version in [
        ("PromotePackage", artifacts.grant(Role.COLLABORATOR), "Release", "1.4.0"),
        ("The view 'Stable' does not exist", artifacts.token, "Stable", "1.4.0"),
        ("Cannot find the package", artifacts.token, "Release", "2.0.0"),
    ]:
        with pytest.raises(errors.AzureDevOpsServiceError, match=words):
            promote(token, view, version)


def test_the_batch_of_the_client_loses_its_view(
    artifacts: ArtifactsServer, connect: Connect, models: ModuleType, errors: ModuleType, wheel: Path
) -> None:
    packages = [models.MinimalPackageDetails(id="acme-core", version="1.4.0")]
    batch = models.PyPiPackagesBatchRequest(
        data={"viewId": "Release"}, operation="promote", packages=packages
    )
    with pytest.raises(errors.AzureDevOpsServiceError, match="says not what to do"):
        connect(artifacts.token).get_py_pi_api_client().update_package_versions(batch, "wheels")


def test_views_are_listed(artifacts: ArtifactsServer, connect: Connect) -> None:
    client = connect(artifacts.token).get_feed_client()
    assert [view.name for view in client.get_feed_views("wheels")] == ["Local", "Prerelease", "Release"]
    assert client.get_feed_view("wheels", "release").name == "Release"


def test_upstreaming_behaviour_is_read_by_all_and_set_by_owners(
    artifacts: ArtifactsServer, connect: Connect, models: ModuleType, errors: ModuleType
) -> None:
    client = connect(artifacts.token).get_py_pi_api_client()
    wanted = models.UpstreamingBehavior(versions_from_external_upstreams="AllowExternalVersions")
    assert client.get_upstreaming_behavior("wheels", "acme-core").versions_from_external_upstreams == "auto"
    with pytest.raises(errors.AzureDevOpsServiceError, match="AdministerFeed"):
        client.set_upstreaming_behavior("wheels", "acme-core", wanted)
    owner = connect(artifacts.grant(Role.ADMINISTRATOR)).get_py_pi_api_client()
    owner.set_upstreaming_behavior("wheels", "Acme.Core", wanted)
    behaviour = client.get_upstreaming_behavior("wheels", "acme-core")
    assert behaviour.versions_from_external_upstreams == "allowExternalVersions"


def test_a_feed_says_that_it_has_an_upstream(artifacts: ArtifactsServer, connect: Connect) -> None:
    client = connect(artifacts.token).get_feed_client()
    assert client.get_feed("wheels").upstream_sources == []
    artifacts.add_upstream()
    [source] = client.get_feed("wheels").upstream_sources
    assert (source.protocol, source.upstream_source_type) == ("pypi", "public")


def test_a_version_of_the_upstream_says_where_it_came_from(
    artifacts: ArtifactsServer, connect: Connect
) -> None:
    artifacts.upstream("acme-core", "99.0.0", saved=True)
    clients = connect(artifacts.token)
    [source] = clients.get_feed_client().get_feed("wheels").upstream_sources
    version = clients.get_py_pi_api_client().get_package_version("wheels", "acme-core", "99.0.0")
    assert [one.id for one in version.source_chain] == [source.id]
    [package] = clients.get_feed_client().get_packages("wheels", protocol_type="PyPi")
    assert package.versions[0].direct_upstream_source_id == source.id


def test_a_version_is_deleted_restored_and_destroyed_by_owners(
    artifacts: ArtifactsServer, connect: Connect, models: ModuleType, errors: ModuleType, wheel: Path
) -> None:
    version = ("wheels", "acme-core", "1.4.0")
    client = connect(artifacts.grant(Role.ADMINISTRATOR)).get_py_pi_api_client()
    assert client.delete_package_version(*version).deleted_date is not None
    with pytest.raises(errors.AzureDevOpsServiceError, match="Cannot find"):
        client.get_package_version(*version)
    assert client.get_package_version(*version, show_deleted=True).version == "1.4.0"
    details = models.PyPiRecycleBinPackageVersionDetails(deleted=False)
    client.restore_package_version_from_recycle_bin(details, *version)
    assert set(artifacts.files()) == {wheel.name}
    client.delete_package_version(*version)
    client.delete_package_version_from_recycle_bin(*version)
    with pytest.raises(errors.AzureDevOpsServiceError, match="Cannot find"):
        client.get_package_version_metadata_from_recycle_bin(*version)


def test_packages_and_files_are_found(artifacts: ArtifactsServer, connect: Connect, wheel: Path) -> None:
    clients = connect(artifacts.token)
    feed = clients.get_feed_client()
    [package] = feed.get_packages("wheels", package_name_query="core", include_all_versions=True)
    [version] = feed.get_package_versions("wheels", package.id)
    assert [file.name for file in version.files] == [wheel.name]
    assert feed.get_package("wheels", package.id).name == "acme-core"
    assert feed.get_package_version("wheels", package.id, version.id).version == "1.4.0"
    content = clients.get_py_pi_api_client().download_package("wheels", "acme-core", "1.4.0", wheel.name)
    assert b"".join(content) == wheel.read_bytes()
