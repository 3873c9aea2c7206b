"""Shared registries of the emulator of Azure ML take their time, and take nothing over what is there."""

import pytest

from tests.servers.azureml import AzureMl, Creation
from tests.servers.azureml.asking import ask


@pytest.mark.parametrize(
    ("creation", "statuses"),
    [
        (Creation.LOCATION, [202, 202, 202, 200]),
        (Creation.PLAIN, [201]),
        (Creation.ASYNC_OPERATION, [201, 200, 200, 200]),
    ],
)
def test_a_registry_creates_in_its_own_time(
    azureml: AzureMl, creation: Creation, statuses: list[int]
) -> None:
    registry = azureml.registry("shared")
    registry.creation = creation
    path = f"{registry.id}/environments/train/versions/1"
    answer = ask(azureml, "PUT", f"/mferp/managementfrontend{path}", {"properties": {"image": "base:1"}})
    seen = [answer.status_code]
    states = []
    while len(seen) < len(statuses):
        place = answer.headers.get("Azure-AsyncOperation") or answer.headers["Location"]
        polled = ask(azureml, "GET", place.removeprefix(azureml.url).partition("?")[0])
        seen.append(polled.status_code)
        states += [polled.json()["status"]] if polled.content else []
    assert seen == statuses
    if creation is Creation.ASYNC_OPERATION:
        assert states == ["InProgress", "InProgress", "Succeeded"]
    found = ask(azureml, "GET", path)
    assert found.status_code == 200
    assert found.json()["id"] == "azureml://registries/shared/environments/train/versions/1"


def test_what_is_being_created_is_not_found_yet(azureml: AzureMl) -> None:
    registry = azureml.registry("shared")
    registry.polls = 1
    path = f"{registry.id}/environments/train/versions/1"
    ask(azureml, "PUT", path, {"properties": {"image": "base:1"}})
    assert [ask(azureml, "GET", path).status_code for _ in range(2)] == [404, 200]
    changed = ask(azureml, "PUT", path, {"properties": {"image": "base:2"}})
    assert changed.status_code == 409


@pytest.mark.parametrize(("source", "status"), [("train/versions/1", 202), ("train/versions/2", 404)])
def test_a_registry_imports_what_a_workspace_has(azureml: AzureMl, source: str, status: int) -> None:
    workspace = azureml.workspace("dev")
    workspace.environments.register("train", "1", {"image": "base:1"})
    registry = azureml.registry("shared")
    asset = f"azureml://locations/eastus/workspaces/{workspace.guid}/environments/{source}"
    sent = {"referenceType": "Id", "destinationName": "t", "destinationVersion": "3", "sourceAssetId": asset}
    answers = [ask(azureml, "POST", f"{registry.id}/import", {"properties": sent}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [status, 409 if status == 202 else 404]
    assert list(registry.environments.versions("t")) == (["3"] if status == 202 else [])


@pytest.mark.parametrize("creation", [Creation.LOCATION, Creation.ASYNC_OPERATION])
def test_a_failure_is_told_at_the_end(azureml: AzureMl, creation: Creation) -> None:
    registry = azureml.registry("shared")
    registry.creation, registry.failure = creation, "no room"
    path = f"{registry.id}/environments/train/versions/1"
    answer = ask(azureml, "PUT", path, {"properties": {"image": "base:1"}})
    place = answer.headers.get("Azure-AsyncOperation") or answer.headers["Location"]
    polled = ask(azureml, "GET", place.removeprefix(azureml.url).partition("?")[0])
    assert polled.json()["error"]["message"] == "no room"
    assert polled.status_code == (400 if creation is Creation.LOCATION else 200)
    assert ask(azureml, "GET", path).status_code == 404
