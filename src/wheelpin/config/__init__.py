"""Config: what a release is made of. Every legal key and every default stands here and nowhere else."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)

from wheelpin.errors import UsageError
from wheelpin.repository import compile_patterns

_UNSHOWN = re.compile(r"[\s\x00-\x1f\x7f-\x9f]")
_HERE = ("localhost", "127.0.0.1", "::1")


def _folder(path: str) -> str:
    if path.startswith("~") or "\0" in path:
        raise ValueError("must be a path as it stands: no '~'")
    return path


def _inside(path: str) -> str:
    parts = PurePosixPath(path.replace("\\", "/"))
    if parts.is_absolute() or path[1:2] == ":" or ".." in parts.parts or path.startswith("~") or "\0" in path:
        raise ValueError("must stay inside the repository: no absolute path, no '..', no '~'")
    return path


def _pattern(pattern: str) -> str:
    try:
        compile_patterns([_inside(pattern)])
    except UsageError as error:
        raise ValueError("is not a glob pattern") from error
    return pattern


def _url(url: str) -> str:
    parts = urlsplit(url)
    # A backslash ends the host for some readers of addresses and not for others.
    if not parts.hostname or "\\" in url or _UNSHOWN.search(url):
        raise ValueError("must be an https:// address")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _HERE):
        raise ValueError("must be an https:// address (http:// only on this machine)")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("must hold no user, password or query: credentials come from the environment")
    return url


Text = Annotated[str, Field(min_length=1)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Folder = Annotated[Text, AfterValidator(_folder)]
Inside = Annotated[Text, AfterValidator(_inside)]
Pattern = Annotated[Text, AfterValidator(_pattern)]
Url = Annotated[str, AfterValidator(_url)]


class _Table(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        hide_input_in_errors=True,
    )


class DirectoryStore(_Table):
    """A folder with a simple index that pip and uv install from."""

    kind: Literal["directory"]
    path: Folder


class IndexStore(_Table):
    """Any package index with the upload API and a simple page."""

    kind: Literal["index"]
    upload: Url
    simple: Url


class AzureArtifactsStore(_Table):
    """An Azure Artifacts feed: `organization` in the service, `url` for a server's collection."""

    kind: Literal["azure-artifacts"]
    feed: Text
    organization: Text | None = None
    project: Text | None = None
    url: Url | None = None
    view: Text | None = None

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        if (self.organization is None) == (self.url is None):
            raise ValueError("give either 'organization' or 'url'")
        return self


class AzureBlobStore(_Table):
    """A blob container, and the prefix in it, with a simple index beside the wheels."""

    kind: Literal["azure-blob"]
    url: Url


class WorkspaceStore(_Table):
    """The default blob store of an Azure ML workspace that `registries` names."""

    kind: Literal["workspace"]
    registry: Text


class DirectoryRegistry(_Table):
    """A folder that keeps each environment version as the resource that Azure ML would keep."""

    kind: Literal["directory"]
    path: Folder


class WorkspaceRegistry(_Table):
    """An Azure ML workspace."""

    kind: Literal["azureml-workspace"]
    subscription: Text
    resource_group: Text = Field(alias="resource-group")
    workspace: Text
    endpoint: Url | None = None


class SharedRegistry(_Table):
    """An Azure ML registry, shared by workspaces."""

    kind: Literal["azureml-registry"]
    name: Text
    endpoint: Url | None = None


class RepositoryEnvironment(_Table):
    """Environments that are defined in the repository, and the registries they go to (default: all)."""

    path: Pattern
    registries: tuple[Text, ...] | None = None


class WorkspaceEnvironment(_Table):
    """Environments that live only in a registry: read there, patched, and registered there anew."""

    name: Text
    source: Text = Field(alias="from")
    registries: tuple[Text, ...] | None = None


def _kind_of_environment(value: object) -> str:
    named = isinstance(value, WorkspaceEnvironment) or (isinstance(value, dict) and "from" in value)
    return "from" if named else "path"


StoreConfig = Annotated[
    DirectoryStore | IndexStore | AzureArtifactsStore | AzureBlobStore | WorkspaceStore,
    Discriminator("kind"),
]
RegistryConfig = Annotated[DirectoryRegistry | WorkspaceRegistry | SharedRegistry, Discriminator("kind")]
EnvironmentConfig = Annotated[
    Annotated[RepositoryEnvironment, Tag("path")] | Annotated[WorkspaceEnvironment, Tag("from")],
    Discriminator(_kind_of_environment),
]


class Config(_Table):
    """What a release is made of."""

    projects: tuple[Pattern, ...] | None = Field(
        default=None, description="Folders of the projects to build; by default every one that can be built."
    )
    output: Inside = Field(default="dist", description="Where built wheels land.")
    stores: dict[Name, StoreConfig] = Field(
        default={"local": DirectoryStore(kind="directory", path=".wheelpin/wheels")},
        min_length=1,
        json_schema_extra={"additionalProperties": False},
        description="Where wheels go: each wheel into every store.",
    )
    registries: dict[Name, RegistryConfig] = Field(
        default={"local": DirectoryRegistry(kind="directory", path=".wheelpin/registry")},
        min_length=1,
        json_schema_extra={"additionalProperties": False},
        description="Where environments go.",
    )
    environments: tuple[EnvironmentConfig, ...] | None = Field(
        default=None, description="Which environments are pinned and registered; by default every one found."
    )
    references: tuple[Pattern, ...] = Field(
        default=("**/*.yml", "**/*.yaml"), description="Files whose references to environments follow."
    )
    versioning: Literal["next", "content"] = Field(
        default="next", description="How a new environment version is named."
    )


VARIANTS: Mapping[str, Mapping[str, type[BaseModel]]] = {
    "stores": {
        "directory": DirectoryStore,
        "index": IndexStore,
        "azure-artifacts": AzureArtifactsStore,
        "azure-blob": AzureBlobStore,
        "workspace": WorkspaceStore,
    },
    "registries": {
        "directory": DirectoryRegistry,
        "azureml-workspace": WorkspaceRegistry,
        "azureml-registry": SharedRegistry,
    },
    "environments": {"path": RepositoryEnvironment, "from": WorkspaceEnvironment},
}
"""The models of each table, by the word that chooses between them."""
