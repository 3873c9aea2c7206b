"""Doctor: whether a release could begin: what is found here, who answers, who may publish; writes nothing."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, assert_never

from wheelpin.azureml.workspace import ask_workspace
from wheelpin.ci import Host
from wheelpin.config import DirectoryRegistry, SharedRegistry, WorkspaceRegistry
from wheelpin.errors import (
    CONVERGED,
    CheckError,
    ConfigError,
    DefinitionError,
    Finding,
    Level,
    WheelpinError,
)
from wheelpin.stores import Preflighted, Store

if TYPE_CHECKING:
    from wheelpin.azureml import Azure
    from wheelpin.azureml.connections import Connection
    from wheelpin.config import RegistryConfig, StoreConfig
    from wheelpin.connect import Prospect

Step = Callable[[], Iterable[Finding]]

PRIVATE_CONTAINER = (
    "a definition that installs from a private container needs a network that lets image builds in, "
    "or the wheel in its build context: no credential belongs into a definition"
)

WRITING = "whether we may register shows when it is tried: the role AzureML Data Scientist may"
WITHOUT_KEYS = (
    "signs in to its storage as who asks, not with a key: uploads of contexts and wheels need the role "
    "Storage Blob Data Contributor there"
)
AHEAD = timedelta(days=14)
"""How long before its end a secret is warned of."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Diagnosis:
    """What was found, and the exit code for it: 0 where nothing stands against a release."""

    findings: Sequence[Finding]
    exit_code: int


def examine(steps: Mapping[str, Step], host: Host) -> Diagnosis:
    """Take every step by its name; one that fails is a finding and does not lose the others."""
    findings: list[Finding] = []
    codes: set[int] = set()
    for name, step in steps.items():
        try:
            with host.task(name):
                found = list(step())
        except WheelpinError as error:
            codes.add(error.exit_code)
            found = list(error.findings) or [_failed(name, error)]
        findings += found
    if any(finding.level is Level.ERROR for finding in findings):
        return Diagnosis(
            findings=findings, exit_code=codes.pop() if len(codes) == 1 else CheckError.exit_code
        )
    return Diagnosis(findings=findings, exit_code=CONVERGED)


def ask(store: Store, described: "StoreConfig", names: Sequence[str]) -> list[Finding]:
    """Whether a store answers, what it holds of these projects, and what it would refuse."""
    found = list(store.preflight(names)) if isinstance(store, Preflighted) else []
    held = sum(len(store.files(name)) for name in names)
    told = [_notice(f"store {store.name}", f"answers, and holds {held} files of the projects here")]
    if described.kind in {"azure-blob", "workspace"}:
        told.append(replace(_notice(f"store {store.name}", PRIVATE_CONTAINER), hint="see docs/stores.md"))
    return told + found


def ask_registry(name: str, described: "RegistryConfig", azure: "Azure") -> list[Finding]:
    """Whether a registry answers, and what it says of itself. Raises TargetError, SignInError."""
    from wheelpin.azureml.connections import Connections

    subject = f"registry {name}"
    match described:
        case WorkspaceRegistry():
            assets = azure.workspace(name, described)
            facts = ask_workspace(assets)
            count = sum(1 for _ in assets.names())
            told = f"answers from {facts.location}; environments: {count}; {WRITING}"
            keys = [_notice(subject, WITHOUT_KEYS)] if facts.datastores == "identity" else []
            connections = Connections(assets).listed()
            return [_notice(subject, told), *keys, *_expiries(subject, connections, datetime.now(UTC))]
        case SharedRegistry():
            count = sum(1 for _ in azure.shared(name, described).assets.names())
            return [_notice(subject, f"answers; environments: {count}; {WRITING}")]
        case DirectoryRegistry():
            return []
        case _:
            assert_never(described)


def ask_connections(open_prospect: "Callable[[], Prospect]") -> list[Finding]:
    """Whether each line that leads to a private place has a connection, in the workspaces that answer."""
    try:
        prospect = open_prospect()
    except (DefinitionError, ConfigError):
        return []  # told by another step
    held = {}
    for name, connections in prospect.workspaces.items():
        with suppress(WheelpinError):  # told by its own step
            held[name] = tuple(connections.listed())
    return list(prospect.uncovered(held, Level.WARNING))


def _expiries(subject: str, connections: "Iterable[Connection]", now: datetime) -> Iterator[Finding]:
    """What is known of when secrets end; of most nobody told the service."""
    for one in connections:
        if one.expires is None:
            continue
        day, left = one.expires.date(), one.expires - now
        if left > AHEAD:
            yield _notice(subject, f"the secret of {one.name} is good until {day}")
            continue
        message = f"the secret of {one.name} {'ended' if left < timedelta() else 'ends'} on {day}"
        hint = f"make a new one, and run: wheelpin connect {one.name} --expires YYYY-MM-DD"
        yield Finding(level=Level.WARNING, subject=subject, message=message, hint=hint)


def _failed(name: str, error: WheelpinError) -> Finding:
    return Finding(level=Level.ERROR, subject=name, message=error.message, hint=error.hint)


def _notice(subject: str, message: str) -> Finding:
    return Finding(level=Level.NOTICE, subject=subject, message=message)
