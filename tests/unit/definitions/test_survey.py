"""Every pin and reference as flat facts, and the cascade between them."""

from collections.abc import Mapping
from pathlib import Path

from tests.definitions import told
from wheelpin.definitions.graph import graph_mermaid, graph_text, trace
from wheelpin.definitions.survey import Found, stated_versions, survey
from wheelpin.errors import Finding, Level
from wheelpin.repository import Repository

FILES = {
    "environments/train/environment.yml": "name: train\nversion: 11\nimage: x\nconda_file: conda.yml\n",
    "environments/train/conda.yml": "dependencies:\n- pip: [acme-core==1.3.2, -r base.txt]\n",
    "environments/train/base.txt": "Acme.IO == 2.0.0\n",
    "jobs/train.yml": "environment: azureml:train:11\n",
    "jobs/old.yml": "environment: azureml:train:10\n",
    "jobs/other.yml": "environment: azureml:else@latest\n",
    "jobs/inline.yml": "environment: {image: x}\n",
    "notes.md": "acme-core==1.3.2\n",
}


def write(root: Path, files: Mapping[str, str]) -> Repository:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return Repository(root)


def test_a_survey_tells_place_form_and_version(tmp_path: Path) -> None:
    repository = write(tmp_path, FILES)

    found = survey(repository, repository.files)

    assert [(one.path, one.line, one.column, one.form.value, one.name, one.version) for one in found] == [
        ("environments/train/conda.yml", 2, 9, "==", "acme-core", "1.3.2"),
        ("jobs/inline.yml", 1, 1, "anonymous", "", None),
        ("jobs/old.yml", 1, 14, "version", "train", "10"),
        ("jobs/other.yml", 1, 14, "label", "else", "latest"),
        ("jobs/train.yml", 1, 14, "version", "train", "11"),
    ]
    assert isinstance(found[0], Found)
    assert found[0].text == "acme-core==1.3.2"


def test_a_survey_tells_what_it_found_besides(tmp_path: Path) -> None:
    repository = write(
        tmp_path, {"a.yml": "environment: [\n", "requirements.txt": "x  # wheelpin: please do\n"}
    )
    heard: list[Finding] = []

    survey(repository, repository.files, heard.append)

    assert {finding.level for finding in heard} == {Level.WARNING}
    assert told(heard) == [
        "warning: a.yml:2: not YAML: did not find expected node content",
        "warning: requirements.txt:1: a comment asks for 'please do'",
    ]


def test_the_versions_that_references_state(tmp_path: Path) -> None:
    repository = write(tmp_path, FILES)

    assert stated_versions(repository, repository.files) == {"train": frozenset({"10", "11"})}


TREE = """\
acme-core
  environments/train/conda.yml:2  acme-core==1.3.2
    train
      jobs/old.yml:1  azureml:train:10
      jobs/train.yml:1  azureml:train:11
acme-io
  environments/train/base.txt:1  Acme.IO == 2.0.0
    train (see above)
else
  jobs/other.yml:1  azureml:else@latest"""


def test_the_cascade_as_text(tmp_path: Path) -> None:
    repository = write(tmp_path, FILES)

    assert graph_text(trace(repository, repository.files)) == TREE


def test_the_cascade_of_some_packages(tmp_path: Path) -> None:
    repository = write(tmp_path, FILES)

    assert graph_text(trace(repository, ["jobs/train.yml"], ["acme-io"])) == (
        "acme-io\n  environments/train/base.txt:1  Acme.IO == 2.0.0\n    train\n"
        "      jobs/train.yml:1  azureml:train:11"
    )


def test_the_cascade_as_mermaid(tmp_path: Path) -> None:
    files = {**FILES, 'jobs/a "b" [c].yml': "environment: azureml:train:11\n"}
    repository = write(tmp_path, files)

    assert graph_mermaid(trace(repository, repository.files, ["acme-core"])) == (
        "flowchart LR\n"
        '  n0{{"train"}}\n'
        '  n1["environments/train/conda.yml"]\n'
        '  n2["jobs/a #34;b#34; #91;c#93;.yml"]\n'
        '  n3["jobs/old.yml"]\n'
        '  n4["jobs/train.yml"]\n'
        '  n5(["acme-core"])\n'
        "  n0 --> n2\n  n0 --> n3\n  n0 --> n4\n  n1 --> n0\n  n5 --> n1"
    )


def test_a_circle_of_environments_ends(tmp_path: Path) -> None:
    repository = write(
        tmp_path,
        {
            "e.yml": "name: e\nbuild: {path: ctx}\n",
            "ctx/Dockerfile": "FROM x\nRUN pip install acme-core==1.3.2\n",
            "ctx/conda.yml": "dependencies: []\nenvironment: azureml:e:1\n",
            "broken.yml": "name: f\nimage: x\nconda_file: nowhere.yml\n",
            "jobs.yml": "jobs: {a: {environment: 'azureml:e:1'}, b: {environment: 'azureml:e:1'}}\n",
        },
    )

    assert graph_text(trace(repository, repository.files)) == (
        "acme-core\n  ctx/Dockerfile:2  acme-core==1.3.2\n    e\n      jobs.yml:1  azureml:e:1"
    )


def test_no_definition_is_no_graph(tmp_path: Path) -> None:
    empty = trace(Repository(tmp_path), [])

    assert graph_text(empty) == ""
    assert graph_mermaid(empty) == "flowchart LR"
