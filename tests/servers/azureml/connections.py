"""A workspace's connections: what they reach with which secret, which only one request gives away."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.servers.azureml import answers
from tests.servers.azureml.answers import Object, Refusal, mapping, now, text
from tests.servers.messages import Request, Response


@dataclass(frozen=True, kw_only=True, slots=True)
class Connection:
    """A connection as it was put; `properties` are without the credentials."""

    name: str
    properties: Object
    credentials: Object | None
    created: str = field(default_factory=now)


class Connections:
    """Connections by name, of the workspace whose id is given."""

    def __init__(self, workspace_id: str) -> None:
        self._workspace_id = workspace_id
        self._connections: dict[str, Connection] = {}
        self._lock = threading.Lock()

    def names(self) -> Sequence[str]:
        return list(self._connections)

    def credentials(self, name: str) -> Object | None:
        """What the workspace would sign in with. Raises KeyError when there is no such connection."""
        return self._connections[name].credentials

    def put(self, name: str, properties: Object) -> Connection:
        """Create or replace a connection; a replaced one is new, down to its date."""
        credentials = mapping(properties.get("credentials")) or None
        rest = {key: value for key, value in properties.items() if key != "credentials"}
        made = Connection(name=name, properties=rest, credentials=credentials)
        self._connections[name] = made
        return made

    def answer(self, request: Request, rest: Sequence[str]) -> Response:  # noqa: PLR0911 - one for each request
        """The answer to a request about what follows `/connections`."""
        with self._lock:
            match (request.method, *rest):
                case ("GET",):
                    return self._list(request)
                case ("GET", name):
                    return answers.data(self._resource(self._find(name)))
                case ("POST", name, action) if action.lower() == "listsecrets":
                    return answers.data(self._resource(self._find(name), secrets=True))
                case ("PUT", name):
                    return answers.data(self._resource(self._put(name, _sent(request))))
                case ("PATCH", name):
                    there = self._find(name)
                    before = {**there.properties, "credentials": there.credentials}
                    return answers.data(self._resource(self._put(name, {**before, **_sent(request)})))
                case ("DELETE", name):
                    known = self._connections.pop(name, None)
                    return Response(status=200 if known else 204)
                case _:
                    return answers.error(405, "MethodNotAllowed", f"{request.method} is not supported here.")

    def _put(self, name: str, properties: Object) -> Connection:
        for required in ("category", "target", "authType"):
            if not text(properties.get(required)):
                raise Refusal(answers.account_error(400, f"{required} is required", inner="BadArgument"))
        return self.put(name, properties)

    def _find(self, name: str) -> Connection:
        try:
            return self._connections[name]
        except KeyError:
            message = f"Connection {name} can't be found in this workspace"
            raise Refusal(answers.account_error(404, message, inner="NotFoundError")) from None

    def _list(self, request: Request) -> Response:
        wanted = {key: request.query[key] for key in ("category", "target") if request.query.get(key)}
        found = [
            self._resource(connection)
            for connection in self._connections.values()
            if all(connection.properties.get(key) == value for key, value in wanted.items())
        ]
        return answers.data({"value": found, "nextLink": None})

    def _resource(self, connection: Connection, *, secrets: bool = False) -> Object:
        """The resource; its credentials are null unless they were asked for."""
        defaults: Object = {
            "group": "ServicesAndApps",
            "expiryTime": None,
            "createdByWorkspaceArmId": self._workspace_id,
            "useWorkspaceManagedIdentity": False,
            "isSharedToAll": True,
            "sharedUserList": [],
            "peRequirement": "NotRequired",
            "peStatus": "NotApplicable",
            "error": None,
            "isDefault": True,
            "metadata": {},
        }
        return {
            "tags": None,
            "location": None,
            "id": f"{self._workspace_id}/connections/{connection.name}",
            "name": connection.name,
            "type": "Microsoft.MachineLearningServices/workspaces/connections",
            "properties": {
                **defaults,
                **connection.properties,
                "credentials": connection.credentials if secrets else None,
            },
            "systemData": answers.system_data(connection.created, connection.created),
        }


def _sent(request: Request) -> Object:
    return mapping(answers.body(request).get("properties"))
