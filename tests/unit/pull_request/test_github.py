"""Which repository a remote's address means, and which settings of GitHub are refused."""

import pytest

from wheelpin.errors import UsageError
from wheelpin.pull_request.github import GitHub, github_repository

SERVER = "https://github.com"


@pytest.mark.parametrize(
    "address",
    [
        "https://github.com/contoso/acme",
        "https://github.com/contoso/acme.git",
        "https://x-access-token:secret@github.com/contoso/acme.git/",
        "git@github.com:contoso/acme.git",
        "ssh://git@github.com/contoso/acme.git",
    ],
)
def test_repository_is_read_from_the_remotes_address(address: str) -> None:
    assert github_repository(address, SERVER) == "contoso/acme"


@pytest.mark.parametrize(
    "address",
    [
        "https://github.example/contoso/acme",
        "https://github.com.example/contoso/acme",
        "https://github.com/contoso/acme/more",
        "https://github.com/contoso",
        "/srv/github.com/contoso/acme.git",
        "C:/work/acme",
        "",
    ],
)
def test_other_addresses_are_no_repository_of_this_server(address: str) -> None:
    assert github_repository(address, SERVER) is None


@pytest.mark.parametrize("repository", ["acme", "contoso/acme/../other", "contoso/acme?x", ""])
def test_what_is_no_repository_is_refused(repository: str) -> None:
    with pytest.raises(UsageError, match="OWNER/NAME"):
        GitHub(repository, SERVER, {"GITHUB_TOKEN": "t"})


def test_token_is_sent_over_https_alone() -> None:
    with pytest.raises(UsageError, match="https://"):
        GitHub("contoso/acme", SERVER, {"GITHUB_TOKEN": "t", "GITHUB_API_URL": "http://api.example"})
