from pathlib import Path

import pytest

from wheelpin.build.project import Project, find_projects, refuse_shared_names
from wheelpin.errors import BuildError, ConfigError
from wheelpin.repository import Repository

PROJECT = '[project]\nname = "{}"\nversion = "1"\n'
BUILD_SYSTEM = '[build-system]\nrequires = []\nbuild-backend = "acme_build"\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with two packages, a tool configuration and a folder that is no project."""
    write(tmp_path, "packages/core", PROJECT.format("Acme_Core") + BUILD_SYSTEM)
    write(tmp_path, "packages/io", PROJECT.format("acme.io"))
    write(tmp_path, "tools", "[tool.ruff]\nline-length = 100\n")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/index.md").touch()
    return tmp_path


def write(root: Path, folder: str, text: str) -> None:
    (root / folder).mkdir(parents=True, exist_ok=True)
    (root / folder / "pyproject.toml").write_text(text)


def found(root: Path, *patterns: str) -> list[str]:
    return [project.path for project in find_projects(Repository(root), patterns or None)]


def test_every_folder_that_can_be_built_is_found(root: Path) -> None:
    assert find_projects(Repository(root), None) == (
        Project(path="packages/core", name="acme-core", backend="acme_build", version="1"),
        Project(path="packages/io", name="acme-io", backend=None, version="1"),
    )


def test_a_project_at_the_root_has_the_path_of_a_dot(tmp_path: Path) -> None:
    write(tmp_path, ".", PROJECT.format("acme"))

    (project,) = find_projects(Repository(tmp_path), None)

    assert (project.path, project.file, project.title) == (".", "pyproject.toml", "acme")


def test_a_name_that_only_the_backend_knows_is_unknown(tmp_path: Path) -> None:
    write(tmp_path, "legacy", BUILD_SYSTEM)

    (project,) = find_projects(Repository(tmp_path), None)

    assert (project.name, project.title) == (None, "legacy")


@pytest.mark.parametrize("project", ['project = "x"', "[project]\nname = 5", '[project]\nname = ["x"]'])
def test_a_name_that_is_no_text_is_left_to_the_backend_to_refuse(tmp_path: Path, project: str) -> None:
    write(tmp_path, "odd", project)

    assert [found.name for found in find_projects(Repository(tmp_path), None)] == [None]


@pytest.mark.parametrize("opt_out", ["[tool.uv]\npackage = false\n", "[tool.poetry]\npackage-mode = false\n"])
def test_a_project_that_opts_out_is_not_built(tmp_path: Path, opt_out: str) -> None:
    write(tmp_path, "app", PROJECT.format("app") + opt_out)

    assert found(tmp_path) == []


def test_folders_that_git_ignores_are_not_searched(git_repository: Path) -> None:
    write(git_repository, "core", PROJECT.format("core"))
    write(git_repository, "build/core", PROJECT.format("core"))
    (git_repository / ".gitignore").write_text("build/\n")

    assert found(git_repository) == ["core"]


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (["packages/*"], ["packages/core", "packages/io"]),
        (["./packages/core/"], ["packages/core"]),
        (["packages\\io"], ["packages/io"]),
        (["packages/c[a-o]re", "packages/io"], ["packages/core", "packages/io"]),
        (["packages/*", "packages/core"], ["packages/core", "packages/io"]),
        (["**"], ["packages/core", "packages/io"]),
        (["**/core"], ["packages/core"]),
        (["packages/**"], ["packages/core", "packages/io"]),
    ],
)
def test_patterns_name_folders(root: Path, patterns: list[str], expected: list[str]) -> None:
    assert found(root, *patterns) == expected


def test_a_dot_names_the_root_alone(root: Path) -> None:
    write(root, ".", PROJECT.format("acme"))

    assert found(root, ".") == ["."]


def test_a_pattern_does_not_reach_below_its_folder(root: Path) -> None:
    with pytest.raises(ConfigError, match="'packages' matches no folder that can be built"):
        found(root, "packages")


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("packges/*", "projects: 'packges/*' matches no folder that can be built"),
        ("docs", "projects: 'docs' matches no folder that can be built"),
        ("tools", "projects: 'tools' matches no folder that can be built"),
        ("**/docs", "projects: '**/docs' matches no folder that can be built"),
    ],
)
def test_a_pattern_without_a_project_is_a_mistake(root: Path, pattern: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        found(root, pattern)

    assert caught.value.message == message
    assert "[build-system]" in caught.value.hint


def test_a_folder_beside_projects_that_cannot_be_built_is_a_mistake(root: Path) -> None:
    (root / "packages/assets").mkdir()
    (root / "packages/assets/logo.svg").touch()

    with pytest.raises(ConfigError, match=r"^projects: packages/assets cannot be built$"):
        found(root, "packages/*")


def test_all_mistaken_patterns_are_told_at_once(root: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        found(root, "a", "b")

    assert caught.value.message.splitlines() == [
        "projects: 'a' matches no folder that can be built",
        "projects: 'b' matches no folder that can be built",
    ]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[project]\nname = \n", "broken/pyproject.toml:2: not TOML: Invalid value"),
        ("[project\n", "broken/pyproject.toml:1: not TOML: "),
        ("x = " + "[" * 10_000, "broken/pyproject.toml: not TOML: nested too deeply"),
        ("x = " + "9" * 5_000, "broken/pyproject.toml: not TOML: Exceeds the limit"),
        ('x = "\ud800"', "broken/pyproject.toml: is not utf-8 text"),
    ],
)
def test_a_broken_file_is_told_with_its_line(root: Path, text: str, place: str) -> None:
    write(root, "broken", "")
    (root / "broken/pyproject.toml").write_bytes(text.encode(errors="surrogatepass"))

    with pytest.raises(BuildError) as caught:
        found(root)

    assert caught.value.message.startswith(place)
    assert "projects:" in caught.value.hint


def test_all_broken_files_are_told_at_once(root: Path) -> None:
    write(root, "a", "[")
    write(root, "b", "]")

    with pytest.raises(BuildError) as caught:
        found(root)

    assert [finding.subject for finding in caught.value.findings] == ["a/pyproject.toml", "b/pyproject.toml"]


def test_a_broken_file_is_no_matter_where_the_config_names_others(root: Path) -> None:
    write(root, "broken", "[")

    assert found(root, "packages/*") == ["packages/core", "packages/io"]


def test_a_file_that_is_a_link_out_of_the_repository_is_refused(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "pyproject.toml"
    outside.write_text(PROJECT.format("outside"))
    (root / "evil").mkdir()
    (root / "evil/pyproject.toml").symlink_to(outside)

    with pytest.raises(BuildError, match=r"evil/pyproject\.toml: leads out of the repository"):
        found(root)


def test_two_projects_with_one_name_are_a_mistake_that_names_both(root: Path) -> None:
    write(root, "other", PROJECT.format("ACME-core"))

    with pytest.raises(ConfigError) as caught:
        found(root)

    assert caught.value.message == "other and packages/core are both named acme-core"


def test_one_name_may_be_seen_again_for_the_same_project() -> None:
    project = Project(path="a", name="a", backend=None)

    refuse_shared_names([("a", project), ("a", project)])
