"""Where environments go: one file a kind, bound by `Registry`, which none of them imports."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from wheelpin.config import DirectoryRegistry, RegistryConfig
from wheelpin.environment import Environment
from wheelpin.errors import UsageError


@dataclass(frozen=True, kw_only=True, slots=True)
class Registered:
    """A version that a registry holds, and the digest of its canonical definition."""

    version: str
    digest: str


class Registry(Protocol):
    """What every kind of registry can do."""

    @property
    def name(self) -> str:
        """The name that the config gives it."""

    def latest(self, environment: str) -> Registered | None:
        """The most recently created version; None when the environment is unknown here."""

    def highest(self, environment: str) -> int:
        """The highest version that is an integer; 0 when there is none."""

    def get(self, environment: str, version: str) -> Registered | None:
        """That version; None when it is absent."""

    def register(self, environment: Environment, version: str, tags: Mapping[str, str]) -> None:
        """Create that version and read it back; the same definition there already is success.

        Raises ConflictError when another definition is there under this version.
        """


def open_registry(name: str, config: RegistryConfig, root: Path) -> Registry:
    """Open the registry that the config describes; `root` is where its relative paths start."""
    match config:
        case DirectoryRegistry():
            from wheelpin.registries.directory import DirectoryBackend

            return DirectoryBackend(name, root / config.path)
        case _:
            raise UsageError(f"registry {name}: wheelpin cannot open kind {config.kind} yet")
