"""A shared registry: discovery, the temporary place for uploads, creation and import as long-running work."""

import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from tests.servers.azureml import answers
from tests.servers.azureml.answers import Json, Object, Refusal, mapping, text
from tests.servers.azureml.environments import Consistency, Environments
from tests.servers.azureml.workspace import PROVIDER, Workspace
from tests.servers.azurite import Azurite
from tests.servers.messages import Headers, Request, Response

OPERATIONS = "environment/v1.0/operations"

_SOURCE = re.compile(
    r"azureml://locations/(?P<location>[^/]+)/workspaces/(?P<guid>[^/]+)"
    r"/environments/(?P<name>[^/]+)/versions/(?P<version>[^/]+)"
)


class Creation(Enum):
    """How a registry answers a PUT."""

    LOCATION = "202 and a Location, which answers 202 until it is done; so the service was recorded"
    ASYNC_OPERATION = "201 and an Azure-AsyncOperation, whose body has a status"
    PLAIN = "201 with the resource"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Operation:
    name: str
    version: str
    imported: bool
    failure: str = ""


class Registry:
    """Creates as `creation` says, done after `polls` polls, each asked for after `retry_after_ms`.

    Imports take images that were built: with `materialized` off, none was. With a `failure` the work of both
    ends with that message, and nothing is there.
    """

    def __init__(
        self,
        name: str,
        *,
        consistency: Consistency,
        blobs: Azurite | None,
        workspaces: Callable[[], Sequence[Workspace]],
    ) -> None:
        self.name = name
        self.subscription = str(uuid.uuid4())
        self.resource_group = f"{name}-group"
        self.id = (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"
            f"/providers/{PROVIDER}/registries/{name}"
        )
        self.creation = Creation.LOCATION
        self.polls = 2
        self.retry_after_ms = 10
        self.materialized = True
        self.failure = ""
        self.environments = Environments(consistency, prefix=f"azureml://registries/{name}", kind="")
        self._operations: dict[str, _Operation] = {}
        self._blobs = blobs
        self._workspaces = workspaces

    def discovery(self, request: Request) -> Response:
        """Who the registry is and where its data plane is: here."""
        url = f"{answers.base(request)}/"
        return answers.data(
            {
                "registryId": str(uuid.uuid5(uuid.NAMESPACE_URL, self.name)),
                "registryName": self.name,
                "tenantId": str(uuid.UUID(int=0)),
                "primaryRegion": answers.LOCATION,
                "regions": [answers.LOCATION],
                "subscriptionId": self.subscription,
                "resourceGroup": self.resource_group,
                "workspaceName": self.name,
                "primaryRegionResourceProviderUri": url,
                "registryFqdns": {answers.LOCATION: {"uri": url}},
            }
        )

    def answer(self, request: Request, rest: Sequence[str]) -> Response:
        """The answer to a request about what follows the registry's id, on ARM or on the data plane."""
        match (request.method, *rest):
            case ("PUT", "tempdatarefs", name, "versions", version):
                return self._upload_place(name, version)
            case ("PUT", "environments", name, "versions", version):
                return self._create(request, name, version)
            case ("POST", "import"):
                return self._import(request)
            case (_, "environments", *more):
                return self.environments.answer(request, more)
            case _:
                return answers.error(404, "InvalidResourceType", f"There is no {request.path}.")

    def poll(self, request: Request, operation_id: str) -> Response | None:
        """The state of a creation or import, None when it is not ours; each look brings its end nearer."""
        operation = self._operations.get(operation_id)
        if operation is None:
            return None
        by_status = self.creation is Creation.ASYNC_OPERATION and not operation.imported
        if operation.failure:
            error: Json = {"code": "UserError", "message": operation.failure}
            if by_status:
                return answers.data({"status": "Failed", "error": error})
            return answers.user_error(400, operation.failure, inner="BadArgument")
        done = self.environments.poll(operation.name, operation.version)
        if by_status:
            return answers.data({"status": "Succeeded" if done else "InProgress"}, 200, self._patience())
        return Response() if done else Response(status=202, headers=self._polled_at(request, operation_id))

    def _create(self, request: Request, name: str, version: str) -> Response:
        known = version in self.environments.versions(name)
        pending = 0 if self.creation is Creation.PLAIN else self.polls
        operation_id = f"{self.name}_{name}_{version}_1"
        operation = _Operation(name=name, version=version, imported=False, failure=self.failure)
        self._operations[operation_id] = operation

        def answered(resource: Object) -> Response:
            match self.creation:
                case Creation.LOCATION:
                    headers = self._polled_at(request, operation_id)
                    return answers.data(None, 202, (("x-ms-async-operation-timeout", "PT1H"), *headers))
                case Creation.ASYNC_OPERATION:
                    headers = self._polled_at(request, operation_id, header="Azure-AsyncOperation")
                    return answers.data(resource, 201, headers)
                case Creation.PLAIN:
                    return answers.data(resource, 200 if known else 201)

        if self.failure:
            return answered(answers.body(request))
        return self.environments.put_version(request, name, version, pending=pending, answered=answered)

    def _import(self, request: Request) -> Response:
        sent = mapping(answers.body(request).get("properties"))
        name, version = text(sent.get("destinationName")), text(sent.get("destinationVersion"))
        asset = text(sent.get("sourceAssetId"))
        properties = self._source(asset)
        if not self.materialized:
            message = (
                f"Environment with source assetId {asset} is not yet materialized in source ACR, "
                f"please build the image before attempting to publish it to destination {self.name}."
            )
            raise Refusal(answers.user_error(400, message, inner="BadArgument"))
        if not self.failure:
            self.environments.adopt(name, version, properties, pending=self.polls)
        operation_id = f"{self.name}_{name}_{version}_import"
        self._operations[operation_id] = _Operation(
            name=name, version=version, imported=True, failure=self.failure
        )
        return Response(status=202, headers=self._polled_at(request, operation_id))

    def _source(self, asset: str) -> Object:
        found = _SOURCE.fullmatch(asset)
        for workspace in self._workspaces():
            if found and workspace.guid == found["guid"]:
                try:
                    return mapping(
                        workspace.environments.resource(found["name"], found["version"])["properties"]
                    )
                except KeyError:
                    break
        message = f"Source asset {asset} was not found."
        raise Refusal(answers.user_error(404, message, inner="NotFoundError"))

    def _upload_place(self, name: str, version: str) -> Response:
        """A container of its own; 409 when the version is there already."""
        if version in self.environments.versions(name):
            message = f"Asset {name} with version {version} already exists."
            raise Refusal(answers.user_error(409, message, inner="Conflict"))
        if self._blobs is None:
            return answers.error(
                503, "ServiceUnavailable", "This emulator was started without a blob service."
            )
        container = f"asset-{uuid.uuid4()}"
        url = f"{self._blobs.account_url}/{container}"
        with self._blobs.client(url) as client:
            client.create_container()
        blob = f"{self._blobs.service_url}/{container}"
        credential: Json = {
            "credentialType": "SAS",
            "sasUri": f"{blob}?{self._blobs.sas(url, permission='racwl')}",
        }
        reference: Json = {"blobUri": blob, "storageAccountArmId": "", "credential": credential}
        return answers.data({"blobReferenceForConsumption": reference})

    def _polled_at(self, request: Request, operation_id: str, *, header: str = "Location") -> Headers:
        version = request.query.get("api-version", "")
        address = f"{answers.base(request)}/{OPERATIONS}/{operation_id}?api-version={version}"
        return ((header, address), *self._patience())

    def _patience(self) -> Headers:
        """How long to wait before the next poll: in milliseconds, since the clients' own default is 30 s."""
        return (("retry-after-ms", str(self.retry_after_ms)),)
