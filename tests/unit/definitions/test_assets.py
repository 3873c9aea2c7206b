"""Azure ML YAML: environments, and every place where a job or deployment uses one."""

import pytest

from tests.definitions import pinned, pins, read, references, referred
from wheelpin.definitions import LinkKind

TRAIN = [("train", "version", "11")]


@pytest.mark.parametrize(
    "text",
    [
        "environment: azureml:train:11\n",
        "type: command\nenvironment: 'azureml:train:11'  # c\n",
        'environment: "azureml:train:11"\n',
        "environment: !!str azureml:train:11\n",
        "environment: >-\n  azureml:train:11\n",
        "type: parallel\ntask:\n  environment: azureml:train:11\n",
        "type: sweep\ntrial:\n  environment: azureml:train:11\n",
        "jobs:\n  a:\n    environment: azureml:train:11\n",
        "jobs: {a: {task: {environment: 'azureml:train:11'}}}\n",
        "jobs:\n  a:\n    component:\n      environment: azureml:train:11\n",
        "jobs: {a: {component: {jobs: {b: {trial: {environment: 'azureml:train:11'}}}}}}\n",
        "create_job:\n  environment: azureml:train:11\n",
        "create_job:\n  jobs:\n    a:\n      environment: azureml:train:11\n",
        "type: automl\nenvironment_id: azureml:train:11\n",
        "target_environment: azureml:train:11\n",
        "base_environment_source:\n  type: asset\n  resource_id: azureml:train:11\n",
        "azure:\n  environment_name: azureml:train:11\n",
        "azure:\n  environment_name: train:11\n",
        "x: &e azureml:train:11\njobs:\n  a: {environment: *e}\n  b: {environment: *e}\n",
        "base: &base\n  environment: azureml:train:11\njobs:\n  a:\n    <<: *base\n",
    ],
)
def test_every_place_of_a_reference_is_known(text: str) -> None:
    assert references(text) == TRAIN
    assert referred(text, train="12") == text.replace("train:11", "train:12")


@pytest.mark.parametrize(
    "text",
    [
        "inputs: {environment: 'azureml:train:11'}\n",
        "environment_variables:\n  environment: azureml:train:11\n",
        "tags: {environment: 'azureml:train:11'}\n",
        "command: echo environment azureml:train:11\n",
        "description: |\n  environment: azureml:train:11\n",
        "# environment: azureml:train:11\n",
        "jobs:\n- environment: azureml:train:11\n",
        "jobs:\n  a:\n    inputs:\n      environment: azureml:train:11\n",
        "environment: train:11\n",
        "environment: production\n",
        "environment: [azureml:train:11]\n",
        "environment: 11\n",
        "environment: ''\n",
        "model: azureml:train:11\n",
        "services:\n  web:\n    environment: azureml:train:11\n",
    ],
)
def test_look_alikes_of_references_are_none(text: str) -> None:
    assert references(text) == []


@pytest.mark.parametrize(
    ("value", "name", "form", "version"),
    [
        ("azureml:train@latest", "train", "label", "latest"),
        ("azureml:train", "train", "unversioned", None),
        ("azureml:AzureML-sklearn-1.5:3", "AzureML-sklearn-1.5", "curated", "3"),
        ("azureml:AzureML-sklearn-1.5@latest", "AzureML-sklearn-1.5", "curated", "latest"),
        ("azureml://registries/shared/environments/train/versions/11", "train", "registry", "11"),
        ("azureml://registries/shared/environments/train/labels/latest", "train", "label", "latest"),
        (
            "azureml:/subscriptions/s/resourceGroups/g/x/environments/train/versions/11",
            "train",
            "resource id",
            "11",
        ),
        ("azureml:train/labels/latest", "train", "unknown", None),
        ("azureml:a/b:1", "a", "unknown", None),
        (
            "azureml://locations/westeurope/workspaces/w/environments/train/versions/11",
            "train",
            "unknown",
            None,
        ),
        ("azureml:train:${{parent.inputs.v}}", "train", "placeholder", None),
        ("azureml:${NAME}:11", "${NAME}", "placeholder", None),
        ("azureml:train:<VERSION>", "train", "placeholder", None),
        ("azureml:train:$(Build.BuildId)", "train", "placeholder", None),
        ("azureml:train:__VERSION__", "train", "placeholder", None),
        ("azureml://registries/shared/environments/train/versions/${V}", "train", "placeholder", "${V}"),
    ],
)
def test_other_forms_of_references_are_known_for_what_they_are(
    value: str, name: str, form: str, version: str | None
) -> None:
    text = f"environment: {value}\n"

    assert references(text) == [(name, form, version)]
    assert referred(text, **{name: "12"}) == text


@pytest.mark.parametrize("value", ["azureml:", "azureml://", "train:11"])
def test_what_names_no_environment_is_no_reference(value: str) -> None:
    assert references(f"environment: '{value}'\n") == []


def test_an_inline_environment_is_pinned_and_anonymous() -> None:
    text = (
        "type: command\nenvironment:\n  image: x\n  conda_file:\n    dependencies:\n"
        "    - pip: [acme-core==1.3.2]\n"
    )

    assert references(text) == [("", "anonymous", None)]
    assert pinned(text, "job.yml") == text.replace("1.3.2", "1.4.0")


@pytest.mark.parametrize("header", [" |", " |-", " >", " |2"])
def test_conda_text_in_a_block_scalar_is_pinned(header: str) -> None:
    text = (
        f"$schema: https://x/environment.schema.json\nname: e\nimage: x\nconda_file:{header}\n"
        "  # pip: [acme-core==1.3.2]\n\n  dependencies: [python, {pip: ['acme-core==1.3.2']}]\n"
    )

    assert pinned(text, "environment.yml") == text.replace("['acme-core==1.3.2']", "['acme-core==1.4.0']")


@pytest.mark.parametrize("path", ["conda.yml", "a: b: c", "'it'"])
def test_other_text_is_a_path(path: str) -> None:
    (link,) = read(f'name: e\nimage: x\nconda_file: "{path}"\n', "environment.yml").links

    assert (link.kind, link.path) == (LinkKind.CONDA, path)


def test_conda_text_in_quotes_is_pinned_too() -> None:
    text = 'name: e\nimage: x\nconda_file: "dependencies: [{pip: [acme-core==1.3.2]}]"\n'

    assert pinned(text, "environment.yml") == text.replace("1.3.2", "1.4.0")


def test_links_lead_from_an_environment_to_its_files() -> None:
    text = (
        "name: e\nimage: x\nconda_file: ../conda.yml\n"
        "build:\n  path: ./context/\n  dockerfile_path: docker/file\n"
    )

    found = [(link.kind, link.path, link.line) for link in read(text, "environment.yml").links]

    assert found == [
        (LinkKind.CONDA, "../conda.yml", 3),
        (LinkKind.CONTEXT, "./context/", 5),
        (LinkKind.DOCKERFILE, "./context/docker/file", 6),
    ]


@pytest.mark.parametrize(
    ("text", "kind", "path"),
    [
        ("environment: file:../env.yml\n", LinkKind.ENVIRONMENT, "../env.yml"),
        (
            "environment:\n  python_requirements_txt: requirements.txt\n",
            LinkKind.REQUIREMENTS,
            "requirements.txt",
        ),
        ("jobs:\n  a:\n    environment:\n      conda_file: c.yml\n", LinkKind.CONDA, "c.yml"),
    ],
)
def test_jobs_lead_to_files_too(text: str, kind: LinkKind, path: str) -> None:
    assert [(link.kind, link.path) for link in read(text, "job.yml").links] == [(kind, path)]


@pytest.mark.parametrize("path", ["https://host/context.git", "git@host:acme/context"])
def test_a_context_elsewhere_is_no_link(path: str) -> None:
    assert read(f"name: e\nbuild: {{path: '{path}'}}\n", "environment.yml").links == ()


@pytest.mark.parametrize(
    ("entry", "version"),
    [("version: 11", "11"), ("version: '11'", "11"), ('version: "1.10"', "1.10"), ("version: 1.10", "1.1")],
)
def test_the_stated_version_is_what_a_reader_makes_of_it(entry: str, version: str) -> None:
    text = f"name: e\n{entry}  # c\nimage: x\n"

    stated = read(text, "environment.yml").stated

    assert stated is not None
    assert (stated.name, stated.version, stated.span.of(text)) == ("e", version, entry)


@pytest.mark.parametrize("entry", ["version:", "version: [1]", "image: x"])
def test_no_stated_version_is_none(entry: str) -> None:
    assert read(f"name: e\n{entry}\nconda_file: c.yml\n", "environment.yml").stated is None


def test_a_conda_file_may_be_called_as_anything() -> None:
    assert pins("channels: [x]\ndependencies: [{pip: [acme-core==1.3.2]}]\n", "whatever.yaml") == [
        ("acme-core", "==", "1.3.2")
    ]
