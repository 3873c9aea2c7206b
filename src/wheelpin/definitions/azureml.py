"""Environments in the repository: found, read as values, and followed to every file that they are made of.

Relative paths are relative to the file that holds them, as the official client reads them. Nothing here
leaves the repository.
"""

import json
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

import yaml
from yaml import MappingNode, Node

from wheelpin.context import context_hash
from wheelpin.definitions.assets import is_conda_text, is_environment_root, is_remote
from wheelpin.definitions.fields import KEYS, check_fields, read_datastore, read_inference, read_os, read_tags
from wheelpin.definitions.formats import read_definition
from wheelpin.definitions.links import definition_files
from wheelpin.document import child, compose, invalid, line, plain
from wheelpin.environment import Context, Environment
from wheelpin.errors import DefinitionError, Level
from wheelpin.repository import Repository
from wheelpin.source import Source

__all__ = ["definition_files", "environment_name", "find_environments", "is_environment", "read_environment"]

_SCHEMA_LINE = re.compile(
    r"""^[{ \t]*["']?\$schema["']?[ \t]*:.*environment\.schema\.json""", re.MULTILINE | re.IGNORECASE
)
_TOP_KEY = re.compile(r"^([$A-Za-z_]+)[ \t]*:", re.MULTILINE)
_TEMPLATE = re.compile(r"\{\{|\{%|<%")
_SCHEMA = "nvironment.schema.json"
_HINTS = ("image", "build", "conda_file")


def find_environments(repository: Repository) -> list[str]:
    """The files that define an environment of their own, in the order of their paths."""
    found = []
    for path in repository.files:
        if not path.lower().endswith((".yml", ".yaml")):
            continue
        try:
            source = repository.read(path)
        except DefinitionError:
            continue
        if is_environment(source):
            found.append(path)
    return found


def is_environment(source: Source) -> bool:
    """Whether a file is an environment YAML, or is meant as one where it cannot be parsed."""
    if not any(hint in source.text for hint in (_SCHEMA, *_HINTS)):
        return False
    try:
        documents = compose(source.text, source.path)
    except DefinitionError:
        return _is_meant_as_environment(source.text)
    return len(documents) == 1 and is_environment_root(documents[0])


def environment_name(repository: Repository, path: str) -> str:
    """The name of the environment that a file defines. Raises DefinitionError."""
    root = _root(repository, path)
    return _name(root, plain(root, path), path)


def _is_meant_as_environment(text: str) -> bool:
    """Whether text that is not YAML is an environment with a mistake in it, and not a template or a job."""
    keys = set(_TOP_KEY.findall(text))
    known = keys <= KEYS and "name" in keys and not keys.isdisjoint(_HINTS)
    return (known or bool(_SCHEMA_LINE.search(text))) and not _TEMPLATE.search(text)


def read_environment(repository: Repository, path: str) -> Environment:
    """The environment that a file defines.

    Raises DefinitionError with the line of what Azure ML would refuse.
    """
    root = _root(repository, path)
    data = plain(root, path)
    check_fields(root, path)
    if ("image" in data) == ("build" in data):
        raise invalid(path, "an environment has either 'image' or 'build'", line(root))
    environment = Environment(
        name=_name(root, data, path),
        path=path,
        version=None if data.get("version") is None else str(data["version"]),
        image=data.get("image"),
        conda=_conda(repository, root, path),
        context=_context(repository, root, path),
        os_type=read_os(root, path),
        inference_config=read_inference(root, path),
        description=data.get("description"),
        tags=read_tags(root, path),
    )
    _refuse_credentials(repository, path)
    return environment


def _refuse_credentials(repository: Repository, path: str) -> None:
    """What is registered can be read by everyone who may use the environment, and stays for ever."""
    errors = [
        finding
        for file, form in definition_files(repository, path).items()
        for finding in read_definition(repository.read(file), form).findings
        if finding.level is Level.ERROR
    ]
    if errors:
        raise DefinitionError("\n".join(map(str, errors)), hint=errors[0].hint, findings=errors)


def _root(repository: Repository, path: str) -> MappingNode:
    documents = compose(repository.read(path).text, path)
    if len(documents) != 1 or not isinstance(documents[0], MappingNode):
        raise invalid(path, "an environment is one YAML mapping", 1)
    return documents[0]


def _name(root: Node, data: Mapping[str, Any], path: str) -> str:
    name = data.get("name")
    if not isinstance(name, str) or not name or "/" in name:
        raise invalid(
            path, "an environment needs a 'name', without slashes", line(child(root, "name") or root)
        )
    return name


def _conda(repository: Repository, root: Node, path: str) -> str | None:
    node = child(root, "conda_file")
    if node is None:
        return None
    value = plain(node, path)
    if isinstance(value, dict):
        return _conda_text(value) if value else None
    if not isinstance(value, str):
        raise invalid(path, "'conda_file' is a path or a conda environment", line(node))
    if is_conda_text(value):
        return value
    file = _beside(repository, path, value, node)
    if not repository.is_file(file):
        raise invalid(path, f"conda_file {value!r} does not exist", line(node))
    text = repository.read(file).text
    documents = compose(text, file)
    if len(documents) != 1 or not isinstance(documents[0], MappingNode):
        raise invalid(file, "a conda environment is a YAML mapping", 1)
    return text


def _conda_text(conda: Mapping[Any, Any]) -> str:
    """JSON where it says the same; YAML also holds dates, and keys that are numbers."""
    try:
        text = json.dumps(conda, indent=2, ensure_ascii=False, allow_nan=False)
        if json.loads(text) == conda:
            return text
    except (TypeError, ValueError):
        pass
    return str(yaml.safe_dump(conda, sort_keys=False, allow_unicode=True))


def _context(repository: Repository, root: Node, path: str) -> Context | None:
    node = child(root, "build", "path")
    if child(root, "build") is None:
        return None
    value = plain(node, path) if node is not None else None
    if node is None or not isinstance(value, str):
        raise invalid(path, "'build' needs a 'path'", line(node or root))
    if is_remote(value):
        raise invalid(
            path, "'build.path' must be a folder of the repository: wheelpin uploads no other", line(node)
        )
    folder = _beside(repository, path, value, node)
    if not (repository.root / folder).is_dir():
        raise invalid(path, f"build.path {value!r} is not a folder", line(node))
    dockerfile = child(root, "build", "dockerfile_path")
    name = plain(dockerfile, path) if dockerfile is not None else None
    if dockerfile is not None and not isinstance(name, str):
        raise invalid(path, "'build.dockerfile_path' is text", line(dockerfile))
    return Context(
        path=folder,
        digest=context_hash(repository, folder),
        dockerfile=name,
        root=repository.root,
        datastore=read_datastore(root, path),
    )


def _beside(repository: Repository, path: str, written: str, node: Node) -> str:
    try:
        return repository.resolve(written, base=str(PurePosixPath(path).parent))
    except DefinitionError as error:
        raise invalid(path, error.message, line(node)) from error
