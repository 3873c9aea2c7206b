"""Environments as a workspace or a shared registry keeps them: containers, and versions that never change."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from wheelpin.errors import TargetError
from wheelpin.rest import Rest
from wheelpin.rest.link import Reply

NEWEST: Final = "createdtime desc"
"""The only order that the official client asks for."""
EVERY: Final = "All"


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """One version of an environment, as the service hands it out."""

    version: str
    created: str
    properties: Mapping[str, Any]

    @property
    def archived(self) -> bool:
        """Whether lists leave it out; references still find it."""
        return bool(self.properties.get("isArchived"))

    @property
    def curated(self) -> bool:
        """Whether it is Azure ML's own."""
        return self.properties.get("environmentType") == "Curated"


@dataclass(frozen=True, kw_only=True, slots=True)
class Container:
    """An environment as a whole. Both versions are opaque text, and may lag behind the last write."""

    latest: str
    following: str
    archived: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Assets:
    """What one workspace or shared registry keeps; `path` is its resource id.

    `discovered`: that it is there is known already.
    """

    rest: Rest
    path: str
    api_version: str
    discovered: bool = False

    @property
    def query(self) -> Mapping[str, str]:
        """What every request carries."""
        return {"api-version": self.api_version}

    def read(self, name: str, version: str) -> Version | None:
        """That version, in one attempt. Raises TransientError, SignInError, TargetError."""
        reply = self.rest.read(self._path(name, version), self.query)
        return None if reply is None else self.version(reply.body)

    def get(self, name: str, version: str) -> Version | None:
        """That version; None when it is absent. Unlike lists, it is right at once."""
        return self.rest.link.retries.persist(lambda: self.read(name, version))

    def newest(self, name: str) -> Version | None:
        """The most recently created version, archived or not, as far as the lists have heard of it."""
        query = {**self.query, "$orderBy": NEWEST, "$top": "1", "listViewType": EVERY}
        reply = self.rest.get(f"{self._path(name)}/versions", query)
        listed = reply.table.get("value") if reply else None
        return self.version(listed[0]) if isinstance(listed, list) and listed else None

    def container(self, name: str) -> Container | None:
        """The environment as a whole; None when there is none of this name."""
        reply = self.rest.get(self._path(name), self.query)
        if reply is None:
            return None
        properties = _table(reply.table.get("properties"))
        return Container(
            latest=str(properties.get("latestVersion") or ""),
            following=str(properties.get("nextVersion") or ""),
            archived=bool(properties.get("isArchived")),
        )

    def names(self) -> Iterator[str]:
        """The names of all environments that are not archived."""
        query = {**self.query, "listViewType": "ActiveOnly"}
        for item in self.rest.pages(f"{self.path}/environments", query):
            yield str(_table(item).get("name") or "")

    def put(self, name: str, version: str, properties: Mapping[str, Any]) -> Reply:
        """One attempt to create a version; 409 is an answer: it is there, and says something else."""
        reply = self.rest.write("PUT", self._path(name, version), {"properties": properties}, self.query)
        if reply.status == HTTPStatus.NOT_FOUND:
            raise self.rest.refusal(reply, hint="check the names in wheelpin.yml, and that it still exists")
        return self.rest.settled(reply)

    def version(self, resource: object) -> Version:
        """A version as an answer holds it. Raises TargetError for an answer that holds none."""
        table = _table(resource)
        if not isinstance(table.get("name"), str) or not isinstance(table.get("properties"), Mapping):
            raise TargetError(f"{self.rest.subject}: answered with something that is no environment version")
        created = _table(table.get("systemData")).get("createdAt")
        return Version(version=table["name"], created=str(created or ""), properties=table["properties"])

    def check(self) -> None:
        """See that it is there at all: else all its environments look absent. Raises TargetError."""
        if not self.discovered:
            self.described()

    def described(self) -> Mapping[str, Any]:
        """The resource itself. Raises TargetError where it is not there."""
        reply = self.rest.get(self.path, self.query)
        if reply is None:
            raise TargetError(
                f"{self.rest.subject}: {self.path.rpartition('/')[2]} is not there, or hidden from us",
                hint="check subscription, resource-group and name in wheelpin.yml, and our role there",
            )
        return reply.table

    def _path(self, name: str, version: str | None = None) -> str:
        path = f"{self.path}/environments/{quote(name, safe='')}"
        return path if version is None else f"{path}/versions/{quote(version, safe='')}"


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
