"""What `wheelpin pins` shows: where versions stand, whether ours are current, and what follows from what."""

from pathlib import Path

import pytest

from tests.processes import wheelpin
from tests.projects import write_project
from tests.repositories import commit_all, write_repository
from tests.wheels import make_wheel


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


def test_what_an_environment_leads_to_is_listed_pinned_and_planned_alike(tmp_path: Path) -> None:
    root = write_repository(
        tmp_path / "repository",
        {
            "env/environment.yml": "name: train\nimage: mcr.example/base:1\nconda_file: conda.yml\n",
            "env/conda.yml": "dependencies:\n- python=3.11\n- pip:\n  - -r ../reqs/list.of\n",
            "reqs/list.of": "-c cons.of\nacme-core==1.3.2\n",
            "reqs/cons.of": "acme_core==1.3.2\n",
        },
    )
    facts = wheelpin(root, "pins", "--json").json
    listed = {(fact["path"], fact["line"]) for fact in facts if fact["name"] == "acme-core"}
    make_wheel(root / "dist", "acme-core", "1.4.0")
    planned = wheelpin(root, "plan", "--no-build", "--json").json
    pinned = wheelpin(root, "pin", "acme-core==1.4.0", "--json").json
    for plan in (planned["changes"], pinned["done"]):
        assert {(edit["path"], edit["line"]) for edit in plan if edit["kind"] == "edit"} == listed
    assert listed == {("reqs/list.of", 2), ("reqs/cons.of", 1)}
