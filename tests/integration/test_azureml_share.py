"""`wheelpin share`: what a workspace holds goes to a shared registry once, through every fault."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.repositories import write_files
from tests.servers.azureml import KINDS, SUBSCRIPTION, AzureMl
from tests.servers.azureml.environments import Environments
from wheelpin.azureml import Azure
from wheelpin.ci import Verbosity, detect_host
from wheelpin.cli import run
from wheelpin.config import Config
from wheelpin.config.file import load_config
from wheelpin.errors import ConflictError, OutcomeUnknownError, TargetError
from wheelpin.share import Ended, open_road, parse_wanted, share
from wheelpin.web.retries import Retries

CONDA = "dependencies: [python=3.11, {pip: [acme-core==1.3.2]}]\n"
OLD = {"image": "mcr.example/base:1", "condaFile": CONDA}
NEW = {"image": "mcr.example/base:2", "condaFile": CONDA}
CONTEXT = {"build": {"contextUri": "https://account.blob/LocalUpload/0af/docker/"}}
QUICK = Retries(base=0.01, cap=0.02, obeyed=0.02, deadline=20)
FAULTS = [kind for kind in KINDS if kind != "html"]
"""All but a sign-in page, which ends a run."""


@pytest.fixture
def source(azureml: AzureMl) -> Environments:
    """A workspace that has trained twice."""
    environments = azureml.workspace("dev").environments
    environments.register("train", "1", OLD)
    environments.register("train", "2", NEW)
    azureml.registry("contoso")
    return environments


@pytest.fixture
def root(azureml: AzureMl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WHEELPIN_AZURE_TOKEN", azureml.token)
    monkeypatch.chdir(tmp_path)
    workspace = {
        "kind": "azureml-workspace",
        "subscription": SUBSCRIPTION,
        "resource-group": "ml",
        "workspace": "dev",
        "endpoint": azureml.url,
    }
    shared = {"kind": "azureml-registry", "name": "contoso", "endpoint": azureml.url}
    registries = {"dev": workspace, "shared": shared, "here": {"kind": "directory", "path": "registry"}}
    write_files(tmp_path, {"wheelpin.yml": json.dumps({"registries": registries})})
    return tmp_path


def arguments(*names: str) -> list[str]:
    return ["share", *names, "--from", "dev", "--to", "shared"]


def told(capsys: pytest.CaptureFixture[str], *names: str) -> tuple[int, str]:
    code = run(arguments(*names))
    said = capsys.readouterr()
    return code, said.out + said.err


def config(root: Path) -> Config:
    return load_config(root, {}, None)


def test_the_latest_version_goes_with_its_number(
    azureml: AzureMl, source: Environments, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = told(capsys, "train")
    assert (code, "+ shared  train:2" in said) == (0, True)
    held = azureml.registry("contoso").environments
    assert held.versions("train") == ["2"]
    assert "mcr.example/base:2" in json.dumps(held.resource("train", "2"))


def test_what_is_there_is_left_alone(
    azureml: AzureMl, source: Environments, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(capsys, "train:1")[0] == 0
    azureml.clear()
    code, said = told(capsys, "train:1")
    assert (code, "= unchanged  train:1" in said) == (0, True)
    assert not [seen for seen in azureml.requests if seen.writes]


def test_another_definition_there_is_a_conflict(
    azureml: AzureMl, source: Environments, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    azureml.registry("contoso").environments.register("train", "2", OLD)
    code, said = told(capsys, "train:2", "train:1")
    assert (code, "registry shared: train:2 is another definition" in said) == (4, True)
    assert azureml.registry("contoso").environments.versions("train") == ["2", "1"]


def test_an_image_that_is_not_built_is_told_with_what_to_do(
    azureml: AzureMl, source: Environments, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    azureml.registry("contoso").materialized = False
    code, said = told(capsys, "train:2")
    assert (code, "run a job with it in the workspace" in said) == (6, True)


def test_a_context_that_was_moved_is_the_same_definition(
    azureml: AzureMl, source: Environments, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source.register("score", "1", CONTEXT)
    moved = {"build": {"contextUri": "https://shared.blob/asset-1/docker/"}}
    azureml.registry("contoso").environments.register("score", "1", moved)
    assert told(capsys, "score")[0] == 0
    other = {"build": {"contextUri": "https://account.blob/LocalUpload/1bf/docker/"}}
    source.register("score", "2", CONTEXT)
    azureml.registry("contoso").environments.register("score", "2", other)
    assert told(capsys, "score")[0] == 4


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        ("lost --from dev --to shared", 6, "registry dev: there is no lost"),
        ("train:9 --from dev --to shared", 6, "registry dev: there is no train:9"),
        ("train: --from dev --to shared", 2, "'train:' is no environment"),
        ("train --from shared --to shared", 2, "--from shared: only what is in an azureml-workspace"),
        ("train --from dev --to dev", 2, "--to dev: only an azureml-registry"),
        ("train --from dev --to here", 2, "--to here: only an azureml-registry"),
        ("train --from prod --to shared", 2, "no registry is called prod"),
    ],
)
@pytest.mark.usefixtures("source", "root")
def test_what_cannot_be_shared_is_told(
    capsys: pytest.CaptureFixture[str], line: str, code: int, words: str
) -> None:
    assert run(["share", *line.split()]) == code
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("kind", FAULTS)
def test_every_fault_at_every_request_converges(
    azureml: AzureMl, source: Environments, root: Path, kind: str
) -> None:
    azureml.slowness, azureml.downtime, azureml.retry_after = 0.05, 0.02, 0
    host = detect_host({}, Verbosity.QUIET, root)

    def attempt(version: str) -> Ended:
        road = open_road(config(root), Azure({"WHEELPIN_AZURE_TOKEN": azureml.token}, QUICK), "dev", "shared")
        return share(road, [parse_wanted(f"train:{version}")], host)[0]

    attempt("1")
    total = len(azureml.requests)
    for n in range(total):
        version = str(n + 2)
        source.register("train", version, NEW)
        azureml.clear()
        azureml.fault(n, kind)
        ended = attempt(version)
        if ended.error:
            assert isinstance(ended.error, TargetError | OutcomeUnknownError | ConflictError)
            ended = attempt(version)
        assert replace(ended, unchanged=False) == Ended(name="train", version=version)
        assert azureml.dealt
    assert azureml.registry("contoso").environments.versions("train") == [
        str(n + 1) for n in range(total + 1)
    ]
