"""A workspace's datastores, of which `workspaceblobstore` is in Azurite when there is one."""

import secrets
from collections.abc import Sequence
from enum import StrEnum

from tests.servers.azureml import answers
from tests.servers.azureml.answers import Json, Object, Refusal, flag
from tests.servers.azurite import ACCOUNT, Azurite
from tests.servers.messages import Request, Response

WORKSPACE_BLOB_STORE = "workspaceblobstore"


class Credentials(StrEnum):
    """How the datastores sign in, and so which secret a client is given."""

    ACCOUNT_KEY = "AccountKey"
    SAS = "Sas"
    NONE = "None"


class Datastores:
    """The four that each workspace is made with, at `{protocol}://{account}.blob.{endpoint}`."""

    def __init__(self, workspace_id: str, guid: str, blobs: Azurite | None) -> None:
        self.credentials = Credentials.ACCOUNT_KEY
        self.account = ACCOUNT if blobs else f"storage{guid[:8]}"
        self.endpoint = blobs.suffix if blobs else "core.windows.net"
        self.protocol = blobs.service_url.partition(":")[0] if blobs else "https"
        self.container = f"azureml-blobstore-{guid}"
        self._workspace_id = workspace_id
        self._blobs = blobs
        if blobs is not None:
            for container in (self.container, f"azureml-{guid}"):
                with blobs.client(f"{blobs.account_url}/{container}") as client:
                    client.create_container()
        self._containers = {
            WORKSPACE_BLOB_STORE: ("AzureBlob", self.container),
            # A workspace of its own has it in `azureml`; here many workspaces share one account.
            "workspaceartifactstore": ("AzureBlob", f"azureml-{guid}"),
            "workspacefilestore": ("AzureFile", f"azureml-filestore-{guid}"),
            "workspaceworkingdirectory": ("AzureFile", f"code-{guid}"),
        }

    @property
    def container_url(self) -> str:
        """Where `workspaceblobstore` is, in the service's own form of address."""
        return f"{self.protocol}://{self.account}.blob.{self.endpoint}/{self.container}"

    def blob_names(self) -> Sequence[str]:
        """What is in `workspaceblobstore`; there has to be an Azurite."""
        assert self._blobs is not None
        with self._blobs.client(f"{self._blobs.account_url}/{self.container}") as client:
            return sorted(client.list_blob_names())

    def blob_states(self) -> object:
        """What changes with every write to `workspaceblobstore`; there has to be an Azurite."""
        assert self._blobs is not None
        with self._blobs.client(f"{self._blobs.account_url}/{self.container}") as client:
            return {blob.name: (blob.etag, blob.last_modified) for blob in client.list_blobs()}

    def answer(self, request: Request, rest: Sequence[str]) -> Response:
        """The answer to a request about what follows `/datastores`."""
        match (request.method, *rest):
            case ("GET",):
                default = flag(request.query.get("isDefault", ""))
                names = [WORKSPACE_BLOB_STORE] if default else list(self._containers)
                return answers.data({"value": [self._resource(name) for name in names], "nextLink": None})
            case ("GET", name):
                return answers.data(self._resource(name))
            case ("POST", name, action) if action.lower() == "listsecrets":
                return answers.data(self._secret(name))
            case _:
                return answers.error(405, "MethodNotAllowed", f"{request.method} is not supported here.")

    def _find(self, name: str) -> tuple[str, str]:
        if name not in self._containers:
            message = f"Could not find datastore: {name}"
            raise Refusal(answers.user_error(404, message, inner="NotFoundError"))
        return self._containers[name]

    def _resource(self, name: str) -> Object:
        kind, container = self._find(name)
        place: Object = {"fileShareName": container} if kind == "AzureFile" else {"containerName": container}
        properties: Object = {
            "datastoreType": kind,
            "accountName": self.account,
            **place,
            "endpoint": self.endpoint,
            "protocol": self.protocol,
            "isDefault": name == WORKSPACE_BLOB_STORE,
            "credentials": {"credentialsType": self.credentials},
            "serviceDataAccessAuthIdentity": "None",
            "subscriptionId": self._workspace_id.split("/")[2],
            "resourceGroup": self._workspace_id.split("/")[4],
            "description": None,
            "tags": {},
            "properties": None,
        }
        return {
            "id": f"{self._workspace_id}/datastores/{name}",
            "name": name,
            "type": "Microsoft.MachineLearningServices/workspaces/datastores",
            "properties": properties,
        }

    def _secret(self, name: str) -> Json:
        _, container = self._find(name)
        match self.credentials:
            case Credentials.ACCOUNT_KEY:
                key = self._blobs.key if self._blobs else secrets.token_urlsafe(64)
                return {"secretsType": "AccountKey", "key": key}
            case Credentials.SAS:
                query = "sv=2024-11-04&sig=none"
                if self._blobs is not None:
                    query = self._blobs.sas(f"{self._blobs.account_url}/{container}", permission="racwl")
                return {"secretsType": "Sas", "sasToken": query}
            case Credentials.NONE:
                message = f"Datastore {name} has no credentials"
                raise Refusal(answers.user_error(400, message, inner="BadArgument"))
