"""Environments that live only in a registry: read there, patched in their text, registered anew."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.processes import wheelpin
from tests.repositories import commit_all, git, write_files
from tests.servers.azureml import SUBSCRIPTION, AzureMl
from tests.servers.messages import Request
from tests.wheels import make_wheel
from wheelpin.context import context_hash
from wheelpin.document import compose, plain
from wheelpin.environment import Context, Environment
from wheelpin.registries.directory import DirectoryBackend
from wheelpin.repository import Repository

if TYPE_CHECKING:
    from tests.servers.azureml.answers import Json

LOCAL = """\
stores: {local: {kind: directory, path: wheels}}
registries: {local: {kind: directory, path: registry}}
environments:
  - {name: "train-*", from: local}
"""
JOB = "command: python train.py\nenvironment: azureml:train-gpu:11\ncompute: azureml:gpu\n"
CONDA = """\
# from a notebook
name: train
dependencies:
  - python=3.11
  - pip: ["acme-core==1.3.2", requests]   # ours first
"""
KEPT = {
    "description": "for the big runs",
    "tags": {"team": "ml", "cost": "high"},
    "inferenceConfig": {"livenessRoute": {"path": "/", "port": 80}},
    "osType": "Linux",
    "properties": {"owner": "ada"},
    "newThing": {"of": "a later service"},
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with a job, no definition, and a wheel that an earlier job built."""
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "--quiet")
    write_files(
        root, {"wheelpin.yml": LOCAL, "jobs/train.yml": JOB, ".gitignore": "dist\nwheels\nregistry\n"}
    )
    make_wheel(root / "dist", "acme-core", "1.4.0")
    commit_all(root)
    return root


def properties(root: Path, name: str, version: str) -> dict[str, Any]:
    place = root / "registry/environments" / name / "versions" / f"{version}.json"
    found: dict[str, Any] = json.loads(place.read_text())["properties"]
    return found


def register(root: Path, name: str, conda: str | None = CONDA, **more: Any) -> None:  # noqa: ANN401
    environment = Environment(name=name, path="", image="mcr.example/base:1", conda=conda, kept=KEPT, **more)
    DirectoryBackend("local", root / "registry").register(environment, "11", {})


def test_one_that_pins_a_released_package_is_patched_and_registered_anew(root: Path) -> None:
    register(root, "train-gpu")
    register(root, "score", CONDA)
    register(root, "train-plain", CONDA.replace("acme-core==1.3.2", "rich"))
    ran = wheelpin(root, "plan", "--no-build", "--package", "acme-core")
    assert ran.code == 3, ran.err
    assert [row.split() for row in ran.out.splitlines() if row[2:3] in "~+"][1:] == [
        ["~", "edit", "jobs/train.yml:2", "azureml:train-gpu:11", "->", "azureml:train-gpu:12"],
        ["~", "revise", "local/train-gpu/conda.yml:5", "acme-core==1.3.2", "->", "acme-core==1.4.0"],
        ["+", "register", "train-gpu:12", "(was", "11)", "local"],
    ]
    applied = wheelpin(root, "apply", "--no-build", "--json")
    assert applied.code == 0, applied.err
    assert applied.json["done"] == applied.json["plan"]["changes"]
    assert "azureml:train-gpu:12" in (root / "jobs/train.yml").read_text()
    after = wheelpin(root, "plan", "--no-build")
    assert after.code == 0
    assert "left alone" not in after.err


def test_everything_else_stays_as_it_is(root: Path) -> None:
    register(root, "train-gpu")
    assert wheelpin(root, "apply", "--no-build").code == 0
    before, after = properties(root, "train-gpu", "11"), properties(root, "train-gpu", "12")
    assert after["condaFile"] == before["condaFile"].replace("1.3.2", "1.4.0")
    assert {key: after[key] for key in KEPT if key != "tags"} == {
        key: value for key, value in KEPT.items() if key != "tags"
    }
    assert after["tags"]["team"] == "ml"
    assert after["tags"]["wheelpin.package.acme-core"].startswith("1.4.0 sha256:")


def test_a_build_context_is_patched_and_copied(root: Path, tmp_path: Path) -> None:
    context = tmp_path / "elsewhere/image"
    write_files(
        context, {"Dockerfile": "FROM x\nCOPY . .\n", "pip/requirements.txt": "acme-core==1.3.2\r\nrich\r\n"}
    )
    (context / "logo.bin").write_bytes(bytes(range(256)))
    repository = Repository(context.parent)
    built = Context(path="image", digest=context_hash(repository, "image"), root=context.parent)
    environment = Environment(name="train-built", path="", context=built)
    DirectoryBackend("local", root / "registry").register(environment, "3", {})
    ran = wheelpin(root, "apply", "--no-build")
    assert ran.code == 0, ran.err
    assert "local/train-built/image/pip/requirements.txt:1" in ran.out
    uri = properties(root, "train-built", "4")["build"]["contextUri"]
    place = root / "registry" / uri
    assert (place / "pip/requirements.txt").read_bytes() == b"acme-core==1.4.0\r\nrich\r\n"
    assert (place / "logo.bin").read_bytes() == bytes(range(256))
    assert wheelpin(root, "plan", "--no-build").code == 0


def test_one_that_the_repository_defines_is_the_repository_s(root: Path) -> None:
    register(root, "train-gpu")
    definition = "name: train-gpu\nimage: mcr.example/base:9\n"
    config = LOCAL + "  - path: environments/*.yml\n"
    write_files(root, {"environments/train.yml": definition, "wheelpin.yml": config})
    commit_all(root)
    ran = wheelpin(root, "plan", "--no-build", "--json")
    kinds = [change["kind"] for change in ran.json["changes"]]
    assert kinds.count("register") == 1
    assert "revise" not in kinds


def test_one_that_cannot_be_read_is_told_and_stops_nobody(root: Path) -> None:
    register(root, "train-gpu")
    secret = "--extra-index-url https://ada:geheim@pkgs.example/simple"
    register(root, "train-odd", f"dependencies: [{{pip: ['{secret}', acme-core==1.3.2]}}]\n")
    ran = wheelpin(root, "apply", "--no-build")
    assert ran.code == 0, ran.err
    assert "local/train-odd: left alone" in ran.err
    assert "geheim" not in ran.out + ran.err


def test_conda_in_json_is_read_as_json_means_it(root: Path) -> None:
    conda = json.dumps(
        {"name": "\U0001f40d \u00e9", "dependencies": [{"pip": ["acme-core==1.3.2"]}]}, indent=2
    )
    register(root, "train-snake", conda)
    register(root, "train-half", conda.replace("\\udc0d", ""))
    ran = wheelpin(root, "apply", "--no-build")
    assert ran.code == 0, ran.err
    assert "local/train-half: left alone: its condaFile holds half of a character" in ran.err
    found = json.loads(properties(root, "train-snake", "12")["condaFile"])
    assert found == {"name": "\U0001f40d \u00e9", "dependencies": [{"pip": ["acme-core==1.4.0"]}]}
    assert wheelpin(root, "plan", "--no-build").code == 0


def test_a_name_that_is_nowhere_is_told(root: Path) -> None:
    register(root, "train-gpu")
    config = LOCAL.replace("train-*", "nothing-*") + '  - {name: "gone", from: local}\n'
    write_files(root, {"wheelpin.yml": config})
    ran = wheelpin(root, "plan", "--no-build")
    assert ran.code == 3
    assert "registry local: no environment there is called 'nothing-*'" in ran.err
    assert "local/gone: left alone: it is not there" in ran.err


AZURE = """\
stores: {{local: {{kind: directory, path: wheels}}}}
registries:
  dev: &workspace
    kind: azureml-workspace
    subscription: {subscription}
    resource-group: ml
    workspace: dev
    endpoint: {url}
  prod: {{<<: *workspace, workspace: prod}}
environments:
  - {{name: "*", from: dev, registries: [dev, prod]}}
"""


def _azure(server: AzureMl) -> Mapping[str, str]:
    return dict(server.environ)


def test_those_of_a_workspace_go_to_all_its_registries(root: Path, azureml_blobs: AzureMl) -> None:
    dev, prod = azureml_blobs.workspace("dev"), azureml_blobs.workspace("prod")
    write_files(root, {"wheelpin.yml": AZURE.format(url=azureml_blobs.url, subscription=SUBSCRIPTION)})
    sent: dict[str, Json] = {
        "image": "mcr.example/base:1",
        "condaFile": CONDA,
        "tags": {"a": "b"},
        "description": "mine",
    }
    dev.environments.register("train-gpu", "11", sent)
    dev.environments.register("archived", "1", sent)
    dev.environments._containers["archived"].archived = True
    dev.environments.register("retired", "1", sent)
    dev.environments._containers["retired"].versions["1"].archived = True
    dev.environments.register("AzureML-sklearn", "1", sent, curated=True)
    ran = wheelpin(root, "apply", "--no-build", env=_azure(azureml_blobs))
    assert ran.code == 0, ran.err
    for workspace in (dev, prod):
        resource = workspace.environments.resource("train-gpu", "12")["properties"]
        assert isinstance(resource, dict)
        conda = plain(compose(str(resource["condaFile"]), "conda")[0], "conda")
        assert conda["dependencies"][1] == {"pip": ["acme-core==1.4.0", "requests"]}
        assert (resource["description"], resource["tags"]["a"]) == ("mine", "b")
    assert dev.environments.versions("archived") == dev.environments.versions("retired") == ["1"]
    assert dev.environments.versions("AzureML-sklearn") == ["1"]
    azureml_blobs.clear()
    again = wheelpin(root, "apply", "--no-build", env=_azure(azureml_blobs))
    assert (again.code, again.out.splitlines()[-1]) == (0, "nothing to do"), again.err
    assert azureml_blobs.writes == 0


def test_one_that_others_change_meanwhile_is_patched_as_they_left_it(
    root: Path, azureml_blobs: AzureMl
) -> None:
    dev = azureml_blobs.workspace("dev").environments
    azureml_blobs.workspace("prod")
    write_files(root, {"wheelpin.yml": AZURE.format(url=azureml_blobs.url, subscription=SUBSCRIPTION)})
    dev.register("train-gpu", "11", {"image": "mcr.example/base:1", "condaFile": CONDA})

    def change(request: Request) -> bool:
        if request.method == "PUT" and dev.versions("train-gpu") == ["11"]:
            dev.register("train-gpu", "12", {"image": "mcr.example/base:2", "condaFile": CONDA})
        return False

    azureml_blobs.fault(0, "slow", when=change)
    ran = wheelpin(root, "apply", "--no-build", env=_azure(azureml_blobs))
    assert ran.code == 0, ran.err
    assert dev.versions("train-gpu") == ["11", "12", "13"]
    newest = dev.resource("train-gpu", "13")["properties"]
    assert isinstance(newest, dict)
    assert newest["image"] == "mcr.example/base:2"
    assert "acme-core==1.4.0" in str(newest["condaFile"])
    assert "azureml:train-gpu:13" in (root / "jobs/train.yml").read_text()
    assert wheelpin(root, "plan", "--no-build", env=_azure(azureml_blobs)).code == 0
