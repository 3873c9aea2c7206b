"""Environment: what Azure ML needs to make an image, and the digest that says whether two are the same."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from wheelpin.document import MAX_DEPTH, compose, plain
from wheelpin.errors import DefinitionError

CANON = 1
"""The form of the canonical definition; it is hashed too, so a new form can never pass for the old one."""
CONTEXT_TAG = "wheelpin.context"
"""Shared registries move build contexts to addresses of their own choice."""
_LEVELS = 2 * MAX_DEPTH
"""Room for all that our own YAML may hold; a service's JSON knows no such limit, the stack does."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """A folder that an image is built from.

    `digest` is the content hash of the folder as the official client computes it; `path` is relative to
    `root`, the repository's root, where a registry finds the files. `datastore` is where a workspace is to
    keep it, if not in its own blob store.
    """

    path: str
    digest: str
    dockerfile: str | None = None
    root: Path = field(compare=False, repr=False)
    datastore: str | None = field(default=None, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """One environment as its definition states it; `path` is the file, `conda` the text as the user wrote it.

    `version` is what the definition itself states, if anything: registries are told versions by the plan.
    `kept` are properties of an earlier version, which stay unless the definition says otherwise.
    """

    name: str
    path: str
    version: str | None = None
    image: str | None = None
    conda: str | None = None
    context: Context | None = None
    os_type: str | None = None
    inference_config: Mapping[str, Any] | None = None
    description: str | None = None
    tags: Mapping[str, Any] = field(default_factory=dict)
    kept: Mapping[str, Any] = field(default_factory=dict)

    def resource(self, tags: Mapping[str, Any], context_uri: str | None = None) -> dict[str, Any]:
        """The properties that Azure ML keeps; what is not set is left out, as the official client does.

        Where the address of a build context does not hold its content hash, a tag does.
        """
        build, hashed = None, {}
        if self.context:
            build = {"contextUri": context_uri, "dockerfilePath": self.context.dockerfile}
            build = {key: value for key, value in build.items() if value is not None}
            if context_uri and _content(context_uri) is None:
                hashed = {CONTEXT_TAG: self.context.digest}
        properties = {
            "image": self.image,
            "condaFile": self.conda,
            "build": build,
            "osType": self.os_type,
            "inferenceConfig": self.inference_config,
            "description": self.description or None,
            "tags": {**_table(self.kept.get("tags")), **self.tags, **tags, **hashed} or None,
            "isAnonymous": False,
            "isArchived": False,
        }
        return {**self.kept, **{key: value for key, value in properties.items() if value is not None}}

    @property
    def digest(self) -> str:
        """The sha256 of the canonical definition: equal when Azure ML would make the same image."""
        uri = f"LocalUpload/{self.context.digest}/" if self.context else None
        return resource_digest(self.resource({}, uri))


def resource_digest(properties: Mapping[str, Any]) -> str:
    """The digest of a definition as a registry holds it.

    Only what cannot be changed on an existing version counts: image, conda, build, inference config and OS.
    `condaFile` is compared as data, because the service hands it back as JSON; the order of keys does not
    matter there, the order of dependencies does.
    """
    build = properties.get("build") or {}
    if not isinstance(build, Mapping):
        raise DefinitionError("the definition's build is no table")
    definition = {
        "canon": CANON,
        "image": properties.get("image") or None,
        "conda": _conda(properties.get("condaFile")),
        "context": _context(build.get("contextUri"), properties.get("tags")),
        "dockerfile": build.get("dockerfilePath") or ("Dockerfile" if build else None),
        "os": str(properties.get("osType") or "Linux").lower(),
        "inference": _present(properties.get("inferenceConfig")),
    }
    text = json.dumps(_canonical(definition), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _conda(text: object) -> object:
    if not text:
        return None
    if not isinstance(text, str):
        raise DefinitionError("condaFile is no text")
    try:
        return json.loads(text)
    except (
        ValueError,
        RecursionError,
    ):  # as users write it; YAML alone would not do: it has no surrogate pairs
        documents = compose(text, "condaFile")
    if len(documents) != 1:
        raise DefinitionError("condaFile must hold one YAML document")
    return plain(documents[0], "condaFile")


def _context(uri: object, tags: object) -> str | None:
    """A context's content hash, from its address or from our tag; else the address: a git or web context."""
    if uri is None:
        return None
    tagged = tags.get(CONTEXT_TAG) if isinstance(tags, Mapping) else None
    return _content(str(uri)) or (str(tagged) if tagged else str(uri))


def _content(uri: str) -> str | None:
    """The content hash in the address of an uploaded context."""
    parts = unquote(uri).split("/")
    return parts[parts.index("LocalUpload") + 1] if "LocalUpload" in parts[:-1] else None


def _present(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _present(item) for key, item in value.items() if item is not None}
    return value


def _canonical(value: object, depth: int = 0) -> object:
    """`value` as JSON can hold it: YAML's keys may be numbers, its values dates."""
    if depth > _LEVELS:
        raise DefinitionError("the definition is nested too deep")
    match value:
        case Mapping():
            return {_key(key): _canonical(item, depth + 1) for key, item in value.items()}
        case list() | tuple():
            return [_canonical(item, depth + 1) for item in value]
        case str() | int() | float() | None:
            return value
        case _:
            return str(value)


def _key(key: object) -> str:
    return key if isinstance(key, str) else json.dumps(key, default=str)
