"""Repositories whose environments go to workspaces and a shared registry, released in this process."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.repositories import CONDA, commit_all, git, write_files, write_repository
from tests.servers.azureml import SUBSCRIPTION, AzureMl, Environments
from tests.wheels import make_wheel
from wheelpin.cli import run
from wheelpin.environment import resource_digest

FILES: Mapping[str, str] = {
    "environments/train/environment.yml": "name: train\nimage: mcr.example/base:1\nconda_file: conda.yml\n",
    "environments/train/conda.yml": CONDA,
    "environments/plain/environment.yml": "name: plain\nimage: mcr.example/plain:1\n",
    "jobs/train.yml": "command: python train.py\nenvironment: azureml:train:11\ncompute: azureml:cpu\n",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Company:
    """Two workspaces and a shared registry, by the names that the config gives them."""

    server: AzureMl
    places: Mapping[str, Environments]

    def versions(self, name: str) -> dict[str, list[str]]:
        """The versions of an environment in each of them."""
        return {place: list(held.versions(name)) for place, held in self.places.items()}

    def digests(self, name: str) -> dict[str, set[str]]:
        """The digests that the places hold under each version: two are one too many."""
        found: dict[str, set[str]] = {}
        for held in self.places.values():
            for version in held.versions(name):
                properties = held.resource(name, version)["properties"]
                assert isinstance(properties, Mapping)
                found.setdefault(version, set()).add(resource_digest(properties))
        return found


def company(server: AzureMl, suffix: str = "", workspaces: Sequence[str] = ("dev", "prod")) -> Company:
    """New workspaces, and a new shared registry; `suffix` makes the names its own."""
    places = {name: server.workspace(f"{name}{suffix}").environments for name in workspaces}
    places["shared"] = server.registry(f"shared{suffix}").environments
    return Company(server=server, places=places)


def config(server: AzureMl, suffix: str = "", workspaces: Sequence[str] = ("dev", "prod")) -> str:
    """The config that leads there."""
    registries: dict[str, dict[str, str]] = {
        name: {
            "kind": "azureml-workspace",
            "subscription": SUBSCRIPTION,
            "resource-group": "ml",
            "workspace": f"{name}{suffix}",
            "endpoint": server.url,
        }
        for name in workspaces
    }
    registries["shared"] = {"kind": "azureml-registry", "name": f"shared{suffix}", "endpoint": server.url}
    return yaml.safe_dump({"projects": [], "registries": registries})


def write_template(root: Path) -> Path:
    """A repository with a new wheel, published already: what is left are edits and registrations."""
    write_repository(root, FILES)
    make_wheel(root / "dist", "acme-core", "1.4.0")
    assert run(["-q", "-C", str(root), "publish"]) == 0
    return root


def clone(template: Path, root: Path, config: str) -> Path:
    """A work tree of its own, wheels included."""
    shutil.copytree(template, root, symlinks=True)
    write_files(root, {"wheelpin.yml": config})
    commit_all(root, "config")
    return root


def release(root: Path) -> int:
    """The exit code of an apply."""
    return run(["-q", "-C", str(root), "apply", "--no-build"])


def plan(root: Path) -> int:
    """The exit code of a plan."""
    return run(["-q", "-C", str(root), "plan", "--no-build"])


def definitions(root: Path) -> dict[str, str]:
    """The files that a release may edit."""
    names = [*FILES, "environments/train/conda.yml"]
    return {name: (root / name).read_text(encoding="utf-8") for name in names}


def report(root: Path) -> str:
    """What differs from the last commit, for the text of a failure."""
    return json.dumps(git(root, "diff").splitlines(), indent=1)
