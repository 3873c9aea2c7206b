"""What a file is read as, by its name and a glance at its text."""

import pytest

from wheelpin.definitions import Format
from wheelpin.definitions.formats import recognisable, recognise, suppose
from wheelpin.source import Source


@pytest.mark.parametrize(
    ("path", "text", "form"),
    [
        ("conda.yml", "dependencies:\n", Format.CONDA),
        ("a/b.YAML", "name: x\n'channels' : [x]\n", Format.CONDA),
        ("x.yml", "{dependencies: []}", Format.CONDA),
        ("x.yml", "name: x\n", Format.AZUREML),
        ("x.yml", "a:\n  dependencies:\n", Format.AZUREML),
        ("requirements.txt", "", Format.REQUIREMENTS),
        ("Requirements-Dev.TXT", "", Format.REQUIREMENTS),
        ("dev_requirements.in", "", Format.REQUIREMENTS),
        ("constraints.pip", "", Format.REQUIREMENTS),
        ("requirements/base.txt", "", Format.REQUIREMENTS),
        ("Dockerfile", "", Format.DOCKERFILE),
        ("docker/Dockerfile.gpu", "", Format.DOCKERFILE),
        ("gpu.Dockerfile", "", Format.DOCKERFILE),
        ("Containerfile", "", Format.DOCKERFILE),
        ("a/pyproject.toml", "", Format.PYPROJECT),
        ("azureml_environment.json", "", Format.V1),
        ("x.json", '{"condaDependencies": {}}', Format.V1),
        (".azureml/x.runconfig", "", Format.V1),
    ],
)
def test_a_definition_is_recognised(path: str, text: str, form: Format) -> None:
    assert recognise(Source(path, text)) is form
    assert recognisable(path)


@pytest.mark.parametrize(
    "path",
    [
        "readme.txt",
        "x.json",
        "myrequirements.txt",
        "setup.cfg",
        "x.toml",
        "Dockerfiles/x",
        "requirements",
        "x.py",
        "",
    ],
)
def test_other_files_are_left_alone(path: str) -> None:
    assert recognise(Source(path, "acme-core==1.3.2")) is None


@pytest.mark.parametrize(
    ("path", "text", "form"),
    [
        ("deps", "acme-core==1.3.2", Format.REQUIREMENTS),
        ("env.lock", "channels: [x]\ndependencies: []", Format.CONDA),
        ("build", "# c\nfrom x\nRUN y", Format.DOCKERFILE),
        ("x.yml", "x: 1", Format.AZUREML),
    ],
)
def test_a_file_that_something_leads_to_is_read_by_what_it_holds(path: str, text: str, form: Format) -> None:
    assert suppose(Source(path, text)) is form
