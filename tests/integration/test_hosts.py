"""Commands as processes in each CI service's environment: what it reads in the log and in its files."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import agent, runner
from tests.processes import Ran, wheelpin
from tests.repositories import snapshot, write_files
from tests.servers.azureml import SUBSCRIPTION, AzureMl
from tests.servers.index import PypiServer
from tests.wheels import make_wheel
from wheelpin.cli import cli

DEFINITIONS = {
    "ml/environments/train/environment.yml": "name: train\nimage: a/base:1\nconda_file: conda.yml\n",
    "ml/environments/train/conda.yml": "dependencies:\n  - pip:\n      - acme-core==1.3.2\n",
}
NESTED = "name: x\nimage: a\nconda_file:\n  dependencies:\n  - pip: ['acme-core==1.0']\n"
PROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "acme-io"
version = "1"
"""
TALKATIVE = """
import logging, warnings
from wheelpin.ci.streams import hush_libraries
hush_libraries()
logging.getLogger("azure.identity").warning("::error::a server said so")
warnings.warn("::error::a library thinks so")
"""
HOSTILE = "::error::pwned ##vso[task.setvariable variable=pwned]1 ##[add-mask]conda @all"


@dataclass(frozen=True)
class Job:
    """A run of wheelpin in a CI service, with the folders that the service gives it."""

    workspace: Path
    files: Path

    def github(self, *arguments: str, **environ: str) -> Ran:
        variables = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_OUTPUT": str(self.files / "output"),
            "GITHUB_STEP_SUMMARY": str(self.files / "summary.md"),
            "GITHUB_REPOSITORY": "contoso/ml",
            "GITHUB_EVENT_NAME": "push",
        }
        return wheelpin(self.workspace, *arguments, env={**variables, **environ})

    def azure(self, *arguments: str, **environ: str) -> Ran:
        variables = {
            "TF_BUILD": "True",
            "BUILD_SOURCESDIRECTORY": str(self.workspace),
            "AGENT_TEMPDIRECTORY": str(self.files),
        }
        return wheelpin(self.workspace, *arguments, env={**variables, **environ})

    def outputs(self) -> Mapping[str, str]:
        return dict(runner.file_command((self.files / "output").read_text()))


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A checkout with a project of definitions in a sub-folder and one wheel that was built before."""
    workspace, files = tmp_path / "work", tmp_path / "temp"
    workspace.mkdir()
    files.mkdir()
    write_files(workspace, DEFINITIONS)
    make_wheel(workspace / "ml/dist", "acme-core", "1.4.0")
    return Job(workspace, files)


def said(ran: Ran) -> str:
    """The whole log: both services read both streams."""
    return f"{ran.out}\n{ran.err}"


def variables(ran: Ran) -> dict[str, str]:
    """The outputs that the agent reads."""
    return {
        command.properties["variable"]: command.data
        for command in agent.commands(ran.err)
        if command.name == "task.setvariable"
    }


def test_plan_hands_on_its_outputs_and_its_report_in_github(job: Job) -> None:
    ran = job.github(
        "-C", "ml", "plan", "--no-build", "--json", "--out", "plan.json", "--report", "report.md"
    )
    assert ran.code == 3, ran.err
    outputs = job.outputs()
    assert outputs["plan-digest"] == ran.json["digest"]
    assert outputs["changed"] == "true"
    [wheel] = json.loads(outputs["wheels"])
    assert (wheel["name"], wheel["version"]) == ("acme-core", "1.4.0")
    assert json.loads(outputs["environments"]) == [{"name": "train", "version": "1", "registry": "local"}]
    assert json.loads(Path(outputs["plan-file"]).read_text()) == ran.json
    report = Path(outputs["report"]).read_text()
    assert (job.files / "summary.md").read_text() == f"\n{report}"
    assert "```mermaid" in report
    assert runner.commands(said(ran)) == []


def test_apply_hands_on_its_outputs_and_its_report_in_azure(job: Job) -> None:
    ran = job.azure("-C", "ml", "apply", "--no-build")
    assert ran.code == 0, ran.err
    outputs = variables(ran)
    assert outputs.keys() == {"planDigest", "changed", "wheels", "environments"}
    assert json.loads(outputs["environments"]) == [{"name": "train", "version": "1", "registry": "local"}]
    progress = [command for command in agent.commands(ran.err) if command.name == "task.setprogress"]
    assert [command.properties["value"] for command in progress] == ["33", "66", "100"]
    [page] = [command.data for command in agent.commands(ran.err) if command.name == "task.uploadsummary"]
    assert Path(page).read_text().startswith("## ✅ wheelpin: 3 of 3 changes done")
    assert "mermaid" not in Path(page).read_text()
    assert agent.commands(ran.out) == []
    again = job.azure("-C", "ml", "apply", "--no-build")
    assert variables(again)["changed"] == "false"


@pytest.mark.parametrize("option", ["--json", "--verbose"])
def test_standard_output_is_the_result_alone(job: Job, option: str) -> None:
    plain = wheelpin(job.workspace, "-C", "ml", "plan", "--no-build", option)
    assert job.github("-C", "ml", "plan", "--no-build", option).out == plain.out
    assert job.azure("-C", "ml", "plan", "--no-build", option).out == plain.out


def test_annotation_stands_on_the_line_of_the_definition(job: Job) -> None:
    write_files(
        job.workspace, {"ml/environments/train/conda.yml": "dependencies:\n  - pip:\n      - {a: [\n"}
    )
    ran = job.github("-C", "ml", "plan", "--no-build")
    assert ran.code == 1
    [command, *_] = runner.commands(ran.err)
    assert command.name == "error"
    assert command.properties["file"] == "ml/environments/train/conda.yml"
    assert int(command.properties["line"]) in {3, 4}
    issue = agent.commands(job.azure("-C", "ml", "plan", "--no-build").err)[0]
    assert issue.properties["sourcepath"] == "ml/environments/train/conda.yml"
    assert issue.properties["linenumber"] == command.properties["line"]
    assert issue.data == command.data


def test_config_is_annotated_where_it_is_wrong(job: Job) -> None:
    write_files(job.workspace, {"ml/wheelpin.yml": "output: dist\nstore: {}\n"})
    [command, *_] = runner.commands(job.github("-C", "ml", "plan").err)
    assert (command.properties["file"], command.properties["line"]) == ("ml/wheelpin.yml", "2")


def test_failure_is_in_the_summary_and_in_the_report(job: Job) -> None:
    write_files(job.workspace, {"ml/wheelpin.yml": "store: {}\n"})
    ran = job.github("-C", "ml", "apply", WHEELPIN_REPORT="report.md")
    assert ran.code == 2
    assert "## ❌ wheelpin stopped" in (job.files / "summary.md").read_text()
    assert (job.workspace / "ml/report.md").read_text() in (job.files / "summary.md").read_text()


def test_report_is_written_on_a_laptop_too(job: Job) -> None:
    assert wheelpin(job.workspace, "-C", "ml", "apply", "--no-build", "--report", "report.md").code == 0
    assert (job.workspace / "ml/report.md").read_text().startswith("## ✅ wheelpin: 3 of 3 changes done")


def test_report_in_a_file_can_be_a_comment(job: Job) -> None:
    many = "".join(f"      - acme-core==1.3.{number}\n" for number in range(900))
    write_files(job.workspace, {"ml/environments/train/conda.yml": f"dependencies:\n  - pip:\n{many}"})
    assert job.github("-C", "ml", "plan", "--no-build", "--report", "report.md").code == 3
    report = (job.workspace / "ml/report.md").read_text()
    assert len(report) <= 65_536 < len((job.files / "summary.md").read_text())
    assert report.endswith("*The rest was cut: the log has all of it.*\n")


def test_report_that_cannot_be_written_is_told_and_hides_nothing(job: Job) -> None:
    ran = wheelpin(job.workspace, "-C", "ml", "apply", "--no-build", "--report", "no/report.md")
    assert ran.code == 0
    assert "warning: no/report.md: the report cannot be written" in ran.err


@pytest.mark.skipif(os.name == "nt", reason="names that Windows does not take")
@pytest.mark.parametrize(
    "arguments", [("pins",), ("pins", "--json"), ("plan", "--no-build"), ("apply", "--no-build")]
)
def test_hostile_names_are_words(job: Job, arguments: tuple[str, ...]) -> None:
    name = HOSTILE.replace("/", "")
    write_files(
        job.workspace / "ml",
        {f"{name}/{name}.yml": f"# {HOSTILE}\n{NESTED}"},
    )
    meant = {"task.setvariable", "task.uploadsummary", "task.setprogress"}
    github, azure = job.github("-C", "ml", *arguments), job.azure("-C", "ml", *arguments)
    assert "pwned" in said(github)
    assert runner.commands(said(github)) == []
    read = agent.commands(said(azure))
    assert {command.name for command in read} <= meant
    assert {command.properties.get("variable") for command in read} <= {
        None,
        "planDigest",
        "changed",
        "wheels",
        "environments",
    }
    if "--json" in arguments:
        assert github.json == wheelpin(job.workspace, "-C", "ml", *arguments).json


@pytest.mark.parametrize("typed", [HOSTILE, "--" + HOSTILE, "##vso[task.complete result=Failed]"])
def test_hostile_arguments_are_words(job: Job, typed: str) -> None:
    github, azure = job.github(typed), job.azure(typed)
    assert (github.code, azure.code) == (2, 2)
    assert [command.name for command in runner.commands(said(github))] == ["error"]
    assert [command.name for command in agent.commands(said(azure))] == ["task.logissue"]


def test_build_output_is_a_group_of_words(job: Job) -> None:
    write_files(
        job.workspace / "ml",
        {
            "pkg/pyproject.toml": PROJECT,
            "pkg/backend.py": "import sys\n"
            f"for _ in range(40): print({HOSTILE!r}); print('  ::set-output name=a::b', file=sys.stderr)\n"
            "raise SystemExit(1)\n",
        },
    )
    github = job.github("-C", "ml", "build")
    assert github.code == 1
    names = [command.name for command in runner.commands(said(github))]
    assert set(names) <= {"group", "endgroup", "error"}
    assert names.count("group") == names.count("endgroup")
    assert "pwned" in github.err
    azure = job.azure("-C", "ml", "build")
    assert {command.name for command in agent.commands(said(azure))} <= {
        "task.logissue",
        "task.uploadsummary",
    }


def test_secrets_are_masked_before_the_store_is_used(job: Job, locked_pypi_server: PypiServer) -> None:
    addresses = f"upload: '{locked_pypi_server.upload}', simple: '{locked_pypi_server.simple}'"
    write_files(job.workspace, {"ml/wheelpin.yml": f"stores:\n  x: {{kind: index, {addresses}}}\n"})
    login = {"TWINE_USERNAME": "ada", "TWINE_PASSWORD": "wrong%horse;battery"}
    github = job.github("-C", "ml", "-v", "publish", **login)
    first = runner.commands(github.err)[0]
    assert first.name == "add-mask"
    assert "wrong%horse;battery" in {command.data for command in runner.commands(github.err)}
    assert "wrong%horse;battery" not in runner.masked(said(github))
    azure = job.azure("-C", "ml", "-v", "publish", **login)
    assert "wrong%horse;battery" in {
        command.data for command in agent.commands(azure.err) if command.name == "task.setsecret"
    }


def test_tokens_of_azure_are_masked_before_they_are_used(job: Job, azureml: AzureMl) -> None:
    azureml.workspace("dev")
    place = f"subscription: {SUBSCRIPTION}, resource-group: ml, workspace: dev, endpoint: '{azureml.url}'"
    config = f"registries:\n  dev: {{kind: azureml-workspace, {place}}}\n"
    write_files(job.workspace, {"ml/wheelpin.yml": config})
    ran = job.github("-C", "ml", "register", **azureml.environ)
    assert ran.code == 0, ran.err
    masks = [command.data for command in runner.commands(ran.err) if command.name == "add-mask"]
    assert azureml.token in masks
    assert azureml.token not in runner.masked(said(ran))


OUTWARD = {
    "apply": ["apply"],
    "publish": ["publish"],
    "register": ["register"],
    "share": ["share", "train", "--from", "dev", "--to", "shared"],
    "connect": ["connect"],
    "yank": ["yank", "acme-core==1.4.0", "--undo"],
    "store": ["store", "check", "--rebuild"],
}
"""What changes that others use; all other commands only read, or write into the work tree."""

INWARD = {"plan", "build", "pin", "pins", "init", "doctor"}


def test_every_command_is_judged() -> None:
    assert cli.commands.keys() == OUTWARD.keys() | INWARD


@pytest.mark.parametrize("command", OUTWARD.values(), ids=" ".join)
def test_forks_get_a_plan_and_nothing_else(job: Job, command: list[str]) -> None:
    before = snapshot(job.workspace)
    event = job.files / "event.json"
    event.write_text(json.dumps({"pull_request": {"head": {"repo": {"full_name": "mallory/ml"}}}}))
    pull_request = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(event)}
    refused = job.github("-C", "ml", *command, **pull_request)
    assert (refused.code, snapshot(job.workspace)) == (2, before)
    assert "is refused here" in runner.commands(refused.err)[0].data
    assert job.azure("-C", "ml", *command, SYSTEM_PULLREQUEST_ISFORK="True").code == 2
    assert job.github("-C", "ml", "plan", "--no-build", **pull_request).code == 3
    assert snapshot(job.workspace) == before


def test_a_fork_that_cannot_sign_in_is_shown_what_its_pins_would_be(job: Job) -> None:
    place = "subscription: s, resource-group: g, workspace: dev"
    config = f"registries:\n  dev: {{kind: azureml-workspace, {place}}}\n"
    write_files(job.workspace, {"ml/wheelpin.yml": config})
    signed_out = {"AZURE_TOKEN_CREDENTIALS": "AzureCliCredential", "PATH": "/usr/bin:/bin"}
    event = job.files / "event.json"
    event.write_text(json.dumps({"pull_request": {"head": {"repo": {"full_name": "mallory/ml"}}}}))
    pull_request = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(event)}
    ran = job.github("-C", "ml", "plan", "--no-build", "--json", **pull_request, **signed_out)
    assert ran.code == 3, ran.err
    assert {change["kind"] for change in json.loads(ran.out)["changes"]} == {"edit"}
    assert "nobody is signed in" in said(ran)
    assert job.github("-C", "ml", "plan", "--no-build", **signed_out).code == 9


def test_libraries_do_not_print_past_the_host() -> None:
    ran = subprocess.run([sys.executable, "-c", TALKATIVE], capture_output=True, text=True, check=True)
    assert (ran.stdout, ran.stderr) == ("", "")
