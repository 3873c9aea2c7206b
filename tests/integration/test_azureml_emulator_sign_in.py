"""Tokens of the emulator of Azure ML: what azure-identity gets from its endpoints opens the workspace.

Credentials that go through msal ask login.microsoftonline.com first whether the authority is known to it, and
have to be told not to; those that exchange an assertion do not ask.
"""

from collections.abc import Mapping
from contextlib import closing

import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import (
    AzurePipelinesCredential,
    ClientAssertionCredential,
    ClientSecretCredential,
    ManagedIdentityCredential,
)

from tests.servers.azureml import AzureMl
from tests.servers.azureml.asking import ask

ARM = "https://management.azure.com/.default"


@pytest.fixture
def environ(azureml: AzureMl, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """What jobs of both CI systems find in their environment."""
    identity, url = azureml.identity, azureml.url
    found = {**identity.github_environment(url), **identity.pipelines_environment(url)}
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    return found


def status(azureml: AzureMl, token: str) -> int:
    """What somebody with the token gets to see of a workspace."""
    return ask(azureml, "GET", azureml.workspace("dev").id, token=token).status_code


def assertion(environ: Mapping[str, str]) -> str:
    """What GitHub gives to a job that may ask."""
    headers = {"Authorization": f"Bearer {environ['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}"}
    url = f"{environ['ACTIONS_ID_TOKEN_REQUEST_URL']}&audience=api%3A%2F%2FAzureADTokenExchange"
    return str(requests.get(url, headers=headers, timeout=10).json()["value"])


def test_github_jobs_sign_in(azureml: AzureMl, environ: Mapping[str, str]) -> None:
    credential = ClientAssertionCredential(
        environ["AZURE_TENANT_ID"], environ["AZURE_CLIENT_ID"], lambda: assertion(environ)
    )
    with credential:
        for scope in (ARM, f"{azureml.url}/.default"):
            assert status(azureml, credential.get_token(scope).token) == 200


def test_azure_pipelines_jobs_sign_in(azureml: AzureMl, environ: Mapping[str, str]) -> None:
    credential = AzurePipelinesCredential(
        tenant_id=environ["AZURESUBSCRIPTION_TENANT_ID"],
        client_id=environ["AZURESUBSCRIPTION_CLIENT_ID"],
        service_connection_id=environ["AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"],
        system_access_token=environ["SYSTEM_ACCESSTOKEN"],
    )
    with credential:
        assert status(azureml, credential.get_token(ARM).token) == 200


def test_a_secret_signs_in(azureml: AzureMl, environ: Mapping[str, str]) -> None:
    credential = ClientSecretCredential(
        environ["AZURE_TENANT_ID"],
        environ["AZURE_CLIENT_ID"],
        azureml.identity.client_secret,
        disable_instance_discovery=True,
    )
    with credential:
        assert status(azureml, credential.get_token(ARM).token) == 200


def test_a_managed_identity_signs_in(azureml: AzureMl, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in azureml.identity.managed_environment(azureml.url).items():
        monkeypatch.setenv(name, value)
    with closing(ManagedIdentityCredential()) as credential:
        assert status(azureml, credential.get_token(ARM).token) == 200


def test_an_assertion_that_nobody_gave_is_refused(azureml: AzureMl, environ: Mapping[str, str]) -> None:
    credential = ClientAssertionCredential(
        environ["AZURE_TENANT_ID"], environ["AZURE_CLIENT_ID"], lambda: "forged"
    )
    with credential, pytest.raises(ClientAuthenticationError, match="AADSTS70021"):
        credential.get_token(ARM)


def test_a_token_for_something_else_opens_nothing(azureml: AzureMl) -> None:
    for token in ("", "forged", azureml.identity.issue("https://storage.azure.com")):
        answer = ask(azureml, "GET", azureml.workspace("dev").id, token=token)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


def test_a_token_expires(azureml: AzureMl) -> None:
    before = azureml.token
    azureml.expire()
    assert [status(azureml, token) for token in (before, azureml.token)] == [401, 200]
