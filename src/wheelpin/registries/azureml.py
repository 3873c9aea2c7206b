"""Azure ML workspaces and shared registries as registries.

A version is created with its number in the address, and that is the only compare-and-swap there is: the same
definition there already is success, another one is a conflict. Lists lag behind writes; a read of one version
does not, so what counts is read that way.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from wheelpin.azureml import Azure
from wheelpin.azureml.assets import Assets, Container, Version
from wheelpin.config import SharedRegistry, WorkspaceRegistry
from wheelpin.environment import Context, Environment, resource_digest
from wheelpin.errors import (
    ConflictError,
    DefinitionError,
    TargetError,
    VerificationError,
)
from wheelpin.registries import Definition, Registered, Series
from wheelpin.registries.names import RESERVED, checked_name, checked_version, highest_number, number_of
from wheelpin.web.retries import TransientError

MOST_UNHEARD_OF: Final = 100
"""Versions that lists may lag behind."""

Upload = Callable[[Context, str, str], str]
"""Put a build context where the registry finds it, for an environment and its version; its `contextUri`."""

Fetch = Callable[[str, Path], None]
"""Copy the build context at a `contextUri` into a folder."""

UNREADABLE: Final = "unreadable"
ANONYMOUS: Final = "CliV2AnonymousEnvironment"
"""What the official client calls environments that are written into jobs."""


@dataclass(frozen=True, kw_only=True)
class AzureMlRegistry:
    """A workspace, or a shared registry; build contexts get there by `upload`, and come back by `fetch`."""

    name: str
    open_assets: Callable[[], Assets]
    upload: Upload
    fetch: Fetch
    _asking: threading.Lock = field(default_factory=threading.Lock, init=False, compare=False, repr=False)
    _there: threading.Event = field(default_factory=threading.Event, init=False, compare=False, repr=False)
    _listed: dict[str, Version] = field(default_factory=dict, init=False, compare=False, repr=False)
    _absent: set[tuple[str, str]] = field(default_factory=set, init=False, compare=False, repr=False)

    @property
    def assets(self) -> Assets:
        """What it keeps. Raises TargetError, SignInError where that is found out by asking."""
        return self.open_assets()

    def latest(self, environment: str) -> Registered | None:
        newest = self.assets.newest(checked_name(environment))
        if newest is None:
            self._check()
            return None
        self._listed[environment] = newest
        return self._registered(newest)

    def series(self, environment: str) -> Series:
        container, latest = self._closely(checked_name(environment))
        known = [latest.version] if latest else []
        known += [container.latest] if container else []
        following = number_of(container.following) if container else None
        highest = max(highest_number(known), (following or 1) - 1)
        for later in self._unheard_of(environment, highest):
            latest, highest = _newer(latest, later), int(later.version)
        return Series(
            latest=self._registered(latest) if latest else None,
            highest=highest,
            archived=container is not None and container.archived,
        )

    def _unheard_of(self, environment: str, highest: int) -> Iterator[Version]:
        """The versions that follow on the highest that lists know of; a read of one does not lag."""
        for number in range(highest + 1, highest + 1 + MOST_UNHEARD_OF):
            found = self.assets.get(environment, str(number))
            if found is None:
                self._absent.add((environment, str(number)))
                return
            yield replace(found, version=str(number))

    def _closely(self, environment: str) -> tuple[Container | None, Version | None]:
        """An environment and its newest version, from two places that lag behind independently."""
        container = self.assets.container(environment)
        if container is None:
            return None, None
        # What a look of a moment ago has read is as good as a second one: what lags is found out otherwise.
        listed = self._listed.pop(environment, None) or self.assets.newest(environment)
        if not container.latest or (listed and container.latest == listed.version):
            return container, listed
        exact = self.assets.get(environment, container.latest)
        return container, _newer(listed, exact)

    def names(self) -> Iterable[str]:
        return [name for name in self.assets.names() if not name.startswith(RESERVED) and name != ANONYMOUS]

    def definition(self, environment: str) -> Definition | None:
        container, newest = self._closely(checked_name(environment))
        if container is None:
            self._check()
        if container is None or newest is None or newest.curated or container.archived or newest.archived:
            return None
        return Definition(registered=self._registered(newest), properties=newest.properties)

    def download(self, uri: str, folder: Path) -> None:
        self.fetch(uri, folder)

    def get(self, environment: str, version: str) -> Registered | None:
        found = self.assets.get(checked_name(environment), checked_version(environment, version))
        return self._registered(found) if found else None

    def register(self, environment: Environment, version: str, tags: Mapping[str, str]) -> None:
        checked_name(environment.name)
        checked_version(environment.name, version)
        self.assets.rest.link.retries.persist(lambda: self._attempt(environment, version, tags))

    def _attempt(self, environment: Environment, version: str, tags: Mapping[str, str]) -> None:
        """Look, and write what is not there; what may pass is raised, and the next attempt looks again."""
        if not self._is_known_absent(environment.name, version) and self._holds(environment, version):
            return
        uri = None
        if environment.context:
            uri = self.upload(environment.context, environment.name, version)
        reply = self.assets.put(environment.name, version, environment.resource(tags, uri))
        if reply.status == HTTPStatus.CONFLICT:
            if not self._holds(environment, version):
                refused = self.assets.rest.refusal(reply, hint="run the command again in a while")
                raise TransientError(refused)
            return
        written = self._written(reply.body) or self.assets.read(environment.name, version)
        if written is None:
            error = VerificationError(
                f"{self._title(environment, version)} is not there after it was written"
            )
            raise TransientError(error)
        self._compare(environment, version, written)

    def _is_known_absent(self, name: str, version: str) -> bool:
        """Whether the plan has looked for this version: that counts once, for the first attempt."""
        known = (name, version) in self._absent
        self._absent.discard((name, version))
        return known

    def _written(self, body: Any) -> Version | None:  # noqa: ANN401 - whatever the service says
        """The version as the answer to its own creation shows it; None where it shows none."""
        try:
            return self.assets.version(body)
        except TargetError:
            return None

    def _holds(self, environment: Environment, version: str) -> bool:
        """Whether the version is there already. Raises ConflictError when it is another one."""
        found = self.assets.read(environment.name, version)
        if found is not None:
            self._compare(environment, version, found)
        return found is not None

    def _compare(self, environment: Environment, version: str, found: Version) -> None:
        if self._registered(found).digest != environment.digest:
            raise ConflictError(
                f"{self._title(environment, version)} is another definition",
                hint="a registered version never changes: register this definition under a new one",
            )

    def _title(self, environment: Environment, version: str) -> str:
        return f"registry {self.name}: {environment.name}:{version}"

    def _registered(self, found: Version) -> Registered:
        try:
            digest = resource_digest(found.properties)
        except DefinitionError:
            digest = UNREADABLE  # somebody else's, and so not what we would register
        return Registered(version=found.version, digest=digest)

    def _check(self) -> None:
        """See that it is not the whole registry that is missing; once. Raises TargetError."""
        with self._asking:
            if not self._there.is_set():
                self.assets.check()
                self._there.set()


def _newer(one: Version | None, other: Version | None) -> Version | None:
    seen = [each for each in (one, other) if each]
    return max(seen, key=lambda each: each.created, default=None)


def open_workspace(name: str, config: WorkspaceRegistry, azure: Azure) -> AzureMlRegistry:
    """A workspace, whose build contexts go into its own blob store. Nobody is asked yet."""
    from wheelpin.azureml.contexts import workspace_download, workspace_upload
    from wheelpin.azureml.datastore import Datastore

    assets = azure.workspace(name, config)
    datastore = Datastore(assets, azure.environ, assets.rest.subject)
    return AzureMlRegistry(
        name=name,
        open_assets=lambda: assets,
        upload=partial(workspace_upload, datastore),
        fetch=partial(workspace_download, datastore),
    )


def open_shared(name: str, config: SharedRegistry, azure: Azure) -> AzureMlRegistry:
    """A shared registry, which lends a place for each build context. Nobody is asked yet."""
    from wheelpin.azureml.contexts import shared_upload

    shared = azure.shared(name, config)
    return AzureMlRegistry(
        name=name,
        open_assets=lambda: shared.assets,
        upload=partial(shared_upload, shared, azure.environ),
        fetch=_not_lent,
    )


def _not_lent(uri: str, folder: Path) -> None:  # noqa: ARG001 - as `Fetch` has it
    raise DefinitionError("the build context of an environment in a shared registry cannot be read back")
