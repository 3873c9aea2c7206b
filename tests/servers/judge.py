"""azure-ai-ml, Microsoft's own client, before the emulator: what it sends and accepts is taken for the truth.

Seen with azure-ai-ml 1.35.2:

* Another cloud is added with `cloud` and `cloud_metadata`, after which everything but storage goes to the
  emulator, discovery of shared registries included. `AZUREML_CURRENT_CLOUD` is set by the client on the way.
* A context is uploaded to `https://{account}.blob.{storage_endpoint}`; storage clients take a certificate
  authority from `REQUESTS_CA_BUNDLE` alone.
* A version is put to the latest one first, `1` in the beginning, and to `nextVersion` after a 409. What is
  sent for a definition is the same each time.
"""

import gc
import importlib
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.servers.azureml import AzureMl, Registry, Sent, Workspace
from tests.servers.azurite import Azurite
from tests.servers.names import localhost_names

if TYPE_CHECKING:
    from azure.ai.ml import MLClient
    from azure.core.credentials import AccessToken

STORAGE = "https://storage.azure.com"

FILTERS = (
    # It makes its clients without a way to close them.
    "ignore:unclosed <s:ResourceWarning",
    # It declares some schemas only when they are first used, and as marshmallow 3 wants them.
    "ignore::marshmallow.warnings.RemovedInMarshmallow4Warning",
)
"""The warnings of the client's own that tests with a `Judge` pass over."""


class Judge:
    """The official client of one emulator, whose contexts go to the account under `suffix`."""

    def __init__(self, server: AzureMl, suffix: str) -> None:
        self.server = server
        self._suffix = suffix

    def client(self, workspace: Workspace) -> "MLClient":
        """The client of a workspace."""
        return self._client(
            subscription_id=workspace.subscription,
            resource_group_name=workspace.resource_group,
            workspace_name=workspace.name,
        )

    def registry_client(self, registry: Registry) -> "MLClient":
        """The client of a shared registry."""
        return self._client(registry_name=registry.name)

    def register(self, workspace: Workspace, definition: Path) -> Sent:
        """Register an environment's YAML file; the last PUT that this took, name, version and whole body.

        Contexts are uploaded on the way. Raises whatever the client raises.
        """
        from azure.ai.ml import load_environment

        self.client(workspace).environments.create_or_update(load_environment(definition))
        return workspace.environments.sent[-1]

    def _client(self, **place: str) -> "MLClient":
        return ml_client(self.server.url, self._token, suffix=self._suffix, **place)

    def _token(self, scope: str) -> str:
        audience = scope.removesuffix("/.default")
        return self.server.identity.issue(audience) if audience == STORAGE else self.server.token


class _Credential:
    """Gives the token for a scope."""

    def __init__(self, token: Callable[[str], str]) -> None:
        self._token = token

    def get_token(self, *scopes: str, **_options: object) -> "AccessToken":
        from azure.core.credentials import AccessToken

        return AccessToken(self._token(scopes[0]), int(time.time()) + 3600)


def ml_client(
    url: str, token: Callable[[str], str], *, suffix: str = "core.windows.net", **place: str
) -> "MLClient":
    """The official client of whatever emulator is at `url`; `token` is asked with a scope.

    `place` is what MLClient wants to be told: a workspace, its group and subscription, or a registry. Its
    certificate authority has to be in REQUESTS_CA_BUNDLE, and `import_client` called before.
    """
    from azure.ai.ml import MLClient

    cloud: Mapping[str, Any] = {
        "cloud": f"emulator-{url.rpartition(':')[2]}",
        "cloud_metadata": {
            **dict.fromkeys(("azure_portal", "resource_manager", "active_directory"), url),
            "aml_resource_id": url,
            "registry_discovery_endpoint": f"{url}/",
            "storage_endpoint": suffix,
        },
    }
    return MLClient(_Credential(token), enable_telemetry=False, show_progress=False, **place, **cloud)


def import_client() -> None:
    """Import azure-ai-ml without its warnings: schemas as marshmallow 3 wants them, by the hundred."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        importlib.import_module("azure.ai.ml")


@contextmanager
def judging(blobs: Azurite) -> Iterator[Judge]:
    """A judge, with an emulator and with the process as the client needs it; `blobs` has to speak HTTPS."""
    import_client()
    with pytest.MonkeyPatch.context() as patch, localhost_names(), AzureMl(blobs=blobs) as server:
        patch.setenv("REQUESTS_CA_BUNDLE", str(server.ca_bundle))
        patch.setenv("AZUREML_CURRENT_CLOUD", "AzureCloud")  # set by the client from then on
        yield Judge(server, blobs.suffix)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()  # see FILTERS
