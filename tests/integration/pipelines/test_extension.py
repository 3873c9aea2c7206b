"""The extension: packed by tfx, and its task's handler run under node as the agent runs it."""

import json
import os
import subprocess
import zipfile
from pathlib import Path

import pytest
from filelock import FileLock

from pipelines.extension.pack import gather
from tests.agents import Agent, read_outputs
from tests.npm import node, node_modules
from tests.runners import HOSTILE, ROOT, Step, no_command_was_run

TASK = json.loads((ROOT / "pipelines/extension/wheelpin/task.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def extension(shared: Path) -> Path:
    """The .vsix, unpacked."""
    home = shared / "extension"
    with FileLock(f"{home}.lock"):
        if not home.exists():
            gather(shared / "gathered")
            tfx = node_modules(ROOT / "tests/tools/package.json") / "tfx-cli" / "_build" / "tfx-cli.js"
            packed = shared / "wheelpin.vsix"
            subprocess.run(
                [node(), str(tfx), "extension", "create", "--no-prompt", "--manifest-globs",
                 "vss-extension.json", "--publisher", "acme", "--output-path", str(packed)],
                cwd=shared / "gathered", check=True, capture_output=True,
            )  # fmt: skip
            with zipfile.ZipFile(packed) as archive:
                archive.extractall(home)
    return home


@pytest.fixture(scope="session")
def installed(extension: Path, shared: Path) -> Path:
    """A folder for temporary files in which the task has installed wheelpin, once for all."""
    home = shared / "agent-temp"
    with FileLock(f"{home}.lock"):
        if not home.exists():
            home.mkdir()
            assert run(Agent(home, home, {}), extension, command="pins").code == 0
    return home


@pytest.fixture
def agent(repository: Path, installed: Path) -> Agent:
    return Agent(repository, installed, {})


def run(agent: Agent, extension: Path, **inputs: str) -> Step:
    """Run the task; inputs that are not given have their defaults, as the agent has it."""
    told = {one["name"]: one["defaultValue"] for one in TASK["inputs"]} | inputs
    env = {f"INPUT_{name.upper()}": value for name, value in told.items() if value}
    code, log = agent.run([node(), str(extension / "wheelpin" / TASK["execution"]["Node24"]["target"])], env)
    return Step(code=code, log=log, outputs=read_outputs(log))


def test_what_is_packed_is_the_task_with_wheelpin_in_it(extension: Path) -> None:
    packed = {place.name for place in (extension / "wheelpin").iterdir()}
    assert {"main.js", "task.json", "icon.png", "run.py", "requirements.txt"} < packed
    assert len(list((extension / "wheelpin").glob("wheelpin-*.whl"))) == 1
    assert not list(extension.rglob("node_modules"))


def test_plan_and_apply(extension: Path, agent: Agent, repository: Path) -> None:
    planned = run(agent, extension, noBuild="true")
    assert planned.code == 0, planned.log
    assert planned.outputs["changed"] == "true"
    assert planned.log.endswith("##vso[task.complete result=Succeeded]\n")
    applied = run(agent, extension, command="apply", noBuild="true", expect=planned.outputs["planDigest"])
    assert applied.code == 0, applied.log
    assert "acme-core==1.4.0" in (repository / "environments/train/conda.yml").read_text()
    assert "nothing to do" in run(agent, extension, command="apply", noBuild="true").log


def test_what_fails_fails_the_task(extension: Path, agent: Agent, repository: Path) -> None:
    (repository / "wheelpin.yml").write_text("colour: blue\n")
    failed = run(agent, extension, command="apply", noBuild="true")
    assert failed.code == 2
    assert failed.log.endswith("##vso[task.complete result=Failed]\n")


def test_flags_that_are_off_leave_the_variable_of_the_pipeline(extension: Path, agent: Agent) -> None:
    agent.variables["WHEELPIN_NO_BUILD"] = "true"
    assert "acme-core==1.4.0" in run(agent, extension, noBuild="false").log


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_value_of_all_inputs_is_ever_a_command(
    hostile: str, extension: Path, agent: Agent, repository: Path
) -> None:
    names = [one["name"] for one in TASK["inputs"]]
    for given in ({}, {"command": "apply", "config": "", "directory": ""}):
        step = run(agent, extension, **(dict.fromkeys(names, hostile) | given))
        assert no_command_was_run(step, repository)


def test_the_connection_and_the_token_of_the_job_are_handed_on_and_no_other_secret(
    extension: Path, agent: Agent, tmp_path: Path
) -> None:
    python = tmp_path / "bin" / "python3"
    python.parent.mkdir()
    python.write_text('#!/bin/sh\n[ "$1" = -c ] || env\n')
    python.chmod(0o755)
    agent.variables |= {
        "PATH": os.pathsep.join([str(python.parent), os.environ["PATH"]]),
        "ENDPOINT_AUTH_PARAMETER_the-connection_SERVICEPRINCIPALID": "the-client",
        "ENDPOINT_AUTH_PARAMETER_the-connection_TENANTID": "the-tenant",
        "ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN": "the-token",
        "ENDPOINT_AUTH_another": "another secret",
        "SECRET_OTHER": "another secret",
    }
    log = run(agent, extension, serviceConnection="the-connection", arguments="a b").log.splitlines()
    assert {
        "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID=the-connection",
        "AZURESUBSCRIPTION_CLIENT_ID=the-client",
        "AZURESUBSCRIPTION_TENANT_ID=the-tenant",
        "SYSTEM_ACCESSTOKEN=the-token",
        "WHEELPIN_COMMAND=plan",
        "WHEELPIN_ARGUMENTS=a b",
        "WHEELPIN_EXIT_ZERO=true",
    } <= set(log)
    assert not [line for line in log if "another secret" in line or line.startswith("INPUT_")]


def test_an_agent_without_a_python_of_today_is_told_so(extension: Path, agent: Agent, tmp_path: Path) -> None:
    agent.variables["PATH"] = str(tmp_path)
    failed = run(agent, extension)
    assert failed.code == 2
    assert "##vso[task.logissue type=error]wheelpin needs Python 3.11 or newer" in failed.log
