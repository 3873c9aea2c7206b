"""The environments of a workspace or of a shared registry, and the requests about them."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from tests.servers.azureml import answers, versions
from tests.servers.azureml.answers import Object, Refusal, flag, mapping
from tests.servers.azureml.versions import ANONYMOUS, Container, Version
from tests.servers.messages import Request, Response


class Consistency(Protocol):
    """How far answers lag behind writes; AzureMl's own attributes."""

    list_lag: int
    stale_next_version: bool
    page_size: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """A version as a client put it: the body is the resource, untouched."""

    name: str
    version: str
    resource: Object


class Environments:
    """Environments by name; ids begin with `prefix`, types with `kind`. `sent` keeps what clients put."""

    def __init__(self, consistency: Consistency, *, prefix: str, kind: str) -> None:
        self.sent: list[Sent] = []
        self._consistency = consistency
        self._prefix = prefix
        self._kind = kind
        self._containers: dict[str, Container] = {}
        self._lock = threading.RLock()

    def names(self) -> Sequence[str]:
        return list(self._containers)

    def versions(self, name: str) -> Sequence[str]:
        """The versions of an environment, the oldest first; none when it does not exist."""
        container = self._containers.get(name)
        return list(container.versions) if container else []

    def resource(self, name: str, version: str) -> Object:
        """A version as a GET gives it. Raises KeyError when there is none."""
        container = self._containers[name]
        return self._version(container, container.versions[version])

    def register(self, name: str, version: str, properties: Object, *, curated: bool = False) -> None:
        """Hold a version as if it had been put and shown long ago; curated ones are under reserved names."""
        if not curated:
            versions.check_name(name)
        with self._lock:
            self._put(name, version, properties).hidden = 0
            self._containers[name].versions[version].curated = curated

    def answer(self, request: Request, rest: Sequence[str]) -> Response:  # noqa: PLR0911 - one for each request
        """The answer to a request about what follows `/environments`."""
        with self._lock:
            match (request.method, *rest):
                case ("GET",):
                    return self._list_containers(request)
                case ("GET", name):
                    return self._get_container(name)
                case ("PUT", name):
                    return self._put_container(request, name)
                case ("GET", name, "versions"):
                    return self._list_versions(request, name)
                case ("GET", name, "versions", version):
                    return self._get_version(name, version)
                case ("PUT", name, "versions", version):
                    return self.put_version(request, name, version)
                case _:
                    message = f"The requested resource does not support http method '{request.method}'."
                    return answers.error(405, "MethodNotAllowed", message)

    def put_version(
        self,
        request: Request,
        name: str,
        version: str,
        *,
        pending: int = 0,
        answered: Callable[[Object], Response] | None = None,
    ) -> Response:
        """Create or update; 201 for both, as recorded, unless `answered` words it otherwise."""
        body = answers.body(request)
        with self._lock:
            self.sent.append(Sent(name=name, version=version, resource=body))
            versions.check_name(name)
            stored = self._put(name, version, mapping(body.get("properties")), pending=pending)
            resource = self._version(self._containers[name], stored)
        return answered(resource) if answered else answers.data(resource, 201, (_location(request),))

    def adopt(self, name: str, version: str, properties: Object, *, pending: int) -> None:
        """Take over a version of another place. Refusal when it is there already."""
        with self._lock:
            if version in self.versions(name):
                raise Refusal(_conflict(name, version))
            self._put(name, version, properties, pending=pending)

    def _put(self, name: str, version: str, sent: Object, *, pending: int = 0) -> Version:
        definition = versions.definition(sent)
        container = self._containers.setdefault(name, Container(name=name))
        there = container.versions.get(version)
        if there is not None:
            if there.definition != definition:
                raise Refusal(_conflict(name, version))
            there.update(sent)
            return there
        made = Version(
            name=version,
            definition=definition,
            details=versions.details(sent),
            archived=container.archived or flag(sent.get("isArchived")),
            auto_rebuild=answers.text(sent.get("autoRebuild")) or "Disabled",
            hidden=self._consistency.list_lag,
            pending=pending,
        )
        container.versions[version] = made
        return made

    def _find(self, name: str) -> Container:
        container = self._containers.get(name)
        if container is None:
            raise Refusal(_unknown(name))
        return container

    def _list_containers(self, request: Request) -> Response:
        found = [
            self._container(container)
            for container in sorted(self._containers.values(), key=lambda container: container.name)
            if container.name != ANONYMOUS
            and _shown(request, archived=container.archived)
            and self._visible(container)
        ]
        return answers.page(request, found, self._consistency.page_size)

    def _list_versions(self, request: Request, name: str) -> Response:
        container = self._find(name)
        found = [
            self._version(container, version)
            for version in reversed(self._visible(container))
            if _shown(request, archived=version.archived or container.archived)
        ]
        return answers.page(request, found, self._consistency.page_size)

    def _visible(self, container: Container) -> Sequence[Version]:
        """The versions that lists know of by now; this read brings the others nearer."""
        found = [version for version in container.versions.values() if not version.hidden]
        for version in container.versions.values():
            version.hidden = max(0, version.hidden - 1)
        return found

    def _get_container(self, name: str) -> Response:
        container = self._find(name)
        if self._consistency.stale_next_version and len(container.versions) == 1:
            raise Refusal(_unknown(name))  # as it was before that version
        return answers.data(self._container(container))

    def _put_container(self, request: Request, name: str) -> Response:
        versions.check_name(name)
        sent = mapping(answers.body(request).get("properties"))
        container = self._containers.setdefault(name, Container(name=name))
        container.details = versions.details(sent)
        container.archived = flag(sent.get("isArchived"))
        return answers.data(self._container(container), 201, (_location(request),))

    def _get_version(self, name: str, version: str) -> Response:
        container = self._containers.get(name)
        found = container.versions.get(version) if container else None
        if container is None or found is None or not self.poll(name, version):
            raise Refusal(_unknown(name, version))
        return answers.data(self._version(container, found))

    def poll(self, name: str, version: str) -> bool:
        """Whether the version is created by now; asking brings that nearer."""
        with self._lock:
            found = self._containers[name].versions[version]
            created = found.pending == 0
            found.pending = max(0, found.pending - 1)
            return created

    def _container(self, container: Container) -> Object:
        stale = self._consistency.stale_next_version
        return {
            "id": f"{self._prefix}/environments/{container.name}",
            "name": container.name,
            "type": f"{self._kind}environments",
            "properties": container.properties(stale=stale),
            "systemData": answers.system_data(container.created, container.created),
        }

    def _version(self, container: Container, version: Version) -> Object:
        latest = version is container.latest
        return {
            "id": f"{self._prefix}/environments/{container.name}/versions/{version.name}",
            "name": version.name,
            "type": f"{self._kind}environments/versions" if self._kind else "environments",
            "properties": version.properties(archived=container.archived, latest=latest),
            "systemData": answers.system_data(version.created, version.modified),
        }


def _location(request: Request) -> tuple[str, str]:
    version = request.query.get("api-version", "")
    return ("Location", f"{answers.base(request)}{request.path}?api-version={version}")


def _shown(request: Request, *, archived: bool) -> bool:
    match request.query.get("listViewType", "All"):
        case "ActiveOnly":
            return not archived
        case "ArchivedOnly":
            return archived
        case _:
            return True


def _unknown(name: str, version: str = "") -> Response:
    message = f"No environment exists for name: {name}, version: {version}, label: "
    return answers.user_error(404, message, inner="NotFoundError")


def _conflict(name: str, version: str) -> Response:
    message = f"Environment {name} with version {version} is already registered and cannot be changed."
    return answers.user_error(409, message, inner="Conflict")
