"""Where environments go: one file a kind, bound by `Registry`, which none of them imports."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, assert_never, runtime_checkable

from wheelpin.azureml import Azure
from wheelpin.config import DirectoryRegistry, RegistryConfig, SharedRegistry, WorkspaceRegistry
from wheelpin.environment import Environment


@dataclass(frozen=True, kw_only=True, slots=True)
class Registered:
    """A version that a registry holds, and the digest of its canonical definition."""

    version: str
    digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """All versions of an environment in a registry, as a thorough look finds them.

    `latest` is the most recently created one. `highest` is the highest that is an integer, 0 where there is
    none: nothing stands under the number above it, though beyond that lists may lag. In an `archived`
    environment every new version is hidden from its start.
    """

    latest: Registered | None
    highest: int
    archived: bool = False


class Registry(Protocol):
    """What every kind of registry can do."""

    @property
    def name(self) -> str:
        """The name that the config gives it."""

    def latest(self, environment: str) -> Registered | None:
        """The most recently created version, by one quick look that may lag behind the last writes.

        None when the environment is unknown here. Raises TargetError when the registry itself is.
        """

    def series(self, environment: str) -> Series:
        """All its versions; right where `latest` may lag, and asked only where something is to change."""

    def get(self, environment: str, version: str) -> Registered | None:
        """That version; None when it is absent."""

    def register(self, environment: Environment, version: str, tags: Mapping[str, str]) -> None:
        """Create that version and read it back; the same definition there already is success.

        Raises ConflictError when another definition is there under this version.
        """


@dataclass(frozen=True, kw_only=True, slots=True)
class Definition:
    """The newest version of an environment, with all the properties that the registry keeps of it."""

    registered: Registered
    properties: Mapping[str, Any]


@runtime_checkable
class Browsable(Protocol):
    """A registry whose environments can be read as they were registered."""

    def names(self) -> Iterable[str]:
        """The names of all environments that are not archived."""

    def definition(self, environment: str) -> Definition | None:
        """Its newest version; None where it is absent, archived, or Azure ML's own."""

    def download(self, uri: str, folder: Path) -> None:
        """Copy the build context at a `contextUri` into `folder`, which is made.

        Raises DefinitionError for one that is not an uploaded context, or is not what its address says.
        """


def open_registry(name: str, config: RegistryConfig, root: Path, azure: Azure) -> Registry:
    """Open the registry that the config describes; nobody is asked anything yet.

    `root` is where its relative paths start, `azure` who we are to Azure.
    """
    match config:
        case DirectoryRegistry():
            from wheelpin.registries.directory import DirectoryBackend

            return DirectoryBackend(name, root / config.path)
        case WorkspaceRegistry():
            from wheelpin.registries.azureml import open_workspace

            return open_workspace(name, config, azure)
        case SharedRegistry():
            from wheelpin.registries.azureml import open_shared

            return open_shared(name, config, azure)
        case _:
            assert_never(config)
