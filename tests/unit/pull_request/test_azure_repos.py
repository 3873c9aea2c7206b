"""Which addresses are Azure Repos', and who gets the job's token."""

import pytest

from wheelpin.credentials import devops_credential
from wheelpin.credentials.redaction import Secret
from wheelpin.errors import SignInError
from wheelpin.pull_request.azure_repos import AzureRepository, azure_repository

CLOUD = "https://dev.azure.com/contoso"


def entra() -> Secret:
    return Secret("an-entra-token")


@pytest.mark.parametrize(
    ("address", "collection"),
    [
        ("https://contoso@dev.azure.com/contoso/ml%20team/_git/acme", CLOUD),
        ("https://dev.azure.com/contoso/ml team/_git/acme/", CLOUD),
        ("git@ssh.dev.azure.com:v3/contoso/ml%20team/acme", CLOUD),
        ("https://contoso.visualstudio.com/ml%20team/_git/acme", "https://contoso.visualstudio.com"),
        (
            "https://contoso.visualstudio.com/DefaultCollection/ml%20team/_git/acme",
            "https://contoso.visualstudio.com/DefaultCollection",
        ),
        ("https://tfs.example/Default/ml team/_git/acme", "https://tfs.example/Default"),
    ],
)
def test_repository_is_read_from_the_remotes_address(address: str, collection: str) -> None:
    found = azure_repository(address, {})
    assert found == AzureRepository(collection=collection, project="ml team", repository="acme")


@pytest.mark.parametrize(
    "address",
    [
        "https://github.com/contoso/acme",
        "http://dev.azure.com/contoso/ml/_git/acme",
        "/srv/acme.git",
        "git@host:acme.git",
        "",
    ],
)
def test_other_addresses_are_no_azure_repository(address: str) -> None:
    assert azure_repository(address, {}) is None


def test_jobs_on_repositories_of_others_mean_the_remote() -> None:
    job = {
        "BUILD_REPOSITORY_PROVIDER": "GitHub",
        "BUILD_REPOSITORY_ID": "contoso/acme",
        "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": f"{CLOUD}/",
        "SYSTEM_TEAMPROJECT": "ml",
    }
    assert azure_repository("https://github.com/contoso/acme", job) is None
    assert azure_repository("", {**job, "BUILD_REPOSITORY_PROVIDER": "TfsGit"}) is not None


def test_job_token_comes_before_a_personal_one_and_entra() -> None:
    environ = {"SYSTEM_ACCESSTOKEN": "of-the-job", "AZURE_DEVOPS_EXT_PAT": "personal"}
    assert devops_credential(CLOUD, environ, entra).source == "SYSTEM_ACCESSTOKEN"
    assert (
        devops_credential(CLOUD, {"AZURE_DEVOPS_EXT_PAT": "personal"}, entra).source == "AZURE_DEVOPS_EXT_PAT"
    )
    assert devops_credential(CLOUD, {}, entra).entra


def test_server_of_somebody_else_gets_no_token() -> None:
    environ = {"SYSTEM_ACCESSTOKEN": "of-the-job", "SYSTEM_COLLECTIONURI": CLOUD}
    with pytest.raises(SignInError, match=r"tfs\.example"):
        devops_credential("https://tfs.example/Default", environ, entra)
