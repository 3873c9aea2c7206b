"""Packages whose version is a git tag: a release that edits pins must not change the version it pins."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.processes import wheelpin
from tests.repositories import commit_all, git, snapshot, write_repository

ENVIRONMENT = "name: train\nimage: mcr.example/base:1\nconda_file: conda.yml\n"
CONDA = "dependencies:\n  - python=3.11\n  - pip:\n      - acme-core==2.2   # ours\n"
JOB = "command: python train.py\nenvironment: azureml:train:7\n"
SETUPTOOLS = """\
[build-system]
requires = ["setuptools>=80", "setuptools-scm>=8"]
build-backend = "setuptools.build_meta"
[project]
name = "acme-core"
dynamic = ["version"]
[tool.setuptools]
packages = ["acme_core"]
[tool.setuptools_scm]
"""
HATCHLING = """\
[build-system]
requires = ["hatchling", "hatch-vcs"]
build-backend = "hatchling.build"
[project]
name = "acme-core"
dynamic = ["version"]
[tool.hatch.version]
source = "vcs"
[tool.hatch.build.targets.wheel]
packages = ["acme_core"]
"""
LAYOUTS: Mapping[str, tuple[str, str, str]] = {
    "root": ("", SETUPTOOLS, "environments/train"),
    "root_by_hatchling": ("", HATCHLING, "environments/train"),
    "in_a_monorepo": ("packages/core/", SETUPTOOLS + 'root = "../.."\n', "environments/train"),
    "definitions_in_the_project": (
        "packages/core/",
        SETUPTOOLS + "search_parent_directories = true\n",
        "packages/core/environment",
    ),
}


def tagged(root: Path, layout: str) -> Path:
    folder, pyproject, environment = LAYOUTS[layout]
    files = {
        f"{folder}pyproject.toml": pyproject,
        f"{folder}acme_core/__init__.py": "",
        f"{folder}acme_core/settings.yml": "pins: [acme-core==1.0]\n",
        f"{environment}/environment.yml": ENVIRONMENT,
        f"{environment}/conda.yml": CONDA,
        "jobs/train.yml": JOB,
    }
    write_repository(root, files)
    git(root, "tag", "v2.3")
    return root


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_plan_after_an_apply_is_empty(tmp_path: Path, layout: str) -> None:
    root = tagged(tmp_path / "repository", layout)

    applied = wheelpin(root, "apply")
    after = snapshot(root)
    planned = wheelpin(root, "plan")

    assert applied.code == 0, applied.err
    assert "acme-core==2.3 " in (root / LAYOUTS[layout][2] / "conda.yml").read_text()
    assert "azureml:train:7" not in (root / "jobs/train.yml").read_text()
    assert planned.code == 0, planned.out + planned.err
    assert snapshot(root) == after
    assert [wheel.name.split("-")[1] for wheel in (root / "dist").iterdir()] == ["2.3"]


def test_edited_sources_still_make_another_version(tmp_path: Path) -> None:
    root = tagged(tmp_path / "repository", "root")
    (root / "acme_core/settings.yml").write_text("pins: [acme-core==2.0]\n")

    assert wheelpin(root, "build").code == 0

    assert [wheel.name[:16] for wheel in (root / "dist").glob("*.whl")] == ["acme_core-2.4.de"]


def test_a_plan_does_not_touch_gits_index(tmp_path: Path) -> None:
    root = tagged(tmp_path / "repository", "root")
    commit_all(root)
    for file in root.rglob("*.yml"):
        file.touch()
    index = (root / ".git/index").read_bytes()

    assert wheelpin(root, "plan").code == 3

    assert (root / ".git/index").read_bytes() == index
