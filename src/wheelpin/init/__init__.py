"""Init: a first config and a first pipeline for a repository; nothing is written over what is there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from pathlib import Path

from wheelpin.errors import UsageError
from wheelpin.init.discovery import Discovery
from wheelpin.init.draft import config_text
from wheelpin.replacement import replace_file

CONFIG = "wheelpin.yml"

_UNKNOWN = re.compile(r"\bYOUR-[A-Z]+(?:-[A-Z]+)*\b|\b0{40}\b")
_WORKFLOWS = ".github/workflows"


class Service(StrEnum):
    """The CI service that a pipeline is written for."""

    GITHUB = "github"
    AZURE = "azure"


@dataclass(frozen=True, kw_only=True, slots=True)
class Blank:
    """A name that nobody but the user knows, where it stands; `line` counts from 1."""

    path: str
    line: int
    name: str


def choose_service(discovery: Discovery, chosen: str | None) -> Service:
    """The service that was chosen, else the one whose traces the repository holds. Raises UsageError."""
    if chosen:
        return Service(chosen)
    traces = {Service.GITHUB: discovery.github, Service.AZURE: discovery.azure}
    found = [service for service, trace in traces.items() if trace]
    if len(found) == 1:
        return found[0]
    why = "there are traces of both services" if found else "no remote and no file tells the service"
    raise UsageError(
        f"which pipeline is wanted is not clear: {why}", hint="say --host github or --host azure"
    )


def draft_files(discovery: Discovery, service: Service, *, local: bool) -> Mapping[str, str]:
    """Each file that is to be written, with its text; `local` keeps wheels and environments in folders."""
    config = {CONFIG: config_text(discovery, local=local)}
    match service:
        case Service.GITHUB:
            release = "matrix.yml" if discovery.compiled else "release.yml"
            return config | {
                f"{_WORKFLOWS}/wheelpin-plan.yml": _template("github/plan.yml"),
                f"{_WORKFLOWS}/wheelpin-release.yml": _template(f"github/{release}"),
            }
        case Service.AZURE:
            return config | {"wheelpin-pipelines.yml": _azure(discovery, local=local)}


def write_files(root: Path, drafted: Mapping[str, str]) -> None:
    """Write all, or none where one is there already. Raises UsageError."""
    taken = [path for path in drafted if (root / path).exists() or (root / path).is_symlink()]
    if taken:
        raise UsageError(
            f"{', '.join(taken)}: there already, and nothing is written over it",
            hint="move it away, run `wheelpin init` again, and compare",
        )
    for path, text in drafted.items():
        try:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            replace_file(root / path, text.encode())
        except OSError as error:
            raise UsageError(f"{path}: cannot be written: {error.strerror}") from error


def blanks(drafted: Mapping[str, str]) -> list[Blank]:
    """What is left to fill in, in the order of files and lines."""
    return [
        Blank(path=path, line=number, name=found[0])
        for path, text in drafted.items()
        for number, line in enumerate(text.splitlines(), 1)
        for found in _UNKNOWN.finditer(line)
    ]


def _azure(discovery: Discovery, *, local: bool) -> str:
    text = _template("azure/azure-pipelines.yml")
    if discovery.compiled:
        text = text.replace("platforms: false", "platforms: true")
    if local:
        text = re.sub(r" +(readerConnection|serviceConnection): .*\n", "", text)
    return text


def _template(name: str) -> str:
    """One of the pipelines that stand in pipelines/ for everybody to copy."""
    return (files("wheelpin.init") / "templates" / name).read_text(encoding="utf-8")
