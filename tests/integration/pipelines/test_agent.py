"""The step template's script, run with bash as the agent of Azure Pipelines would run it."""

import json
import shutil
from pathlib import Path

import pytest

from tests.agents import Agent, expand
from tests.repositories import commit_all, git, snapshot
from tests.runners import HOSTILE, ROOT, no_command_was_run

STEPS = ROOT / "pipelines" / "azure" / "steps.yml"


def test_plan_says_what_would_change_and_is_no_failure(agent: Agent, repository: Path) -> None:
    before = snapshot(repository)
    step = agent.steps(STEPS, noBuild=True)
    assert step.code == 0, step.log
    assert "acme-core==1.3.2 -> acme-core==1.4.0" in step.log
    assert step.outputs["changed"] == "true"
    assert snapshot(repository) == before


def test_apply_releases_and_the_next_one_has_nothing_to_do(agent: Agent, repository: Path) -> None:
    planned = agent.steps(STEPS, noBuild=True, out="dist/plan.json")
    assert planned.outputs["planFile"].endswith("dist/plan.json")
    step = agent.steps(STEPS, command="apply", arguments="dist/plan.json", noBuild=True)
    assert step.code == 0, step.log
    assert "acme-core==1.4.0" in (repository / "environments/train/conda.yml").read_text()
    again = agent.steps(STEPS, command="apply", noBuild=True)
    assert "nothing to do" in again.log
    assert again.outputs["changed"] == "false"


def test_what_fails_fails_the_step_with_its_own_code(agent: Agent, repository: Path) -> None:
    (repository / "wheelpin.yml").write_text("colour: blue\n")
    assert agent.steps(STEPS, command="apply", noBuild=True).code == 2


def test_plan_with_changes_fails_the_step_where_that_is_asked_for(agent: Agent) -> None:
    assert agent.steps(STEPS, noBuild=True, exitZero=False).code == 3


def test_a_parameter_that_is_not_given_leaves_the_variable_of_the_pipeline(agent: Agent) -> None:
    agent.variables["WHEELPIN_CONFIG"] = "of-the-pipeline.yml"
    assert "of-the-pipeline.yml" in agent.steps(STEPS).log
    assert "given.yml" in agent.steps(STEPS, config="given.yml").log


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_value_of_all_parameters_is_ever_a_command(hostile: str, agent: Agent, repository: Path) -> None:
    texts = ("arguments", "config", "branch", "expect", "out", "package", "reason", "registry", "report")
    for chosen in (texts, ("arguments",)):
        step = agent.steps(STEPS, **dict.fromkeys(chosen, hostile.replace("${{", "${ {")), noBuild=True)
        assert no_command_was_run(step, repository)


def test_parameters_have_types() -> None:
    for wrong in ({"command": "delete"}, {"noBuild": "$(pwned)"}, {"out": True}, {"colour": "blue"}):
        with pytest.raises(ValueError, match=r"steps\.yml"):
            expand(STEPS, **wrong)


def test_release_applies_what_was_planned_and_pushes_the_pins(
    agent: Agent, repository: Path, tmp_path: Path
) -> None:
    config = {"stores": "wheels", "registries": "environments"}
    places = {
        key: {"shared": {"kind": "directory", "path": str(tmp_path / of)}} for key, of in config.items()
    }
    (repository / "wheelpin.yml").write_text(json.dumps(places))
    commit_all(repository)
    git(repository, "push", "-q", "origin", "main")
    plan, apply = expand(ROOT / "pipelines/azure/release.yml")["stages"]
    # The wheels of an earlier job stand in for a build.
    agent.variables["WHEELPIN_NO_BUILD"] = "true"
    planned = agent.scripts(plan["jobs"][0]["steps"])
    assert planned.code == 0, planned.log
    assert planned.outputs["changed"] == "true"
    git(tmp_path, "clone", "-q", "remote.git", "second")
    shutil.copytree(repository / "dist", tmp_path / "second" / "dist")
    second = Agent(tmp_path / "second", agent.temp, agent.variables)
    applied = second.scripts(apply["jobs"][0]["strategy"]["runOnce"]["deploy"]["steps"])
    assert applied.code == 0, applied.log
    assert "acme-core==1.4.0" in git(tmp_path / "remote.git", "show", "main:environments/train/conda.yml")


def test_rolling_back_pins_pushes_and_registers(agent: Agent, repository: Path) -> None:
    assert agent.steps(STEPS, command="apply", noBuild=True, commit=True).code == 0
    agent.variables |= {"Build.RequestedFor": "Ada", "Build.RequestedForEmail": "ada@example.org"}
    pipeline = expand(ROOT / "pipelines/azure/azure-pipelines.yml", rollBackTo="acme-core==1.3.2")
    (stage,) = pipeline["stages"]
    step = agent.scripts(stage["jobs"][0]["strategy"]["runOnce"]["deploy"]["steps"])
    assert step.code == 0, step.log
    assert "acme-core==1.3.2" in git(repository, "show", "origin/main:environments/train/conda.yml")
    assert git(repository, "show", "origin/main:jobs/train.yml").count("azureml:train:13") == 1
