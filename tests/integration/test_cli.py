"""Commands as processes: streams that break or lack a character, and what ends in a check by twine."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import wheelpin
from tests.projects import write_project
from tests.repositories import write_files
from tests.wheels import make_wheel

NAME = "requirements-\u00a0\u00e9.txt"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with one pin."""
    (tmp_path / NAME).write_text("acme==1.0\n")
    return tmp_path


def shell(root: Path, line: str) -> tuple[int, str]:
    """Run a line of bash in which `wheelpin` is ours; its exit code and what is said on standard error."""
    ours = f'wheelpin() {{ "{sys.executable}" -m wheelpin "$@"; }}; set -o pipefail; {line}'
    done = subprocess.run(["bash", "-c", ours], cwd=root, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="bash")
@pytest.mark.parametrize(
    "redirection",
    ["| true", ">&-", ">&- 2>&-", "2>&1 | true", "--json | true", "--json >&-"],
)
def test_work_is_done_though_nobody_listens(root: Path, redirection: str) -> None:
    code, said = shell(root, f"wheelpin pin acme==2.0 {redirection}")
    assert (code, [row for row in said.splitlines() if not row.startswith("  edit ")]) == (0, [])
    assert (root / NAME).read_text() == "acme==2.0\n"


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full")
def test_output_that_cannot_be_written_is_no_bug(root: Path) -> None:
    code, said = shell(root, "wheelpin pins >/dev/full")
    assert (code, said) == (2, "error: standard output cannot be written: No space left on device\n")


@pytest.mark.skipif(sys.platform == "win32", reason="bash")
def test_mistake_is_told_by_the_exit_code_alone_where_there_is_no_error_stream(root: Path) -> None:
    assert shell(root, "wheelpin pins --wrong 2>&-") == (2, "")
    assert shell(root, "wheelpin pins missing 2>&-") == (2, "")


def test_json_needs_no_more_than_ascii(root: Path) -> None:
    ran = wheelpin(root, "pins", "--json", env={"PYTHONIOENCODING": "ascii"})
    assert (ran.code, ran.err, [found["path"] for found in json.loads(ran.out)]) == (0, "", [NAME])


def test_text_shows_what_an_encoding_lacks(root: Path) -> None:
    ran = wheelpin(root, "pins", env={"PYTHONIOENCODING": "ascii"})
    assert (ran.code, ran.out.split(":")[0]) == (0, r"requirements-\xa0\xe9.txt")


def test_folder_to_run_in_is_where_files_are_meant(root: Path) -> None:
    make_wheel(root / "sub/dist", "acme", "2.0")
    assert wheelpin(root, "-C", "sub", "plan", "--no-build", "--out", "plan.json").code == 3
    assert (root / "sub/plan.json").is_file()
    assert wheelpin(root, "-C", "sub", "apply", "plan.json", "--no-build").code == 0


def test_config_may_lie_outside_and_its_paths_start_at_the_root(root: Path) -> None:
    write_files(root, {"wheelpin.yml": "output: wheels\n"})
    make_wheel(root / "sub/wheels", "acme", "2.0")
    told = wheelpin(root, "-v", "-C", "sub", "--config", "../wheelpin.yml", "publish")
    assert (told.code, told.err.splitlines()[0]) == (0, "config: ../wheelpin.yml")
    assert (root / "sub/.wheelpin/wheels").is_dir()


def test_publish_opens_no_registry_and_reads_no_definition(root: Path) -> None:
    workspace = "{kind: azureml-workspace, subscription: s, resource-group: r, workspace: w}"
    write_files(
        root,
        {
            "wheelpin.yml": f"registries:\n  dev: {workspace}\n",
            "environment.yml": "name: e\nimage: x\nconda_file: missing.yml\n",
        },
    )
    make_wheel(root / "dist", "acme", "2.0")
    told = wheelpin(root, "publish", "--json")
    assert (told.code, [change["kind"] for change in told.json["done"]]) == (0, ["upload"])
    assert (root / NAME).read_text() == "acme==1.0\n"


def test_several_versions_in_output_are_warned_of(root: Path) -> None:
    make_wheel(root / "dist", "acme", "2.0")
    make_wheel(root / "dist", "acme", "1.9")
    told = wheelpin(root, "plan", "--no-build")
    assert told.code == 3
    assert told.err.splitlines()[:2] == [
        "warning: acme: several versions: acme-1.9-py3-none-any.whl, acme-2.0-py3-none-any.whl",
        "  all of them are published, and the highest is pinned: take away those that are not meant",
    ]


def test_verbose_tells_what_was_found(root: Path) -> None:
    write_files(root, {"environment.yml": "name: e\nimage: x\n"})
    make_wheel(root / "dist", "acme", "2.0")
    told = wheelpin(root, "plan", "--no-build", "-v")
    assert told.err.splitlines()[:3] == [
        "config: the default, as there is no wheelpin.yml",
        "files: 3, of which may refer: 1",
        "environment e: environment.yml",
    ]


def test_verbose_tells_who_installs_and_what_need_not_be_built(root: Path) -> None:
    write_project(root / "core", "acme-core", "1.0")
    first, second = (wheelpin(root, "build", "-v").err.splitlines() for _ in range(2))
    assert first[1] in {"uv installs what builds require", "pip installs what builds require"}
    assert "acme-core: nothing has changed since acme_core-1.0-py3-none-any.whl was built" not in first
    assert "acme-core: nothing has changed since acme_core-1.0-py3-none-any.whl was built" in second
