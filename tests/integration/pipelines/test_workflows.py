"""The workflows that users copy: their jobs' steps, each job on a checkout of its own, as in the service."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.projects import write_project
from tests.repositories import commit_all, git
from tests.runners import ROOT, Runner, Step, evaluate

WORKFLOWS = {
    file.stem: yaml.safe_load(file.read_text()) for file in (ROOT / "pipelines/github").glob("*.yml")
}
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
USES = [
    (f"{name} {job}: {step['name']}", step["with"])
    for name, workflow in WORKFLOWS.items()
    for job, described in workflow["jobs"].items()
    for step in described["steps"]
    if "/wheelpin@" in step.get("uses", "")
]


class Service:
    """What runs the jobs of a workflow: each in a new clone of `remote`, with a `dist` that is handed on."""

    def __init__(self, remote: Path, temp: Path) -> None:
        self.remote = remote
        self.temp = temp
        self.dist = remote.parent / "artifact"
        self.checkouts: list[Path] = []

    def job(self, described: Mapping[str, Any], **contexts: Mapping[str, str]) -> Step:
        """Run the steps of a job that are ours, and scripts. The outputs are those of the last."""
        checkout = self.remote.parent / f"job-{len(self.checkouts)}"
        self.checkouts.append(checkout)
        git(self.remote.parent, "clone", "-q", str(self.remote), str(checkout))
        if self.dist.exists():
            shutil.copytree(self.dist, checkout / "dist")
        runner = Runner(checkout, self.temp)
        known = {"inputs": {}, "vars": {}, "matrix": {}, **contexts}
        step = Step(code=0, log="", outputs={})
        for told in described["steps"]:
            if "run" in told:
                env = {name: evaluate(value, known) for name, value in told.get("env", {}).items()}
                step = runner.script(told["run"], env)
            elif "/wheelpin@" in told["uses"]:
                step = runner.action(**{name: _text(value, known) for name, value in told["with"].items()})
            assert step.code == 0, step.log
        if (checkout / "dist").exists():
            shutil.copytree(checkout / "dist", self.dist, dirs_exist_ok=True)
        return step


def _text(value: object, contexts: Mapping[str, Any]) -> str:
    return str(value).lower() if isinstance(value, bool) else evaluate(str(value), contexts)


@pytest.fixture
def service(repository: Path, temp: Path) -> Service:
    """A repository with one package in it, and a store and a registry beside it that all jobs see."""
    shutil.rmtree(repository / "dist")
    write_project(repository / "packages" / "acme-core", "acme-core", "1.4.0")
    places = {"stores": "wheels", "registries": "environments"}
    config = {
        key: {"shared": {"kind": "directory", "path": str(repository.parent / name)}}
        for key, name in places.items()
    }
    (repository / "wheelpin.yml").write_text(json.dumps(config))
    commit_all(repository)
    git(repository, "push", "-q", "origin", "main")
    return Service(repository.parent / "remote.git", temp)


@pytest.mark.parametrize(("place", "given"), USES, ids=[place for place, _ in USES])
def test_workflows_give_inputs_that_the_action_has(place: str, given: Mapping[str, str]) -> None:
    assert given.keys() <= ACTION["inputs"].keys()


@pytest.mark.parametrize(
    ("ours", "changed", "expected"),
    [
        (
            "11\n12\n",
            "true",
            "api --silent --method PATCH repos/acme/models/issues/comments/12 --field body=@report.md",
        ),
        (
            "11\n",
            "false",
            "api --silent --method PATCH repos/acme/models/issues/comments/11 --field body=@report.md",
        ),
        ("", "true", "pr comment 7 --body-file report.md"),
        ("", "false", None),
    ],
)
def test_comment_takes_the_place_of_ours_alone(
    ours: str, changed: str, expected: str | None, repository: Path, temp: Path
) -> None:
    """The words that GitHub's own program is given; it is not at hand where tests run."""
    program = repository.parent / "bin" / "gh"
    program.parent.mkdir()
    program.write_text(
        f"#!/bin/sh\necho \"$*\" >> gh.log\ncase $2 in --paginate) printf '%s' '{ours}';; esac\n"
    )
    program.chmod(0o755)
    step = WORKFLOWS["plan"]["jobs"]["comment"]["steps"][-1]
    assert 'startswith("## wheelpin plan")' in step["env"]["OURS"]
    runner = Runner(repository, temp)
    runner.variables["PATH"] = os.pathsep.join([str(program.parent), os.environ["PATH"]])
    env = {"NUMBER": "7", "GH_REPO": "acme/models", "OURS": step["env"]["OURS"], "CHANGED": changed}
    done = runner.script(step["run"], env)
    assert done.code == 0, done.log
    listed, *rest = (repository / "gh.log").read_text().splitlines()
    assert listed.startswith("api --paginate repos/acme/models/issues/7/comments --jq .[]")
    assert rest == [expected] * (expected is not None)


def test_release_applies_what_was_planned_and_pushes_the_pins(service: Service) -> None:
    jobs = WORKFLOWS["release"]["jobs"]
    planned = service.job(jobs["plan"])
    assert planned.outputs["changed"] == "true"
    applied = service.job(jobs["apply"])
    assert [one["name"] for one in json.loads(applied.outputs["wheels"])] == ["acme-core"]
    assert "acme-core==1.4.0" in git(service.remote, "show", "main:environments/train/conda.yml")
    assert service.job(jobs["plan"]).outputs["changed"] == "false"


def test_rolling_back_pins_pushes_and_registers(service: Service) -> None:
    jobs = WORKFLOWS["release"]["jobs"]
    service.job(jobs["plan"])
    service.job(jobs["apply"])
    service.job(jobs["roll-back"], inputs={"roll-back-to": "acme-core==1.3.2"})
    assert "acme-core==1.3.2" in git(service.remote, "show", "main:environments/train/conda.yml")
    assert git(service.remote, "show", "main:jobs/train.yml").count("azureml:train:13") == 1
    assert git(service.checkouts[-1], "status", "--porcelain", "-uno") == ""


def test_matrix_builds_and_one_job_releases(service: Service) -> None:
    jobs = WORKFLOWS["matrix"]["jobs"]
    (entry,) = json.loads(service.job(jobs["matrix"]).outputs["matrix"])["include"]
    build = {"steps": [step for step in jobs["build"]["steps"] if "run" not in step]}
    service.job(build, matrix=entry)
    assert [wheel.name for wheel in service.dist.glob("*.whl")] == ["acme_core-1.4.0-py3-none-any.whl"]
    assert service.job(jobs["plan"]).outputs["changed"] == "true"
    service.job(jobs["apply"])
    assert "acme-core==1.4.0" in git(service.remote, "show", "main:environments/train/conda.yml")
