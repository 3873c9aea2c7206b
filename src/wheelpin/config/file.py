"""wheelpin.yml -> Config: variables filled in, and every mistake told at once with its line."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from yaml import Node

from wheelpin.config import VARIANTS, Config, WorkspaceRegistry, WorkspaceStore
from wheelpin.config.mistakes import Location, Mistake, config_error, explain, near, repeated_keys
from wheelpin.document import compose, invalid, plain
from wheelpin.errors import ConfigError, DefinitionError
from wheelpin.repository import Repository, read_plain
from wheelpin.source import decode

FILE = "wheelpin.yml"

_MISNAMED = ("wheelpin.yaml", ".wheelpin.yml", ".wheelpin.yaml")
_BLANK = re.compile(r"YOUR-[A-Z]+(?:-[A-Z]+)*")
"""What `wheelpin init` and the examples write for a name that only the user knows."""
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def load_config(root: Path, environ: Mapping[str, str], file: str | None = None) -> Config:
    """The config of a repository: `file`, else wheelpin.yml where there is one, else the embedded default.

    `file` is relative to `root` and may lie outside it: a user may read what a repository may not name.
    Raises ConfigError with every mistake and its line.
    """
    if file is None and not (root / FILE).exists():
        _refuse_misnamed(root)
        return Config()
    path = file or FILE
    try:
        text = _named(root, file) if file else Repository(root).read(FILE).text
        documents = compose(text, path)
        data = plain(documents[0], path) if documents else None
    except DefinitionError as error:
        raise ConfigError(error.message, findings=error.findings) from error
    return _read(path, documents, {} if data is None else data, environ)


def _named(root: Path, file: str) -> str:
    try:
        return decode(file, read_plain(os.path.realpath(root / file), file)).text
    except OSError as error:
        raise invalid(file, f"cannot be read: {error.strerror}", None) from error


def _refuse_misnamed(root: Path) -> None:
    for name in _MISNAMED:
        if (root / name).exists():
            raise ConfigError(f"{name}: the config is read from {FILE}", hint=f"rename it to {FILE}")


def _read(path: str, documents: list[Node], data: object, environ: Mapping[str, str]) -> Config:
    if not isinstance(data, dict):
        raise config_error(path, documents[0], [Mistake((), "must be a table of settings")])
    mistakes = [*_unset(data, environ), *_blanks(data), *_unknown_names(data)]
    if documents:
        mistakes += repeated_keys(documents[0])
    if len(documents) > 1:
        raise config_error(path, documents[1], [Mistake((), "must be one YAML document")])
    unset = {mistake.at for mistake in mistakes}
    try:
        config = Config.model_validate(_interpolated(data, environ), by_alias=True, by_name=False)
    except ValidationError as error:
        found = [explain(detail, _legal_keys) for detail in error.errors(include_url=False)]
        mistakes += [mistake for mistake in found if mistake.at not in unset]
        raise config_error(path, documents[0], mistakes) from error
    mistakes += _no_workspaces(config)
    if mistakes:
        raise config_error(path, documents[0], mistakes)
    return config


def _legal_keys(at: Location, variant: str | None) -> list[str]:
    model = VARIANTS[str(at[0])][variant] if variant else Config
    return [field.alias or name for name, field in model.model_fields.items()]


def _texts(value: object, at: Location = ()) -> Iterator[tuple[Location, str]]:
    match value:
        case dict():
            for key, item in value.items():
                yield from _texts(item, (*at, key))
        case list():
            for index, item in enumerate(value):
                yield from _texts(item, (*at, index))
        case str():
            yield at, value
        case _:
            pass


def _unset(data: object, environ: Mapping[str, str]) -> Iterator[Mistake]:
    for at, text in _texts(data):
        for name in _VARIABLE.findall(text):
            if name not in environ:
                yield Mistake(at, f"the environment variable {name} is not set")


def _blanks(data: object) -> Iterator[Mistake]:
    """Names that are still to be filled in: whoever has taken one as theirs must not get our requests."""
    for at, text in _texts(data):
        if _BLANK.fullmatch(text):
            yield Mistake(at, f"{text} stands for a name of yours: fill it in")


def _interpolated(value: Any, environ: Mapping[str, str]) -> Any:  # noqa: ANN401 - YAML
    """`value` with each `${NAME}` in its texts replaced by that environment variable."""
    match value:
        case dict():
            return {key: _interpolated(item, environ) for key, item in value.items()}
        case list():
            return [_interpolated(item, environ) for item in value]
        case str():
            return _VARIABLE.sub(lambda match: environ.get(match[1], match[0]), value)
        case _:
            return value


def _no_workspaces(config: Config) -> Iterator[Mistake]:
    """Stores in a workspace whose registry is something else."""
    for name, store in config.stores.items():
        if isinstance(store, WorkspaceStore):
            registry = config.registries.get(store.registry)
            if registry and not isinstance(registry, WorkspaceRegistry):
                text = f"{store.registry!r} is no workspace: its kind is {registry.kind}"
                yield Mistake(("stores", name, "registry"), text)


def _unknown_names(data: Mapping[str, object]) -> Iterator[Mistake]:
    """Registries that are named but not there; read before anything is known to be what it should be."""
    registries = data.get("registries", {"local": None})
    known = [str(name) for name in registries] if isinstance(registries, dict) else []
    for at, text in _texts({key: data.get(key) for key in ("environments", "stores")}):
        match at:
            case (
                ("environments", _, "from") | ("environments", _, "registries", _) | ("stores", _, "registry")
            ):
                if known and text not in known:
                    yield Mistake(at, f"{text!r} is not one of the registries{near(text, known)}")
            case _:
                pass
