"""Everything in pipelines/ is judged by what judges such files elsewhere; an ignored finding says why."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.agents import expand
from tests.npm import node, node_modules
from tests.runners import ROOT

ACTION = ROOT / "action.yml"
PIPELINES = ROOT / "pipelines"
WORKFLOWS = sorted((PIPELINES / "github").glob("*.yml"))
AZURE = PIPELINES / "azure"
EXPANDED: dict[str, dict[str, Any]] = {
    "steps": expand(AZURE / "steps.yml"),
    "steps with a connection": expand(AZURE / "steps.yml", serviceConnection="azure", noBuild=True, out="a"),
    "release": expand(AZURE / "release.yml"),
    "release for platforms": expand(AZURE / "release.yml", platforms=True),
    "pipeline": expand(AZURE / "azure-pipelines.yml"),
    "pipeline that plans only": expand(AZURE / "azure-pipelines.yml", planOnly=True),
    "pipeline that rolls back": expand(AZURE / "azure-pipelines.yml", rollBackTo="acme-core==1.4.0"),
}


def judge(program: str, *arguments: str) -> None:
    """Run a linter that stands beside our Python, and show what it found."""
    path = shutil.which(program, path=str(Path(sys.executable).parent)) or program
    done = subprocess.run([path, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def schema(name: str, *files: Path) -> None:
    options = ("--builtin-schema", f"vendor.{name}", "--regex-variant", "python")
    judge("check-jsonschema", *options, *map(str, files))


def test_action_is_one_by_its_schema() -> None:
    schema("github-actions", ACTION)


def test_workflows_are_such_by_their_schema() -> None:
    schema("github-workflows", *WORKFLOWS)


@pytest.mark.parametrize("name", EXPANDED)
def test_what_becomes_of_templates_is_a_pipeline_by_its_schema(name: str, tmp_path: Path) -> None:
    place = tmp_path / "pipeline.yml"
    place.write_text(yaml.safe_dump(EXPANDED[name]), encoding="utf-8")
    schema("azure-pipelines", place)


def test_zizmor_finds_nothing() -> None:
    options = ("--offline", "--persona=auditor", "--strict-collection", "--no-progress", "--no-config")
    judge("zizmor", *options, str(ACTION), *map(str, WORKFLOWS))


def test_only_the_right_to_push_is_kept_in_a_checkout_and_it_says_why() -> None:
    for file in (ACTION, *WORKFLOWS):
        for ignored in re.findall(r"zizmor: ignore(.*)", file.read_text(encoding="utf-8")):
            assert ignored == "[artipacked] git pushes with it; this job uploads nothing"


def test_actionlint_finds_nothing() -> None:
    package = node_modules(ROOT / "tests" / "tools" / "package.json") / "@tktco" / "node-actionlint"
    script = ROOT / "tests" / "tools" / "actionlint.js"
    judge(node(), str(script), str(package / "build" / "run-lint.js"), *map(str, WORKFLOWS))


def scripts(node: object, key: str = "") -> Iterator[str]:
    """Every script that a file hands to a shell."""
    if isinstance(node, dict):
        for name, inner in node.items():
            yield from scripts(inner, str(name))
    elif isinstance(node, list):
        for inner in node:
            yield from scripts(inner, key)
    elif isinstance(node, str) and key in {"run", "bash", "script", "pwsh", "inlineScript"}:
        yield node


FILES = [ACTION, *WORKFLOWS, *sorted(AZURE.glob("*.yml"))]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_value_is_pasted_into_a_script(file: Path) -> None:
    for script in scripts(yaml.safe_load(file.read_text(encoding="utf-8"))):
        assert "${{" not in script
        assert "$(" not in script


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_shellcheck_finds_nothing(file: Path, tmp_path: Path) -> None:
    for number, script in enumerate(scripts(yaml.safe_load(file.read_text(encoding="utf-8")))):
        place = tmp_path / f"{number}.sh"
        place.write_text(f"#!/usr/bin/env bash\n{script}", encoding="utf-8")
        judge("shellcheck", "--severity=style", str(place))


def test_the_action_uses_no_other_action() -> None:
    steps = yaml.safe_load(ACTION.read_text(encoding="utf-8"))["runs"]["steps"]
    assert not [step for step in steps if "uses" in step]


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_workflows_use_actions_by_their_commit(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    used = re.findall(r"uses: (\S+)@(\S+)", text)
    assert {name for name, _ in used} <= {
        "YOUR-OWNER/wheelpin",
        "actions/checkout",
        "actions/download-artifact",
        "actions/upload-artifact",
    }
    assert all(re.fullmatch(r"[0-9a-f]{40}", commit) for _, commit in used)
    assert yaml.safe_load(text)["permissions"] == {}


def test_handler_is_javascript_that_node_reads() -> None:
    judge(node(), "--check", str(PIPELINES / "extension" / "wheelpin" / "main.js"))
