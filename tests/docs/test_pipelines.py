"""The action, the step template and the task have an input for each option, and no more."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from pipelines.options import ACTION, TASK, TEMPLATE, cli_options, files
from tests.agents import expand
from tests.docs.pages import PAGES, ROOT, blocks, read
from wheelpin import __version__
from wheelpin.cli import cli
from wheelpin.plan import Plan
from wheelpin.report import plan_outputs

LOCK = ROOT / "pipelines" / "requirements.txt"


def test_inputs_are_written_anew_when_options_change() -> None:
    for place, text in files().items():
        assert read(place) == text, f"{place} is old: run `python pipelines/options.py`"


def test_the_action_has_an_input_for_each_option() -> None:
    action = yaml.safe_load(read(ACTION))
    own = {"command", "arguments", "client-id", "tenant-id", "token"}
    assert action["inputs"].keys() - own == {option.name for option in cli_options()}
    env = action["runs"]["steps"][0]["env"]
    assert {option.variable for option in cli_options()} <= env.keys()


def test_the_template_and_the_task_have_an_input_for_each_option() -> None:
    options = {option.camel for option in cli_options()}
    parameters = {one["name"] for one in yaml.safe_load(read(TEMPLATE))["parameters"]}
    assert parameters - {"command", "arguments", "serviceConnection", "step", "condition"} == options
    inputs = {one["name"] for one in json.loads(read(TASK))["inputs"]}
    assert inputs - {"command", "arguments", "serviceConnection"} == options


def test_commands_that_pipelines_can_choose_are_there() -> None:
    told = json.loads(read(TASK))["inputs"][0]["options"]
    parameter = yaml.safe_load(read(TEMPLATE))["parameters"][0]
    assert list(told) == parameter["values"]
    assert {name.split()[0] for name in told} == cli.commands.keys() - {"init"}


def test_task_and_action_have_the_same_outputs() -> None:
    outputs = yaml.safe_load(read(ACTION))["outputs"]
    camel = {
        "".join(part.capitalize() if at else part for at, part in enumerate(name.split("-")))
        for name in outputs
    }
    assert {one["name"] for one in json.loads(read(TASK))["outputVariables"]} == camel


def test_what_the_tool_hands_on_is_an_output_of_the_action() -> None:
    """What an action does not name among its outputs ends with its step."""
    handed_on = {*plan_outputs(Plan(changes=())), "plan-file", "report", "matrix", "pull-request"}
    assert yaml.safe_load(read(ACTION))["outputs"].keys() == handed_on
    table = read(ROOT / "docs" / "hosts.md").partition("## Outputs")[2].partition("```")[0]
    assert set(re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE)) == handed_on


def test_task_and_extension_have_the_version_of_the_tool() -> None:
    version = json.loads(read(TASK))["version"]
    assert f"{version['Major']}.{version['Minor']}.{version['Patch']}" == __version__
    assert json.loads(read(TASK.parents[1] / "vss-extension.json"))["version"] == __version__


def test_lock_has_what_wheelpin_needs_by_hash_and_names_no_host() -> None:
    text = read(LOCK)
    assert "://" not in text
    locked: dict[str, list[str]] = {}
    for entry in text.replace("\\\n", "").splitlines():
        if entry and not entry.startswith("#"):
            requirement, *hashes = entry.split(" --hash=")
            assert hashes
            assert all(one.strip().startswith("sha256:") for one in hashes)
            found = Requirement(requirement.strip())
            locked.setdefault(found.name, []).extend(one.version for one in found.specifier)
    project = tomllib.loads(read(ROOT / "pyproject.toml"))
    for line in (*project["project"]["dependencies"], *project["build-system"]["requires"]):
        needed = Requirement(line)
        assert locked[needed.name]
        assert all(needed.specifier.contains(version, prereleases=True) for version in locked[needed.name])


def tables(document: object) -> Iterator[Mapping[str, Any]]:
    """Every table in a document."""
    if isinstance(document, dict):
        yield document
        for value in document.values():
            yield from tables(value)
    elif isinstance(document, list):
        for value in document:
            yield from tables(value)


EXAMPLES = [
    (f"{page.name} {kind} {table[kind]}", kind, table)
    for page in [*PAGES, ROOT / "pipelines" / "extension" / "overview.md"]
    for block in blocks(read(page), "yaml")
    if "wheelpin@" in block or "@wheelpin" in block
    for table in tables(yaml.safe_load(block))
    for kind in ("uses", "template", "task")
    if re.search(r"\bwheelpin@|@wheelpin$", str(table.get(kind)))
]


@pytest.mark.parametrize(("kind", "table"), [one[1:] for one in EXAMPLES], ids=[one[0] for one in EXAMPLES])
def test_examples_give_what_is_taken(kind: str, table: Mapping[str, Any]) -> None:
    match kind:
        case "template":
            assert expand(ROOT / table["template"].removesuffix("@wheelpin"), **table.get("parameters", {}))
        case "task":
            assert table["inputs"].keys() <= {one["name"] for one in json.loads(read(TASK))["inputs"]}
        case _:
            assert table["with"].keys() <= yaml.safe_load(read(ACTION))["inputs"].keys()


def test_there_are_examples_of_the_action_the_templates_and_the_task() -> None:
    assert {kind for _, kind, _ in EXAMPLES} == {"uses", "template", "task"}
