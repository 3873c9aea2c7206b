"""The emulator of Azure ML beside its environments: connections, datastores, and the door to all of it."""

import json
import os
import subprocess
import sys
import uuid
from contextlib import closing
from pathlib import Path

import pytest
import requests

from tests.servers import system_environment
from tests.servers.azureml import SUBSCRIPTION, AzureMl, Credentials, Workspace
from tests.servers.azureml.asking import ask
from tests.servers.azurite import Azurite
from tests.servers.names import RESOLVING


@pytest.fixture
def workspace(azureml: AzureMl) -> Workspace:
    """An empty workspace."""
    return azureml.workspace("dev")


def put_environment(server: AzureMl, workspace: Workspace, version: str = "1") -> requests.Response:
    path = f"{workspace.id}/environments/train/versions/{version}"
    return ask(server, "PUT", path, {"properties": {"image": "base:1"}})


def test_a_connections_secret_is_given_away_to_one_request_only(
    azureml: AzureMl, workspace: Workspace
) -> None:
    path = f"{workspace.id}/connections/feed"
    properties = {"category": "PythonFeed", "target": "https://example.org", "authType": "PAT"}
    sent = {"properties": {**properties, "credentials": {"pat": "secret"}, "metadata": {"a": "b"}}}
    answers = [
        ask(azureml, "PUT", path, sent),
        ask(azureml, "GET", path),
        ask(azureml, "GET", f"{workspace.id}/connections", params={"category": "PythonFeed"}),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert not any("secret" in answer.text for answer in answers)
    shown = answers[1].json()["properties"]
    assert {key: shown[key] for key in properties} == properties
    assert (shown["credentials"], shown["metadata"]) == (None, {"a": "b"})
    told = ask(azureml, "POST", f"{path}/listsecrets").json()
    assert told["properties"]["credentials"] == {"pat": "secret"}
    assert (
        ask(azureml, "GET", f"{workspace.id}/connections", params={"category": "Git"}).json()["value"] == []
    )


def test_a_connection_is_patched_and_deleted(azureml: AzureMl, workspace: Workspace) -> None:
    path = f"{workspace.id}/connections/feed"
    workspace.connections.put("feed", {"category": "PythonFeed", "target": "a", "authType": "None"})
    patched = ask(azureml, "PATCH", path, {"properties": {"target": "b"}}).json()["properties"]
    assert (patched["target"], patched["category"]) == ("b", "PythonFeed")
    assert [ask(azureml, "DELETE", path).status_code for _ in range(2)] == [200, 204]
    missing = ask(azureml, "GET", path)
    assert missing.status_code == 404
    assert missing.json()["componentName"] == "account-rp"


def test_a_workspace_tells_where_its_things_are(azureml: AzureMl, workspace: Workspace) -> None:
    found = ask(azureml, "GET", workspace.id).json()
    assert (found["location"], found["properties"]["workspaceId"]) == ("eastus", workspace.guid)
    [store] = ask(azureml, "GET", f"{workspace.id}/datastores", params={"isDefault": "true"}).json()["value"]
    assert store["name"] == "workspaceblobstore"
    assert store["properties"]["containerName"] == f"azureml-blobstore-{workspace.guid}"
    account = found["properties"]["storageAccount"].rpartition("/")[2]
    assert store["properties"]["accountName"] == account


@pytest.mark.parametrize("credentials", [Credentials.SAS, Credentials.ACCOUNT_KEY, Credentials.NONE])
def test_the_blob_store_is_azurites(azurite: Azurite, credentials: Credentials) -> None:
    from azure.storage.blob import ContainerClient

    with AzureMl(blobs=azurite) as server:
        workspace = server.workspace("dev")
        workspace.datastores.credentials = credentials
        secrets = ask(server, "POST", f"{workspace.id}/datastores/workspaceblobstore/listSecrets", {})
        if credentials is Credentials.NONE:
            assert secrets.status_code == 400
            return
        told = secrets.json()
        secret = told["sasToken"] if credentials is Credentials.SAS else azurite.key
        if credentials is Credentials.ACCOUNT_KEY:
            assert told == {"secretsType": "AccountKey", "key": azurite.key}
            secret = {"account_name": workspace.datastores.account, "account_key": azurite.key}
        url = f"{azurite.account_url}/{workspace.datastores.container}"
        with closing(ContainerClient.from_container_url(url, credential=secret)) as container:
            container.upload_blob("a/b", b"context")
        assert workspace.datastores.blob_names() == ["a/b"]


def test_a_process_resolves_the_names_of_accounts() -> None:
    code = "import socket; print(socket.getaddrinfo('acct.blob.core.localhost', 80)[0][4][0])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**system_environment(), **RESOLVING},
        capture_output=True,
        check=True,
    )
    assert done.stdout.strip() == b"127.0.0.1"


def test_a_process_is_let_in_by_variables(azureml: AzureMl, workspace: Workspace) -> None:
    code = """
import os, requests, sys
headers = {"Authorization": "Bearer " + os.environ["WHEELPIN_AZURE_TOKEN"]}
with requests.get(sys.argv[1], params={"api-version": "1"}, headers=headers, timeout=10) as answer:
    print(answer.json()["name"])
"""
    argv = [sys.executable, "-c", code, f"{azureml.url}{workspace.id}"]
    env = {**system_environment(), **azureml.environ}
    assert subprocess.run(argv, env=env, capture_output=True, check=True).stdout.strip() == b"dev"


def test_a_request_without_an_api_version_is_refused(azureml: AzureMl, workspace: Workspace) -> None:
    headers = {"Authorization": f"Bearer {azureml.token}"}
    url = f"{azureml.url}{workspace.id}"
    answer = requests.get(url, headers=headers, verify=str(azureml.ca_bundle), timeout=10)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "MissingApiVersionParameter")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"/subscriptions/{uuid.UUID(int=9)}/resourceGroups/ml", "SubscriptionNotFound"),
        (f"/subscriptions/{SUBSCRIPTION}/resourceGroups/other", "ResourceGroupNotFound"),
        (f"/subscriptions/{SUBSCRIPTION}/resourceGroups/ml", "ResourceNotFound"),
    ],
)
def test_what_is_missing_is_named(azureml: AzureMl, workspace: Workspace, path: str, code: str) -> None:
    place = f"{path}/providers/Microsoft.MachineLearningServices/workspaces/other"
    answer = ask(azureml, "GET", place)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, code)


def test_names_of_resource_groups_have_no_case(azureml: AzureMl, workspace: Workspace) -> None:
    path = workspace.id.replace("resourceGroups/ml", "resourcegroups/ML")
    assert ask(azureml, "GET", path).json()["id"] == workspace.id


def test_a_workspace_may_be_read_only(azureml: AzureMl, workspace: Workspace) -> None:
    workspace.read_only = True
    answer = put_environment(azureml, workspace)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "AuthorizationFailed")
    assert ask(azureml, "GET", workspace.id).status_code == 200


def test_each_answer_says_what_is_left(azureml: AzureMl, workspace: Workspace) -> None:
    prefix = "x-ms-ratelimit-remaining-subscription"
    read, written = ask(azureml, "GET", workspace.id), put_environment(azureml, workspace)
    assert (read.headers[f"{prefix}-reads"], read.headers[f"{prefix}-global-reads"]) == ("249", "3749")
    missing = ask(azureml, "GET", f"{workspace.id}/environments/missing")
    assert (missing.status_code, missing.headers[f"{prefix}-reads"]) == (404, "249")
    assert (written.headers[f"{prefix}-writes"], written.headers[f"{prefix}-global-writes"]) == (
        "199",
        "2999",
    )


def test_an_empty_bucket_lets_nobody_write_for_a_while(azureml: AzureMl, workspace: Workspace) -> None:
    azureml.throttle(writes=2, refill=0.1)
    answers = [put_environment(azureml, workspace, version) for version in "123"]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert 5 <= int(answers[2].headers["Retry-After"]) <= 10
    assert workspace.environments.versions("train") == ["1", "2"]
    assert ask(azureml, "GET", workspace.id).status_code == 200


def test_the_log_keeps_requests_without_secrets(azureml: AzureMl, workspace: Workspace) -> None:
    put_environment(azureml, workspace)
    ask(azureml, "GET", workspace.id)
    assert azureml.writes == 1
    assert [(seen.method, seen.status) for seen in azureml.requests] == [("PUT", 201), ("GET", 200)]
    assert azureml.token not in repr(azureml.requests)
    [sent] = workspace.environments.sent
    assert (sent.name, sent.version, sent.resource) == ("train", "1", {"properties": {"image": "base:1"}})


def test_it_serves_as_a_process_until_its_input_ends() -> None:
    argv = [sys.executable, "-m", "tests.servers.azureml", "--workspaces", "2"]
    root = Path(__file__).parents[2]
    env = {**system_environment(), "PYTHONPATH": os.pathsep.join([str(root), str(root / "src")])}
    with subprocess.Popen(argv, cwd=root, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        facts = json.loads(process.stdout.readline())
        workspace = facts["workspaces"][1]
        assert [each["name"] for each in facts["workspaces"]] == ["ws-0", "ws-1"]
        answer = requests.get(
            f"{facts['url']}/subscriptions/{workspace['subscription']}/resourceGroups/{workspace['resource_group']}"
            "/providers/Microsoft.MachineLearningServices/workspaces/ws-1?api-version=1",
            headers={"Authorization": f"Bearer {facts['token']}"},
            verify=facts["ca_bundle"],
            timeout=10,
        )
        assert answer.json()["name"] == "ws-1"
        process.communicate(timeout=10)
    assert process.returncode == 0
    assert not Path(facts["ca_bundle"]).exists()
