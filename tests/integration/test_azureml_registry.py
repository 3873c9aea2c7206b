"""Workspaces and shared registries keep every registry's promises, over HTTPS, and beside other writers."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tests.contracts.registry import CONDA, TAGS, TRAIN, Fingerprint, Opener, RegistryContract, held
from tests.servers.azureml import KINDS, SUBSCRIPTION, AzureMl, Creation
from wheelpin.azureml import Azure
from wheelpin.config import SharedRegistry, WorkspaceRegistry
from wheelpin.errors import ConflictError, OutcomeUnknownError, SignInError, TargetError
from wheelpin.registries import Registry, Series, open_registry
from wheelpin.web.retries import Retries

QUICK = Retries(base=0.01, cap=0.02, obeyed=0.02, deadline=20)


def workspace_of(server: AzureMl, name: str = "dev") -> WorkspaceRegistry:
    return WorkspaceRegistry.model_validate(
        {
            "kind": "azureml-workspace",
            "subscription": SUBSCRIPTION,
            "resource-group": "ml",
            "workspace": name,
            "endpoint": server.url,
        }
    )


def opened_in(
    server: AzureMl, folder: Path, config: WorkspaceRegistry | SharedRegistry, retries: Retries = QUICK
) -> Registry:
    azure = Azure({"WHEELPIN_AZURE_TOKEN": server.token}, retries)
    return open_registry("dev", config, folder, azure)


def written(server: AzureMl) -> list[str]:
    return [seen.target for seen in server.requests if seen.writes]


class TestWorkspace(RegistryContract):
    @pytest.fixture
    def opened(self, azureml_blobs: AzureMl, tmp_path: Path) -> Opener:
        azureml_blobs.workspace("dev")
        return partial(opened_in, azureml_blobs, tmp_path, workspace_of(azureml_blobs))

    @pytest.fixture
    def fingerprint(self, azureml_blobs: AzureMl) -> Fingerprint:
        return lambda: len([target for target in written(azureml_blobs) if "listSecrets" not in target])


class TestShared(RegistryContract):
    @pytest.fixture
    def opened(self, azureml_blobs: AzureMl, tmp_path: Path) -> Opener:
        azureml_blobs.registry("contoso-shared")
        config = SharedRegistry(kind="azureml-registry", name="contoso-shared", endpoint=azureml_blobs.url)
        return partial(opened_in, azureml_blobs, tmp_path, config)

    @pytest.fixture
    def fingerprint(self, azureml_blobs: AzureMl) -> Fingerprint:
        return lambda: len(written(azureml_blobs))


@pytest.fixture
def dev(azureml: AzureMl, tmp_path: Path) -> Registry:
    azureml.workspace("dev")
    return opened_in(azureml, tmp_path, workspace_of(azureml))


def test_what_is_sent_is_what_the_user_wrote(azureml: AzureMl, dev: Registry) -> None:
    dev.register(replace(TRAIN, tags={"team": "ml"}, description="for training"), "3", TAGS)
    sent = azureml.workspace("dev").environments.sent[-1]
    assert sent.resource == {
        "properties": {
            "condaFile": CONDA,
            "image": TRAIN.image,
            "description": "for training",
            "tags": {"team": "ml", **TAGS},
            "isAnonymous": False,
            "isArchived": False,
        }
    }


def test_what_threads_ask_with_is_imported_before_them() -> None:
    opened = """
import sys
from wheelpin.azureml import Azure
from wheelpin.config import WorkspaceRegistry
from wheelpin.registries.azureml import open_workspace
config = WorkspaceRegistry(kind="azureml-workspace", subscription="s", resource_group="g", workspace="w")
open_workspace("dev", config, Azure({"WHEELPIN_AZURE_TOKEN": "t"}))
print(*sys.modules)
"""
    ran = subprocess.run([sys.executable, "-c", opened], check=True, capture_output=True, text=True)
    modules = ran.stdout.split()
    assert {"azure.core", "azure.core.rest", "azure.core.exceptions", "requests"} <= {*modules}


@pytest.mark.parametrize("lag", [1, 3])
def test_a_list_that_lags_is_seen_through(azureml: AzureMl, dev: Registry, lag: int) -> None:
    dev.register(TRAIN, "1", TAGS)
    azureml.list_lag = lag
    newer = replace(TRAIN, image="mcr.example/base:2")
    dev.register(newer, "2", TAGS)
    assert dev.series("train") == Series(latest=held(newer, "2"), highest=2)


def test_a_container_that_lags_is_seen_through(azureml: AzureMl, dev: Registry) -> None:
    dev.register(TRAIN, "1", TAGS)
    azureml.stale_next_version = True
    newer = replace(TRAIN, image="mcr.example/base:2")
    dev.register(newer, "2", TAGS)
    assert dev.series("train") == Series(latest=held(newer, "2"), highest=2)


@pytest.mark.parametrize("versions", [1, 2, 4])
def test_what_neither_lists_nor_the_container_know_yet_is_found(
    azureml: AzureMl, dev: Registry, versions: int
) -> None:
    azureml.list_lag, azureml.stale_next_version = 1000, True
    made = [replace(TRAIN, image=f"mcr.example/base:{version}") for version in range(versions)]
    for version, environment in enumerate(made, start=1):
        dev.register(environment, str(version), TAGS)
    assert dev.series("train") == Series(latest=held(made[-1], str(versions)), highest=versions)


def test_an_archived_environment_says_so(azureml: AzureMl, dev: Registry) -> None:
    dev.register(TRAIN, "1", TAGS)
    azureml.workspace("dev").environments._containers["train"].archived = True
    assert dev.series("train").archived
    assert dev.latest("train") == held(TRAIN, "1")


def test_a_workspace_that_is_not_there_is_no_empty_one(azureml: AzureMl, tmp_path: Path) -> None:
    azureml.workspace("dev")
    away = opened_in(azureml, tmp_path, workspace_of(azureml, "nowhere"))
    with pytest.raises(TargetError, match="registry dev: nowhere is not there, or hidden from us"):
        away.latest("train")
    with pytest.raises(TargetError, match=r"PUT .*nowhere' under resource group 'ml' was not found"):
        away.register(TRAIN, "1", TAGS)


def test_a_shared_registry_that_nobody_knows_is_told(azureml: AzureMl, tmp_path: Path) -> None:
    config = SharedRegistry(kind="azureml-registry", name="nowhere", endpoint=azureml.url)
    with pytest.raises(TargetError, match="no shared registry is called nowhere"):
        opened_in(azureml, tmp_path, config).latest("train")


def test_a_token_that_ended_is_told_and_never_shown(azureml: AzureMl, dev: Registry) -> None:
    azureml.expire()
    with pytest.raises(SignInError, match=r"401 .*\(request [0-9a-f-]{36}\)") as caught:
        dev.latest("train")
    assert "WHEELPIN_AZURE_TOKEN" in caught.value.hint
    assert "Bearer" not in str(caught.value)


def test_the_ready_token_goes_to_no_stranger(tmp_path: Path) -> None:
    described = {"kind": "azureml-workspace", "subscription": "s", "resource-group": "g", "workspace": "w"}
    config = WorkspaceRegistry.model_validate(
        {**described, "endpoint": "https://management.azure.com.example"}
    )
    with pytest.raises(SignInError, match="is not a host of Azure's"):
        open_registry("dev", config, tmp_path, Azure({"WHEELPIN_AZURE_TOKEN": "geheim"}))
    trusted = {"WHEELPIN_AZURE_TOKEN": "geheim", "WHEELPIN_AZURE_ENDPOINT": str(config.endpoint)}
    open_registry("dev", config, tmp_path, Azure(trusted))


@pytest.mark.parametrize(
    "creation", list(Creation), ids=[creation.name.lower().replace("_", "-") for creation in Creation]
)
def test_a_shared_registry_is_waited_for_however_it_says_so(
    azureml: AzureMl, tmp_path: Path, creation: Creation
) -> None:
    azureml.registry("shared").creation = creation
    config = SharedRegistry(kind="azureml-registry", name="shared", endpoint=azureml.url)
    registry = opened_in(azureml, tmp_path, config)
    registry.register(TRAIN, "1", TAGS)
    assert registry.get("train", "1") == held(TRAIN, "1")


def _attempt(registry: Registry, steps: Mapping[str, str]) -> None:
    for version, image in steps.items():
        environment = replace(TRAIN, image=image)
        registry.latest("train")
        registry.series("train")
        registry.register(environment, version, TAGS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shared", [False, True], ids=["workspace", "shared"])
def test_every_fault_at_every_request_converges(
    azureml: AzureMl, tmp_path: Path, kind: str, shared: bool
) -> None:
    """Undisturbed first, to count the requests; then the fault at each of them, in a registry of its own."""
    azureml.slowness, azureml.downtime, azureml.retry_after = 0.05, 0.02, 0
    steps = {"1": "mcr.example/base:1", "2": "mcr.example/base:2"}

    def registry(number: int) -> Registry:
        if shared:
            azureml.registry(f"shared-{number}")
            config: SharedRegistry | WorkspaceRegistry = SharedRegistry(
                kind="azureml-registry", name=f"shared-{number}", endpoint=azureml.url
            )
        else:
            azureml.workspace(f"ws-{number}")
            config = workspace_of(azureml, f"ws-{number}")
        return opened_in(azureml, tmp_path, config)

    _attempt(registry(0), steps)
    total = len(azureml.requests)
    for n in range(total):
        azureml.clear()
        azureml.fault(n, kind)
        broken = registry(n + 1)
        try:
            _attempt(broken, steps)
        except (TargetError, OutcomeUnknownError, SignInError, ConflictError):
            _attempt(broken, steps)
        kept = azureml.registry(f"shared-{n + 1}") if shared else azureml.workspace(f"ws-{n + 1}")
        assert kept.environments.versions("train") == ["1", "2"]
        assert broken.series("train").highest == 2
        assert azureml.dealt
