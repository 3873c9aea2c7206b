"""Where feeds are, for each kind of host that Azure DevOps has had."""

import pytest

from wheelpin.config import AzureArtifactsStore
from wheelpin.errors import UsageError
from wheelpin.stores.feed_address import feed_address


def _config(**keys: str) -> AzureArtifactsStore:
    return AzureArtifactsStore.model_validate({"kind": "azure-artifacts", "feed": "wheels", **keys})


SERVICE = ("https://dev.azure.com/contoso", "https://pkgs.dev.azure.com/contoso")
OLDER = ("https://contoso.visualstudio.com", "https://contoso.pkgs.visualstudio.com")
SERVER = ("https://devops.example.org/tfs/Main", "https://devops.example.org/tfs/Main")


@pytest.mark.parametrize(
    ("keys", "hosts"),
    [
        ({"organization": "contoso"}, SERVICE),
        ({"url": "https://dev.azure.com/contoso/"}, SERVICE),
        ({"url": "https://pkgs.dev.azure.com/contoso"}, SERVICE),
        ({"url": "https://contoso.visualstudio.com"}, OLDER),
        ({"url": "https://contoso.pkgs.visualstudio.com/"}, OLDER),
        ({"url": "https://devops.example.org/tfs/Main/"}, SERVER),
    ],
)
def test_hosts(keys: dict[str, str], hosts: tuple[str, str]) -> None:
    found = feed_address("feed", _config(**keys))
    assert (found.collection, found.packages) == hosts
    assert found.upload == f"{hosts[1]}/_packaging/wheels/pypi/upload/"
    assert found.simple() == f"{hosts[1]}/_packaging/wheels/pypi/simple/"


def test_projects_feeds_and_views_are_quoted() -> None:
    found = feed_address(
        "feed", _config(organization="con toso", project="Machine Learning", feed="Our Wheels")
    )
    root = "https://pkgs.dev.azure.com/con%20toso/Machine%20Learning/_packaging/Our%20Wheels"
    assert found.upload == f"{root}/pypi/upload/"
    assert found.simple("Release 1") == f"{root}@Release%201/pypi/simple/"
    assert found.title == "feed con%20toso/Machine Learning/Our Wheels"


@pytest.mark.parametrize("feed", ["wheels@Release", "ml/wheels"])
def test_a_feed_is_named_alone(feed: str) -> None:
    with pytest.raises(UsageError) as caught:
        feed_address("feed", _config(organization="contoso", feed=feed))
    assert caught.value.message == f"store feed: {feed!r} is not a feed's name"
    assert "`view`" in caught.value.hint
