"""Signing in to Azure as jobs do: GitHub's OIDC, a service connection, an identity, `az`, a ready token."""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.processes import wheelpin
from tests.repositories import write_repository
from tests.servers.azureml import SUBSCRIPTION, AzureMl

CONFIG = """\
stores: {{local: {{kind: directory, path: wheels}}}}
registries:
  dev:
    kind: azureml-workspace
    subscription: {subscription}
    resource-group: ml
    workspace: dev
    endpoint: {url}
"""
AZ = """#!{python}
import sys
print({answer!r})
"""

Variables = Callable[[AzureMl, Path], Mapping[str, str]]


def _ready(server: AzureMl, folder: Path) -> Mapping[str, str]:
    return {"WHEELPIN_AZURE_TOKEN": server.token}


def _github(server: AzureMl, folder: Path) -> Mapping[str, str]:
    return server.identity.github_environment(server.url)


def _pipelines(server: AzureMl, folder: Path) -> Mapping[str, str]:
    return server.identity.pipelines_environment(server.url)


def _managed(server: AzureMl, folder: Path) -> Mapping[str, str]:
    return server.identity.managed_environment(server.url)


def _az(server: AzureMl, folder: Path) -> Mapping[str, str]:
    program = folder / "az"
    answer = json.dumps({"accessToken": server.token, "expires_on": 4102444800, "tokenType": "Bearer"})
    program.write_text(AZ.format(python=sys.executable, answer=answer))
    program.chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin", "AZURE_TOKEN_CREDENTIALS": "AzureCliCredential"}


WAYS: Mapping[str, Variables] = {
    "ready token": _ready,
    "github": _github,
    "pipelines": _pipelines,
    "managed identity": _managed,
    "az": _az,
}


@pytest.fixture
def root(tmp_path: Path, azureml: AzureMl) -> Path:
    azureml.workspace("dev")
    config = CONFIG.format(url=azureml.url, subscription=SUBSCRIPTION)
    definition = "name: train\nimage: mcr.example/base:1\n"
    return write_repository(
        tmp_path / "repository", {"wheelpin.yml": config, "environments/train.yml": definition}
    )


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for az is a script")
@pytest.mark.parametrize("way", WAYS)
def test_a_job_is_known_by(root: Path, tmp_path: Path, azureml: AzureMl, way: str) -> None:
    ran = wheelpin(root, "register", env=WAYS[way](azureml, tmp_path))
    assert ran.code == 0, ran.err
    assert azureml.workspace("dev").environments.versions("train") == ["1"]
    assert azureml.token not in ran.out + ran.err


def test_nobody_is_told_how_to_sign_in(root: Path, tmp_path: Path) -> None:
    ran = wheelpin(
        root, "register", env={"PATH": str(tmp_path), "AZURE_TOKEN_CREDENTIALS": "AzureCliCredential"}
    )
    assert ran.code == 9
    assert "`az login`" in ran.err
    assert "Traceback" not in ran.err


def test_a_proof_that_github_does_not_give_is_told(root: Path, azureml: AzureMl) -> None:
    variables = {
        **azureml.identity.github_environment(azureml.url),
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "stale",
    }
    ran = wheelpin(root, "register", env=variables)
    assert ran.code == 9
    assert "id-token: write" in ran.err
    assert "stale" not in ran.err
