"""What the official client takes in an environment: keys, and kinds of values. What it refuses, we do.

As azure-ai-ml 1.35 loads them: nothing may be null, and a number is no text, though YAML makes one of it.
"""

import base64
from collections.abc import Mapping
from datetime import UTC, date, datetime
from difflib import get_close_matches
from typing import Any, Final

from yaml import MappingNode, Node

from wheelpin.document import child, entries, invalid, line, plain

_KINDS: Final[Mapping[str, tuple[type | tuple[type, ...], str]]] = {
    "$schema": (object, "text"),
    "name": (object, "text"),
    "version": ((str, int, float), "text or a number"),
    "description": (str, "text"),
    "tags": (dict, "a mapping"),
    "image": (str, "text"),
    "build": (object, "a mapping"),
    "conda_file": (object, "a path or a conda environment"),
    "inference_config": (dict, "a mapping"),
    "os_type": (str, "text"),
    "datastore": (str, "text"),
    "auto_delete_setting": (dict, "a mapping"),
}
KEYS: Final = frozenset(_KINDS)
_BELOW: Final = {"build": ("path", "dockerfile_path"), "auto_delete_setting": ("condition", "value")}
_SYSTEMS: Final = ("linux", "windows")
_ROUTES: Final = {
    "liveness_route": "livenessRoute", "readiness_route": "readinessRoute", "scoring_route": "scoringRoute",
}  # fmt: skip


def check_fields(root: MappingNode, path: str) -> None:
    """See that a definition holds what it may. Raises DefinitionError with the line of what it may not."""
    for key, node in entries(root):
        if key not in KEYS:
            close = get_close_matches(key, KEYS, n=1)
            near = f"; did you mean {close[0]!r}?" if close else ""
            raise invalid(path, f"Azure ML knows no key {key!r} in an environment{near}", line(node))
        kind, word = _KINDS[key]
        value = plain(node, path)
        if value is None:
            raise invalid(path, f"{key!r} is empty: it is {word}, or is left out", line(node))
        if not isinstance(value, kind):
            raise invalid(path, f"{key!r} is {word}", line(node))
        if key in _BELOW:
            _check_keys(node, key, _BELOW[key], path)


def read_datastore(root: Node, path: str) -> str | None:
    """The name of the datastore that a build context goes to, as it stands or at the end of an id."""
    node = child(root, "datastore")
    text = "" if node is None else str(plain(node, path))
    return text.removeprefix("azureml:").rstrip("/").rpartition("/")[2] or None


def read_tags(root: Node, path: str) -> Mapping[str, Any]:
    """The tags, as JSON can hold them. Raises DefinitionError."""
    node = child(root, "tags")
    if node is None:
        return {}
    tags = plain(node, path)
    wrong = next((name for name in tags if not isinstance(name, str)), None)
    if wrong is not None:
        raise invalid(path, f"the name of the tag {wrong!r} is no text: quote it", line(node))
    return {name: _sendable(value) for name, value in tags.items()}


def read_os(root: Node, path: str) -> str | None:
    """The operating system, in the letters that the official client sends. Raises DefinitionError."""
    node = child(root, "os_type")
    if node is None:
        return None
    name = str(plain(node, path)).lower()
    if name not in _SYSTEMS:
        raise invalid(path, f"'os_type' is one of {', '.join(_SYSTEMS)}", line(node))
    return name


def read_inference(root: Node, path: str) -> Mapping[str, Any] | None:
    """The routes of a server in the image. Raises DefinitionError."""
    node = child(root, "inference_config")
    if node is None:
        return None
    _check_keys(node, "inference_config", tuple(_ROUTES), path)
    return {sent: _route(child(node, key), key, node, path) for key, sent in _ROUTES.items()}


def _route(node: Node | None, key: str, parent: Node, path: str) -> Mapping[str, Any]:
    if not isinstance(node, MappingNode):
        raise invalid(path, f"'inference_config' needs a {key!r} with 'port' and 'path'", line(parent))
    _check_keys(node, key, ("port", "path"), path)
    values = plain(node, path)
    port, route = _port(values.get("port")), values.get("path")
    if port is None or not isinstance(route, str):
        raise invalid(path, f"{key!r} needs a 'port' that is a number, and a 'path' that is text", line(node))
    return {"port": port, "path": route}


def _port(value: object) -> int | None:
    match value:
        case bool():
            return None
        case int() | float() | str():
            try:
                return int(value)
            except (ValueError, OverflowError):
                return None
        case _:
            return None


def _check_keys(node: Node, name: str, known: tuple[str, ...], path: str) -> None:
    for key, value in entries(node):
        if key not in known:
            raise invalid(path, f"Azure ML knows no key {key!r} in {name!r}", line(value))


def _sendable(value: object) -> object:
    """A value of YAML's as azure-core writes it in JSON; a time without a zone is UTC, as YAML has it."""
    match value:
        case datetime():
            utc = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
            return utc.isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case bytes():
            return base64.b64encode(value).decode()
        case Mapping():
            return {name: _sendable(item) for name, item in value.items()}
        case list():
            return [_sendable(item) for item in value]
        case _:
            return value
