"""wheelpin.yml -> Config: every default and every legal key stands here, and all mistakes are told at once."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails
from yaml import MappingNode, Node, ScalarNode, SequenceNode

from wheelpin.document import compose, line, plain
from wheelpin.errors import ConfigError, DefinitionError, Finding, Level
from wheelpin.repository import Repository

FILE = "wheelpin.yml"

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def _stays_inside(pattern: str) -> str:
    path = PurePosixPath(pattern.replace("\\", "/"))
    drive = len(pattern) > 1 and pattern[1] == ":"
    if path.is_absolute() or drive or ".." in path.parts or pattern.startswith("~") or "\0" in pattern:
        raise ValueError("must stay inside the repository: no absolute path, no '..', no '~'")
    return pattern


def _is_https(url: str) -> str:
    if not url.startswith(("https://", "http://127.0.0.1", "http://localhost", "http://[::1]")):
        raise ValueError("must be an https:// address (http:// only on this machine)")
    if "@" in url.split("/", 3)[2]:
        raise ValueError("must not hold a user or password: credentials come from the environment")
    return url


Pattern = Annotated[str, AfterValidator(_stays_inside)]
Url = Annotated[str, AfterValidator(_is_https)]


class _Table(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_by_name=True, validate_by_alias=True, serialize_by_alias=True
    )


class DirectoryStore(_Table):
    """A folder with a simple index that pip and uv install from."""

    kind: Literal["directory"]
    path: str


class IndexStore(_Table):
    """Any package index with the upload API and a simple page."""

    kind: Literal["index"]
    upload: Url
    simple: Url


class AzureArtifactsStore(_Table):
    """An Azure Artifacts feed: `organization` in the service, `url` for a server's collection."""

    kind: Literal["azure-artifacts"]
    feed: str
    organization: str | None = None
    project: str | None = None
    url: Url | None = None
    view: str | None = None

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
    registry: str


class DirectoryRegistry(_Table):
    """A folder that keeps each environment version as the resource that Azure ML would keep."""

    kind: Literal["directory"]
    path: str


class WorkspaceRegistry(_Table):
    """An Azure ML workspace."""

    kind: Literal["azureml-workspace"]
    subscription: str
    resource_group: str = Field(alias="resource-group")
    workspace: str
    endpoint: Url | None = None


class SharedRegistry(_Table):
    """An Azure ML registry, shared by workspaces."""

    kind: Literal["azureml-registry"]
    name: str
    endpoint: Url | None = None


class RepositoryEnvironment(_Table):
    """Environments that are defined in the repository, and the registries they go to (default: all)."""

    path: Pattern
    registries: tuple[str, ...] | None = None


class WorkspaceEnvironment(_Table):
    """Environments that live only in a registry: read there, patched, and registered there anew."""

    name: str
    source: str = Field(alias="from")
    registries: tuple[str, ...] | None = None


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
    output: Pattern = Field(default="dist", description="Where built wheels land.")
    stores: dict[str, StoreConfig] = Field(
        default={"local": DirectoryStore(kind="directory", path=".wheelpin/wheels")},
        min_length=1,
        description="Where wheels go: each wheel into every store.",
    )
    registries: dict[str, RegistryConfig] = Field(
        default={"local": DirectoryRegistry(kind="directory", path=".wheelpin/registry")},
        min_length=1,
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

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        for environment in self.environments or ():
            named = list(environment.registries or ())
            if isinstance(environment, WorkspaceEnvironment):
                named.append(environment.source)
            for name in named:
                _known(name, self.registries, "registries")
        for store in self.stores.values():
            if isinstance(store, WorkspaceStore):
                _known(store.registry, self.registries, "registries")
        return self


def load_config(root: Path, environ: Mapping[str, str], file: str | None = None) -> Config:
    """The config of a repository: `file`, else wheelpin.yml where there is one, else the embedded default.

    Raises ConfigError with every mistake and its line.
    """
    repository = Repository(root)
    if file is None and not (root / FILE).exists():
        return Config()
    path = file or FILE
    try:
        documents = compose(repository.read(path).text, path)
        nodes = documents[0] if documents else MappingNode("tag:yaml.org,2002:map", [])
        data = plain(nodes, path)
    except DefinitionError as error:
        raise ConfigError(error.message, findings=error.findings) from error
    if not isinstance(data, dict):
        raise _config_error([_finding(path, nodes, (), "must be a table of settings")])
    missing: list[Finding] = []
    data = _interpolated(data, environ, lambda loc, text: missing.append(_finding(path, nodes, loc, text)))
    try:
        config = Config.model_validate(data)
    except ValidationError as error:
        raise _config_error(
            [*missing, *(_explain(path, nodes, detail) for detail in error.errors())]
        ) from error
    if missing:
        raise _config_error(missing)
    return config


def _known(name: str, table: Mapping[str, object], key: str) -> None:
    if name not in table:
        raise ValueError(f"{name!r} is not one of the {key}" + _near(name, list(table)))


def _near(word: str, known: list[str]) -> str:
    close = get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f": it is one of {', '.join(sorted(known))}"


def _config_error(findings: list[Finding]) -> ConfigError:
    ordered = sorted(findings, key=lambda finding: finding.line or 0)
    return ConfigError(
        "\n".join(str(finding) for finding in ordered),
        hint="docs/config.md lists every key",
        findings=ordered,
    )


def _interpolated(value: Any, environ: Mapping[str, str], miss: Any, loc: tuple[str | int, ...] = ()) -> Any:  # noqa: ANN401
    """`value` with each `${NAME}` replaced by that environment variable; `miss` hears of unset ones."""
    if isinstance(value, dict):
        return {key: _interpolated(item, environ, miss, (*loc, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [_interpolated(item, environ, miss, (*loc, index)) for index, item in enumerate(value)]
    if not isinstance(value, str):
        return value
    for name in _VARIABLE.findall(value):
        if name not in environ:
            miss(loc, f"the environment variable {name} is not set")
    return _VARIABLE.sub(lambda match: environ.get(match[1], match[0]), value)


def _explain(path: str, nodes: Node, detail: ErrorDetails) -> Finding:
    loc = detail["loc"]
    if detail["type"] == "extra_forbidden":
        keys = [field.alias or name for name, field in _model_at(loc[:-1]).model_fields.items()]
        text = f"unknown key {loc[-1]!r}" + _near(str(loc[-1]), keys)
    elif detail["type"] == "missing":
        text = f"the key {loc[-1]!r} is missing"
        loc = loc[:-1]
    elif detail["type"].startswith("union_tag"):
        expected = [tag.strip("'") for tag in str(detail.get("ctx", {}).get("expected_tags", "")).split(", ")]
        tag = str(detail.get("ctx", {}).get("tag", ""))
        text = f"unknown kind {tag!r}" + _near(tag, expected) if tag else "the key 'kind' is missing"
    else:
        text = detail["msg"].removeprefix("Value error, ")
    return _finding(path, nodes, loc, text)


def _model_at(loc: tuple[str | int, ...]) -> type[BaseModel]:
    match loc:
        case ("stores" | "registries" | "environments" as table, _, tag, *_):
            return next(model for key, model in _models(table) if key == tag)
        case _:
            return Config


def _models(table: str) -> Iterator[tuple[str, type[BaseModel]]]:
    if table == "environments":
        yield from (("path", RepositoryEnvironment), ("from", WorkspaceEnvironment))
        return
    union = (
        (DirectoryStore, IndexStore, AzureArtifactsStore, AzureBlobStore, WorkspaceStore)
        if table == "stores"
        else (DirectoryRegistry, WorkspaceRegistry, SharedRegistry)
    )
    for model in union:
        yield model.model_fields["kind"].annotation.__args__[0], model  # type: ignore[union-attr]


def _finding(path: str, nodes: Node, loc: tuple[str | int, ...], text: str) -> Finding:
    """A finding at the line of the deepest part of `loc` that stands in the file."""
    at, node, words = line(nodes), nodes, []
    for part in loc:
        found = _step(node, part)
        if found is None:
            continue
        at, node = found
        words.append(str(part))
    key = ".".join(words)
    named = f"{key}: {text}" if key and not text.startswith("unknown key") else text
    return Finding(level=Level.ERROR, subject=path, line=at, message=named)


def _step(node: Node, part: str | int) -> tuple[int, Node] | None:
    match node:
        case MappingNode():
            for key, value in node.value:
                if isinstance(key, ScalarNode) and key.value == str(part):
                    return line(key), value
        case SequenceNode() if isinstance(part, int) and part < len(node.value):
            return line(node.value[part]), node.value[part]
    return None
