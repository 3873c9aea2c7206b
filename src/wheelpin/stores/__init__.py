"""Where wheels go and are installed from: one file a kind, bound by `Store`, which none of them imports."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol, assert_never, runtime_checkable

from packaging.version import Version

from wheelpin.config import (
    AzureArtifactsStore,
    AzureBlobStore,
    DirectoryStore,
    IndexStore,
    StoreConfig,
    WorkspaceStore,
)
from wheelpin.credentials.redaction import Secret
from wheelpin.errors import ConflictError, Finding, UsageError, WheelpinError
from wheelpin.wheel import Wheel

if TYPE_CHECKING:
    from wheelpin.azureml.assets import Assets


@dataclass(frozen=True, kw_only=True, slots=True)
class Published:
    """A file as the store's installers see it. `sha256` is None where the index states none."""

    file: str
    sha256: str | None
    url: str


class Store(Protocol):
    """What every kind of store can do. `project` is a normalised name (PEP 503)."""

    @property
    def name(self) -> str:
        """The name that the config gives it."""

    @property
    def index_url(self) -> str:
        """The simple index that a definition installs from, without any credential."""

    def files(self, project: str) -> Sequence[Published]:
        """What installers can see of a project, in file name order; nothing when it is absent."""

    def held(self, file: str) -> Published | None:
        """What stands under a file name that `files` does not show: a run was stopped before `publish`.

        None when nothing does; always None in a store where uploads are visible at once.
        """

    def fetch(self, published: Published, folder: Path) -> Path:
        """Download one file into `folder`.

        Raises VerificationError for bytes that do not have the index's sha256.
        """

    def url(self, file: str) -> str | None:
        """Where a URL pin to this file points; None when the store has no stable URLs."""

    def upload(self, wheel: Wheel) -> None:
        """Put the bytes there, create-only and read back; the same bytes there already are success.

        Raises ConflictError when other bytes are there under this file name.
        """

    def publish(self, project: str, wheels: Sequence[Wheel]) -> None:
        """Make uploaded wheels of one project visible to installers, and see that they are."""


@runtime_checkable
class Batched(Protocol):
    """A store that is quicker with many wheels at once."""

    def upload_all(self, wheels: Sequence[Wheel]) -> Mapping[str, WheelpinError]:
        """What `Store.upload` does, for each of the wheels; those that failed, by file name."""


@runtime_checkable
class Preflighted(Protocol):
    """A store that can tell beforehand what it would refuse."""

    @property
    def name(self) -> str:
        """The name that the config gives it."""

    def preflight(self, names: Sequence[str]) -> Sequence[Finding]:
        """What stands against publishing projects of these normalised names, before they are built.

        Raises SignInError, and TargetError when the store is not there.
        """

    def check(self, wheels: Sequence[Wheel]) -> Sequence[Finding]:
        """What stands against publishing these wheels; asks nobody."""


@runtime_checkable
class SignedIn(Protocol):
    """A store that signs in with a secret."""

    def secrets(self) -> Sequence[Secret]:
        """What a host has to mask in its log, before the store is used. Raises SignInError."""


@runtime_checkable
class Yankable(Protocol):
    """A store that can take a version back: installers pass over it unless it is pinned exactly (PEP 592)."""

    def yank(self, project: str, version: Version, reason: str | None) -> Sequence[str]:
        """Mark all files of a version, or with None take the mark away; which files it has, perhaps none."""


@runtime_checkable
class Auditable(Protocol):
    """A store whose files can all be read again, and whose index can be made anew from them."""

    def audit(self) -> Sequence[Finding]:
        """All that does not fit: files that are changed, missing, not listed, or not the store's."""

    def rebuild(self) -> None:
        """List every wheel that is there and nothing else; what is yanked stays yanked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Clash:
    """A store holds other content, of sha256 `held`, under a wheel's file name."""

    store: str
    wheel: Wheel
    held: str

    def __str__(self) -> str:
        return (
            f"store {self.store} holds other content as {self.wheel.file}\n"
            f"  held:  sha256 {self.held}\n"
            f"  built: sha256 {self.wheel.sha256}"
        )


def conflict(clashes: Sequence[Clash]) -> ConflictError:
    """All clashes as one error."""
    names = ", ".join(sorted({clash.wheel.name for clash in clashes}))
    return ConflictError(
        "\n".join(map(str, clashes)),
        hint=f"what is published is never replaced: raise the version of {names}",
    )


def open_store(
    name: str,
    config: StoreConfig,
    root: Path,
    environ: Mapping[str, str] = MappingProxyType({}),
    workspace: Callable[[str], "Assets"] | None = None,
) -> Store:
    """Open the store that the config describes; nobody is asked anything yet.

    `root` is where its relative paths start, `environ` where its credentials are looked for; `workspace`
    gives the workspace that a registry's name stands for. Raises SignInError, UsageError.
    """
    match config:
        case DirectoryStore():
            from wheelpin.stores.directory import DirectoryBucket
            from wheelpin.stores.static import StaticStore

            return StaticStore(DirectoryBucket(name, root / config.path))
        case AzureBlobStore():
            from wheelpin.stores.azure_blob import open_container
            from wheelpin.stores.static import StaticStore

            return StaticStore(open_container(name, config.url, environ))
        case IndexStore():
            from wheelpin.stores.index import IndexBackend

            return IndexBackend(name, config, environ)
        case AzureArtifactsStore():
            from wheelpin.stores.azure_artifacts import ArtifactsBackend

            return ArtifactsBackend(name, config, environ)
        case WorkspaceStore():
            from wheelpin.stores.azure_blob import open_workspace
            from wheelpin.stores.static import StaticStore

            if workspace is None:
                raise UsageError(f"store {name}: nobody knows the workspace {config.registry}")
            return StaticStore(open_workspace(name, workspace(config.registry), environ))
        case _:
            assert_never(config)
