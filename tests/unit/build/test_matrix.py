import json
from pathlib import Path

import pytest

from tests.repositories import write_files
from wheelpin.build.matrix import RUNNERS, Service, make_matrix, matrix_json
from wheelpin.build.project import find_projects
from wheelpin.repository import Repository

PURE = (
    '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n[project]\nname = "NAME"\n'
)
SETUPTOOLS = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'


def matrix(root: Path, files: dict[str, str], service: Service = Service.GITHUB) -> list[tuple[str, ...]]:
    """Project and packages of each entry, once for all its runners."""
    write_files(root, files)
    repository = Repository(root)
    entries = make_matrix(repository, find_projects(repository, None), service)
    return list(dict.fromkeys((entry.project, entry.packages) for entry in entries))


def test_projects_without_compiled_code_are_one_entry(tmp_path: Path) -> None:
    files = {f"{name}/pyproject.toml": PURE.replace("NAME", name) for name in ("one", "two")}
    assert matrix(tmp_path, files) == [("", "one two")]


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject.toml": PURE.replace("hatchling.build", "maturin")},
        {"pyproject.toml": PURE.replace("hatchling.build", "mesonpy")},
        {"pyproject.toml": PURE.replace("hatchling.build", "scikit_build_core.build")},
        {"pyproject.toml": PURE.replace('"hatchling"', '"hatchling", "Cython >= 3"')},
        {"pyproject.toml": SETUPTOOLS + '[[tool.setuptools.ext-modules]]\nname = "a"\nsources = ["a.c"]\n'},
        {"pyproject.toml": SETUPTOOLS, "setup.py": "setup(ext_modules=[Extension('a', ['a.c'])])\n"},
    ],
    ids=["maturin", "meson", "scikit-build", "cython", "ext-modules", "setup.py"],
)
def test_compiled_code_is_known_by_what_a_project_is_built_with(
    files: dict[str, str], tmp_path: Path
) -> None:
    assert matrix(tmp_path, files) == [(".", "")]


def test_setup_py_without_extensions_compiles_nothing(tmp_path: Path) -> None:
    files = {"a/pyproject.toml": SETUPTOOLS, "a/setup.py": "from setuptools import setup\nsetup(name='a')\n"}
    assert matrix(tmp_path, files) == [("", "a")]


@pytest.mark.parametrize("service", Service)
def test_a_compiled_project_is_built_on_every_runner_of_the_service(service: Service, tmp_path: Path) -> None:
    write_files(tmp_path, {"a/pyproject.toml": PURE.replace("hatchling.build", "maturin")})
    repository = Repository(tmp_path)
    entries = make_matrix(repository, find_projects(repository, None), service)
    assert [entry.runner for entry in entries] == list(RUNNERS[service].values())
    assert len({entry.id for entry in entries}) == len(entries)


def test_each_service_gets_the_form_that_it_takes(tmp_path: Path) -> None:
    files = {
        "a b/pyproject.toml": PURE.replace("hatchling.build", "maturin").replace("NAME", "a.b"),
        "c/pyproject.toml": PURE.replace("NAME", "c"),
    }
    write_files(tmp_path, files)
    repository = Repository(tmp_path)
    projects = find_projects(repository, None)
    github = json.loads(matrix_json(make_matrix(repository, projects, Service.GITHUB), Service.GITHUB))
    assert github["include"][0] == {
        "id": "anywhere",
        "title": "anywhere",
        "runner": "ubuntu-24.04",
        "compiled": False,
        "project": "",
        "packages": "c",
    }
    assert github["include"][1]["id"] == "0-a-b-linux-x86_64"
    azure = json.loads(matrix_json(make_matrix(repository, projects, Service.AZURE), Service.AZURE))
    assert azure["build_0_a_b_windows_amd64"] == {
        "id": "0-a-b-windows-amd64",
        "title": "a-b windows-amd64",
        "runner": "windows-2025",
        "compiled": "true",
        "project": "a b",
        "packages": "",
    }


def test_matrix_is_one_line_of_ascii_whatever_folders_are_called(tmp_path: Path) -> None:
    write_files(tmp_path, {"ä\n::error::/pyproject.toml": PURE.replace("hatchling.build", "maturin")})
    repository = Repository(tmp_path)
    text = matrix_json(
        make_matrix(repository, find_projects(repository, None), Service.GITHUB), Service.GITHUB
    )
    assert text.isascii()
    assert "\n" not in text
