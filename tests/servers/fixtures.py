"""The servers as pytest fixtures; a conftest.py that imports them offers them to the tests beside it."""

import gc
import importlib
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.servers.artifacts import ArtifactsServer
from tests.servers.azureml import AzureMl
from tests.servers.azurite import Azurite
from tests.servers.faults import FaultProxy
from tests.servers.index import PypiServer
from tests.servers.judge import FILTERS, Judge, judging
from tests.servers.names import localhost_names


def leave_sockets_open(items: list[pytest.Item]) -> None:
    """Let tests of `artifacts` pass over sockets that are left open, which are errors everywhere else.

    azure-devops gives no way to close its sessions, and never reads the answers that say nothing but 200.
    Tests with a `judge` pass over what azure-ai-ml warns of.
    """
    for item in items:
        if not isinstance(item, pytest.Function):
            continue
        if "artifacts" in item.fixturenames:
            item.add_marker(pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"))
        if "judge" in item.fixturenames:
            for ignored in FILTERS:
                item.add_marker(pytest.mark.filterwarnings(ignored))


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """One storage account for all tests of this process: each makes containers of its own."""
    with Azurite(tmp_path_factory.mktemp("azurite")) as server:
        yield server


@pytest.fixture(scope="session")
def azurite_tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """The same over HTTPS: clients send an Entra token over nothing else."""
    with Azurite(tmp_path_factory.mktemp("azurite-tls"), tls=True) as server:
        yield server


@pytest.fixture
def pypi_server(tmp_path: Path) -> Iterator[PypiServer]:
    """An empty index, open to everybody."""
    with PypiServer(tmp_path / "pypi-server") as server:
        yield server


@pytest.fixture
def locked_pypi_server(tmp_path: Path) -> Iterator[PypiServer]:
    """An empty index that wants a password for everything."""
    with PypiServer(tmp_path / "locked-pypi-server", password="open sesame") as server:
        yield server


@pytest.fixture(scope="session")
def _azure_devops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Import azure-devops when it can do no harm: after its cache is moved, and with its warnings off.

    Its cache, by address for twelve hours, is in the home folder unless a variable says otherwise on import.
    Its docstrings hold escapes that are invalid, which each Python tells of when it compiles them.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AZURE_DEVOPS_CACHE_DIR", str(tmp_path_factory.mktemp("azure-devops")))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for version in ("v7_0", "v7_1"):
                importlib.import_module(f"azure.devops.{version}.feed")
        yield


@pytest.fixture
def artifacts(_azure_devops: None) -> Iterator[ArtifactsServer]:
    """An organisation `contoso` with an empty feed `wheels`."""
    with ArtifactsServer() as server:
        yield server
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()  # see leave_sockets_open


@pytest.fixture
def azureml(monkeypatch: pytest.MonkeyPatch) -> Iterator[AzureMl]:
    """An emulator with no workspace yet, whose authority is trusted for as long."""
    with AzureMl() as server:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.ca_bundle))
        yield server


@pytest.fixture
def azureml_blobs(azurite_tls: Azurite, monkeypatch: pytest.MonkeyPatch) -> Iterator[AzureMl]:
    """The same, with a storage account behind it."""
    with localhost_names(), AzureMl(blobs=azurite_tls) as server:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.ca_bundle))
        yield server


@pytest.fixture(scope="module")
def judge(azurite_tls: Azurite) -> Iterator[Judge]:
    """The official client and an emulator of its own, for all tests of a module: each takes a workspace."""
    with judging(azurite_tls) as judge:
        yield judge


@pytest.fixture
def proxy() -> Iterator[Callable[[str], FaultProxy]]:
    """Put a fault proxy before the server at an address."""
    with ExitStack() as stack:
        yield lambda target: stack.enter_context(FaultProxy(target))
