"""The whole job on the embedded default, as processes; and the law: a plan is empty after an apply."""

from pathlib import Path

import pytest

from tests.processes import wheelpin
from tests.projects import write_project
from tests.repositories import FILES, commit_all, git, snapshot, write_files, write_repository
from tests.wheels import make_wheel

MULTI = {
    **{path: text for path, text in FILES.items() if not path.startswith("environments/score")},
    "environments/score/environment.yml": """\
name: score
image: mcr.example/base:1
conda_file:
  dependencies: [python=3.11, pip: [acme.data==0.9.0, "acme-io==2.0.0"]]
""",
    "environments/eval/environment.yml": "name: eval\nbuild: {path: context}\n",
    "environments/eval/context/Dockerfile": "FROM mcr.example/base:1\nCOPY requirements.txt .\n",
    "environments/eval/context/requirements.txt": "acme_io==2.0.0 ; python_version > '3'\r\nrequests\r\n",
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose wheels of acme-core 1.4.0 and acme-io 2.0.1 stand in dist already."""
    root = write_repository(tmp_path / "repository")
    make_wheel(root / "dist", "acme-core", "1.4.0")
    make_wheel(root / "dist", "acme-io", "2.0.1")
    return root


def test_plan_shows_everything_and_writes_nothing(repository: Path) -> None:
    before = snapshot(repository)
    ran = wheelpin(repository, "plan", "--no-build", "--json")
    assert ran.code == 3
    assert [
        (change["kind"], change.get("before"), change.get("after")) for change in ran.json["changes"]
    ] == [
        ("upload", None, None),
        ("upload", None, None),
        ("edit", "Acme.Core == 1.3.2", "Acme.Core == 1.4.0"),
        ("edit", "acme-io==2.0.0", "acme-io==2.0.1"),
        ("edit", "acme-core==1.3.2", "acme-core==1.4.0"),
        ("edit", 'version: "3"', 'version: "4"'),
        ("edit", "azureml:train:11", "azureml:train:12"),
        ("edit", "azureml:score:3", "azureml:score:4"),
        ("edit", "azureml:train:11", "azureml:train:12"),
        ("register", None, None),
        ("register", None, None),
        ("register", None, None),
    ]
    assert snapshot(repository) == before


def test_plan_is_empty_after_apply_and_a_second_apply_writes_nothing(repository: Path) -> None:
    applied = wheelpin(repository, "apply", "--no-build", "--json")
    assert applied.code == 0, applied.err
    assert applied.json["done"] == applied.json["plan"]["changes"]
    assert (applied.json["failed"], applied.json["not_started"]) == ([], [])
    plan = wheelpin(repository, "plan", "--no-build", "--json")
    assert (plan.code, plan.json["changes"]) == (0, [])
    before = snapshot(repository)
    again = wheelpin(repository, "apply", "--no-build")
    assert (again.code, again.out.splitlines()[-1]) == (0, "nothing to do")
    assert snapshot(repository) == before


def test_edits_leave_every_other_byte(repository: Path) -> None:
    wheelpin(repository, "apply", "--no-build")
    changed = git(repository, "diff", "--unified=0", "--no-color")
    assert sorted(
        row for row in changed.splitlines() if row[:1] in "+-" and row[:3] not in ("+++", "---")
    ) == sorted(
        [
            "-Acme.Core == 1.3.2",
            "-acme-io==2.0.0",
            "+Acme.Core == 1.4.0",
            "+acme-io==2.0.1",
            "-      - acme-core==1.3.2   # ours",
            "+      - acme-core==1.4.0   # ours",
            '-version: "3"',
            '+version: "4"',
            "-environment: azureml:train:11",
            "+environment: azureml:train:12",
            "-    environment: azureml:train:11",
            "+    environment: azureml:train:12",
            '-    environment: "azureml:score:3"   # keep in step',
            '+    environment: "azureml:score:4"   # keep in step',
        ]
    )


def test_three_backends_and_four_environments_from_build_to_bump(tmp_path: Path) -> None:
    root = write_repository(tmp_path / "repository", MULTI)
    write_project(root / "packages/core", "acme-core", "1.4.0", "hatchling")
    write_project(root / "packages/data", "acme-data", "1.0.0", "setuptools", dynamic=True)
    write_project(root / "packages/io", "acme-io", "2.0.1", "flit_core", namespace="acme")
    commit_all(root)

    first = wheelpin(root, "apply", "--json")
    assert first.code == 0, first.err
    registered = [change["environment"] for change in first.json["done"] if change["kind"] == "register"]
    assert registered == ["eval", "plain", "score", "train"]
    assert wheelpin(root, "plan").code == 0

    write_project(root / "packages/data", "acme-data", "1.1.0", "setuptools", dynamic=True)
    commit_all(root)
    second = wheelpin(root, "apply", "--json")
    assert second.code == 0, second.err
    assert [
        (change["kind"], change.get("name") or change["environment"], change.get("path"))
        for change in second.json["done"]
    ] == [
        ("upload", "acme-data", None),
        ("edit", "acme-data", "environments/score/environment.yml"),
        ("edit", "score", "jobs/pipeline.yml"),
        ("register", "score", None),
    ]
    assert wheelpin(root, "plan").code == 0


def test_rebuild_with_other_content_is_a_conflict_before_anything_is_written(repository: Path) -> None:
    assert wheelpin(repository, "apply", "--no-build").code == 0
    make_wheel(repository / "dist", "acme-core", "1.4.0", files={"acme_core/__init__.py": "changed = True\n"})
    make_wheel(repository / "dist", "acme-io", "2.0.2")
    before = snapshot(repository)
    ran = wheelpin(repository, "apply", "--no-build")
    assert ran.code == 4
    assert "acme_core-1.4.0-py3-none-any.whl" in ran.err
    assert "raise the version" in ran.err
    assert snapshot(repository) == before


def test_rebuild_in_another_packing_is_the_same_wheel(repository: Path) -> None:
    assert wheelpin(repository, "apply", "--no-build").code == 0
    make_wheel(repository / "dist", "acme-core", "1.4.0", generator="another-builder 2.0")
    ran = wheelpin(repository, "plan", "--no-build")
    assert (ran.code, "another packing" in ran.out) == (0, True)


def test_saved_plan_is_applied_once_the_world_is_as_it_was(repository: Path) -> None:
    assert wheelpin(repository, "plan", "--no-build", "--out", "plan.json").code == 3
    assert wheelpin(repository, "apply", "plan.json", "--no-build").code == 0
    assert wheelpin(repository, "apply", "plan.json", "--no-build").code == 0, "what is done counts as done"


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("environments/train/conda.yml", "acme-core==1.3.2", "acme-core==1.3.1"),
        ("environments/train/conda.yml", "numpy==2.2.0", "numpy==2.3.0"),
        ("environments/train/environment.yml", "ubuntu22.04", "ubuntu24.04"),
        ("jobs/train.yml", "azureml:train:11", "azureml:train:10"),
        ("jobs/train.yml", "command:", "# a line more\ncommand:"),
    ],
)
def test_saved_plan_is_refused_once_the_repository_has_moved(
    repository: Path, path: str, old: str, new: str
) -> None:
    wheelpin(repository, "plan", "--no-build", "--out", "plan.json")
    text = (repository / path).read_text()
    (repository / path).write_text(text.replace(old, new))
    before = snapshot(repository)
    ran = wheelpin(repository, "apply", "plan.json", "--no-build")
    assert (ran.code, "stale" in ran.err) == (5, True)
    assert snapshot(repository) == before


def test_saved_plan_is_refused_once_a_wheel_has_moved(repository: Path) -> None:
    wheelpin(repository, "plan", "--no-build", "--out", "plan.json")
    make_wheel(repository / "dist", "acme-io", "2.0.1", files={"acme_io/__init__.py": "other = 1\n"})
    assert wheelpin(repository, "apply", "plan.json", "--no-build").code == 5


def test_plan_that_was_edited_is_refused(repository: Path) -> None:
    wheelpin(repository, "plan", "--no-build", "--out", "plan.json")
    text = (repository / "plan.json").read_text()
    (repository / "plan.json").write_text(text.replace("1.4.0", "1.4.1"))
    ran = wheelpin(repository, "apply", "plan.json", "--no-build")
    assert (ran.code, "was edited" in ran.err) == (5, True)


def test_expected_digest_is_the_permission_to_apply(repository: Path) -> None:
    digest = wheelpin(repository, "plan", "--no-build", "--json").json["digest"]
    refused = wheelpin(repository, "apply", "--no-build", "--expect", "0" * 64)
    assert (refused.code, digest[:8] in refused.err) == (5, True)
    assert wheelpin(repository, "apply", "--no-build", "--expect", "abc").code == 2
    assert wheelpin(repository, "apply", "--no-build", "--expect", digest[:8]).code == 0


def test_stages_one_by_one_come_to_what_apply_does(repository: Path, tmp_path: Path) -> None:
    whole = write_repository(tmp_path / "whole")
    make_wheel(whole / "dist", "acme-core", "1.4.0")
    make_wheel(whole / "dist", "acme-io", "2.0.1")
    assert wheelpin(whole, "apply", "--no-build").code == 0
    assert wheelpin(repository, "publish").code == 0
    assert wheelpin(repository, "pin", "acme-core==1.4.0", "acme-io==2.0.1").code == 0
    assert wheelpin(repository, "register").code == 0
    assert wheelpin(repository, "plan", "--no-build").code == 0
    for path in FILES:
        if "jobs" not in path and not path.endswith("environment.yml"):
            assert (repository / path).read_bytes() == (whole / path).read_bytes()


def test_content_versioning_names_versions_by_what_they_hold(repository: Path) -> None:
    write_files(
        repository,
        {"wheelpin.yml": "versioning: content\nenvironments: [path: environments/train/environment.yml]\n"},
    )
    assert wheelpin(repository, "apply", "--no-build").code == 0
    text = (repository / "jobs/train.yml").read_text()
    version = text.split("azureml:train:")[1].split()[0]
    assert version.startswith("c")
    assert (repository / f".wheelpin/registry/environments/train/versions/{version}.json").exists()
    assert wheelpin(repository, "plan", "--no-build").code == 0


def test_two_registries_get_one_version(repository: Path) -> None:
    write_files(
        repository,
        {
            "wheelpin.yml": """\
registries:
  dev: {kind: directory, path: .wheelpin/dev}
  prod: {kind: directory, path: .wheelpin/prod}
environments:
  - {path: environments/train/environment.yml, registries: [dev]}
"""
        },
    )
    assert wheelpin(repository, "apply", "--no-build").code == 0
    text = (repository / "wheelpin.yml").read_text()
    (repository / "wheelpin.yml").write_text(text.replace("[dev]", "[dev, prod]"))
    ran = wheelpin(repository, "apply", "--no-build", "--json")
    assert [(change["registry"], change["version"]) for change in ran.json["done"]] == [("prod", "12")]
