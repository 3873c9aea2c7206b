"""Environments in the repository: found, read, followed to their files."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from wheelpin.context import context_hash
from wheelpin.definitions import Format
from wheelpin.definitions.azureml import (
    definition_files,
    environment_name,
    find_environments,
    is_environment,
    read_environment,
)
from wheelpin.errors import DefinitionError
from wheelpin.repository import Repository
from wheelpin.source import Source

CONDA = "dependencies:\r\n- pip: [acme-core==1.3.2]  # why\r\n"


def write(root: Path, files: Mapping[str, str]) -> Repository:
    for path, text in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode())
    return Repository(root)


@pytest.mark.parametrize(
    "text",
    [
        "$schema: https://x/latest/Environment.schema.json\nname: e\n",
        "'$schema': https://x/environment.schema.json\nname: [\n",
        "name: e\nimage: x\n",
        "name: e\nbuild: {path: .}\n",
        "name: e\nversion: 1\nimage: x\nconda_file: c.yml\n",
        "{name: e, image: x}",
        "name: e\nimage: [\n",
        "base: &b {image: x}\n<<: *b\nname: e\n",
    ],
)
def test_an_environment_is_known_by_its_schema_or_its_keys(text: str) -> None:
    assert is_environment(Source("x.yml", text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "image: x\n",
        "name: e\n",
        "name: e\nimage: {{ image }}\n",
        "$schema: https://x/environment.schema.json\nname: '{{asset.name}}'\nbuild: {path: '{{context}}'}\n",
        "$schema: https://x/environment.schema.json\nname: {{ name }}\nimage: x\n",
        "name: e\ntype: [\nimage: x\n",
        "name: e\ntype: command\nimage: x\n",
        "name: e\nservices: {a: {image: x}}\nimage: x\n",
        "name: e\nmodel: azureml:m:1\nimage: x\nenvironment: azureml:e:1\n",
        "name: e\ncomponent: x\nimage: x\n",
        "name: e\nimage: x\n---\nname: f\nimage: x\n",
        "- name: e\n  image: x\n",
        "description: an image of a conda_file\n",
    ],
)
def test_other_yaml_is_no_environment(text: str) -> None:
    assert not is_environment(Source("x.yml", text))


def test_environments_are_found_without_a_config(tmp_path: Path) -> None:
    repository = write(
        tmp_path,
        {
            "b/environment.yml": "name: b\nimage: x\n",
            "a/env.YAML": "name: a\nimage: x\n",
            "a/template.yml": "name: {{ name }}\nimage: {{ image }}\n",
            "job.yml": "environment: azureml:a:1\n",
            "name.txt": "name: c\nimage: x\n",
        },
    )
    (tmp_path / "image.yml").write_bytes(b"\xff\xfe\xff")

    assert find_environments(repository) == ["a/env.YAML", "b/environment.yml"]


def test_everything_that_azure_ml_keeps_is_read(tmp_path: Path) -> None:
    repository = write(
        tmp_path,
        {
            "e/environment.yml": (
                "$schema: https://x/environment.schema.json\nname: train\nversion: 1.10\nimage: x:1\n"
                "conda_file: ./conda.yml\nos_type: linux\ndescription: d\ntags: {a: 1, '2': true}\n"
                "inference_config:\n  liveness_route: {port: 1, path: /a}\n"
                "  readiness_route: {port: 2, path: /b}\n  scoring_route: {port: 3, path: /c}\n"
            ),
            "e/conda.yml": CONDA,
        },
    )

    found = read_environment(repository, "e/environment.yml")

    assert (found.name, found.path, found.version, found.image) == (
        "train",
        "e/environment.yml",
        "1.1",
        "x:1",
    )
    assert found.conda == CONDA
    assert (found.os_type, found.description, found.tags) == ("linux", "d", {"a": 1, "2": True})
    assert found.inference_config == {
        "livenessRoute": {"port": 1, "path": "/a"},
        "readinessRoute": {"port": 2, "path": "/b"},
        "scoringRoute": {"port": 3, "path": "/c"},
    }
    assert environment_name(repository, "e/environment.yml") == "train"


@pytest.mark.parametrize(
    ("entry", "conda"),
    [
        ("conda_file: {b: 1, a: [python, {pip: [x]}]}", '{"b": 1, "a": ["python", {"pip": ["x"]}]}'),
        ("conda_file: |\n  dependencies: [python]\n  # c\n", "dependencies: [python]\n# c\n"),
        ("conda_file: 'dependencies: [python]'", "dependencies: [python]"),
        ("conda_file: {}", None),
        ("conda_file: {a: 2024-01-02, 1: b}", "a: 2024-01-02\n1: b\n"),
    ],
)  # fmt: skip
def test_an_inline_conda_part_is_text_too(tmp_path: Path, entry: str, conda: str | None) -> None:
    repository = write(tmp_path, {"e.yml": f"name: e\nimage: x\n{entry}\n"})

    found = read_environment(repository, "e.yml").conda

    if conda and conda.startswith("{"):
        assert json.loads(found or "") == json.loads(conda)
    else:
        assert found == conda


def test_a_build_context_is_known_by_its_content(tmp_path: Path) -> None:
    repository = write(
        tmp_path,
        {
            "e/environment.yml": "name: e\nbuild: {path: ../context, dockerfile_path: docker/Dockerfile}\n",
            "context/docker/Dockerfile": "FROM x\n",
        },
    )

    context = read_environment(repository, "e/environment.yml").context

    assert context is not None
    assert (context.path, context.dockerfile, context.root) == ("context", "docker/Dockerfile", tmp_path)
    assert context.digest == context_hash(repository, "context")


def test_files_are_read_as_they_are_going_to_be(tmp_path: Path) -> None:
    files = {
        "e.yml": "name: e\nimage: x\nconda_file: c.yml\n",
        "c.yml": CONDA,
        "f.yml": "name: f\nbuild: {path: d}\n",
    }
    repository = write(tmp_path, {**files, "d/Dockerfile": "FROM x\nRUN pip install acme-core==1.3.2\n"})
    before = read_environment(repository, "e.yml"), read_environment(repository, "f.yml")

    new = repository.with_texts({"c.yml": CONDA.replace("1.3.2", "1.4.0"), "d/Dockerfile": "FROM y\n"})
    after = read_environment(new, "e.yml"), read_environment(new, "f.yml")

    assert after[0].conda == CONDA.replace("1.3.2", "1.4.0")
    assert all(one.digest != two.digest for one, two in zip(before, after, strict=True))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- x\n", "e.yml:1: an environment is one YAML mapping"),
        ("name: e\nimage: x\n---\nname: f\n", "e.yml:1: an environment is one YAML mapping"),
        ("image: x\n", "e.yml:1: an environment needs a 'name', without slashes"),
        ("image: x\nname: a/b\n", "e.yml:2: an environment needs a 'name', without slashes"),
        ("image: x\nname: 5\n", "e.yml:2: an environment needs a 'name', without slashes"),
        ("name: e\n", "e.yml:1: an environment has either 'image' or 'build'"),
        ("name: e\nimage: x\nbuild: {path: .}\n", "e.yml:1: an environment has either 'image' or 'build'"),
        (
            "name: e\nimage: x\nconda_files: y\n",
            "e.yml:3: Azure ML knows no key 'conda_files' in an environment; did you mean 'conda_file'?",
        ),
        ("name: e\nimage: x\nzzz: y\n", "e.yml:3: Azure ML knows no key 'zzz' in an environment"),
        ("name: e\nimage: x\nconda_file: c.yml\n", "e.yml:3: conda_file 'c.yml' does not exist"),
        ("name: e\nimage: x\nconda_file: ../c.yml\n", "e.yml:3: '../c.yml' leads out of the repository"),
        ("name: e\nimage: x\nconda_file: /c.yml\n", "e.yml:3: '/c.yml' leads out of the repository"),
        ("name: e\nimage: x\nconda_file: [x]\n", "e.yml:3: 'conda_file' is a path or a conda environment"),
        ("name: e\nimage: x\nconda_file: list.yml\n", "list.yml:1: a conda environment is a YAML mapping"),
        ("name: e\nimage: x\ntags: [x]\n", "e.yml:3: 'tags' is a mapping"),
        ("name: e\nbuild: {}\n", "e.yml:1: 'build' needs a 'path'"),
        ("name: e\nbuild: {path: 5}\n", "e.yml:2: 'build' needs a 'path'"),
        ("name: e\nbuild: {path: nowhere}\n", "e.yml:2: build.path 'nowhere' is not a folder"),
        (
            "name: e\nbuild: {path: 'https://host/x.git'}\n",
            "e.yml:2: 'build.path' must be a folder of the repository: wheelpin uploads no other",
        ),
        ("name: [\n", "e.yml:2: not YAML: did not find expected node content"),
    ],
)
def test_what_azure_ml_would_refuse_is_refused_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    repository = write(tmp_path, {"e.yml": text, "list.yml": "- x\n"})

    with pytest.raises(DefinitionError) as caught:
        read_environment(repository, "e.yml")

    assert caught.value.message == message


def test_a_definition_leads_to_all_its_files(tmp_path: Path) -> None:
    repository = write(
        tmp_path,
        {
            "e/environment.yml": "name: e\nimage: x\nconda_file: ../conda/e.lock\n",
            "conda/e.lock": "dependencies:\n- pip: ['-r deps/base', '-c c.txt']\n",
            "conda/deps/base": "-r ../c.txt\n-r base\nnumpy\n",
            "conda/c.txt": "-r deps/base\n",
        },
    )

    assert definition_files(repository, "e/environment.yml") == {
        "e/environment.yml": Format.AZUREML,
        "conda/e.lock": Format.CONDA,
        "conda/deps/base": Format.REQUIREMENTS,
        "conda/c.txt": Format.REQUIREMENTS,
    }


def test_a_build_context_leads_to_its_definitions(tmp_path: Path) -> None:
    repository = write(
        tmp_path,
        {
            "environment.yml": "name: e\nbuild: {path: ctx, dockerfile_path: docker/gpu}\n",
            "ctx/docker/gpu": "FROM x\nCOPY deps ../../requirements.txt /\nRUN pip install -r /deps -r /x\n",
            "ctx/deps": "acme-core==1.3.2\n",
            "ctx/requirements.txt": "-r ../shared.txt\n",
            "ctx/src/pyproject.toml": "",
            "ctx/conda.yml": "dependencies: []\n",
            "ctx/job.yml": "environment: azureml:x:1\n",
            "ctx/data.json": "{}",
            "ctx/notes.txt": "acme-core==1.3.2\n",
            "shared.txt": "",
        },
    )

    assert definition_files(repository, "environment.yml") == {
        "environment.yml": Format.AZUREML,
        "ctx/conda.yml": Format.CONDA,
        "ctx/requirements.txt": Format.REQUIREMENTS,
        "ctx/src/pyproject.toml": Format.PYPROJECT,
        "ctx/docker/gpu": Format.DOCKERFILE,
        "ctx/deps": Format.REQUIREMENTS,
        "shared.txt": Format.REQUIREMENTS,
    }


def test_a_context_may_be_the_whole_repository(tmp_path: Path) -> None:
    repository = write(tmp_path, {"environment.yml": "name: e\nbuild: {path: .}\n", "Dockerfile": "FROM x\n"})

    assert list(definition_files(repository, "environment.yml")) == ["environment.yml", "Dockerfile"]


def test_a_job_leads_to_the_environment_that_it_loads(tmp_path: Path) -> None:
    repository = write(
        tmp_path, {"jobs/j.yml": "environment: file:../e.yml\n", "e.yml": "name: e\nimage: x\n"}
    )

    assert list(definition_files(repository, "jobs/j.yml")) == ["jobs/j.yml", "e.yml"]


def test_a_link_counts_as_the_file_behind_it(tmp_path: Path) -> None:
    repository = write(tmp_path, {"e.yml": "name: e\nimage: x\nconda_file: link.yml\n", "real/c.yml": CONDA})
    (tmp_path / "link.yml").symlink_to("real/c.yml")

    assert list(definition_files(repository, "e.yml")) == ["e.yml", "real/c.yml"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: e\nimage: x\nconda_file: nowhere.yml\n", "e.yml:3: 'nowhere.yml' does not exist"),
        ("name: e\nimage: x\nconda_file: ../x.yml\n", "e.yml:3: '../x.yml' leads out of the repository"),
        ("name: e\nimage: x\nconda_file: out.yml\n", "e.yml:3: out.yml: leads out of the repository"),
        ("name: e\nbuild: {path: nowhere}\n", "e.yml:2: 'nowhere' does not exist"),
    ],
)
def test_a_link_to_nowhere_or_outside_is_refused(tmp_path: Path, text: str, message: str) -> None:
    root = tmp_path / "repository"
    repository = write(root, {"e.yml": text})
    (tmp_path / "x.yml").write_text("dependencies: []\n")
    (root / "out.yml").symlink_to("../x.yml")

    with pytest.raises(DefinitionError) as caught:
        definition_files(repository, "e.yml")

    assert caught.value.message == message


def test_a_file_in_a_context_that_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    repository = write(tmp_path, {"e.yml": "name: e\nbuild: {path: ctx}\n", "ctx/Dockerfile": "FROM x\n"})
    (tmp_path / "ctx" / "big.yml").write_bytes(b"x" * (1 << 21))
    (tmp_path / "ctx" / "odd.json").write_bytes(b"\xff\xfe\x00")

    assert list(definition_files(repository, "e.yml")) == ["e.yml", "ctx/Dockerfile"]
