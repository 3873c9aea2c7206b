"""Sharing: what was proven in a workspace goes to a shared registry, image included; nothing is built.

A version keeps its number, so that one reference, with another place before it, serves both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from wheelpin.azureml import Azure
from wheelpin.azureml.assets import Assets, Version
from wheelpin.azureml.shared import Shared, source_id
from wheelpin.ci import Host
from wheelpin.config import Config, SharedRegistry, WorkspaceRegistry
from wheelpin.environment import CONTEXT_TAG, resource_digest
from wheelpin.errors import (
    ConflictError,
    OutcomeUnknownError,
    TargetError,
    UsageError,
    VerificationError,
    WheelpinError,
)
from wheelpin.registries.names import checked_name, checked_version
from wheelpin.web.retries import TransientError

_NOT_BUILT: Final = "not yet materialized"
"""The service's own words; nothing else tells this refusal from others."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """An environment to share; without a version it is the latest."""

    name: str
    version: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """What became of one: `version` is empty where it never came to one."""

    name: str
    version: str
    unchanged: bool = False
    error: WheelpinError | None = None

    @property
    def title(self) -> str:
        return f"{self.name}:{self.version}" if self.version else self.name

    @property
    def outcome(self) -> str:
        """In one word: `shared`, `unchanged` or `failed`."""
        if self.error:
            return "failed"
        return "unchanged" if self.unchanged else "shared"


@dataclass(frozen=True, kw_only=True, slots=True)
class Road:
    """From a workspace to a shared registry, and what the config calls them."""

    source: Assets
    source_name: str
    target: Shared
    target_name: str


def parse_wanted(text: str) -> Wanted:
    """The environment in NAME or NAME:VERSION. Raises UsageError, DefinitionError."""
    name, colon, version = text.removeprefix("azureml:").partition(":")
    if not name or (colon and not version):
        raise UsageError(f"{text!r} is no environment", hint="write NAME or NAME:VERSION")
    return Wanted(name=checked_name(name), version=checked_version(name, version) if version else None)


def open_road(config: Config, azure: Azure, source: str, target: str) -> Road:
    """The way between two registries of the config; nobody is asked. Raises UsageError, SignInError."""
    known = config.registries
    for name in (source, target):
        if name not in known:
            raise UsageError(f"no registry is called {name}", hint=f"the config names {', '.join(known)}")
    workspace, shared = known[source], known[target]
    if not isinstance(workspace, WorkspaceRegistry):
        raise UsageError(f"--from {source}: only what is in an azureml-workspace can be shared")
    if not isinstance(shared, SharedRegistry):
        raise UsageError(f"--to {target}: only an azureml-registry takes what is shared")
    return Road(
        source=azure.workspace(source, workspace),
        source_name=source,
        target=azure.shared(target, shared),
        target_name=target,
    )


def share(road: Road, wanted: Sequence[Wanted], host: Host) -> Sequence[Ended]:
    """Share one after the other; a failure is part of the answer and does not stop the others."""
    ended = []
    for each in wanted:
        version = each.version or ""
        try:
            found = _found(road, each)
            version = found.version
            with host.task(f"share {each.name}:{version} from {road.source_name} to {road.target_name}"):
                shared = _share_one(road, each.name, found)
            ended.append(Ended(name=each.name, version=version, unchanged=not shared))
        except WheelpinError as error:
            ended.append(Ended(name=each.name, version=version, error=error))
    return ended


def exit_code_of(ended: Sequence[Ended]) -> int:
    """0, or the code that all failures share, or 6: some targets failed."""
    codes = {each.error.exit_code for each in ended if each.error}
    return codes.pop() if len(codes) == 1 else TargetError.exit_code if codes else 0


def _found(road: Road, wanted: Wanted) -> Version:
    """The version in the workspace. Raises TargetError where there is none."""
    found = (
        road.source.get(wanted.name, wanted.version) if wanted.version else road.source.newest(wanted.name)
    )
    if found is None:
        road.source.check()
        title = f"{wanted.name}:{wanted.version}" if wanted.version else wanted.name
        raise TargetError(
            f"registry {road.source_name}: there is no {title}",
            hint="register it first; what is new may take half a minute to be the latest",
        )
    return found


def _share_one(road: Road, name: str, wanted: Version) -> bool:
    """Whether it had to be sent. Raises ConflictError, TargetError, OutcomeUnknownError."""
    assets = road.target.assets
    if (there := assets.get(name, wanted.version)) is not None:
        _compare(road, name, wanted, there)
        return False
    source = source_id(road.source, name, wanted.version)
    assets.rest.link.retries.persist(lambda: _attempt(road, name, wanted, source))
    return True


def _attempt(road: Road, name: str, wanted: Version, source: str) -> None:
    """Look, and send what is not there; what may pass is raised, and the next attempt looks again."""
    assets = road.target.assets
    if (there := assets.read(name, wanted.version)) is not None:
        _compare(road, name, wanted, there)
        return
    try:
        reply = road.target.adopt(source, name, wanted.version)
    except TargetError as error:
        if _NOT_BUILT not in error.message:
            raise
        raise TargetError(
            error.message,
            hint="its image has to be built first: run a job with it in the workspace, then share it",
        ) from error
    if reply.status == HTTPStatus.CONFLICT:
        raise TransientError(OutcomeUnknownError(assets.rest.refusal(reply).message))
    written = assets.read(name, wanted.version)
    if written is None:
        title = f"registry {road.target_name}: {name}:{wanted.version}"
        raise TransientError(VerificationError(f"{title} is not there after it was shared"))
    _compare(road, name, wanted, written)


def _compare(road: Road, name: str, wanted: Version, found: Version) -> None:
    if not _alike(wanted.properties, found.properties):
        raise ConflictError(
            f"registry {road.target_name}: {name}:{wanted.version} is another definition",
            hint="a registered version never changes: share one that is new there",
        )


def _alike(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Whether two places hold one definition."""
    return resource_digest(wanted) == resource_digest(_with_context_of(wanted, found))


def _with_context_of(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was found; a shared registry moves contexts to addresses which do not tell what is there."""
    ours, theirs = wanted.get("build"), found.get("build")
    if not isinstance(ours, Mapping) or not isinstance(theirs, Mapping):
        return found
    tags = found.get("tags")
    told = "/LocalUpload/" in str(theirs.get("contextUri")) or (
        isinstance(tags, Mapping) and CONTEXT_TAG in tags
    )
    return found if told else {**found, "build": {**theirs, "contextUri": ours.get("contextUri")}}
