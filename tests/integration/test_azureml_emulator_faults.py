"""Faults of the emulator of Azure ML meet the request they were ordered for, with the effect they say."""

import time

import pytest
import requests

from tests.servers.azureml import KINDS, AzureMl, Workspace
from tests.servers.azureml.asking import ask


@pytest.fixture
def workspace(azureml: AzureMl) -> Workspace:
    """An empty workspace, before which nobody waits long."""
    azureml.slowness = azureml.downtime = 0.1
    return azureml.workspace("dev")


def put(server: AzureMl, workspace: Workspace) -> str:
    """Put a version; the status and what kind of body came, or the error."""
    path = f"{workspace.id}/environments/train/versions/1"
    try:
        answer = ask(server, "PUT", path, {"properties": {"image": "base:1"}})
    except requests.ConnectionError:
        return "lost"
    except requests.exceptions.ChunkedEncodingError:
        return "cut off"
    kind = answer.headers["Content-Type"].partition(";")[0]
    return f"{answer.status_code} {kind} {answer.headers.get('Retry-After', '')}".strip()


OUTCOMES = {
    "refused": ("lost", 0),
    "reset-before": ("lost", 0),
    "reset-after": ("lost", 1),
    "409": ("409 application/json", 0),
    "429": ("429 application/json 1", 0),
    "500": ("500 application/json", 0),
    "500-kept": ("500 application/json", 1),
    "503-kept": ("503 application/json", 1),
    "truncated": ("cut off", 1),
    "slow": ("201 application/json", 1),
    "html": ("203 text/html", 0),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_meets_its_request_alone(azureml: AzureMl, workspace: Workspace, kind: str) -> None:
    outcome, effects = OUTCOMES[kind]
    azureml.fault(1, kind)
    assert ask(azureml, "GET", workspace.id).status_code == 200
    assert put(azureml, workspace) == outcome
    assert len(workspace.environments.versions("train")) == effects
    deadline = time.monotonic() + 10
    while (after := put(azureml, workspace)) == "lost" and time.monotonic() < deadline:
        assert kind == "refused"
    assert after == "201 application/json"
    assert workspace.environments.versions("train") == ["1"]
    assert azureml.dealt == [KINDS[kind]]


def test_a_fault_may_wait_for_a_certain_request(azureml: AzureMl, workspace: Workspace) -> None:
    azureml.fault(0, "500", when=lambda request: request.writes)
    assert ask(azureml, "GET", workspace.id).status_code == 200
    assert put(azureml, workspace) == "500 application/json"


def test_a_slow_answer_comes_late(azureml: AzureMl, workspace: Workspace) -> None:
    azureml.fault(0, "slow")
    started = time.monotonic()
    put(azureml, workspace)
    assert time.monotonic() - started >= 0.1


def test_every_answer_takes_its_time(azureml: AzureMl, workspace: Workspace) -> None:
    azureml.latency = 0.1
    started = time.monotonic()
    ask(azureml, "GET", workspace.id)
    assert time.monotonic() - started >= 0.1
