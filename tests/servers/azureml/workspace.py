"""A workspace: its environments, connections and datastores, and the paths that lead to them."""

import uuid
from collections.abc import Sequence

from tests.servers.azureml import answers
from tests.servers.azureml.connections import Connections
from tests.servers.azureml.datastores import Credentials, Datastores
from tests.servers.azureml.environments import Consistency, Environments
from tests.servers.azurite import Azurite
from tests.servers.messages import Request, Response

PROVIDER = "Microsoft.MachineLearningServices"


class Workspace:
    """With `read_only` every request but GET is forbidden. Images of its environments count as built."""

    def __init__(
        self,
        name: str,
        *,
        subscription: str,
        resource_group: str,
        consistency: Consistency,
        blobs: Azurite | None,
    ) -> None:
        self.name = name
        self.subscription = subscription
        self.resource_group = resource_group
        self.location = answers.LOCATION
        self.guid = str(uuid.uuid4())
        self.id = (
            f"/subscriptions/{subscription}/resourceGroups/{resource_group}"
            f"/providers/{PROVIDER}/workspaces/{name}"
        )
        self.read_only = False
        self.environments = Environments(consistency, prefix=self.id, kind=f"{PROVIDER}/workspaces/")
        self.connections = Connections(self.id)
        self.datastores = Datastores(self.id, self.guid, blobs)

    def answer(self, request: Request, rest: Sequence[str]) -> Response:
        """The answer to a request about what follows the workspace's id."""
        if self.read_only and request.method != "GET":
            return answers.error(403, "AuthorizationFailed", _forbidden(request))
        match rest:
            case []:
                return self._resource()
            case ["environments", *more]:
                return self.environments.answer(request, more)
            case ["connections", *more]:
                return self.connections.answer(request, more)
            case ["datastores", *more]:
                return self.datastores.answer(request, more)
            case _:
                return answers.error(404, "InvalidResourceType", f"There is no {request.path}.")

    def _resource(self) -> Response:
        group = f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}/providers"
        account = self.datastores.account
        identity = self.datastores.credentials is Credentials.NONE
        return answers.data(
            {
                "id": self.id,
                "name": self.name,
                "type": f"{PROVIDER}/workspaces",
                "location": self.location,
                "tags": {},
                "identity": {"type": "SystemAssigned", "principalId": self.guid, "tenantId": self.guid},
                "sku": {"name": "Basic", "tier": "Basic"},
                "properties": {
                    "friendlyName": self.name,
                    "description": "",
                    "workspaceId": self.guid,
                    "storageAccount": f"{group}/Microsoft.Storage/storageAccounts/{account}",
                    "keyVault": f"{group}/Microsoft.Keyvault/vaults/{self.name}",
                    "applicationInsights": f"{group}/Microsoft.insights/components/{self.name}",
                    "containerRegistry": None,
                    "imageBuildCompute": None,
                    "discoveryUrl": f"https://{self.location}.api.azureml.ms/discovery",
                    "provisioningState": "Succeeded",
                    "systemDatastoresAuthMode": "identity" if identity else "accesskey",
                    "hbiWorkspace": False,
                    "publicNetworkAccess": "Enabled",
                    "tenantId": self.guid,
                },
                "systemData": answers.system_data(answers.now(), answers.now()),
            }
        )


def _forbidden(request: Request) -> str:
    return (
        f"The client 'ada' with object id '{uuid.UUID(int=7)}' does not have authorization to perform action "
        f"'{request.method}' over scope '{request.path}' or the scope is invalid."
    )
