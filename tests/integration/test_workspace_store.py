"""A workspace's own blob store as a store of wheels: the contract, where wheels are, and a whole release."""

from pathlib import Path

import pytest

from tests.contracts.store import Fingerprint, Opener, StoreContract, put, wheel
from tests.servers.azureml import SUBSCRIPTION, AzureMl, Credentials, Workspace
from tests.servers.azurite import token
from tests.wheels import make_wheel
from wheelpin.azureml import Azure
from wheelpin.azureml.datastore import RENEWED, Datastore
from wheelpin.cli import run
from wheelpin.config import WorkspaceRegistry, WorkspaceStore
from wheelpin.errors import SignInError, TargetError
from wheelpin.stores import Store, open_store

CONFIG = """\
stores:
  own: {{kind: workspace, registry: dev}}
registries:
  dev:
    kind: azureml-workspace
    subscription: {subscription}
    resource-group: ml
    workspace: dev
    endpoint: {url}
  local: {{kind: directory, path: registry}}
"""
CONDA = "dependencies:\n- pip:\n  - acme-core @ {}\n"


@pytest.fixture
def workspace(azureml_blobs: AzureMl) -> Workspace:
    return azureml_blobs.workspace("dev")


def described(server: AzureMl) -> WorkspaceRegistry:
    """The workspace `dev` as a config describes it."""
    return WorkspaceRegistry.model_validate(
        {
            "kind": "azureml-workspace",
            "subscription": SUBSCRIPTION,
            "resource-group": "ml",
            "workspace": "dev",
            "endpoint": server.url,
        }
    )


def opened_in(server: AzureMl, folder: Path) -> Store:
    """Open the store of the workspace `dev`."""
    known = {"WHEELPIN_AZURE_TOKEN": server.token}
    azure = Azure(known)
    config = WorkspaceStore(kind="workspace", registry="dev")
    return open_store("own", config, folder, known, lambda name: azure.workspace(name, described(server)))


class TestWorkspaceStore(StoreContract):
    @pytest.fixture
    def opened(self, azureml_blobs: AzureMl, workspace: Workspace, tmp_path: Path) -> Opener:
        assert workspace.name == "dev"
        return lambda: opened_in(azureml_blobs, tmp_path)

    @pytest.fixture
    def fingerprint(self, workspace: Workspace) -> Fingerprint:
        return workspace.datastores.blob_states


def test_wheels_are_apart_from_what_azure_ml_keeps_there(
    azureml_blobs: AzureMl, workspace: Workspace, tmp_path: Path
) -> None:
    store, ours = opened_in(azureml_blobs, tmp_path), wheel(tmp_path)
    put(store, ours)
    place = f"{workspace.datastores.container_url}/wheelpin/wheels/simple/"
    assert store.index_url == place
    assert store.url(ours.file) == f"{place}acme-core/{ours.file}"
    assert all(name.startswith("wheelpin/wheels/simple/") for name in workspace.datastores.blob_names())


def test_nobody_is_asked_before_the_store_is_used(azureml_blobs: AzureMl, tmp_path: Path) -> None:
    opened_in(azureml_blobs, tmp_path)
    assert azureml_blobs.requests == []


@pytest.mark.parametrize("credentials", [Credentials.ACCOUNT_KEY, Credentials.SAS])
def test_the_workspace_lends_its_login_once(
    azureml_blobs: AzureMl, workspace: Workspace, tmp_path: Path, credentials: Credentials
) -> None:
    workspace.datastores.credentials = credentials
    store = opened_in(azureml_blobs, tmp_path)
    put(store, wheel(tmp_path))
    put(store, wheel(tmp_path, "2.0"))
    asked = [seen.target.partition("?")[0].removeprefix(workspace.id) for seen in azureml_blobs.requests]
    assert asked == ["/datastores/workspaceblobstore", "/datastores/workspaceblobstore/listSecrets"]


def test_a_login_that_was_lent_is_lent_anew_before_it_ends(
    azureml_blobs: AzureMl, workspace: Workspace
) -> None:
    now = [0.0]
    workspace.datastores.credentials = Credentials.SAS
    known = {"WHEELPIN_AZURE_TOKEN": azureml_blobs.token}
    assets = Azure(known).workspace("dev", described(azureml_blobs))
    datastore = Datastore(assets, known, "store own", clock=lambda: now[0])
    first = datastore.container()
    now[0] = RENEWED - 1
    assert datastore.container() is first
    now[0] = RENEWED + 1
    assert datastore.container() is not first
    assert len([seen for seen in azureml_blobs.requests if "listSecrets" in seen.target]) == 2


def test_what_is_lent_is_hidden_before_it_is_used(azureml_blobs: AzureMl, workspace: Workspace) -> None:
    workspace.datastores.credentials = Credentials.SAS
    known = {"WHEELPIN_AZURE_TOKEN": azureml_blobs.token}
    hidden: list[str] = []
    azure = Azure(known, hide=lambda secret: hidden.append(secret.reveal()))
    assets = azure.workspace("dev", described(azureml_blobs))
    lent = Datastore(assets, known, "store own").container().login
    assert lent.secret.reveal() in hidden
    assert "sig=" in lent.secret.reveal()
    assert "sig=" not in repr(lent)


@pytest.mark.parametrize("refused", ["none", "forbidden"])
def test_our_own_sign_in_is_taken_where_the_workspace_lends_none(
    azureml_blobs: AzureMl,
    workspace: Workspace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    refused: str,
) -> None:
    if refused == "none":
        workspace.datastores.credentials = Credentials.NONE
    else:
        workspace.read_only = True
    monkeypatch.setattr("wheelpin.blobs.entra_identity", lambda _: _Signed())
    store, ours = opened_in(azureml_blobs, tmp_path), wheel(tmp_path)
    put(store, ours)
    assert [published.sha256 for published in store.files("acme-core")] == [ours.sha256]


class _Signed:
    """Somebody whom Azurite knows."""

    @property
    def credential(self) -> "_Signed":
        return self

    def get_token(self, *_scopes: str, **_options: object) -> "object":
        from azure.core.credentials import AccessToken

        return AccessToken(token(), 2**40)


def test_a_datastore_that_leads_to_a_stranger_gets_nothing(
    azureml_blobs: AzureMl, workspace: Workspace, tmp_path: Path
) -> None:
    workspace.datastores.endpoint = "evil.example"
    with pytest.raises(SignInError, match=r"blob\.evil\.example is not a host of Azure storage"):
        opened_in(azureml_blobs, tmp_path).files("acme-core")
    assert not [seen for seen in azureml_blobs.requests if "listSecrets" in seen.target]


def test_a_workspace_that_is_not_there_is_told(azureml_blobs: AzureMl, tmp_path: Path) -> None:
    azureml_blobs.workspace("other")
    with pytest.raises(TargetError, match="registry dev: dev is not there, or hidden from us"):
        opened_in(azureml_blobs, tmp_path).files("acme-core")


def test_the_commands_of_a_release(
    azureml_blobs: AzureMl,
    workspace: Workspace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ours = make_wheel(tmp_path / "dist", "acme-core", "1.0")
    base = f"{workspace.datastores.container_url}/wheelpin/wheels/simple/acme-core"
    (tmp_path / "wheelpin.yml").write_text(CONFIG.format(subscription=SUBSCRIPTION, url=azureml_blobs.url))
    (tmp_path / "environment.yml").write_text("name: train\nimage: ubuntu:24.04\nconda_file: conda.yml\n")
    (tmp_path / "conda.yml").write_text(CONDA.format(f"{base}/acme_core-0.9-py3-none-any.whl"))
    monkeypatch.setenv("WHEELPIN_AZURE_TOKEN", azureml_blobs.token)
    monkeypatch.setenv("WHEELPIN_AZURE_ENDPOINT", azureml_blobs.url)
    here = ["-C", str(tmp_path)]
    assert run([*here, "plan", "--no-build", "--registry", "local"]) == 3
    assert run([*here, "apply", "--no-build"]) == 0
    assert (tmp_path / "conda.yml").read_text() == CONDA.format(f"{base}/{ours.name}")
    assert workspace.environments.versions("train") == ["1"]
    assert run([*here, "plan", "--no-build"]) == 0
    assert run([*here, "yank", "acme-core==1.0", "--reason", "broken"]) == 0
    assert run([*here, "store", "check"]) == 0
    assert run([*here, "doctor"]) == 0
    output = "".join(capsys.readouterr())
    assert "a definition that installs from a private container" in output
    assert azureml_blobs.token not in output
