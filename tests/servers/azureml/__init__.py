"""Azure ML on loopback, over HTTPS: workspaces and shared registries behind Resource Manager, and sign-in.

Facts about the service are from recordings of its SDK's tests, from its specification and from its
documentation; the judge of the whole is azure-ai-ml, Microsoft's own client.
"""

import os
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from urllib.parse import unquote

from requests.utils import DEFAULT_CA_BUNDLE_PATH
from typing_extensions import override

from tests.servers.azureml import answers
from tests.servers.azureml.answers import Refusal
from tests.servers.azureml.datastores import Credentials
from tests.servers.azureml.environments import Environments, Sent
from tests.servers.azureml.identity import Identity
from tests.servers.azureml.registry import OPERATIONS, Creation, Registry
from tests.servers.azureml.throttle import Throttle
from tests.servers.azureml.workspace import Workspace
from tests.servers.azurite import Azurite
from tests.servers.certificates import certify
from tests.servers.faults import Fault, FaultyServer
from tests.servers.messages import Headers, Request, Response
from tests.servers.names import RESOLVING

__all__ = ["AzureMl", "Creation", "Credentials", "Environments", "Registry", "Sent", "Workspace"]

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"

KINDS: Mapping[str, Fault] = {
    "refused": Fault.REFUSED,
    "reset-before": Fault.RESET_BEFORE,
    "reset-after": Fault.RESET_AFTER,
    "409": Fault.CONFLICT,
    "429": Fault.THROTTLED,
    "500": Fault.INTERNAL_ERROR,
    "500-kept": Fault.INTERNAL_ERROR_AFTER,
    "503-kept": Fault.UNAVAILABLE_AFTER,
    "truncated": Fault.TRUNCATED,
    "slow": Fault.SLOW,
    "html": Fault.HTML,
}
"""The faults that `AzureMl.fault` deals, by the words that tests use."""

_MFE = ["mferp", "managementfrontend"]


class AzureMl(FaultyServer):
    """Workspaces and registries come with `workspace` and `registry`; `blobs` holds what is uploaded there.

    Tests may set: `latency`, `slowness`, `downtime` (seconds) and `retry_after`; `list_lag`, the reads of a
    list that do not show a new version yet; `stale_next_version`, so that containers answer as they were
    before their newest version; `page_size` of lists.
    """

    def __init__(self, *, blobs: Azurite | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="azureml-")
        certificate = certify(Path(self._folder.name), "localhost")
        super().__init__(tls=certificate.server_context())
        self.ca_bundle = certificate.authority
        if blobs is not None and blobs.tls:
            with self.ca_bundle.open("ab") as bundle:
                bundle.write(blobs.ca.read_bytes())
        self._trusted = Path(os.environ.get("REQUESTS_CA_BUNDLE") or DEFAULT_CA_BUNDLE_PATH)
        self.list_lag = 0
        self.stale_next_version = False
        self.page_size = 100
        self.identity = Identity()
        self.token = self.identity.issue()
        self._blobs = blobs
        self._limits = Throttle()
        self._workspaces: dict[tuple[str, str, str], Workspace] = {}
        self._registries: dict[str, Registry] = {}
        self._making = threading.Lock()

    @property
    def environ(self) -> Mapping[str, str]:
        """The variables with which a process trusts us, besides whom it trusts already, and is signed in."""
        everybody = self.ca_bundle.with_name("everybody.pem")
        everybody.write_bytes(self._trusted.read_bytes() + b"\n" + self.ca_bundle.read_bytes())
        return {"REQUESTS_CA_BUNDLE": str(everybody), "WHEELPIN_AZURE_TOKEN": self.token, **RESOLVING}

    def workspace(
        self, name: str, *, subscription: str = SUBSCRIPTION, resource_group: str = "ml"
    ) -> Workspace:
        """The workspace; an empty one when there was none."""
        key = (subscription.lower(), resource_group.lower(), name.lower())
        with self._making:
            if key not in self._workspaces:
                self._workspaces[key] = Workspace(
                    name,
                    subscription=subscription,
                    resource_group=resource_group,
                    consistency=self,
                    blobs=self._blobs,
                )
            return self._workspaces[key]

    def registry(self, name: str) -> Registry:
        """The shared registry; an empty one when there was none."""
        with self._making:
            if name not in self._registries:
                self._registries[name] = Registry(
                    name,
                    consistency=self,
                    blobs=self._blobs,
                    workspaces=lambda: list(self._workspaces.values()),
                )
            return self._registries[name]

    def expire(self) -> None:
        """Turn away all tokens so far; `token` is a new one."""
        self.identity.expire()
        self.token = self.identity.issue()

    def throttle(self, *, writes: int = 200, refill: float = 10, reads: int | None = None) -> None:
        """Count requests; `refill` is what comes back per second, to reads as to writes."""
        self._limits.limit("writes", writes, refill)
        if reads is not None:
            self._limits.limit("reads", reads, refill)

    def throttle_as_documented(self) -> None:
        """Count requests with the sizes and refills that the service documents."""
        self._limits.on = True

    def fault(self, n: int, kind: str, *, when: Callable[[Request], bool] = lambda _: True) -> None:
        """Let the `n`-th request from now (0: the next) that `when` is true of meet a fault of KINDS."""
        self.fail(KINDS[kind], nth=n + 1, when=when)

    @override
    def stop(self) -> None:
        super().stop()
        self._folder.cleanup()

    @override
    def serve(self, request: Request) -> Response:
        try:
            response = self._route(request)
        except Refusal as refusal:
            response = refusal.response
        return replace(response, headers=(*response.headers, *_tracing()))

    @override
    def refusal(self, status: HTTPStatus, headers: Headers) -> Response:
        if status is HTTPStatus.OK:
            return replace(super().refusal(status, headers), status=203)
        if status is HTTPStatus.CONFLICT:
            return answers.user_error(409, "The resource is being changed.", inner="Conflict")
        return answers.error(status, status.phrase.replace(" ", ""), status.phrase, headers)

    def _route(self, request: Request) -> Response:
        response = self.identity.answer(request, self.url)
        if response is None:
            response = self.identity.turned_away(request, self.url)
        if response is not None:
            return response
        if "api-version" not in request.query:
            message = "The api-version query parameter (?api-version=) is required for all requests."
            return answers.error(400, "MissingApiVersionParameter", message)
        segments = [unquote(segment) for segment in request.path.split("/") if segment]
        match segments:
            case ["registrymanagement", "v1.0", "registries", name, "discovery"]:
                return self._found_registry(name).discovery(request)
            case [*_, operation] if request.path.startswith(f"/{OPERATIONS}/"):
                return self._poll(request, operation)
            case _:
                return self._managed(request, segments[2:] if segments[:2] == _MFE else segments)

    def _managed(self, request: Request, segments: Sequence[str]) -> Response:
        """Resource Manager: whatever is below a subscription. Its own words may be in any case."""
        match segments:
            case [_, subscription, _, group, _, _, kind, name, *rest] if _is_provider(segments):
                headers, refused = self._limits.take(subscription, request)
                if refused is not None:
                    return replace(refused, headers=(*refused.headers, *headers))
                try:
                    if kind.lower() == "registries":
                        response = self._found_registry(name).answer(request, rest)
                    else:
                        response = self._found_workspace(subscription, group, name).answer(request, rest)
                except Refusal as refusal:
                    response = refusal.response
                return replace(response, headers=(*response.headers, *headers))
            case _:
                return answers.error(404, "InvalidResourceType", f"There is no {request.path}.")

    def _found_workspace(self, subscription: str, group: str, name: str) -> Workspace:
        found = self._workspaces.get((subscription.lower(), group.lower(), name.lower()))
        if found is not None:
            return found
        known = {workspace[:2] for workspace in self._workspaces}
        if subscription.lower() not in {key[0] for key in known}:
            message = f"The subscription '{subscription}' could not be found."
            raise Refusal(answers.error(404, "SubscriptionNotFound", message))
        if (subscription.lower(), group.lower()) not in known:
            message = f"Resource group '{group}' could not be found."
            raise Refusal(answers.error(404, "ResourceGroupNotFound", message))
        kind = "Microsoft.MachineLearningServices/workspaces"
        message = f"The Resource '{kind}/{name}' under resource group '{group}' was not found."
        raise Refusal(answers.error(404, "ResourceNotFound", message))

    def _found_registry(self, name: str) -> Registry:
        if name in self._registries:
            return self._registries[name]
        message = f"Registry {name} not found."
        raise Refusal(answers.user_error(404, message, inner="NotFoundError"))

    def _poll(self, request: Request, operation: str) -> Response:
        polled = (registry.poll(request, operation) for registry in self._registries.values())
        found = next((response for response in polled if response is not None), None)
        return found or answers.error(404, "NotFound", f"There is no operation {operation}.")


def _is_provider(segments: Sequence[str]) -> bool:
    own = [segments[index].lower() for index in (0, 2, 4, 5)]
    return own == ["subscriptions", "resourcegroups", "providers", "microsoft.machinelearningservices"]


def _tracing() -> Headers:
    request_id = str(uuid.uuid4())
    return (
        ("x-ms-request-id", request_id),
        ("x-ms-correlation-request-id", request_id),
        ("x-ms-routing-request-id", f"EASTUS:{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}:{request_id}"),
        ("x-request-time", "0.010"),
        ("azureml-served-by-cluster", "vienna-eastus-01"),
    )
