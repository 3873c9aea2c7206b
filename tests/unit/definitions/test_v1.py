"""SDK v1: saved environments and run configurations."""

import json

import pytest

from tests.definitions import pinned, pins

CONDA = {"dependencies": ["python=3.10", {"pip": ["acme-core==1.3.2", "acme-core-extras==1.3.2"]}]}


@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_a_saved_environment_is_pinned(indent: int | str | None) -> None:
    data = {
        "name": "acme-core==1.3.2",
        "python": {"condaDependencies": CONDA},
        "docker": {"baseDockerfile": None},
    }
    text = json.dumps(data, indent=indent)

    assert pinned(text, "azureml_environment.json") == text.replace(
        '"acme-core==1.3.2",', '"acme-core==1.4.0",', 2
    ).replace('"name": "acme-core==1.4.0"', '"name": "acme-core==1.3.2"')


def test_any_json_with_conda_dependencies_is_known() -> None:
    text = json.dumps({"environment": {"python": {"condaDependencies": CONDA}}})

    assert pins(text, "saved.json")[0] == ("acme-core", "==", "1.3.2")


def test_escapes_of_json_are_understood() -> None:
    text = '{"condaDependencies": {"dependencies": [{"pip": ["acme\\u002dcore==1.3.2"]}]}}'

    assert pinned(text, "x.json") == text.replace("1.3.2", "1.4.0")


def test_a_run_configuration_is_pinned() -> None:
    text = (
        "script: train.py\nenvironment:\n  name: train\n  python:\n    condaDependencies:\n"
        "      dependencies:\n      - python=3.8\n      - pip:\n        - acme-core==1.3.2  # c\n"
    )

    assert pinned(text, ".azureml/train.runconfig") == text.replace("1.3.2", "1.4.0")


def test_an_inline_dockerfile_is_pinned() -> None:
    text = json.dumps({"docker": {"baseDockerfile": "FROM x\nRUN pip install \\\n  acme-core==1.3.2\n"}})

    assert pinned(text, "azureml_environment.json") == text.replace("1.3.2", "1.4.0")


def test_no_inline_dockerfile_is_none() -> None:
    assert pins('{"baseDockerfile": "", "condaDependencies": null}', "x.json") == []


def test_pip_elsewhere_is_no_list_of_pins() -> None:
    assert pins('{"pip": ["acme-core==1.3.2"], "condaDependencies": null}', "azureml_environment.json") == []
