"""Which text changes, and writing it: the plan's promises beyond single pins."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.definitions import CORE, make_target, referred, shown, told
from wheelpin.definitions import Format
from wheelpin.errors import DefinitionError, TargetError, UsageError
from wheelpin.pin import edited, parse_targets, plan_pins, plan_references, plan_version, stage_edits
from wheelpin.repository import Repository

CONDA = b"dependencies:\r\n- pip:\r\n  - acme-core==1.3.2 # c\r\n  - acme_io==2.0.0  "
TARGETS = {"acme-core": CORE, "acme-io": make_target("acme-io", "2.1.0")}


def write(root: Path, files: Mapping[str, bytes | str]) -> Repository:
    for path, text in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text if isinstance(text, bytes) else text.encode())
    return Repository(root)


def names(folder: Path) -> list[str]:
    return [place.name for place in folder.iterdir()]


def test_edits_come_by_path_line_and_column(tmp_path: Path) -> None:
    repository = write(
        tmp_path,
        {
            "b/conda.yml": CONDA,
            "a/requirements.txt": "acme-io==1\nacme-core==1.3.2\n",
            "c.yml": "dependencies: [{pip: [acme-io==1, acme-core==1]}]\n",
        },
    )

    assert shown(plan_pins(repository, repository.files, TARGETS).edits) == [
        "a/requirements.txt:1:1 acme-io==1 -> acme-io==2.1.0",
        "a/requirements.txt:2:1 acme-core==1.3.2 -> acme-core==1.4.0",
        "b/conda.yml:3:5 acme-core==1.3.2 -> acme-core==1.4.0",
        "b/conda.yml:4:5 acme_io==2.0.0 -> acme_io==2.1.0",
        "c.yml:1:23 acme-io==1 -> acme-io==2.1.0",
        "c.yml:1:35 acme-core==1 -> acme-core==1.4.0",
    ]


def test_writing_changes_the_versions_and_no_other_byte(tmp_path: Path) -> None:
    bom = b"\xef\xbb\xbf"
    repository = write(tmp_path, {"conda.yml": bom + CONDA})
    (tmp_path / "conda.yml").chmod(0o640)
    edits = plan_pins(repository, repository.files, TARGETS).edits

    stage_edits(repository, "conda.yml", edits).commit()

    assert (tmp_path / "conda.yml").read_bytes() == bom + CONDA.replace(b"1.3.2", b"1.4.0").replace(
        b"2.0.0", b"2.1.0"
    )
    assert (tmp_path / "conda.yml").stat().st_mode & 0o777 == 0o640
    assert names(tmp_path) == ["conda.yml"]
    assert plan_pins(Repository(tmp_path), ["conda.yml"], TARGETS).edits == ()


@pytest.mark.parametrize(
    ("encoding", "head"), [("utf-16", ""), ("latin-1", "# -*- coding: latin-1 -*-\n# é\n"), ("utf-32", "")]
)
def test_every_encoding_is_kept(tmp_path: Path, encoding: str, head: str) -> None:
    text = head + "acme-core==1.3.2  # é\r\n"
    repository = write(tmp_path, {"requirements.txt": text.encode(encoding)})
    edits = plan_pins(repository, repository.files, TARGETS).edits

    stage_edits(repository, "requirements.txt", edits).commit()

    assert (tmp_path / "requirements.txt").read_bytes() == text.replace("1.3.2", "1.4.0").encode(encoding)


def test_a_file_that_changed_since_the_plan_is_left_as_it_is(tmp_path: Path) -> None:
    repository = write(tmp_path, {"requirements.txt": "acme-core==1.3.2\n"})
    edits = plan_pins(repository, repository.files, TARGETS).edits
    write(tmp_path, {"requirements.txt": "numpy\nacme-core==1.3.2\n"})

    with pytest.raises(
        TargetError, match=r"^requirements\.txt:1:1: 'acme-core==1\.3\.2' does not stand here$"
    ):
        stage_edits(repository, "requirements.txt", edits)

    assert (tmp_path / "requirements.txt").read_text() == "numpy\nacme-core==1.3.2\n"
    assert names(tmp_path) == ["requirements.txt"]


def test_a_planned_file_holds_what_an_overlay_says(tmp_path: Path) -> None:
    repository = write(tmp_path, {"requirements.txt": "acme-core==1.3.2\n"})
    first = plan_pins(repository, ["requirements.txt"], TARGETS)

    then = repository.with_texts({"requirements.txt": edited("acme-core==1.3.2\n", first.edits)})

    assert plan_pins(then, ["requirements.txt"], TARGETS).edits == ()
    assert plan_pins(repository, ["requirements.txt"], TARGETS) == first


def test_a_link_and_its_file_are_edited_once(tmp_path: Path) -> None:
    repository = write(tmp_path, {"real/requirements.txt": "acme-core==1.3.2\n"})
    (tmp_path / "requirements.txt").symlink_to("real/requirements.txt")
    (tmp_path / "also").symlink_to("real")

    paths = ["also/requirements.txt", "requirements.txt", "real/requirements.txt"]

    assert [edit.path for edit in plan_pins(repository, paths, TARGETS).edits] == ["real/requirements.txt"]


def test_a_file_that_cannot_be_read_is_told_and_the_others_are_pinned(tmp_path: Path) -> None:
    repository = write(
        tmp_path,
        {
            "a/requirements.txt": b"acme-core==1.3.2 # \xff\n",
            "b/requirements.txt": b"acme-core==1.3.2\n" + b"#" * (1 << 20),
            "c/conda.yml": "dependencies: [acme-core\n",
            "d/requirements.txt": "acme-core==1.3.2\n",
        },
    )
    os.mkfifo(tmp_path / "Dockerfile")
    (tmp_path / "out.txt").symlink_to("/etc/passwd")
    outside = {"out.txt": Format.REQUIREMENTS, "Dockerfile": Format.DOCKERFILE}

    found = plan_pins(repository, dict.fromkeys(repository.files) | outside, TARGETS)

    assert [edit.path for edit in found.edits] == ["d/requirements.txt"]
    assert told(found.findings) == [
        "warning: Dockerfile: is not a regular file",
        "warning: a/requirements.txt: is not utf-8 text",
        "warning: b/requirements.txt: is larger than 1,048,576 bytes",
        "warning: c/conda.yml:2: not YAML: did not find expected ',' or ']'",
        "warning: out.txt: leads out of the repository",
    ]
    assert {finding.hint for finding in found.findings} == {"nothing in it is changed"}


def test_files_of_other_names_are_read_when_told_how(tmp_path: Path) -> None:
    repository = write(tmp_path, {"deps": "acme-core==1.3.2\n", "notes.txt": "acme-core==1.3.2\n"})

    assert plan_pins(repository, ["deps", "notes.txt"], TARGETS).edits == ()
    (edit,) = plan_pins(repository, {"deps": Format.REQUIREMENTS}, TARGETS).edits
    stage_edits(repository, "deps", [edit]).commit()
    assert (tmp_path / "deps").read_text() == "acme-core==1.4.0\n"


def test_files_that_name_no_target_are_not_even_decoded(tmp_path: Path) -> None:
    repository = write(tmp_path, {"requirements.txt": b"numpy==1 # \xff\n", "conda.yml": "[broken"})

    assert plan_pins(repository, repository.files, TARGETS).findings == ()


def test_an_edit_that_would_change_more_is_an_error_and_not_made(tmp_path: Path) -> None:
    target = make_target(stores=["https://host/'w/"])
    text = "dependencies: [{pip: ['https://host/%27w/acme_core-1.3.2-py3-none-any.whl']}]\n"
    repository = write(tmp_path, {"conda.yml": text})

    found = plan_pins(repository, repository.files, {"acme-core": target})

    assert found.edits == ()
    assert told(found.findings) == [
        "error: conda.yml:1: the edit at 1:24 would change more than a version, so none is made"
    ]


def test_references_follow_and_others_are_told(tmp_path: Path) -> None:
    repository = write(
        tmp_path,
        {
            "a.yml": "environment: azureml:train:11\n",
            "b.yml": "jobs:\n  x: {environment: azureml:train:13}\n  z: {environment: azureml:train@a}\n",
            "c.yml": "environment: azureml:train-gpu:11\n",
            "d.yml": "environment: azureml://registries/ours/environments/train/versions/11\n",
            "e.yml": "environment: azureml://registries/theirs/environments/train/versions/11\n",
        },
    )

    long = "azureml://registries/ours/environments/train/versions"

    found = plan_references(repository, repository.files, {"train": "12"}, registries=["ours"])

    assert shown(found.edits) == [
        "a.yml:1:14 azureml:train:11 -> azureml:train:12",
        f"d.yml:1:14 {long}/11 -> {long}/12",
    ]
    assert told(found.findings) == [
        "notice: b.yml:2: train is referred to as 13, which is newer than 12",
        "notice: b.yml:3: 'azureml:train@a' stays: its form is label",
    ]


def test_a_newer_reference_goes_down_only_when_asked(tmp_path: Path) -> None:
    repository = write(tmp_path, {"a.yml": "environment: azureml:train:13\n"})

    plan = plan_references(repository, ["a.yml"], {"train": "12"}, downgrade=True)

    assert shown(plan.edits) == ["a.yml:1:14 azureml:train:13 -> azureml:train:12"]


def test_versions_by_content_have_no_order() -> None:
    assert referred("environment: azureml:train:ffff\n", train="0123") == "environment: azureml:train:0123\n"


COMPONENT = "name: c\nversion: {}\ntype: command\nenvironment: azureml:train:11\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1", "2"),
        ("'1'", "'2'"),
        ("1.0.9", "1.0.10"),
        ("1.9", '"1.10"'),
        ('"0.1"  # c', '"0.2"  # c'),
        ("1.0-b", "1.0-b"),
    ],
)
def test_a_component_that_changes_gets_its_next_version(old: str, new: str) -> None:
    expected = COMPONENT.format(new).replace("train:11", "train:12")

    assert referred(COMPONENT.format(old), "c.yml", train="12") == expected
    assert referred(expected, "c.yml", train="12") == expected


def test_a_component_without_a_next_version_is_told(tmp_path: Path) -> None:
    repository = write(tmp_path, {"c.yml": COMPONENT.format("beta")})

    found = plan_references(repository, ["c.yml"], {"train": "12"})

    assert told(found.findings) == [
        "warning: c.yml:2: component c: its environment changes, and 'beta' has no next version"
    ]
    assert len(found.edits) == 1


def test_a_component_that_does_not_change_keeps_its_version() -> None:
    text = COMPONENT.format("1")

    assert referred(text, "c.yml", train="11") == text
    assert referred(text, "c.yml", other="12") == text


@pytest.mark.parametrize(
    ("entry", "version", "after"),
    [
        ("version: 11", "12", "version: 12"),
        ("version: '11'  # c", "12", "version: '12'  # c"),
        ('"version" : "11"', "12", '"version" : "12"'),
        ("version: 11", "1e5", 'version: "1e5"'),
        ("version: 11", "3f9c", "version: 3f9c"),
        ("version: 1.10", "2", "version: 2"),
        ("version: &v 11", "12", "version: &v 12"),
        ("version: 12", "12", "version: 12"),
        ("description: d", "12", "description: d"),
    ],
)
def test_the_stated_version_keeps_its_style(tmp_path: Path, entry: str, version: str, after: str) -> None:
    text = f"name: e\nimage: x\n{entry}\n"
    repository = write(tmp_path, {"e.yml": text})

    assert edited(text, plan_version(repository, "e.yml", version).edits) == text.replace(entry, after)


def test_targets_and_paths_are_told_apart() -> None:
    targets, paths = parse_targets(
        ["Acme_Core==1.4.0", "environments", "acme-io==2.0rc1", "x/y.yml", "./a=b"]
    )

    assert [(name, target.name, target.version) for name, target in targets.items()] == [
        ("acme-core", "acme-core", "1.4.0"),
        ("acme-io", "acme-io", "2.0rc1"),
    ]
    assert paths == ["environments", "x/y.yml", "./a=b"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["acme-core==x"], "acme-core==x: 'x' is not a version"),
        (["acme-core=="], "acme-core==: '' is not a version"),
        (["==1.0"], "'==1.0' is neither NAME==VERSION nor a path"),
        (["acme-core>=1"], "'acme-core>=1' is neither NAME==VERSION nor a path"),
        (["acme-core=1.4"], "'acme-core=1.4' is neither NAME==VERSION nor a path"),
        (["acme-core===1.4"], "'acme-core===1.4' is neither NAME==VERSION nor a path"),
        (["acme core==1"], "'acme core==1' is neither NAME==VERSION nor a path"),
        (["acme-core[gpu]==1"], "'acme-core[gpu]==1' is neither NAME==VERSION nor a path"),
        (["acme-core==1", "Acme.Core==2"], "Acme.Core==2: another version of Acme.Core is given too"),
        (["environments"], "no package is given"),
        ([], "no package is given"),
    ],
)
def test_arguments_that_cannot_be_meant(arguments: list[str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_targets(arguments)

    assert caught.value.message == message


def test_a_name_alone_is_taken_for_a_path() -> None:
    with pytest.raises(UsageError) as caught:
        parse_targets(["acme-core"])

    assert caught.value.hint == "write NAME==VERSION; 'acme-core' is taken for a path"


def test_writing_a_file_that_is_no_definition_fails_cleanly(tmp_path: Path) -> None:
    repository = write(tmp_path, {"requirements.txt": "acme-core==1.3.2\n"})
    edits = plan_pins(repository, repository.files, TARGETS).edits
    (tmp_path / "requirements.txt").unlink()

    with pytest.raises(DefinitionError, match=r"^requirements\.txt: cannot be read: "):
        stage_edits(repository, "requirements.txt", edits)
