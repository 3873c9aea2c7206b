"""The emulator of Azure ML keeps the service's rules for environments, beyond what a client looks at."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.servers.azureml import AzureMl, Workspace
from tests.servers.azureml.asking import ask

IMAGE = {"image": "base:1"}
CONDA = "name: a\ndependencies:\n- python=3.10\n- pip:\n  - acme-core==1.2.0\n"


@pytest.fixture
def workspace(azureml: AzureMl) -> Workspace:
    """An empty workspace."""
    return azureml.workspace("dev")


def put(
    server: AzureMl, workspace: Workspace, properties: Mapping[str, object], version: str = "1"
) -> requests.Response:
    path = f"{workspace.id}/environments/train/versions/{version}"
    return ask(server, "PUT", path, {"properties": properties})


def get(server: AzureMl, workspace: Workspace, path: str, **params: str) -> Any:  # noqa: ANN401
    return ask(server, "GET", f"{workspace.id}/{path}", params=params).json()


def listed(server: AzureMl, workspace: Workspace, **params: str) -> list[str]:
    found = get(server, workspace, "environments/train/versions", **params)
    return [version["name"] for version in found["value"]]


def test_a_version_is_given_back_as_the_service_writes_it(azureml: AzureMl, workspace: Workspace) -> None:
    answer = put(azureml, workspace, {**IMAGE, "condaFile": CONDA, "osType": "linux"})
    assert answer.status_code == 201
    path = f"{workspace.id}/environments/train/versions/1"
    assert answer.headers["Location"] == f"{azureml.url}{path}?api-version=2025-12-01"
    resource = answer.json()
    assert (resource["name"], resource["id"]) == ("1", path)
    assert resource["type"] == "Microsoft.MachineLearningServices/workspaces/environments/versions"
    properties = resource["properties"]
    assert properties["condaFile"].startswith('{\n  "name": "a",\n  "dependencies": [\n    "python=3.10",')
    assert (properties["osType"], properties["environmentType"]) == ("Linux", "UserCreated")
    assert get(azureml, workspace, "environments/train/versions/1") == resource


@pytest.mark.parametrize(
    "properties",
    [
        {},
        {**IMAGE, "build": {"contextUri": "https://example.org/context/"}},
        {"build": {"dockerfilePath": "Dockerfile"}},
        {**IMAGE, "condaFile": "- a list"},
        {**IMAGE, "condaFile": "a: ["},
    ],
)
def test_what_defines_nothing_is_refused(
    azureml: AzureMl, workspace: Workspace, properties: Mapping[str, object]
) -> None:
    assert put(azureml, workspace, properties).status_code == 400
    assert workspace.environments.versions("train") == []


@pytest.mark.parametrize("name", ["AzureML-train", "Microsoft-train"])
def test_reserved_names_are_refused(azureml: AzureMl, workspace: Workspace, name: str) -> None:
    path = f"{workspace.id}/environments/{name}/versions/1"
    assert ask(azureml, "PUT", path, {"properties": IMAGE}).status_code == 400


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"condaFile": f"# ours\n{CONDA}"}, 201),
        ({"condaFile": "dependencies: [python=3.10, pip: [acme-core==1.2.0]]\nname: 'a'"}, 201),
        ({"condaFile": "dependencies: [pip: [acme-core==1.2.0], python=3.10]\nname: a"}, 409),
        ({"condaFile": CONDA.replace("1.2.0", "1.3.0")}, 409),
        ({"condaFile": None}, 409),
        ({"osType": "LINUX"}, 201),
        ({"osType": "Windows"}, 409),
        ({"image": "base:2"}, 409),
        ({"isAnonymous": True}, 409),
        ({"inferenceConfig": {"livenessRoute": {"port": 1, "path": "/"}}}, 409),
        ({"description": "better", "tags": {"team": "ml"}, "properties": {"p": "q"}}, 201),
    ],
)
def test_only_the_same_definition_may_be_put_again(
    azureml: AzureMl, workspace: Workspace, changed: Mapping[str, object], status: int
) -> None:
    first = {**IMAGE, "condaFile": CONDA, "osType": "Linux"}
    created = put(azureml, workspace, first).json()["systemData"]["createdAt"]
    answer = put(azureml, workspace, {**first, **changed})
    assert answer.status_code == status
    if status == 409:
        error = answer.json()["error"]
        assert error["code"] == "UserError"
        message = "Environment train with version 1 is already registered and cannot be changed."
        assert error["message"] == message
    assert get(azureml, workspace, "environments/train/versions/1")["systemData"]["createdAt"] == created


def test_of_writers_at_once_one_creates(azureml: AzureMl, workspace: Workspace) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: put(azureml, workspace, {"image": f"base:{n}"}), range(8)))
    assert sorted(answer.status_code for answer in answers) == [201, *7 * [409]]


def test_an_update_replaces_what_may_change(azureml: AzureMl, workspace: Workspace) -> None:
    put(azureml, workspace, {**IMAGE, "description": "good", "tags": {"a": "b"}})
    updated = put(azureml, workspace, {**IMAGE, "tags": {"team": "ml"}, "isArchived": True}).json()[
        "properties"
    ]
    assert updated["tags"] == {"team": "ml"}
    assert updated["description"] is None
    assert updated["isArchived"] is True


def test_a_body_with_a_stage_archives_nothing(azureml: AzureMl, workspace: Workspace) -> None:
    put(azureml, workspace, IMAGE)
    sent = {**IMAGE, "isArchived": True, "stage": "Development"}
    assert put(azureml, workspace, sent).json()["properties"]["isArchived"] is False


def test_the_label_is_the_newest_versions_alone(azureml: AzureMl, workspace: Workspace) -> None:
    for version in ("2", "1"):
        put(azureml, workspace, {**IMAGE, "properties": {"p": "q", "azureml.labels": "mine"}}, version)
    found = [get(azureml, workspace, f"environments/train/versions/{version}") for version in ("2", "1")]
    assert [version["properties"]["properties"] for version in found] == [
        {"p": "q", "azureml.labels": ""},
        {"p": "q", "azureml.labels": "latest"},
    ]


@pytest.mark.parametrize(
    ("versions", "latest", "following"),
    [(["1"], "1", "2"), (["bar"], "bar", "1"), (["9", "10", "2"], "2", "11"), (["3", "x"], "x", "4")],
)
def test_the_next_version_follows_the_highest_number(
    azureml: AzureMl, workspace: Workspace, versions: list[str], latest: str, following: str
) -> None:
    for version in versions:
        put(azureml, workspace, IMAGE, version)
    found = get(azureml, workspace, "environments/train")["properties"]
    assert (found["latestVersion"], found["nextVersion"]) == (latest, following)


def test_an_environment_that_does_not_exist_is_told_as_recorded(
    azureml: AzureMl, workspace: Workspace
) -> None:
    answer = ask(azureml, "GET", f"{workspace.id}/environments/train")
    assert answer.status_code == 404
    error = answer.json()["error"]
    assert (error["code"], error["message"]) == (
        "UserError",
        "No environment exists for name: train, version: , label: ",
    )
    information = {entry["type"]: entry["info"]["value"] for entry in error["additionalInfo"]}
    assert information["ComponentName"] == "managementfrontend"
    assert information["InnerError"] == {"code": "NotFoundError", "innerError": None}


def test_lists_have_pages_and_a_size(azureml: AzureMl, workspace: Workspace) -> None:
    azureml.page_size = 2
    for version in "123":
        workspace.environments.register("train", version, IMAGE)
    first = get(azureml, workspace, "environments/train/versions")
    assert [version["name"] for version in first["value"]] == ["3", "2"]
    headers = {"Authorization": f"Bearer {azureml.token}", "Accept": ""}
    answer = requests.get(first["nextLink"], headers=headers, verify=str(azureml.ca_bundle), timeout=10)
    assert [version["name"] for version in answer.json()["value"]] == ["1"]
    assert answer.json()["nextLink"] is None
    assert listed(azureml, workspace, **{"$top": "1", "$orderBy": "createdtime desc"}) == ["3"]


def test_lists_tell_archived_versions_from_others(azureml: AzureMl, workspace: Workspace) -> None:
    workspace.environments.register("train", "1", {**IMAGE, "isArchived": True})
    workspace.environments.register("train", "2", IMAGE)
    views = ("ActiveOnly", "ArchivedOnly", "All")
    assert [listed(azureml, workspace, listViewType=view) for view in views] == [["2"], ["1"], ["2", "1"]]
    assert listed(azureml, workspace) == ["2", "1"]


def test_lists_lag_as_many_reads_as_they_are_told(azureml: AzureMl, workspace: Workspace) -> None:
    workspace.environments.register("train", "1", IMAGE)
    azureml.list_lag = 2
    put(azureml, workspace, IMAGE, "2")
    assert ask(azureml, "GET", f"{workspace.id}/environments/train/versions/2").status_code == 200
    assert [listed(azureml, workspace) for _ in range(3)] == [["1"], ["1"], ["2", "1"]]


def test_a_stale_container_does_not_know_its_newest_version(azureml: AzureMl, workspace: Workspace) -> None:
    azureml.stale_next_version = True
    put(azureml, workspace, IMAGE)
    assert ask(azureml, "GET", f"{workspace.id}/environments/train").status_code == 404
    put(azureml, workspace, IMAGE, "2")
    found = get(azureml, workspace, "environments/train")["properties"]
    assert (found["latestVersion"], found["nextVersion"]) == ("1", "2")


def test_curated_environments_are_there_to_be_left_alone(azureml: AzureMl, workspace: Workspace) -> None:
    workspace.environments.register("AzureML-base", "3", IMAGE, curated=True)
    [found] = get(azureml, workspace, "environments/AzureML-base/versions")["value"]
    assert found["properties"]["environmentType"] == "Curated"
