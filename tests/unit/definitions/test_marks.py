"""What comments in a file ask for."""

import pytest

from tests.definitions import pinned, plan, read, referred, told

INLINE = "  dependencies:\n  - pip:\n    - acme-core==1.3.2 # wheelpin: ignore\n"
ENVIRONMENT = "name: e\nversion: 11{}\nimage: x\n"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("requirements.txt", "acme-core==1.3.2  # wheelpin: ignore\n"),
        ("requirements.txt", "# wheelpin: ignore\nacme-core==1.3.2\n"),
        ("requirements.txt", "#wheelpin:ignore\r\nacme-core==1.3.2 \\\r\n  --hash=sha256:aa\r\n"),
        ("requirements.txt", "acme-core==1.3.2 \\\n  --hash=sha256:aa  # wheelpin: Ignore\n"),
        ("conda.yml", "dependencies:\n- pip:\n  - acme-core==1.3.2  # wheelpin: ignore # for now\n"),
        ("conda.yml", "dependencies:\n- pip:\n  # wheelpin: ignore\n  - acme-core==1.3.2\n"),
        ("environment.yml", "name: e\nimage: x\nconda_file: |\n" + INLINE),
        ("requirements.txt", "# WheelPin: IGNORE\nacme-core\\\n==1.3.2 \\\n  --hash=sha256:aa\n"),
        ("Dockerfile", "# wheelpin: ignore\nRUN x && \\\n  # why\n\n  pip install \\\n  acme-core==1.3.2\n"),
        ("Dockerfile", "# escape=`\n# wheelpin: ignore\nRUN pip install `\n  acme-core==1.3.2\n"),
        ("Dockerfile", "# wheelpin: ignore\nRUN <<EOF\npip install acme-core==1.3.2\nEOF\n"),
        ("Dockerfile", "# wheelpin: ignore\nRUN my-installer \\\n  acme-core==1.3.2\n"),
        ("Dockerfile", "FROM x\n# wheelpin: ignore\nRUN pip install acme-core==1.3.2\n"),
        ("pyproject.toml", '[project]\ndependencies = [\n  "acme-core==1.3.2", # wheelpin: ignore\n]\n'),
        ("x.runconfig", "condaDependencies:\n" + INLINE),
    ],
)  # fmt: skip
def test_an_ignored_pin_stays_and_is_told(path: str, text: str) -> None:
    found = plan(text, path)

    assert found.edits == ()
    assert [finding.split(": ", 2)[2] for finding in told(found.findings)] == [
        "acme-core stays: its comment says 'wheelpin: ignore'"
    ]


def test_a_mark_speaks_for_its_own_line_only() -> None:
    text = "acme-core==1.3.2\nacme-core==1.3.2  # wheelpin: ignore\nacme-core==1.3.2\n"

    assert pinned(text) == "acme-core==1.4.0\nacme-core==1.3.2  # wheelpin: ignore\nacme-core==1.4.0\n"


def test_an_ignored_reference_stays() -> None:
    text = "environment: azureml:train:11  # wheelpin: ignore\n"

    assert referred(text, train="12") == text


def test_an_ignored_version_of_an_environment_is_not_stated() -> None:
    assert read(ENVIRONMENT.format(""), "environment.yml").stated is not None
    assert read(ENVIRONMENT.format("  # wheelpin: ignore"), "environment.yml").stated is None


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("environment.yml", "name: e\nimage: x\ndescription: core 1.3.2 and more  # wheelpin: acme-core\n"),
        ("environment.yml", "name: e\nimage: x\ntags:\n  # wheelpin: Acme_Core\n  core: '1.3.2'\n"),
        ("job.yml", "image: registry.example/core:v1.3.2  # wheelpin: acme-core\n"),
        ("job.yml", "tags: {core: 1.3.2, n: 5}  # wheelpin: acme-core\n"),
        ("requirements.txt", "# wheelpin: acme-core\n# built for 1.3.2\n"),
        ("Dockerfile", "FROM x\r\n# wheelpin: acme-core\r\nLABEL core=1.3.2\r\n"),
        ("pyproject.toml", '[tool.x]\ncore = "1.3.2" # wheelpin: acme-core\n'),
    ],
)
def test_a_marked_version_follows(path: str, text: str) -> None:
    assert pinned(text, path) == text.replace("1.3.2", "1.4.0")


def test_a_whole_number_can_be_marked_where_it_is_the_only_one() -> None:
    assert (
        pinned("tags: {core: 1}  # wheelpin: acme-core\n", "job.yml")
        == "tags: {core: 1.4.0}  # wheelpin: acme-core\n"
    )


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("tags: {a: 1.3.2, b: 1.3.3}  # wheelpin: acme-core\n", 2),
        ("tags: {a: b}  # wheelpin: acme-core\n", 0),
        ("# wheelpin: acme-core", 0),
        ("name: e\nversion: 1.3.2  # wheelpin: acme-core\nimage: x\n", 0),
        ("environment: azureml:train:1.3.2  # wheelpin: acme-core\n", 0),
    ],
)
def test_a_marked_line_without_one_version_of_its_own_is_told(text: str, count: int) -> None:
    found = plan(text, "x.yml")

    assert found.edits == ()
    (finding,) = told(found.findings)
    assert finding.endswith(
        f"the line marked with 'acme-core' has {count} versions of its own instead of one"
    )


def test_an_unknown_wish_is_told() -> None:
    found = plan("acme-core==1.3.2  # wheelpin: please hurry\n")

    assert told(found.findings) == ["warning: requirements.txt:1: a comment asks for 'please hurry'"]
    assert len(found.edits) == 1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("x.yml", "description: 'core 1.3.2  # wheelpin: acme-core'\n"),
        ("x.yml", "description: core 1.3.2# wheelpin: acme-core\n"),
        ("x.yml", 'a: "\n  # wheelpin: acme-core\n  1.3.2"\n'),
        ("Dockerfile", "FROM x\nLABEL core=1.3.2 # wheelpin: acme-core\n"),
    ],
)
def test_what_only_looks_like_a_mark_is_none(path: str, text: str) -> None:
    assert pinned(text, path) == text


def test_a_mark_before_an_instruction_ends_with_it() -> None:
    text = "# wheelpin: ignore\nRUN pip install \\\n  acme-core==1.3.2\nRUN pip install acme-core==1.3.3\n"

    assert pinned(text, "Dockerfile") == text.replace("1.3.3", "1.4.0")


@pytest.mark.parametrize(
    "text", ["# wheelpin: ignore\n\nacme-core==1.3.2\n", "acme-core==1.3.2\n# wheelpin: ignore"]
)
def test_a_mark_that_keeps_nothing_is_told(text: str) -> None:
    found = plan(text)

    assert len(found.edits) == 1
    assert [one.partition(": ")[0] for one in told(found.findings)] == ["warning"]
    assert found.findings[0].message == "a comment says 'wheelpin: ignore' where there is no pin"
