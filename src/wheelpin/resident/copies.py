"""Copies of what only a registry holds: the newest versions, as files in a scratch folder."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import yaml

from wheelpin.config import WorkspaceEnvironment
from wheelpin.errors import DefinitionError, Finding, Level, UsageError
from wheelpin.registries import Browsable, Registered
from wheelpin.release import Release

READS_AT_ONCE: Final = 16

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_READ_ONLY = {"environmentType", "provisioningState", "isArchived", "isAnonymous", "stage"}
"""What the service decides itself, and the stage: a new version starts its life anew."""
_LABELS = "azureml.labels"
_SURROGATE = re.compile(r"\\u[Dd][89A-Fa-f]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Copy:
    """One of them in the scratch folder; `path` is its environment YAML there."""

    name: str
    registry: str
    path: str
    registered: Registered
    kept: Mapping[str, Any]
    registries: tuple[str, ...]


def selected(release: Release, entry: WorkspaceEnvironment, findings: list[Finding]) -> list[str]:
    """The names that an entry of the config selects."""
    if not any(char in entry.name for char in "*?["):
        return [entry.name]
    registry = _browsable(release, entry.source)
    found = [name for name in registry.names() if fnmatchcase(name, entry.name)]
    unfit = [name for name in found if not _SAFE.fullmatch(name)]
    findings += [left_alone(entry.source, name, "its name is no file name") for name in unfit]
    if not found:
        message = f"no environment there is called {entry.name!r}"
        findings.append(Finding(level=Level.WARNING, subject=f"registry {entry.source}", message=message))
    return [name for name in found if name not in unfit]


def _browsable(release: Release, name: str) -> Browsable:
    registry = release.registries.get(name)
    if registry is None:
        raise UsageError(f"environments: `from: {name}`: this run does not open that registry")
    if not isinstance(registry, Browsable):
        raise UsageError(f"environments: `from: {name}`: environments cannot be read there")
    return registry


def copied(
    release: Release,
    entry: WorkspaceEnvironment,
    names: Sequence[str],
    folder: Path,
    findings: list[Finding],
) -> Iterator[Copy]:
    """Copies of the newest versions, made side by side; what cannot be copied is told and left alone."""
    registry = _browsable(release, entry.source)

    def copy(name: str) -> Copy | Finding | None:
        found = registry.definition(name)
        if found is None:
            return left_alone(entry.source, name, "it is not there, archived, or Azure ML's own")
        place = folder / entry.source / name
        place.mkdir(parents=True)
        try:
            _write(registry, name, found.properties, place)
        except DefinitionError as error:
            return left_alone(entry.source, name, error.message)
        return Copy(
            name=name,
            registry=entry.source,
            path=f"{entry.source}/{name}/environment.yml",
            registered=found.registered,
            kept=_kept(found.properties),
            registries=entry.registries or (entry.source,),
        )

    with ThreadPoolExecutor(READS_AT_ONCE) as pool:
        for made in pool.map(copy, names):
            if isinstance(made, Finding):
                findings.append(made)
            elif made is not None:
                yield made


def _write(registry: Browsable, name: str, properties: Mapping[str, Any], place: Path) -> None:
    """Write a definition as files: what is read of it later, with `condaFile` as the registry has it."""
    definition: dict[str, Any] = {"name": name}
    if image := properties.get("image"):
        definition["image"] = str(image)
    if conda := properties.get("condaFile"):
        (place / "conda.yml").write_bytes(_conda_bytes(str(conda)))
        definition["conda_file"] = "conda.yml"
    build = properties.get("build")
    if isinstance(build, Mapping) and build.get("contextUri"):
        uri = str(build["contextUri"])
        context = PurePosixPath(unquote(urlsplit(uri).path)).name
        if not _SAFE.fullmatch(context) or context in {"conda.yml", "environment.yml"}:
            context = "context"
        registry.download(uri, place / context)
        definition["build"] = {"path": context}
        if build.get("dockerfilePath"):
            definition["build"]["dockerfile_path"] = str(build["dockerfilePath"])
    (place / "environment.yml").write_text(yaml.safe_dump(definition), encoding="utf-8")


def _conda_bytes(text: str) -> bytes:
    """A `condaFile` as YAML can be read. Raises DefinitionError for one that is no text."""
    if _SURROGATE.search(text):
        with suppress(ValueError, RecursionError):
            # JSON writes what is beyond 16 bits as two escapes, which mean nothing in YAML.
            text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise DefinitionError("its condaFile holds half of a character") from error


def _kept(properties: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in properties.items() if key not in _READ_ONLY and value is not None}
    own = kept.get("properties")
    if isinstance(own, Mapping):
        kept["properties"] = {key: value for key, value in own.items() if key != _LABELS}
    return {key: value for key, value in kept.items() if value not in ({}, "")}


def left_alone(registry: str, name: str, why: str) -> Finding:
    return Finding(level=Level.WARNING, subject=f"{registry}/{name}", message=f"left alone: {why}")
