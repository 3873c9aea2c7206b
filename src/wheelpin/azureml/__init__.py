"""Azure ML's REST: workspaces and shared registries, and what they keep. No word of releases here."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote

from wheelpin.azureml.assets import Assets
from wheelpin.azureml.shared import Shared
from wheelpin.config import SharedRegistry, WorkspaceRegistry
from wheelpin.credentials.entra import Identity, arm_identity
from wheelpin.credentials.redaction import Secret
from wheelpin.errors import UsageError
from wheelpin.rest import Rest
from wheelpin.rest.link import Link, check_ready_token
from wheelpin.web.retries import Retries

PROVIDER: Final = "Microsoft.MachineLearningServices"
API_VERSION: Final = "2025-12-01"
ENDPOINT: Final = "WHEELPIN_AZURE_ENDPOINT"
CLOUD: Final = "AZUREML_CURRENT_CLOUD"
"""The official client's own variable for which cloud is meant."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cloud:
    """Where a cloud's resource manager is, and where its shared registries are found."""

    manager: str
    discovery: str


CLOUDS: Final = {
    "AzureCloud": Cloud(manager="https://management.azure.com", discovery="https://eastus.api.azureml.ms"),
    "AzureUSGovernment": Cloud(
        manager="https://management.usgovcloudapi.net", discovery="https://usgovarizona.api.ml.azure.us"
    ),
    "AzureChinaCloud": Cloud(
        manager="https://management.chinacloudapi.cn", discovery="https://chinaeast2.api.ml.azure.cn"
    ),
}


class Azure:
    """Who we are in one run, and one link for each host; nobody is asked anything before it is used."""

    def __init__(
        self,
        environ: Mapping[str, str],
        retries: Retries | None = None,
        hide: Callable[[Secret], None] | None = None,
    ) -> None:
        self.environ = environ
        self.retries = retries or Retries()
        self._lock = threading.RLock()
        self._hide = hide
        self._identity: Identity | None = None
        self._links: dict[tuple[str, str], Link] = {}

    def workspace(self, name: str, config: WorkspaceRegistry) -> Assets:
        """What the workspace that the config describes keeps. Raises SignInError, UsageError."""
        cloud = self.cloud(config.endpoint)
        rest = Rest(self.link(cloud.manager, cloud.manager), f"registry {name}")
        path = (
            f"/subscriptions/{quote(config.subscription, safe='')}"
            f"/resourceGroups/{quote(config.resource_group, safe='')}"
            f"/providers/{PROVIDER}/workspaces/{quote(config.workspace, safe='')}"
        )
        return Assets(rest=rest, path=path, api_version=API_VERSION)

    def shared(self, name: str, config: SharedRegistry) -> Shared:
        """The shared registry that the config describes. Raises SignInError, UsageError."""
        cloud = self.cloud(config.endpoint)
        finder = Rest(self.link(cloud.discovery, cloud.manager), f"registry {name}")
        return Shared(name=config.name, finder=finder, link=lambda base: self.link(base, cloud.manager))

    def cloud(self, endpoint: str | None) -> Cloud:
        """The cloud with this resource manager, or the one that the environment names. Raises UsageError."""
        if endpoint:
            manager = endpoint.rstrip("/")
            known = (cloud for cloud in CLOUDS.values() if cloud.manager == manager)
            return next(known, Cloud(manager=manager, discovery=manager))
        meant = self.environ.get(CLOUD) or "AzureCloud"
        if meant not in CLOUDS:
            raise UsageError(
                f"{CLOUD} names {meant!r}, which is no cloud that wheelpin knows",
                hint=f"it knows {', '.join(CLOUDS)}; for others, give the registry its `endpoint`",
            )
        return CLOUDS[meant]

    def link(self, base: str, manager: str) -> Link:
        """The link to a host that takes the resource manager's tokens. Raises SignInError."""
        with self._lock:
            key = (base.rstrip("/"), manager)
            if key not in self._links:
                self._identity = self._identity or self._found()
                check_ready_token(base, self._identity, self.environ.get(ENDPOINT, ""))
                self._links[key] = Link(base, f"{manager}/.default", self._identity, self.retries)
            return self._links[key]

    def _found(self) -> Identity:
        identity = arm_identity(self.environ)
        return replace(identity, hide=self._hide) if self._hide else identity
