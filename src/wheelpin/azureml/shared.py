"""Shared registries: found by name alone, without any subscription, and kept by a host of their own."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from wheelpin.azureml.assets import Assets
from wheelpin.errors import TargetError
from wheelpin.rest import Rest
from wheelpin.rest.link import Link, Reply

DISCOVERY_VERSION: Final = "v1.0"
API_VERSION: Final = "2021-10-01-dataplanepreview"
_FRONT: Final = "mferp/managementfrontend"


@dataclass(frozen=True, kw_only=True)
class Shared:
    """A shared registry; where it is kept is asked once, when it is first needed."""

    name: str
    finder: Rest
    link: Callable[[str], Link]
    _asking: threading.Lock = field(default_factory=threading.Lock, init=False, compare=False, repr=False)
    _opened: list[Assets] = field(default_factory=list, init=False, compare=False, repr=False)

    @property
    def assets(self) -> Assets:
        """What it keeps. Raises TargetError where nobody knows the registry, SignInError."""
        # No cached_property: some Pythons then ask once for all registries, the others once for each thread.
        with self._asking:
            if not self._opened:
                self._opened.append(self._open())
            return self._opened[0]

    def _open(self) -> Assets:
        found = self._discovered()
        base = _text(found, "primaryRegionResourceProviderUri")
        subscription, group = _text(found, "subscriptionId"), _text(found, "resourceGroup")
        if not self.finder.link.allows(base):
            raise TargetError(f"{self.finder.subject}: is kept by a host that is not Azure's: {base}")
        return Assets(
            rest=Rest(self.link(f"{base.rstrip('/')}/{_FRONT}"), self.finder.subject),
            path=(
                f"/subscriptions/{quote(subscription, safe='')}/resourceGroups/{quote(group, safe='')}"
                f"/providers/Microsoft.MachineLearningServices/registries/{quote(self.name, safe='')}"
            ),
            api_version=API_VERSION,
            discovered=True,
        )

    def _discovered(self) -> Mapping[str, Any]:
        """What discovery says of it: where it is kept, and by whom."""
        path = f"/registrymanagement/v1.0/registries/{quote(self.name, safe='')}/discovery"
        reply = self.finder.get(path, {"api-version": DISCOVERY_VERSION})
        if reply is None:
            raise TargetError(
                f"{self.finder.subject}: no shared registry is called {self.name}",
                hint="check its name in wheelpin.yml, and that we may read it",
            )
        return reply.table

    def asset_id(self, name: str, version: str) -> str:
        """How references name a version of an environment here."""
        return f"azureml://registries/{self.name}/environments/{name}/versions/{version}"

    def adopt(self, source: str, name: str, version: str) -> Reply:
        """One attempt to take over a version of a workspace, with its image; 409 is an answer: it is there.

        `source` is the `source_id` of the version. Raises TransientError, TargetError, SignInError.
        """
        asked = {
            "referenceType": "Id",
            "destinationName": name,
            "destinationVersion": version,
            "sourceAssetId": source,
        }
        rest = self.assets.rest
        reply = rest.write("POST", f"{self.assets.path}/import", {"properties": asked}, self.assets.query)
        if reply.status == HTTPStatus.NOT_FOUND:
            raise rest.refusal(reply)
        return rest.settled(reply)


def source_id(workspace: Assets, name: str, version: str) -> str:
    """How a shared registry is told of a version in a workspace, which it knows by its GUID and location."""
    found = workspace.described()
    properties = found.get("properties")
    guid = _text(properties if isinstance(properties, Mapping) else {}, "workspaceId")
    place = f"azureml://locations/{_text(found, 'location')}/workspaces/{guid}"
    return f"{place}/environments/{name}/versions/{version}"


def _text(found: Mapping[str, Any], key: str) -> str:
    value = found.get(key)
    if not isinstance(value, str) or not value:
        raise TargetError(f"a workspace or the discovery of a shared registry says no {key}")
    return value
