"""wheelpin init, in repositories of several kinds."""

from pathlib import Path

import pytest
import yaml

from tests.agents import expand
from tests.processes import wheelpin
from tests.projects import write_project
from tests.repositories import FILES, git, snapshot, write_files, write_repository
from tests.runners import ROOT
from wheelpin.config.file import load_config

GITHUB = ("wheelpin.yml", ".github/workflows/wheelpin-plan.yml", ".github/workflows/wheelpin-release.yml")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = write_repository(tmp_path / "repository")
    write_project(root / "packages" / "acme-core", "acme-core", "1.4.0")
    return root


def test_config_and_pipeline_are_written_and_shown(repository: Path) -> None:
    ran = wheelpin(repository, "init", "--host", "github")
    assert ran.code == 0, ran.err
    assert [line for line in ran.out.splitlines() if line.startswith("wrote")] == [
        f"wrote {f}" for f in GITHUB
    ]
    written = (repository / "wheelpin.yml").read_text()
    refused = wheelpin(repository, "plan")
    assert refused.code == 2
    assert "YOUR-FEED stands for a name of yours" in refused.err
    fill_in(repository)
    config = load_config(repository, {})
    assert config.projects == ("packages/acme-core",)
    assert [entry.path for entry in config.environments or () if hasattr(entry, "path")] == [
        f"environments/{name}/environment.yml" for name in ("plain", "score", "train")
    ]
    assert "  YOUR-FEED               wheelpin.yml:" in ran.out
    assert all(f"  {line}".rstrip() in ran.out for line in written.splitlines())


def fill_in(root: Path) -> None:
    """Do what the user is told to."""
    config = root / "wheelpin.yml"
    config.write_text(config.read_text().replace("YOUR-", "contoso-"))


def test_every_name_that_is_left_is_listed(repository: Path) -> None:
    out = wheelpin(repository, "init", "--host", "github").out
    for file in GITHUB:
        for number, line in enumerate((repository / file).read_text().splitlines(), 1):
            assert ("YOUR-" in line) == (f"{file}:{number}" in out.replace(",", " ").split())


def test_local_config_can_be_planned_at_once(repository: Path) -> None:
    assert wheelpin(repository, "init", "--local", "--host", "azure").code == 0
    ran = wheelpin(repository, "plan")
    assert ran.code == 3, ran.err
    assert "acme_core-1.4.0-py3-none-any.whl" in ran.out


def test_nothing_is_written_over_and_nothing_beside(repository: Path) -> None:
    write_files(repository, {".github/workflows/wheelpin-plan.yml": "name: mine\n"})
    before = snapshot(repository)
    ran = wheelpin(repository, "init", "--host", "github")
    assert ran.code == 2
    assert ".github/workflows/wheelpin-plan.yml: there already" in ran.err
    assert "move it away" in ran.err
    assert snapshot(repository) == before


@pytest.mark.parametrize(
    ("remote", "file", "expected"),
    [
        ("https://github.com/acme/models.git", None, GITHUB[1]),
        ("git@ssh.dev.azure.com:v3/acme/models/models", None, "wheelpin-pipelines.yml"),
        ("https://github.com/acme/models.git", "azure-pipelines.yml", GITHUB[1]),
        (None, ".github/dependabot.yml", GITHUB[1]),
        (None, "azure-pipelines.yml", "wheelpin-pipelines.yml"),
    ],
)
def test_service_is_known_by_the_remote_else_by_files(
    remote: str | None, file: str | None, expected: str, repository: Path
) -> None:
    if remote:
        git(repository, "remote", "add", "origin", remote)
    if file:
        write_files(repository, {file: "version: 2\n"})
    assert wheelpin(repository, "init").code == 0
    assert (repository / expected).is_file()


def test_service_that_nothing_tells_is_asked_for(repository: Path) -> None:
    ran = wheelpin(repository, "init")
    assert ran.code == 2
    assert "--host github or --host azure" in ran.err
    assert not (repository / "wheelpin.yml").exists()


def test_feed_and_workspace_that_the_repository_names_are_filled_in(tmp_path: Path) -> None:
    conda = FILES["environments/train/conda.yml"].replace(
        "  - pip:\n",
        "  - pip:\n      - --index-url https://pkgs.dev.azure.com/contoso/ml/_packaging/wheels/pypi/simple/\n",
    )
    workspace = '{"subscription_id": "0-1", "resource_group": "ml", "workspace_name": "dev"}'
    files = {**FILES, "environments/train/conda.yml": conda, "config.json": workspace}
    root = write_repository(tmp_path / "repository", files)
    ran = wheelpin(root, "init", "--host", "github")
    assert ran.code == 0, ran.err
    written = yaml.safe_load((root / "wheelpin.yml").read_text())
    assert written["stores"]["feed"] == {
        "kind": "azure-artifacts",
        "organization": "contoso",
        "project": "ml",
        "feed": "wheels",
    }
    assert written["registries"]["workspace"]["subscription"] == "0-1"
    assert "YOUR-" not in (root / "wheelpin.yml").read_text()


def test_compiled_code_gets_the_pipeline_with_a_matrix(repository: Path) -> None:
    (repository / "packages/acme-core/setup.py").write_text("setup(ext_modules=[])\n")
    assert wheelpin(repository, "init", "--host", "github").code == 0
    release = (repository / GITHUB[2]).read_text()
    assert release == (ROOT / "pipelines/github/matrix.yml").read_text()


def test_written_azure_pipeline_is_made_of_our_templates(repository: Path) -> None:
    assert wheelpin(repository, "init", "--host", "azure", "--local").code == 0
    text = (repository / "wheelpin-pipelines.yml").read_text()
    assert "Connection: " not in text
    stages = expand(repository / "wheelpin-pipelines.yml")["stages"]
    assert [stage["stage"] for stage in stages] == ["plan", "apply"]


def test_folders_that_would_be_patterns_are_left_to_be_found(repository: Path) -> None:
    write_project(repository / "packages" / "[a]", "acme-io", "1.0")
    assert wheelpin(repository, "init", "--host", "github").code == 0
    fill_in(repository)
    assert load_config(repository, {}).projects is None


def test_a_folder_s_name_cannot_speak_to_the_runner(repository: Path) -> None:
    write_project(repository / "x\n::error::pwned", "acme-io", "1.0")
    ran = wheelpin(repository, "init", "--host", "github", env={"GITHUB_ACTIONS": "true"})
    assert ran.code == 0, ran.err
    assert not [line for line in (ran.out + ran.err).splitlines() if line.startswith("::error")]
