"""What `wheelpin pins` shows: where versions stand, whether ours are current, and what follows from what."""

from pathlib import Path

import pytest

from tests.processes import wheelpin
from tests.projects import write_project
from tests.repositories import commit_all, write_repository


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = write_repository(tmp_path / "repository")
    write_project(root / "packages/core", "acme-core", "1.4.0")
    commit_all(root)
    return root


def test_pins_of_our_own_packages_say_whether_they_are_current(repository: Path) -> None:
    facts = wheelpin(repository, "pins", "environments", "--json").json
    assert [(fact["name"], fact["version"], fact["current"]) for fact in facts] == [
        ("acme-core", "1.3.2", False),
        ("acme-io", "2.0.0", None),
        ("acme-core", "1.3.2", False),
        ("numpy", "2.2.0", None),
    ]
    assert wheelpin(repository, "pin", "acme-core==1.4.0", "environments").code == 0
    shown = wheelpin(repository, "pins", "environments").out
    assert shown.count("(current)") == 2


def test_graph_shows_the_cascade(repository: Path) -> None:
    assert wheelpin(repository, "pins", "--graph").out.splitlines() == [
        "acme-core",
        "  environments/score/requirements.txt:1  Acme.Core == 1.3.2",
        "    score",
        "      jobs/pipeline.yml:10  azureml:score:3",
        "  environments/train/conda.yml:7  acme-core==1.3.2",
        "    train",
        "      jobs/pipeline.yml:6  azureml:train:11",
        "      jobs/train.yml:2  azureml:train:11",
    ]
    flowchart = wheelpin(repository, "pins", "--mermaid").out
    assert flowchart.startswith("flowchart LR\n")
    assert '(["acme-core"])' in flowchart


def test_graph_and_json_exclude_each_other(repository: Path) -> None:
    ran = wheelpin(repository, "pins", "--graph", "--json")
    assert (ran.code, ran.err) == (2, "error: give one of --graph, --mermaid and --json\n")
