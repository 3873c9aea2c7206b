"""Edits as facts: applied where they say, checked by reading again, refused where more would change."""

import pytest

from wheelpin.change import Edit
from wheelpin.definitions import Format
from wheelpin.definitions.editing import edited, verified
from wheelpin.errors import TargetError
from wheelpin.source import Source

PINS = "acme-core==1.3.2\r\nnumpy==1  \r\n  acme-core==1.3.2"


def edit(line: int, column: int, before: str, after: str) -> Edit:
    return Edit(path="x.txt", line=line, column=column, name="acme-core", before=before, after=after)


def test_edits_in_any_order_and_of_any_length() -> None:
    edits = [
        edit(3, 3, "acme-core==1.3.2", "acme-core==1.4.0.post1"),
        edit(1, 1, "acme-core==1.3.2", "acme-core==1"),
    ]

    assert edited(PINS, edits) == "acme-core==1\r\nnumpy==1  \r\n  acme-core==1.4.0.post1"


def test_several_edits_in_one_line_and_one_over_several() -> None:
    text = "a==1 b==1 \\\n  --hash=sha256:aa c==1"
    edits = [edit(1, 6, "b==1 \\\n  --hash=sha256:aa", "b==2 --hash=sha256:bb"), edit(1, 1, "a==1", "a==2")]

    assert edited(text, edits) == "a==2 b==2 --hash=sha256:bb c==1"


def test_characters_beyond_the_first_plane_count_as_one() -> None:
    assert edited("😀 a==1", [edit(1, 3, "a==1", "a==2")]) == "😀 a==2"


def test_no_edit_changes_nothing() -> None:
    assert edited(PINS, []) == PINS


@pytest.mark.parametrize(("line", "column"), [(1, 2), (2, 1), (9, 1), (0, 1), (1, 0), (3, 300)])
def test_an_edit_that_does_not_fit_is_refused(line: int, column: int) -> None:
    with pytest.raises(TargetError) as caught:
        edited(PINS, [edit(line, column, "acme-core==1.3.2", "acme-core==1.4.0")])

    assert caught.value.message == f"x.txt:{line}:{column}: 'acme-core==1.3.2' does not stand here"
    assert caught.value.hint == "plan again: the file has changed"


def test_edits_that_overlap_are_refused() -> None:
    edits = [edit(1, 1, "acme-core==1.3.2", "x"), edit(1, 6, "core==1.3.2", "y")]

    with pytest.raises(TargetError, match=r"^x\.txt:1:1: two edits overlap$"):
        edited(PINS, edits)


@pytest.mark.parametrize(
    ("path", "text", "column", "before", "after"),
    [
        ("requirements.txt", "acme-core==1.3.2\n", 1, "acme-core==1.3.2", "acme-core==1.4.0\nevil==1"),
        ("requirements.txt", "acme-core==1.3.2\n", 1, "acme-core==1.3.2", "acme-io==1.3.2"),
        ("requirements.txt", "acme-core==1.3.2\n", 1, "acme-core==1.3.2", "acme-core>=1.3.2"),
        ("requirements.txt", "acme-core==1.3.2\n", 1, "acme-core==1.3.2", "# acme-core==1.4.0"),
        ("requirements.txt", "-r base.txt\n", 4, "base.txt", "evil.txt"),
        ("requirements.txt", "numpy # acme-core==1.3.2\n", 9, "acme-core==1.3.2", "\nacme-core==1.4.0"),
        (
            "conda.yml",
            "dependencies: [{pip: ['acme-core==1.3.2']}]",
            24,
            "acme-core==1.3.2",
            "acme-core==1.4.0', 'x",
        ),
        ("conda.yml", "dependencies: [{pip: ['acme-core==1.3.2']}]", 24, "acme-core==1.3.2", "it's broken"),
        ("job.yml", "environment: azureml:train:11", 14, "azureml:train:11", "azureml:test:12"),
        ("environment.yml", "name: e\nversion: 1", 1, "name: e", "name: f"),
        ("environment.yml", "name: e\nimage: x", 1, "name: e\nimage: x", "name: e\nimage: y"),
    ],
)
def test_an_edit_that_changes_more_than_a_version_is_refused(
    path: str, text: str, column: int, before: str, after: str
) -> None:
    form = Format.REQUIREMENTS if path.endswith(".txt") else Format.AZUREML
    change = Edit(path=path, line=1, column=column, name="x", before=before, after=after)

    with pytest.raises(TargetError) as caught:
        verified(Source(path, text), form, [change])

    assert caught.value.message == (
        f"{path}: the edit at 1:{column} would change more than a version, so none is made"
    )
    assert "# wheelpin: ignore" in caught.value.hint


def test_an_edit_that_the_encoding_cannot_hold_is_refused() -> None:
    change = edit(1, 1, "acme-core==1.3.2", "acme-core==1.4.0  # 😀")

    with pytest.raises(TargetError, match="would change more than a version"):
        verified(Source("x.txt", "acme-core==1.3.2\n", "latin-1"), Format.REQUIREMENTS, [change])


def test_other_values_of_yaml_are_compared_too() -> None:
    text = "a: &x acme-core==1.3.2\ndependencies: [{pip: [*x]}]\nb: 1\n"
    change = Edit(
        path="c.yml", line=1, column=7, name="x", before="acme-core==1.3.2", after="acme-core==1.4.0"
    )

    assert "1.4.0" in verified(Source("c.yml", text), Format.CONDA, [change])
