"""What wheelpin sends for a definition is what Microsoft's own client sends, whoever wrote the definition."""

import itertools
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.environments import ACCEPTED, LENIENT, REFUSED, STRICTER, Files
from tests.repositories import write_files
from tests.servers.azureml import Sent, Workspace
from tests.servers.judge import Judge
from wheelpin.azureml import Azure
from wheelpin.config import WorkspaceRegistry
from wheelpin.definitions.azureml import find_environments, read_environment
from wheelpin.errors import DefinitionError, TargetError
from wheelpin.registries import open_registry
from wheelpin.repository import Repository

CORPUS = Path(__file__).parents[3] / "shared/corpus"

_numbers = itertools.count()


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What became of a definition with each client: what was put, comparable, or why it was refused."""

    ours: Mapping[str, Any] | str
    theirs: Mapping[str, Any] | str

    @property
    def refused(self) -> tuple[bool, bool]:
        """Whether we refused it, and whether they did."""
        return isinstance(self.ours, str), isinstance(self.theirs, str)


def compare(judge: Judge, root: Path, path: str) -> Verdict:
    """Register a definition with both, each in a workspace of its own."""
    number = next(_numbers)
    workspaces = [judge.server.workspace(f"{whose}-{number}") for whose in ("ours", "theirs")]
    return Verdict(
        ours=_ours(judge, workspaces[0], root, path), theirs=_theirs(judge, workspaces[1], root, path)
    )


def _ours(judge: Judge, workspace: Workspace, root: Path, path: str) -> Mapping[str, Any] | str:
    config = WorkspaceRegistry.model_validate(
        {
            "kind": "azureml-workspace",
            "subscription": workspace.subscription,
            "resource-group": workspace.resource_group,
            "workspace": workspace.name,
            "endpoint": judge.server.url,
        }
    )
    azure = Azure({"WHEELPIN_AZURE_TOKEN": judge.server.token})
    try:
        environment = read_environment(Repository(root), path)
        open_registry("dev", config, root, azure).register(environment, environment.version or "1", {})
    except (DefinitionError, TargetError) as error:
        return str(error)
    return _comparable(workspace.environments.sent[-1], workspace)


def _theirs(judge: Judge, workspace: Workspace, root: Path, path: str) -> Mapping[str, Any] | str:
    try:
        sent = judge.register(workspace, root / path)
    except Exception as error:  # noqa: BLE001 - whatever the client raises is a refusal
        return f"{type(error).__name__}: {error}"
    return _comparable(sent, workspace)


def _comparable(sent: Sent, workspace: Workspace) -> Mapping[str, Any]:
    """Name, version and properties, without comments of conda files and the names of containers."""
    resource: Any = sent.resource
    properties = dict(resource["properties"])
    if "condaFile" in properties:
        # As text, in which what is no number is itself, and true is not 1.
        conda = yaml.safe_load(properties["condaFile"])
        properties["condaFile"] = yaml.safe_dump(conda, sort_keys=True)
    if build := properties.get("build"):
        uri = build["contextUri"].replace(workspace.guid, "GUID")
        properties["build"] = {**build, "contextUri": uri}
    tags = properties.get("tags") or {}
    assert not [name for name in tags if name.startswith("wheelpin.")]
    return {"name": sent.name, "version": sent.version, **properties, "tags": repr(sorted(tags.items()))}


def written(root: Path, files: Files) -> tuple[Path, str]:
    root.mkdir(parents=True)
    write_files(root, files)
    return root, next(path for path in files if path.endswith("environment.yml"))


def judged(judge: Judge, root: Path, table: Mapping[str, Files]) -> dict[str, Verdict]:
    return {
        title: compare(judge, *written(root / f"case {number}", files))
        for number, (title, files) in enumerate(table.items())
    }


def told(verdicts: Mapping[str, Verdict], right: Iterable[str]) -> str:
    """The count, and what is wrong with the others; nothing when all are right."""
    wrong = verdicts.keys() - set(right)
    lines = [f"{len(verdicts) - len(wrong)} of {len(verdicts)} are as they should be"]
    lines += [
        f"{title}\n  ours:   {verdicts[title].ours}\n  theirs: {verdicts[title].theirs}" for title in wrong
    ]
    return "\n".join(lines) if wrong else ""


def alike(verdicts: Mapping[str, Verdict]) -> list[str]:
    return [title for title, of in verdicts.items() if of.ours == of.theirs and not any(of.refused)]


def test_what_is_registered_is_what_the_official_client_registers(judge: Judge, tmp_path: Path) -> None:
    verdicts = judged(judge, tmp_path, ACCEPTED)
    assert not told(verdicts, alike(verdicts))


def test_what_the_official_client_refuses_is_refused(judge: Judge, tmp_path: Path) -> None:
    verdicts = judged(judge, tmp_path, REFUSED)
    assert not told(verdicts, [title for title, of in verdicts.items() if of.refused == (True, True)])


def test_what_only_wheelpin_refuses_is_known(judge: Judge, tmp_path: Path) -> None:
    verdicts = judged(judge, tmp_path, STRICTER)
    assert not told(verdicts, [title for title, of in verdicts.items() if of.refused == (True, False)])


def test_what_only_wheelpin_registers_is_known(judge: Judge, tmp_path: Path) -> None:
    verdicts = judged(judge, tmp_path, LENIENT)
    assert not told(verdicts, [title for title, of in verdicts.items() if of.refused == (False, True)])


@pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus beside the repository")
def test_environments_of_others_are_registered_alike(judge: Judge, tmp_path: Path) -> None:
    """A corpus of definitions alone; what is missing of their build contexts is made up."""
    root = tmp_path / "corpus"
    shutil.copytree(CORPUS, root)
    environments = find_environments(Repository(root))
    for path in environments:
        build = yaml.safe_load((root / path).read_text(encoding="utf-8")).get("build")
        if build:
            dockerfile = (root / path).parent / build["path"] / build.get("dockerfile_path", "Dockerfile")
            dockerfile.parent.mkdir(parents=True, exist_ok=True)
            dockerfile.write_text("FROM mcr.example/base:1\n")
    verdicts = {path: compare(judge, root, path) for path in environments}
    nobodys = [path for path, of in verdicts.items() if of.refused == (True, True)]
    assert not told(verdicts, [*alike(verdicts), *nobodys])
    assert len(nobodys) <= len(verdicts) // 10
