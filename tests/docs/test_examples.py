"""The examples are what their pages say, whatever somebody has applied to them meanwhile."""

import tomllib
from pathlib import Path

import pytest
import yaml

from tests.docs.pages import ROOT, first_block, read

QUICKSTART = ROOT / "examples" / "quickstart"
README = read(ROOT / "README.md")


def test_the_quickstart_has_two_packages_of_which_one_needs_the_other() -> None:
    projects = {
        file.parent.name: tomllib.loads(read(file))["project"]
        for file in QUICKSTART.glob("packages/*/pyproject.toml")
    }
    assert {name: project["name"] for name, project in projects.items()} == {
        "acme-core": "acme-core",
        "acme-io": "acme-io",
    }
    assert [need.partition(">")[0] for need in projects["acme-io"]["dependencies"]] == ["acme-core"]
    assert "dependencies" not in projects["acme-core"]


def test_the_quickstart_has_environments_in_the_three_common_shapes() -> None:
    definitions = {
        file.parent.name: yaml.safe_load(read(file))
        for file in QUICKSTART.glob("environments/*/environment.yml")
    }
    assert isinstance(definitions["train"]["conda_file"], str)
    assert isinstance(definitions["score"]["conda_file"], dict)
    assert definitions["batch"]["build"] == {"path": "."}
    assert all(name == definition["name"] for name, definition in definitions.items())


@pytest.mark.parametrize("folder", ["jobs", "deployments"])
def test_every_environment_that_is_referred_to_is_defined(folder: str) -> None:
    defined = {
        yaml.safe_load(read(file))["name"] for file in QUICKSTART.glob("environments/*/environment.yml")
    }
    for file in QUICKSTART.glob(f"{folder}/*.yml"):
        document = yaml.safe_load(read(file))
        nodes = [document, *document.get("jobs", {}).values()]
        referred = [node["environment"].split(":")[1] for node in nodes if "environment" in node]
        assert referred
        assert set(referred) <= defined


@pytest.mark.parametrize("file", sorted(QUICKSTART.rglob("*.py")), ids=lambda file: file.name)
def test_the_code_of_the_quickstart_is_python(file: Path) -> None:
    compile(read(file), str(file), "exec")


def test_the_quickstart_needs_no_config() -> None:
    assert not list(QUICKSTART.glob("*wheelpin.y*ml"))


@pytest.mark.parametrize("heading", ["Quickstart", "Running the tests"])
def test_the_readme_tells_each_of_its_two_commands_in_one_line(heading: str) -> None:
    assert len(first_block(README, heading).splitlines()) == 1
