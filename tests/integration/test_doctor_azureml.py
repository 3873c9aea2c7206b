"""Doctor and Azure ML: who answers, whose secrets end, and which lines an image build cannot sign in for."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.processes import Ran, wheelpin
from tests.repositories import write_files, write_repository
from tests.servers.azureml import SUBSCRIPTION, AzureMl, Credentials
from wheelpin.azureml import Azure
from wheelpin.config import SharedRegistry, WorkspaceRegistry
from wheelpin.doctor import AHEAD, ask_registry
from wheelpin.errors import Finding, Level, SignInError, TargetError
from wheelpin.web.retries import Retries

ORG = "https://pkgs.dev.azure.com/contoso"
QUICK = Retries(base=0.01, cap=0.02, obeyed=0.02, deadline=20)
CONDA = f"dependencies:\n- pip:\n  - --index-url {ORG}/_packaging/wheels/pypi/simple/\n"


def workspace_of(server: AzureMl, name: str) -> WorkspaceRegistry:
    return WorkspaceRegistry.model_validate(
        {
            "kind": "azureml-workspace",
            "subscription": SUBSCRIPTION,
            "resource-group": "ml",
            "workspace": name,
            "endpoint": server.url,
        }
    )


def asked(server: AzureMl, config: WorkspaceRegistry | SharedRegistry) -> list[Finding]:
    return ask_registry("dev", config, Azure({"WHEELPIN_AZURE_TOKEN": server.token}, QUICK))


def hold(server: AzureMl, ends: datetime | None) -> None:
    properties = {
        "category": "PythonFeed",
        "target": ORG,
        "authType": "PAT",
        "expiryTime": ends.isoformat() if ends else None,
    }
    server.workspace("dev").connections.put("wheelpin-feed-contoso", properties)


def test_a_workspace_answers_with_what_it_holds(azureml: AzureMl) -> None:
    azureml.workspace("dev").environments.register("train", "1", {"image": "x"})
    (finding,) = asked(azureml, workspace_of(azureml, "dev"))
    assert "environments: 1;" in finding.message
    assert finding.level is Level.NOTICE


def test_a_shared_registry_answers_with_what_it_holds(azureml: AzureMl) -> None:
    azureml.registry("contoso-shared")
    config = SharedRegistry(kind="azureml-registry", name="contoso-shared", endpoint=azureml.url)
    (finding,) = asked(azureml, config)
    assert "answers; environments: 0;" in finding.message


def test_a_workspace_without_keys_is_told_with_the_role(azureml: AzureMl) -> None:
    azureml.workspace("dev").datastores.credentials = Credentials.NONE
    _, finding = asked(azureml, workspace_of(azureml, "dev"))
    assert "Storage Blob Data Contributor" in finding.message


@pytest.mark.parametrize(
    ("left", "level", "words"),
    [
        (AHEAD + timedelta(days=2), Level.NOTICE, "is good until"),
        (AHEAD - timedelta(hours=1), Level.WARNING, "ends on"),
        (timedelta(days=-1), Level.WARNING, "ended on"),
    ],
)
def test_a_secret_that_ends_soon_is_told(azureml: AzureMl, left: timedelta, level: Level, words: str) -> None:
    hold(azureml, datetime.now(UTC) + left)
    _, finding = asked(azureml, workspace_of(azureml, "dev"))
    assert finding.level is level
    assert f"wheelpin-feed-contoso {words}" in finding.message


def test_of_a_secret_without_an_end_nothing_is_known(azureml: AzureMl) -> None:
    hold(azureml, None)
    assert len(asked(azureml, workspace_of(azureml, "dev"))) == 1


def test_a_workspace_that_is_not_there_is_told(azureml: AzureMl) -> None:
    with pytest.raises(TargetError) as refused:
        asked(azureml, workspace_of(azureml, "nowhere"))
    assert "check subscription" in refused.value.hint


def test_who_is_not_known_is_told(azureml: AzureMl) -> None:
    azureml.workspace("dev")
    token = azureml.token
    azureml.expire()
    with pytest.raises(SignInError):
        ask_registry("dev", workspace_of(azureml, "dev"), Azure({"WHEELPIN_AZURE_TOKEN": token}, QUICK))


def doctor(server: AzureMl, root: Path, *names: str, files: Mapping[str, str]) -> Ran:
    registries = "".join(
        f"  {name}: {{kind: azureml-workspace, subscription: {SUBSCRIPTION}, resource-group: ml,"
        f" workspace: {name}, endpoint: '{server.url}'}}\n"
        for name in names
    )
    write_files(root, {"wheelpin.yml": f"registries:\n{registries}", **files})
    return wheelpin(root, "doctor", "--json", env={"WHEELPIN_AZURE_TOKEN": server.token})


def test_a_line_without_a_connection_warns_and_stops_no_release(azureml: AzureMl, tmp_path: Path) -> None:
    azureml.workspace("dev")
    root = write_repository(tmp_path / "repository")
    ran = doctor(azureml, root, "dev", files={"environments/train/conda.yml": CONDA})
    (warning,) = [fact for fact in ran.json if fact["level"] == "warning"]
    assert (ran.code, warning["subject"], warning["line"]) == (0, "environments/train/conda.yml", 3)
    assert "wheelpin connect wheelpin-feed-contoso --registry dev" in warning["hint"]
    assert azureml.writes == 0


def test_what_is_wrong_is_told_once(azureml: AzureMl, tmp_path: Path) -> None:
    azureml.workspace("dev")
    root = write_repository(tmp_path / "repository")
    files = {"environments/train/conda.yml": "dependencies: ["}
    ran = doctor(azureml, root, "dev", "nowhere", files=files)
    errors = [fact["subject"] for fact in ran.json if fact["level"] == "error"]
    assert errors == ["environments/train/conda.yml", "registry nowhere"]
    assert ran.code == 1
