"""The action's steps, run with bash as the runner would run them, in a repository with a bare remote."""

import json
import os
import re
import shutil
from pathlib import Path

import pytest
import yaml

from tests.agent import commands as agent_reads
from tests.repositories import git, snapshot
from tests.runner import commands as runner_reads
from tests.runners import HOSTILE, ROOT, Runner, Step, no_command_was_run

INPUTS = tuple(yaml.safe_load((ROOT / "action.yml").read_text())["inputs"])


def test_plan_says_what_would_change_and_is_no_failure(runner: Runner, repository: Path) -> None:
    before = snapshot(repository)
    step = runner.action(command="plan", no_build="true")
    assert step.code == 0, step.log
    assert "acme-core==1.3.2 -> acme-core==1.4.0" in step.log
    assert snapshot(repository) == before


def test_plan_with_changes_fails_the_step_where_that_is_asked_for(runner: Runner) -> None:
    assert runner.action(command="plan", no_build="true", exit_zero="false").code == 3


def test_apply_releases_and_the_next_one_has_nothing_to_do(runner: Runner, repository: Path) -> None:
    step = runner.action(command="apply", no_build="true")
    assert step.code == 0, step.log
    assert "acme-core==1.4.0" in (repository / "environments/train/conda.yml").read_text()
    assert (repository / ".wheelpin/wheels").is_dir()
    again = runner.action(command="apply", no_build="true")
    assert again.code == 0
    assert "nothing to do" in again.log


def test_a_plan_that_was_saved_is_applied_in_a_later_step(runner: Runner, repository: Path) -> None:
    assert runner.action(command="plan", no_build="true", out="dist/plan.json").code == 0
    step = runner.action(command="apply", arguments="dist/plan.json", no_build="true")
    assert step.code == 0, step.log
    assert "acme-core==1.4.0" in (repository / "environments/train/conda.yml").read_text()


def test_what_fails_fails_the_step_with_its_own_code(runner: Runner, repository: Path) -> None:
    (repository / "wheelpin.yml").write_text("colour: blue\n")
    step = runner.action(command="apply", no_build="true")
    assert step.code == 2
    assert "colour" in step.log


def test_arguments_are_words_and_quotes_keep_them_together(runner: Runner, repository: Path) -> None:
    (repository / "a folder").mkdir()
    (repository / "a folder" / "requirements.txt").write_text("acme-core==1.0\nacme-io==1.0\n")
    step = runner.action(command="pin", arguments="acme-core==1.1\nacme-io==1.2 'a folder'")
    assert step.code == 0, step.log
    assert (repository / "a folder" / "requirements.txt").read_text() == "acme-core==1.1\nacme-io==1.2\n"


def test_a_quote_that_is_not_closed_is_told(runner: Runner) -> None:
    step = runner.action(command="pin", arguments='acme-core==1.1 "a folder')
    assert step.code == 2
    assert "cannot be split into words: No closing quotation" in step.log


def test_command_of_two_words(runner: Runner) -> None:
    assert runner.action(command="store check").code == 0


def test_an_input_that_is_not_given_leaves_the_variable_of_the_job(runner: Runner, repository: Path) -> None:
    runner.variables["WHEELPIN_CONFIG"] = "of-the-job.yml"
    assert "of-the-job.yml" in runner.action(command="plan").log
    assert "given.yml" in runner.action(command="plan", config="given.yml").log


@pytest.mark.parametrize("name", INPUTS)
def test_no_input_is_ever_a_command(name: str, runner: Runner, repository: Path) -> None:
    step = runner.action(**{"command": "plan", "no-build": "true", name: "\n".join(HOSTILE)})
    assert no_command_was_run(step, repository)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_value_of_all_inputs_is_ever_a_command(hostile: str, runner: Runner, repository: Path) -> None:
    for given in ({}, {"command": "apply", "config": "", "directory": ""}):
        assert no_command_was_run(runner.action(**(dict.fromkeys(INPUTS, hostile) | given)), repository)


def test_modules_in_the_repository_are_not_imported(runner: Runner, repository: Path) -> None:
    for name in ("click", "pip", "wheelpin", "hashlib", "pathlib", "yaml"):
        (repository / f"{name}.py").write_text("open('pwned', 'w')\n")
    assert runner.action(command="plan", no_build="true").code == 0
    assert not (repository / "pwned").exists()


def test_a_machine_without_a_python_of_today_is_told_so(runner: Runner, tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    for name in ("python3", "python", "python3.14", "python3.13", "python3.12", "python3.11", "py"):
        (old / name).write_text("#!/bin/sh\nexit 1\n")
        (old / name).chmod(0o755)
    step = runner.script(
        yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"][0]["run"],
        {"PATH": os.pathsep.join([str(old), "/usr/bin", "/bin"])},
    )
    assert step.code == 2
    assert (
        step.log
        == "::error title=wheelpin::needs Python 3.11 or newer: set one up in a step before this one\n"
    )


def install(runner: Runner, folder: Path, lock: str) -> Step:
    """Run an action that has this lock."""
    copied = folder / "action" / "pipelines"
    copied.mkdir(parents=True)
    shutil.copy(ROOT / "pipelines" / "run.py", copied)
    (copied / "requirements.txt").write_text(lock)
    runner.variables |= {"GITHUB_ACTION_PATH": str(copied.parent), "RUNNER_TEMP": str(folder / "temp")}
    return runner.action(command="plan", no_build="true")


def test_words_of_the_installer_are_no_commands(runner: Runner, tmp_path: Path) -> None:
    step = install(runner, tmp_path, "::add-path::/pwned##vso[task.prependpath]/pwned\n")
    assert step.code == 2
    assert "task.prependpath" in step.log
    assert [command.name for command in runner_reads(step.log)] == ["error"]
    assert agent_reads(step.log) == []


def test_a_dependency_with_another_hash_is_refused(runner: Runner, tmp_path: Path) -> None:
    locked = (ROOT / "pipelines" / "requirements.txt").read_text()
    step = install(runner, tmp_path, re.sub("sha256:.{8}", "sha256:00000000", locked))
    assert step.code == 2
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in step.log
    assert "::error title=wheelpin::wheelpin could not be installed" in step.log


def test_outputs_are_what_happened(runner: Runner) -> None:
    planned = runner.action(command="plan", no_build="true", out="dist/plan.json")
    assert planned.outputs["changed"] == "true"
    done = runner.action(command="apply", no_build="true", expect=planned.outputs["plan-digest"])
    assert done.code == 0, done.log
    assert {wheel["name"] for wheel in json.loads(done.outputs["wheels"])} == {"acme-core", "acme-io"}
    assert {one["name"] for one in json.loads(done.outputs["environments"])} == {"plain", "score", "train"}
    assert runner.action(command="apply", no_build="true").outputs["changed"] == "false"


def test_apply_commits_and_pushes_where_that_is_asked_for(runner: Runner, repository: Path) -> None:
    step = runner.action(command="apply", no_build="true", commit="true")
    assert step.code == 0, step.log
    assert "acme-core==1.4.0" in git(repository, "show", "origin/main:environments/train/conda.yml")


def test_the_matrix_is_an_output(runner: Runner, repository: Path) -> None:
    (repository / "pyproject.toml").write_text('[project]\nname = "one"\n')
    step = runner.action(command="build", matrix="github")
    assert step.code == 0, step.log
    (entry,) = json.loads(step.outputs["matrix"])["include"]
    assert entry["packages"] == "one"


def test_a_job_that_is_cancelled_reaches_wheelpin_at_once(runner: Runner, repository: Path) -> None:
    """The runner interrupts the process that it started, and no other: that has become wheelpin."""
    begun = repository.parent / "begun"
    (repository / "pyproject.toml").write_text(
        '[project]\nname = "slow"\nversion = "1"\n'
        '[build-system]\nrequires = []\nbuild-backend = "slow"\nbackend-path = ["."]\n'
    )
    (repository / "slow.py").write_text(f"import time\nopen({str(begun)!r}, 'w').close()\ntime.sleep(60)\n")
    runner.cancelled_by = begun
    step = runner.action(command="build")
    assert step.code == 130, step.log
