"""A workspace's connections: what image builds sign in with to feeds and git. Secrets go in, and never out.

What the service does here is known from its specification, and from recordings of its own client's tests
(March 2026): `credentials` is null in every answer, and a PUT replaces what is there, secret included.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final, TypeVar, assert_never
from urllib.parse import quote

from wheelpin.azureml.assets import Assets
from wheelpin.credentials.redaction import Redactor, Secret
from wheelpin.errors import SignInError, TargetError, WheelpinError
from wheelpin.web.retries import TransientError

T = TypeVar("T")

LONGEST_NAME: Final = 33
"""Characters; the service takes 3 to 33 letters, digits, `-` and `_`."""

_WRITES = (
    "writing a connection takes the action Microsoft.MachineLearningServices/workspaces/connections/write, "
    "which Contributor and Owner of the workspace have"
)
_CARRIED = ("metadata", "isSharedToAll", "sharedUserList")


class Category(StrEnum):
    """What a connection is for, in the service's words."""

    FEED = "PythonFeed"
    GIT = "Git"


@dataclass(frozen=True, slots=True)
class Pat:
    """A personal access token."""

    token: Secret


@dataclass(frozen=True, slots=True)
class UserPassword:
    """A user and a password. The build puts both into a URL, so they are stored URL-encoded."""

    user: str
    password: Secret


@dataclass(frozen=True, slots=True)
class ManagedIdentity:
    """A user-assigned identity, by its client id. That feeds and git take one is documented nowhere."""

    client_id: str


Login = Pat | UserPassword | ManagedIdentity


@dataclass(frozen=True, kw_only=True, slots=True)
class Connection:
    """A connection as the service shows it. `expires` is None where nobody said when its secret ends."""

    name: str
    category: str
    target: str
    auth: str
    expires: datetime | None = None
    carried: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A connection to write; `ends` is the last day of its secret, if that is known."""

    name: str
    category: Category
    target: str
    login: Login
    ends: date | None = None


@dataclass(frozen=True, slots=True)
class Connections:
    """The connections of one workspace."""

    assets: Assets

    def listed(self) -> Iterator[Connection]:
        """All that it has. Raises TargetError where the workspace is not there, SignInError."""
        query = {**self.assets.query, "includeAll": "false"}
        found = [_connection(item) for item in self.assets.rest.pages(self._path(), query)]
        if not found:
            self.assets.check()
        yield from (one for one in found if one)

    def read(self, name: str) -> Connection | None:
        """That connection, in one attempt; None when it is absent. Raises TransientError, TargetError."""
        reply = self.assets.rest.read(self._path(name), self.assets.query)
        if reply is None:
            return None
        found = _connection(reply.body)
        if found is None:
            raise TargetError(f"{self.assets.rest.subject}: answered with something that is no connection")
        return found

    def put(self, draft: Draft, there: Connection | None) -> None:
        """One attempt to create a connection, or to replace `there`, which keeps who may use it.

        A new one is for all who may use the workspace: images are built on behalf of whoever needs one first.
        No error holds the secret. Raises TransientError, SignInError, TargetError.
        """
        auth, credentials = _credentials(draft.login)
        properties = {
            "category": draft.category.value,
            "target": draft.target,
            "authType": auth,
            "credentials": credentials,
            "metadata": {},
            "isSharedToAll": True,
            **(there.carried if there else {}),
        }
        if draft.ends:
            properties["expiryTime"] = datetime.combine(draft.ends, time(), UTC).isoformat()
        rest, path, body = self.assets.rest, self._path(draft.name), {"properties": properties}
        reply = _silent(draft.login, lambda: rest.write("PUT", path, body, self.assets.query))
        if reply.status in {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}:
            raise _redacted(draft.login, rest.refusal(reply, hint="check the names in wheelpin.yml"))

    def _path(self, name: str | None = None) -> str:
        path = f"{self.assets.path}/connections"
        return path if name is None else f"{path}/{quote(name, safe='')}"


def _credentials(login: Login) -> tuple[str, Mapping[str, str]]:
    match login:
        case Pat(token):
            return "PAT", {"pat": token.reveal()}
        case UserPassword(user, password):
            return "UsernamePassword", {
                "username": quote(user, safe=""),
                "password": quote(password.reveal(), safe=""),
            }
        case ManagedIdentity(client_id):
            return "ManagedIdentity", {"clientId": client_id}
        case _:
            assert_never(login)


def _silent(login: Login, work: Callable[[], T]) -> T:
    """What `work` gives; what it raises tells nothing of the secret, whatever the service echoed."""
    try:
        return work()
    except TransientError as failure:
        raise TransientError(_redacted(login, failure.error), failure.wait) from None
    except WheelpinError as error:
        raise _redacted(login, error) from None


def _redacted(login: Login, error: WheelpinError) -> WheelpinError:
    match login:
        case Pat(secret):
            redact = Redactor([secret])
        case UserPassword(user, secret):
            redact = Redactor([secret], [user])
        case ManagedIdentity():
            redact = Redactor([])
        case _:
            assert_never(login)
    hint = f"{error.hint}; {_WRITES}" if isinstance(error, SignInError) else error.hint
    return type(error)(redact(error.message), hint=redact(hint))


def _connection(resource: object) -> Connection | None:
    """A connection as an answer holds it; None for what is none."""
    table = resource if isinstance(resource, Mapping) else {}
    properties = table.get("properties")
    if not isinstance(table.get("name"), str) or not isinstance(properties, Mapping):
        return None
    return Connection(
        name=table["name"],
        category=str(properties.get("category") or ""),
        target=str(properties.get("target") or ""),
        auth=str(properties.get("authType") or ""),
        expires=_moment(properties.get("expiryTime")),
        carried={key: properties[key] for key in _CARRIED if properties.get(key) is not None},
    )


def _moment(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
