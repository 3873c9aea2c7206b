"""Credentials are found wherever they hide, and never repeated."""

from pathlib import Path

import pytest

from tests.definitions import plan, read
from wheelpin.definitions.azureml import read_environment
from wheelpin.errors import DefinitionError, Level
from wheelpin.repository import Repository

SECRET = "hunter2hunter2"
URL = f"https://user:{SECRET}@host/simple"
PAT = "a2b3c4d5" * 6 + "efgh"
NEW_PAT = "A1b2" * 19 + "AZDO" + "x9Y8"
SIGNATURE = "c2lnbmF0dXJl" * 3


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("requirements.txt", f"acme-core==1.3.2\n--index-url {URL}\n"),
        ("requirements.txt", f"acme-core==1.3.2\n# --index-url {URL}\n"),
        ("requirements.txt", f"acme-core==1.3.2\n--index-url https://{SECRET}@host/simple\n"),
        ("requirements.txt", "acme-core==1.3.2\n--index-url https://${USER}:${PAT}@host/simple\n"),
        ("requirements.txt", f"acme-core==1.3.2\ngit+https://user:{SECRET}@host/acme/x\n"),
        ("requirements.txt", f"acme-core==1.3.2\ngit+https://{SECRET * 3}@host/acme/x\n"),
        ("requirements.txt", "acme-core==1.3.2\ngit+https://${TOKEN}@host/acme/x\n"),
        ("requirements.txt", f"acme-core==1.3.2\n--index-url https://user:\\\n{SECRET}@host/simple\n"),
        ("requirements.txt", f"acme-core==1.3.2\nx @ https://host/x.whl?sv=1&sig={SIGNATURE}\n"),
        ("requirements.txt", f"acme-core==1.3.2\n# {PAT}\n"),
        ("requirements.txt", f"acme-core==1.3.2\n# token={NEW_PAT};\n"),
        ("requirements.txt", "acme-core==1.3.2\n# ghp_" + "a1B2" * 9 + "\n"),
        ("requirements.txt", "acme-core==1.3.2\n# github_pat_" + "a1B2" * 9 + "\n"),
        ("requirements.txt", "acme-core==1.3.2\n# glpat-" + "a1B2" * 5 + "\n"),
        ("requirements.txt", "acme-core==1.3.2\n# pypi-AgE" + "a1B2" * 12 + "\n"),
        ("requirements.txt", "acme-core==1.3.2\n# abc8Q~" + "a1B2" * 8 + "xy\n"),
        ("requirements.txt", "acme-core==1.3.2\n# AKIA" + "A1B2" * 4 + "\n"),
        ("requirements.txt", "acme-core==1.3.2\n# hf_" + "a1B2" * 9 + "\n"),
        ("requirements.txt", "acme-core==1.3.2\n# xoxb-" + "a1B2" * 5 + "\n"),
        ("requirements.txt", "acme-core==1.3.2\n# eyJ" + "a1B2" * 5 + ".eyJ" + "a1B2" * 5 + ".x\n"),
        ("requirements.txt", "acme-core==1.3.2\n# -----BEGIN RSA PRIVATE KEY-----\n"),
        ("requirements.txt", "acme-core==1.3.2\n# AccountName=x;AccountKey=" + "a1B2" * 20 + "==\n"),
        ("conda.yml", f"dependencies:\n- pip: [acme-core==1.3.2, '--index-url {URL}']\n"),
        ("conda.yml", f"dependencies:\n- pip:\n  - acme-core==1.3.2\n  - &url --index-url {URL}\n  - *url\n"),
        ("conda.yml", f"dependencies:\n- pip:\n  - acme-core==1.3.2\n  - >-\n    --index-url\n    {URL}\n"),
        (
            "conda.yml",
            f'dependencies:\n- pip:\n  - acme-core==1.3.2\n  - "--index-url https:\\x2f/u:{SECRET}@host/"\n',
        ),
        ("environment.yml", f"name: e\nimage: x\ndescription: acme-core at {URL}\n"),
        ("job.yml", f"environment_variables: {{X: '{URL}', Y: acme-core}}\n"),
        ("Dockerfile", f"FROM x\nARG TOKEN={PAT}\nRUN pip install acme-core==1.3.2\n"),
        (
            "Dockerfile",
            f"FROM x\nRUN pip install --index-url https://u:\\\n  {SECRET}@host/ acme-core==1.3.2\n",
        ),
        ("Dockerfile", "FROM x\nARG PAT\nRUN pip install --index-url https://$PAT@host/ acme-core==1.3.2\n"),
        ("pyproject.toml", f'[project]\ndependencies = ["acme-core==1.3.2", "x @ {URL}"]\n'),
        ("azureml_environment.json", f'{{"a": "acme-core", "u": "https:\\/\\/user:{SECRET}@host\\/"}}'),
    ],
)
def test_a_credential_is_refused_with_its_line_and_without_its_value(path: str, text: str) -> None:
    found = plan(text, path)

    errors = [finding for finding in found.findings if finding.level is Level.ERROR]
    assert found.edits == ()
    assert errors
    for finding in errors:
        assert finding.line is not None
        assert "holds a credential: " in finding.message
        assert "`wheelpin connect`" in finding.hint
    for secret in (SECRET, PAT, NEW_PAT, SIGNATURE, "a1B2"):
        assert secret not in repr(found)


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://host/simple",
        "--index-url https://<user>:<token>@host/simple",
        "git+ssh://git@host/acme/x@v1",
        "git+https://organisation@dev.azure.com/organisation/x/_git/x@v1",
        "x @ https://host/x-1.0-py3-none-any.whl#sha256=" + "0123456789abcdef" * 4,
        "x==1 --hash=sha256:" + "abcdef2345672345" * 4,
        "# mail someone@host.example, see https://host/@user",
        "# design=big&sig=short",
        "# sha512: " + "ab12" * 32,
    ],
)
def test_what_only_looks_like_a_credential_is_none(line: str) -> None:
    assert read(f"{line}\n").findings == ()


def test_the_line_is_that_of_the_credential() -> None:
    (finding,) = read(f"# one\n\nacme-core==1.3.2\n--index-url {URL}\n").findings

    assert str(finding) == "requirements.txt:4: holds a credential: a user or password in a URL"


def test_one_finding_a_line_and_kind() -> None:
    assert len(read(f"# {URL} {URL} \\\n# {PAT} {PAT}\n").findings) == 2


def test_text_that_runs_the_other_way_is_told() -> None:
    (finding,) = read("numpy==1  # \u202eacme\n").findings

    assert finding.level is Level.WARNING
    assert str(finding) == (
        "requirements.txt:1: holds a character that changes the direction of text: "
        "what is shown is not what is there"
    )


def test_an_environment_with_a_credential_anywhere_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "environment.yml").write_text("name: e\nimage: x\nconda_file: conda.yml\n")
    (tmp_path / "conda.yml").write_text("dependencies:\n- pip: [-r base.txt]\n")
    (tmp_path / "base.txt").write_text(f"numpy\n-i {URL}\n")

    with pytest.raises(DefinitionError) as caught:
        read_environment(Repository(tmp_path), "environment.yml")

    assert caught.value.message == "base.txt:2: holds a credential: a user or password in a URL"
    assert "`wheelpin connect`" in caught.value.hint


def test_a_further_index_beside_a_private_package_is_explained() -> None:
    found = plan(
        "--index-url https://private/simple\n--extra-index-url https://public/simple\nacme-core==1.3.2\n"
    )

    (finding,) = found.findings
    assert len(found.edits) == 1
    assert (finding.level, finding.line) == (Level.WARNING, 2)
    assert finding.message == (
        "--extra-index-url beside the private package acme-core: whoever uploads that name to the other "
        "index, with a higher or the same version, gets installed (dependency confusion)"
    )
    assert (
        finding.hint
        == "give pip one index, with --index-url: a feed that has public packages as its upstream source"
    )


def test_a_further_index_without_a_private_package_is_nobodys_business() -> None:
    assert plan("--extra-index-url https://public/simple\nnumpy==1  # acme-core\n").findings == ()
