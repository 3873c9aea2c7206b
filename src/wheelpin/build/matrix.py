"""Matrix: which project is built on which runner, where the CI service is the engine that fans out."""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, assert_never

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from wheelpin.build.project import Project
from wheelpin.repository import Repository


class Service(StrEnum):
    """A CI service that runs a matrix."""

    GITHUB = "github"
    AZURE = "azure"


RUNNERS: Mapping[Service, Mapping[str, str]] = {
    Service.GITHUB: {
        "linux-x86_64": "ubuntu-24.04",
        "linux-aarch64": "ubuntu-24.04-arm",
        "macos-arm64": "macos-15",
        "macos-x86_64": "macos-15-intel",
        "windows-amd64": "windows-2025",
    },
    # Microsoft hosts no machines with ARM processors there, but for macOS.
    Service.AZURE: {
        "linux-x86_64": "ubuntu-24.04",
        "macos-arm64": "macOS-15-arm64",
        "macos-x86_64": "macOS-15",
        "windows-amd64": "windows-2025",
    },
}
"""The machines that wheels for a platform are built on, by the platform."""

_ANYWHERE = "linux-x86_64"
_BACKENDS = ("maturin", "mesonpy", "scikit_build_core.", "py_build_cmake.", "sipbuild.", "enscons.")
_COMPILERS = frozenset(
    {"cffi", "cmake", "cython", "mypy", "nanobind", "numpy", "pybind11", "scikit-build", "setuptools-rust"}
)
"""What a project builds with only when it has something to compile."""
_IN_SETUP = re.compile(r"\b(ext_modules|cythonize|cffi_modules|rust_extensions|mypycify|pybind11)\b")


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One job: a project with compiled code on one runner, or all `packages` without any."""

    id: str
    title: str
    runner: str
    compiled: bool
    project: str = ""
    packages: str = ""


def make_matrix(repository: Repository, projects: Sequence[Project], service: Service) -> list[Entry]:
    """An entry for each project with compiled code on each runner, and one for all others."""
    runners = RUNNERS[service]
    compiled = [project for project in projects if is_compiled(repository, project)]
    pure = [project.title for project in projects if project not in compiled]
    anywhere = Entry(
        id="anywhere",
        title="anywhere",
        runner=runners[_ANYWHERE],
        compiled=False,
        packages=" ".join(pure),
    )
    entries = [
        Entry(
            # Numbered: two titles may differ only in what cannot stand in the name of an artifact.
            id=f"{number}-{re.sub(r'[^A-Za-z0-9]+', '-', project.title)}-{platform}",
            title=f"{project.title} {platform}",
            runner=runner,
            compiled=True,
            project=project.path,
        )
        for number, project in enumerate(compiled)
        for platform, runner in runners.items()
    ]
    return [anywhere, *entries] if pure else entries


def matrix_json(entries: Iterable[Entry], service: Service) -> str:
    """The matrix on one line, in ASCII, as the service takes it."""
    match service:
        case Service.GITHUB:
            return json.dumps({"include": [_facts(entry) for entry in entries]})
        case Service.AZURE:
            return json.dumps({_job(entry): _texts(entry) for entry in entries})
        case _:
            assert_never(service)


def is_compiled(repository: Repository, project: Project) -> bool:
    """Whether a project's wheels are for one platform each, as far as its own files tell."""
    try:
        data = tomllib.loads(repository.read(project.file).text)
    except ValueError:
        data = {}
    return (
        (project.backend or "").startswith(_BACKENDS)
        or not _COMPILERS.isdisjoint(_required(data))
        or bool(_table(data, "tool", "setuptools").get("ext-modules"))
        or _setup_compiles(repository, project)
    )


def _required(data: Mapping[str, Any]) -> Iterator[str]:
    """The names of what the build requires."""
    requires = _table(data, "build-system").get("requires")
    for line in requires if isinstance(requires, list) else []:
        try:
            yield canonicalize_name(Requirement(str(line)).name)
        except InvalidRequirement:
            continue


def _table(data: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    for key in keys:
        inner = data.get(key)
        data = inner if isinstance(inner, dict) else {}
    return data


def _setup_compiles(repository: Repository, project: Project) -> bool:
    file = "setup.py" if project.path == "." else f"{project.path}/setup.py"
    return repository.is_file(file) and bool(_IN_SETUP.search(repository.read(file).text))


def _facts(entry: Entry) -> dict[str, str | bool]:
    return {name: getattr(entry, name) for name in Entry.__slots__}


def _job(entry: Entry) -> str:
    """A name that Azure Pipelines gives to a job: letters, digits and underscores."""
    return "build_" + re.sub(r"\W", "_", entry.id)


def _texts(entry: Entry) -> dict[str, str]:
    """The facts as variables of a job, which are text."""
    return {
        name: str(fact).lower() if isinstance(fact, bool) else fact for name, fact in _facts(entry).items()
    }
