"""The emulator of Azure ML, judged by Microsoft's own client: azure-ai-ml finds all that it expects."""

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from tests.servers.azureml import AzureMl, Creation, Credentials, Registry, Workspace
from tests.servers.judge import Judge

HASH = "6499e8dbcbdf69e69e4e9150a2efac750dbfaa26f335c65ecfb462fdaf466d95"
"""Of the folder that `context` makes."""

CONDA = """\
name: train
image: mcr.microsoft.com/azureml/base:1
conda_file:
  name: a
  channels: [conda-forge]
  dependencies:
  - python=3.10
  - pip:
    - acme-core==1.2.0  # ours
"""

Write = Callable[[str], Path]


@pytest.fixture
def workspace(judge: Judge) -> Workspace:
    """An empty workspace of the test's own."""
    return judge.server.workspace(f"dev-{uuid.uuid4().hex[:8]}")


@pytest.fixture
def registry(judge: Judge) -> Registry:
    """An empty shared registry of the test's own."""
    return judge.server.registry(f"shared-{uuid.uuid4().hex[:8]}")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write the definition file."""

    def write_definition(text: str) -> Path:
        path = tmp_path / "environment.yml"
        path.write_text(text, encoding="utf-8")
        return path

    return write_definition


@pytest.fixture
def context(tmp_path: Path) -> Path:
    """A build context with a blank in its name."""
    folder = tmp_path / "docker context"
    (folder / "sub").mkdir(parents=True)
    (folder / "Dockerfile").write_text("FROM x\n")
    (folder / "req.txt").write_text("a==1\n")
    (folder / "sub" / "f").write_text("1")
    return folder


def _asked(server: AzureMl, workspace: Workspace) -> list[str]:
    """What was asked of the workspace so far, without its id."""
    return [
        f"{seen.method} {seen.target.partition('?')[0].removeprefix(workspace.id)} {seen.status}"
        for seen in server.requests
        if seen.target.startswith(f"{workspace.id}/")
    ]


def test_a_new_environment_becomes_version_1(judge: Judge, workspace: Workspace, write: Write) -> None:
    sent = judge.register(workspace, write(CONDA))
    assert (sent.name, sent.version) == ("train", "1")
    assert sent.resource == {
        "properties": {
            "image": "mcr.microsoft.com/azureml/base:1",
            "condaFile": "channels:\n- conda-forge\ndependencies:\n- python=3.10\n- pip:\n"
            "  - acme-core==1.2.0\nname: a\n",
            "isAnonymous": False,
            "isArchived": False,
        }
    }
    assert _asked(judge.server, workspace) == [
        "GET /environments/train 404",
        "PUT /environments/train/versions/1 201",
    ]


def test_the_same_definition_stays_the_same_version(judge: Judge, workspace: Workspace, write: Write) -> None:
    for _ in range(2):
        judge.register(workspace, write(CONDA))
    assert workspace.environments.versions("train") == ["1"]


def test_what_may_change_is_updated_in_place(judge: Judge, workspace: Workspace, write: Write) -> None:
    judge.register(workspace, write(CONDA))
    judge.register(workspace, write(f"{CONDA}description: better\ntags: {{team: ml}}\n"))
    found = judge.client(workspace).environments.get("train", "1")
    assert (found.description, found.tags) == ("better", {"team": "ml"})


def test_a_changed_definition_becomes_the_next_version(
    judge: Judge, workspace: Workspace, write: Write
) -> None:
    judge.register(workspace, write(CONDA))
    sent = judge.register(workspace, write(CONDA.replace("1.2.0", "1.3.0")))
    assert sent.version == "2"
    assert _asked(judge.server, workspace)[2:] == [
        "GET /environments/train 200",
        "PUT /environments/train/versions/1 409",
        "PUT /environments/train/versions/2 201",
    ]


def test_a_version_that_is_named_is_taken(judge: Judge, workspace: Workspace, write: Write) -> None:
    sent = judge.register(workspace, write(f"{CONDA}version: 2026.11.1\n"))
    assert sent.version == "2026.11.1"
    assert judge.register(workspace, write(CONDA.replace("1.2.0", "1.3.0"))).version == "1"


def test_a_version_that_is_taken_cannot_be_changed(judge: Judge, workspace: Workspace, write: Write) -> None:
    judge.register(workspace, write(f"{CONDA}version: '7'\n"))
    changed = write(f"{CONDA}version: '7'\n".replace("1.2.0", "1.3.0"))
    with pytest.raises(HttpResponseError, match=r"version 7 is already registered and cannot") as caught:
        judge.register(workspace, changed)
    assert caught.value.status_code == 409


def test_latest_is_what_was_created_last(judge: Judge, workspace: Workspace, write: Write) -> None:
    for version, pin in (("5", "1.2.0"), ("10", "1.3.0"), ("7", "1.4.0")):
        judge.register(workspace, write(f"{CONDA}version: '{version}'\n".replace("1.2.0", pin)))
    client = judge.client(workspace)
    assert client.environments.get("train", label="latest").version == "7"
    assert [found.version for found in client.environments.list("train")] == ["7", "10", "5"]


def test_lists_come_in_pages(judge: Judge, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge.server, "page_size", 2)
    for version in "12345":
        workspace.environments.register("train", version, {"image": f"base:{version}"})
    found = [found.version for found in judge.client(workspace).environments.list("train")]
    assert found == ["5", "4", "3", "2", "1"]


def test_the_definition_comes_back_as_it_was_meant(judge: Judge, workspace: Workspace, write: Write) -> None:
    judge.register(workspace, write(f"{CONDA}os_type: linux\n"))
    found = judge.client(workspace).environments.get("train", "1")
    assert found.image == "mcr.microsoft.com/azureml/base:1"
    assert found.os_type == "Linux"
    assert found.conda_file == {
        "name": "a",
        "channels": ["conda-forge"],
        "dependencies": ["python=3.10", {"pip": ["acme-core==1.2.0"]}],
    }


def test_an_archived_version_is_listed_no_more_until_it_is_restored(
    judge: Judge, workspace: Workspace, write: Write
) -> None:
    judge.register(workspace, write(CONDA))
    judge.register(workspace, write(CONDA.replace("1.2.0", "1.3.0")))
    environments = judge.client(workspace).environments
    environments.archive("train", "2")
    assert [found.version for found in environments.list("train")] == ["1"]
    environments.restore("train", "2")
    assert [found.version for found in environments.list("train")] == ["2", "1"]


def test_what_is_created_in_an_archived_environment_is_archived(
    judge: Judge, workspace: Workspace, write: Write
) -> None:
    judge.register(workspace, write(CONDA))
    environments = judge.client(workspace).environments
    environments.archive("train")
    assert list(environments.list()) == []
    judge.register(workspace, write(CONDA.replace("1.2.0", "1.3.0")))
    environments.restore("train")
    assert [found.version for found in environments.list("train")] == ["1"]


@pytest.mark.parametrize("credentials", Credentials)
def test_a_context_is_uploaded_once(
    judge: Judge, workspace: Workspace, write: Write, context: Path, credentials: Credentials
) -> None:
    workspace.datastores.credentials = credentials
    definition = write(f"name: docker\nbuild: {{path: {context.name}, dockerfile_path: Dockerfile}}\n")
    first = judge.register(workspace, definition)
    place = f"LocalUpload/{HASH}/docker context/"
    uri = f"{workspace.datastores.container_url}/{place}"
    assert first.resource["properties"] == {
        "build": {"contextUri": uri, "dockerfilePath": "Dockerfile"},
        "isAnonymous": False,
        "isArchived": False,
    }
    files = ["Dockerfile", "req.txt", "sub/f"]
    assert workspace.datastores.blob_names() == [f"{place}{file}" for file in files]
    assert judge.register(workspace, definition) == first
    assert workspace.environments.versions("docker") == ["1"]


def test_reserved_names_are_refused(judge: Judge, workspace: Workspace, write: Write) -> None:
    with pytest.raises(HttpResponseError, match="can not start with the prefix AzureML"):
        judge.register(workspace, write(CONDA.replace("train", "AzureML-train")))


def test_a_version_that_does_not_exist_is_not_found(judge: Judge, workspace: Workspace) -> None:
    with pytest.raises(ResourceNotFoundError, match="No environment exists for name: train"):
        judge.client(workspace).environments.get("train", "1")


def test_a_feed_is_connected_and_its_token_renewed(judge: Judge, workspace: Workspace) -> None:
    from azure.ai.ml.entities import PatTokenConfiguration, WorkspaceConnection

    connections = judge.client(workspace).connections
    for pat in ("first", "second"):
        feed = WorkspaceConnection(
            name="feed",
            type="python_feed",
            target="https://pkgs.dev.azure.com/contoso",
            credentials=PatTokenConfiguration(pat=pat),
        )
        connections.create_or_update(feed)
    assert workspace.connections.credentials("feed") == {"pat": "second"}
    found = connections.get("feed")
    assert (found.type, found.target) == ("python_feed", "https://pkgs.dev.azure.com/contoso")
    assert [found.name for found in connections.list("python_feed")] == ["feed"]
    assert list(connections.list("git")) == []
    connections.delete("feed")
    with pytest.raises(ResourceNotFoundError, match="Connection feed can't be found in this workspace"):
        connections.get("feed")


def test_a_git_repository_is_connected(judge: Judge, workspace: Workspace) -> None:
    from azure.ai.ml.entities import PatTokenConfiguration, WorkspaceConnection

    target = "https://dev.azure.com/contoso/_git/acme"
    credentials = PatTokenConfiguration(pat="secret")
    connection = WorkspaceConnection(name="repository", type="git", target=target, credentials=credentials)
    connections = judge.client(workspace).connections
    assert connections.create_or_update(connection).target == target
    assert [found.name for found in connections.list("git")] == ["repository"]


@pytest.mark.parametrize("creation", Creation)
def test_a_shared_registry_creates_an_environment(
    judge: Judge, registry: Registry, write: Write, creation: Creation
) -> None:
    from azure.ai.ml import load_environment

    registry.creation = creation
    environments = judge.registry_client(registry).environments
    made = environments.create_or_update(load_environment(write(f"{CONDA}version: '3'\n")))
    assert made.id == f"azureml://registries/{registry.name}/environments/train/versions/3"
    assert environments.get("train", "3").image == "mcr.microsoft.com/azureml/base:1"
    assert registry.environments.sent[-1].resource == {
        "properties": {
            "image": "mcr.microsoft.com/azureml/base:1",
            "condaFile": "channels:\n- conda-forge\ndependencies:\n- python=3.10\n- pip:\n"
            "  - acme-core==1.2.0\nname: a\n",
            "isAnonymous": False,
            "isArchived": False,
        }
    }


def test_a_context_goes_to_the_registrys_temporary_place(
    judge: Judge, registry: Registry, write: Write, context: Path
) -> None:
    from azure.ai.ml import load_environment

    definition = write(f"name: docker\nversion: '1'\nbuild: {{path: {context.name}}}\n")
    made = judge.registry_client(registry).environments.create_or_update(load_environment(definition))
    assert made.build is not None
    assert str(made.build.path).endswith("/docker context/")
    assert "LocalUpload" not in str(made.build.path)


def test_an_environment_is_shared_with_a_registry(
    judge: Judge, workspace: Workspace, registry: Registry, write: Write
) -> None:
    judge.register(workspace, write(CONDA))
    environments = judge.client(workspace).environments
    shared = environments.share(
        "train", "1", share_with_name="train", share_with_version="9", registry_name=registry.name
    )
    assert shared.id == f"azureml://registries/{registry.name}/environments/train/versions/9"


def test_an_environment_without_an_image_is_not_shared(
    judge: Judge, workspace: Workspace, registry: Registry, write: Write
) -> None:
    judge.register(workspace, write(CONDA))
    registry.materialized = False
    with pytest.raises(HttpResponseError, match="is not yet materialized in source ACR"):
        judge.client(workspace).environments.share(
            "train", "1", share_with_name="train", share_with_version="1", registry_name=registry.name
        )
