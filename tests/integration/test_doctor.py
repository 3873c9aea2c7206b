"""Doctor tells everything that stands against a release, and writes nothing."""

from pathlib import Path

from tests.processes import wheelpin
from tests.projects import write_project
from tests.repositories import snapshot, write_files, write_repository

CONFIG = """\
stores:
  local: {kind: directory, path: store}
  feed: {kind: index, upload: http://127.0.0.1:9/, simple: http://127.0.0.1:9/simple/}
registries:
  local: {kind: directory, path: registry}
  dev: {kind: azureml-workspace, subscription: s, resource-group: g, workspace: w}
"""


def test_healthy_repository_can_be_released(tmp_path: Path) -> None:
    root = write_repository(tmp_path / "repository")
    write_project(root / "packages/core", "acme-core", "1.4.0")
    before = snapshot(root)
    ran = wheelpin(root, "doctor")
    assert (ran.code, ran.err.splitlines()[-1]) == (0, "a release can begin")
    assert "store local: answers, and holds 0 files of the projects here" in ran.err
    assert snapshot(root) == before


def test_everything_that_is_wrong_is_told(tmp_path: Path) -> None:
    root = write_repository(tmp_path / "repository")
    write_project(root / "packages/core", "acme-core", "1.4.0")
    write_files(root, {"wheelpin.yml": CONFIG, "environments/train/conda.yml": "dependencies: ["})
    facts = wheelpin(root, "doctor", "--json")
    errors = [fact["subject"] for fact in facts.json if fact["level"] == "error"]
    assert errors == ["environments/train/conda.yml", "store feed", "registry dev"]
    assert facts.code == 1
