"""The action's steps, run with bash as the runner would run them, in a repository with a bare remote."""

import json
import os
from pathlib import Path

import pytest
import yaml
from filelock import FileLock

from tests.repositories import git, snapshot, write_repository
from tests.runners import ROOT, Runner, Step
from tests.wheels import make_wheel

HOSTILE = (
    '"; touch pwned #',
    "$(touch pwned)",
    "`touch pwned`",
    "first\ntouch pwned\n",
    "'; touch pwned; '",
    "\r\n::set-output name=pwned::1\n##vso[task.setvariable variable=pwned]1",
    "${{ github.token }}",
    "%PATH%",
)
INPUTS = tuple(yaml.safe_load((ROOT / "action.yml").read_text())["inputs"])


@pytest.fixture(scope="session")
def temp(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A RUNNER_TEMP in which wheelpin is installed already, once for all tests of all processes."""
    base = tmp_path_factory.getbasetemp()
    home = (base if worker_id == "master" else base.parent) / "runner-temp"
    with FileLock(f"{home}.lock"):
        if not home.exists():
            home.mkdir()
            workspace = base / "empty"
            workspace.mkdir()
            assert Runner(workspace, home).action(command="pins").code == 0
    return home


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A clone of a bare repository, with two wheels that an earlier job built."""
    root = write_repository(tmp_path / "repository")
    git(root, "branch", "-M", "main")
    git(tmp_path, "clone", "-q", "--bare", str(root), "remote.git")
    git(root, "remote", "add", "origin", str(tmp_path / "remote.git"))
    make_wheel(root / "dist", "acme-core", "1.4.0")
    make_wheel(root / "dist", "acme-io", "2.0.1")
    return root


@pytest.fixture
def runner(repository: Path, temp: Path) -> Runner:
    return Runner(repository, temp)


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
    for given in ({}, {"command": "plan"}, {"command": "apply", "config": "", "directory": ""}):
        assert no_command_was_run(runner.action(**(dict.fromkeys(INPUTS, hostile) | given)), repository)


def no_command_was_run(step: Step, repository: Path) -> bool:
    """No file `pwned` was touched, and no line of the log speaks to the runner about it."""
    assert "Traceback" not in step.log
    commands = [line for line in step.log.splitlines() if line.startswith(("::", "##")) and "pwned=" in line]
    return not [*commands, *repository.parent.rglob("pwned"), *filter("pwned".__eq__, step.outputs)]


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


def test_outputs_are_what_happened(runner: Runner) -> None:
    planned = runner.action(command="plan", no_build="true", out="dist/plan.json")
    assert planned.outputs["changed"] == "true"
    done = runner.action(command="apply", no_build="true", expect=planned.outputs["plan-digest"])
    assert done.code == 0, done.log
    assert {wheel["name"] for wheel in json.loads(done.outputs["wheels"])} == {"acme-core", "acme-io"}
    assert {one["name"] for one in json.loads(done.outputs["environments"])} == {"plain", "score", "train"}
    assert runner.action(command="apply", no_build="true").outputs["changed"] == "false"
