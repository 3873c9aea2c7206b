import os
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import pytest

from wheelpin.build.project import Project
from wheelpin.build.snapshot import Snapshot, take_snapshot
from wheelpin.command import run
from wheelpin.errors import BuildError
from wheelpin.repository import Repository

EPOCH = 1_700_000_000
PLAIN = '[project]\nname = "core"\nversion = "1"\n'
ASKS_GIT = '[build-system]\nrequires = ["setuptools-scm"]\n'
CORE: Mapping[str, str] = {
    "packages/core/pyproject.toml": PLAIN,
    "packages/core/src/core/__init__.py": "",
    "packages/io/pyproject.toml": PLAIN,
    "environments/train.yml": "name: train\n",
}

Commit = Callable[[], str]


def write(root: Path, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def snapshot(
    root: Path, path: str = "packages/core", output: str = "dist", edited: Collection[str] = ()
) -> Snapshot:
    project = Project(path=path, name=None, backend=None)
    return take_snapshot(Repository(root), project, root / output, lambda: edited)


def paths(taken: Snapshot) -> list[str]:
    return [file.path for file in taken.files]


def copy(taken: Snapshot, folder: Path) -> Path:
    return taken.write(folder / "copy", EPOCH)


@pytest.fixture
def root(git_repository: Path, commit_all: Commit) -> Path:
    """A repository of two packages and an environment, committed."""
    write(git_repository, CORE)
    commit_all()
    return git_repository


def test_a_project_is_its_own_folder(root: Path) -> None:
    assert paths(snapshot(root)) == ["packages/core/pyproject.toml", "packages/core/src/core/__init__.py"]


def test_outside_git_it_is_the_same(tmp_path: Path) -> None:
    write(tmp_path, CORE)

    assert paths(snapshot(tmp_path)) == ["packages/core/pyproject.toml", "packages/core/src/core/__init__.py"]


def test_the_root_as_project_holds_everything(root: Path) -> None:
    assert paths(snapshot(root, ".")) == sorted(CORE)


def test_new_files_count_and_deleted_ones_do_not(root: Path) -> None:
    (root / "packages/core/src/core/__init__.py").unlink()
    write(root, {"packages/core/src/core.py": ""})

    assert paths(snapshot(root)) == ["packages/core/pyproject.toml", "packages/core/src/core.py"]


@pytest.mark.parametrize(
    "leftover",
    [
        "build/lib/core/__init__.py",
        "build/bdist.linux-x86_64/x",
        "build/temp.linux-x86_64-cpython-311/x.o",
        "dist/core-1-py3-none-any.whl",
        "src/core.egg-info/SOURCES.txt",
        "src/core/__pycache__/x.cpython-311.pyc",
        "src/core/x.pyc",
        ".eggs/x",
        ".venv/pyvenv.cfg",
        "venv/pyvenv.cfg",
        "node_modules/x/index.js",
        "src/core/.wheelpin-x1y2.tmp",
    ],
)
@pytest.mark.parametrize("with_git", [True, False])
def test_leftovers_of_tools_are_no_sources(
    root: Path, tmp_path: Path, leftover: str, *, with_git: bool
) -> None:
    folder = root if with_git else tmp_path / "plain"
    write(folder, {**CORE, f"packages/core/{leftover}": ""})

    assert f"packages/core/{leftover}" not in paths(snapshot(folder))


@pytest.mark.parametrize("path", ["src/core/venv/__init__.py", "dist/notes.txt", "build/lib/x.py"])
def test_what_git_tracks_is_source_whatever_its_name(root: Path, commit_all: Commit, path: str) -> None:
    write(root, {f"packages/core/{path}": ""})
    commit_all()

    assert f"packages/core/{path}" in paths(snapshot(root))


def test_the_output_is_no_source_of_the_project_around_it(root: Path) -> None:
    write(root, {"wheelhouse/core-1-py3-none-any.whl": ""})

    assert paths(snapshot(root, ".", output="wheelhouse")) == sorted(CORE)


def test_what_a_generator_wrote_into_a_package_comes_along(root: Path) -> None:
    write(
        root,
        {
            "packages/core/.gitignore": "*_pb2.py\nstatic/\ndata/\n",
            "packages/core/src/core/rpc_pb2.py": "",
            "packages/core/src/core/static/app.js": "",
            "packages/core/data/huge.bin": "",
        },
    )

    assert paths(snapshot(root)) == [
        "packages/core/.gitignore",
        "packages/core/pyproject.toml",
        "packages/core/src/core/__init__.py",
        "packages/core/src/core/rpc_pb2.py",
        "packages/core/src/core/static/app.js",
    ]


def test_the_ignore_files_above_come_along_for_backends_that_read_them(root: Path) -> None:
    write(root, {".gitignore": "*.log\n", "packages/.gitignore": "", "packages/io/.gitignore": ""})

    assert [path for path in paths(snapshot(root)) if path.endswith(".gitignore")] == [
        ".gitignore",
        "packages/.gitignore",
    ]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pyproject.toml", '[project]\nreadme = "../../README.md"\n'),
        ("pyproject.toml", 'dependencies = ["io @ {root:parent:uri}/io"]\n'),
        ("setup.py", "open(os.path.join('..', 'VERSION'))\n"),
        ("setup.py", "Path(__file__).parent.parent / 'VERSION'\n"),
        ("Cargo.toml", "[package]\nversion.workspace = true\n"),
    ],
)
def test_a_build_that_looks_above_its_folder_gets_the_whole_repository(
    root: Path, file: str, text: str
) -> None:
    write(root, {f"packages/core/{file}": text})

    taken = snapshot(root)

    assert "environments/train.yml" in paths(taken)
    assert not taken.history


@pytest.mark.parametrize(
    "text",
    [
        'url = "https://github.com/acme/core.git"\n',
        'description = "and so on ..."\n',
        "here = Path(__file__).parent\n",
    ],
)
def test_other_builds_do_not(root: Path, text: str) -> None:
    write(root, {"packages/core/setup.py": text})

    taken = snapshot(root)

    assert (taken.whole, taken.history) == (False, False)


def test_the_copy_has_plain_modes_and_one_time(root: Path, tmp_path: Path) -> None:
    (root / "packages/core/pyproject.toml").chmod(0o600)
    write(root, {"packages/core/run.sh": ""})
    (root / "packages/core/run.sh").chmod(0o700)
    before = os.umask(0o077)
    try:
        project = copy(snapshot(root), tmp_path)
    finally:
        os.umask(before)

    modes = {file.name: file.stat().st_mode & 0o777 for file in (project, *project.rglob("*"))}
    assert modes == {
        "core": 0o755,
        "pyproject.toml": 0o644,
        "run.sh": 0o755,
        "src": 0o755,
        "__init__.py": 0o644,
    }
    assert {file.stat().st_mtime for file in (project, *project.rglob("*"))} == {EPOCH}


def test_the_work_tree_is_only_read(root: Path, tmp_path: Path) -> None:
    write(root, {"packages/core/pyproject.toml": ASKS_GIT})
    before = {file: file.stat().st_mtime_ns for file in root.rglob("*")}

    copy(snapshot(root), tmp_path)

    assert {file: file.stat().st_mtime_ns for file in root.rglob("*")} == before


def test_a_link_inside_the_project_stays_a_link(root: Path, tmp_path: Path) -> None:
    (root / "packages/core/LICENSE").symlink_to("pyproject.toml")

    project = copy(snapshot(root), tmp_path)

    assert (project / "LICENSE").is_symlink()
    assert (project / "LICENSE").read_text() == PLAIN


def test_what_a_link_to_the_rest_of_the_repository_leads_to_comes_along(root: Path, tmp_path: Path) -> None:
    (root / "packages/core/train.yml").symlink_to("../../environments/train.yml")
    (root / "packages/core/environments").symlink_to("../../environments")

    project = copy(snapshot(root), tmp_path)

    for file in (project / "train.yml", project / "environments/train.yml"):
        assert not file.is_symlink()
        assert file.read_text() == "name: train\n"


@pytest.mark.parametrize("target", ["/etc/hostname", "../../../secret"])
def test_a_link_out_of_the_repository_is_refused(root: Path, target: str) -> None:
    (root / "packages/core/secret").symlink_to(target)

    with pytest.raises(BuildError, match="packages/core/secret: the link leads out of the repository"):
        snapshot(root)


def test_a_link_to_nothing_is_no_source(root: Path) -> None:
    (root / "packages/core/gone").symlink_to(root / "environments/gone.yml")

    assert "packages/core/gone" not in paths(snapshot(root))


def test_what_is_no_file_is_no_source(tmp_path: Path) -> None:
    write(tmp_path, CORE)
    os.mkfifo(tmp_path / "packages/core/pipe")

    assert "packages/core/pipe" not in paths(snapshot(tmp_path))


def test_a_link_upwards_does_not_lead_round_for_ever(root: Path) -> None:
    (root / "packages/core/up").symlink_to("../../packages")

    assert "packages/core/up/io/pyproject.toml" in paths(snapshot(root))


def test_a_project_in_a_submodule_is_found_there(root: Path, tmp_path: Path, commit_all: Commit) -> None:
    other = tmp_path / "other"
    write(other, {"pyproject.toml": PLAIN})
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "other"]):
        run(["git", *command], cwd=other)
    run(
        ["git", "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), "sub"],
        cwd=root,
    )
    commit_all()

    assert paths(snapshot(root, "sub")) == ["sub/pyproject.toml"]
    assert "sub/pyproject.toml" in paths(snapshot(root, "."))


def test_a_name_that_is_not_utf8_is_refused_rather_than_lost(root: Path) -> None:
    Path(os.fsdecode(os.fsencode(root / "packages/core") + b"/\xff.py")).touch()

    with pytest.raises(BuildError, match="name is not UTF-8"):
        snapshot(root)


def test_a_build_that_asks_git_sees_the_commit_and_the_tags(root: Path, tmp_path: Path) -> None:
    write(root, {"packages/core/pyproject.toml": ASKS_GIT})
    run(["git", "commit", "-qam", "scm"], cwd=root)
    run(["git", "tag", "v1.2"], cwd=root)

    project = copy(snapshot(root), tmp_path)

    assert run(["git", "describe", "--tags", "--dirty"], cwd=project) == "v1.2\n"
    assert run(["git", "status", "--porcelain"], cwd=project) == ""


@pytest.mark.parametrize(
    ("changed", "describes"),
    [("packages/core/pyproject.toml", "v1-dirty\n"), ("environments/train.yml", "v1\n")],
)
def test_only_the_projects_own_changes_make_it_dirty(
    root: Path, tmp_path: Path, changed: str, describes: str
) -> None:
    write(root, {"packages/core/pyproject.toml": ASKS_GIT})
    run(["git", "commit", "-qam", "scm"], cwd=root)
    run(["git", "tag", "v1"], cwd=root)
    with (root / changed).open("a") as file:
        file.write("\n")

    project = copy(snapshot(root), tmp_path)

    assert run(["git", "describe", "--tags", "--dirty"], cwd=project) == describes


@pytest.mark.parametrize("table", [ASKS_GIT, ASKS_GIT + 'root = "../.."\n'])
@pytest.mark.parametrize("definition", ["packages/core/conda ü.yml", "environments/train.yml"])
def test_what_a_release_edits_is_as_it_was_committed(
    root: Path, tmp_path: Path, commit_all: Commit, table: str, definition: str
) -> None:
    write(root, {"packages/core/pyproject.toml": table})
    (root / definition).write_bytes(b"core==1\r\n\xff")
    commit_all()
    run(["git", "tag", "v1"], cwd=root)
    before = snapshot(root, edited=[definition]).digest()
    (root / definition).write_bytes(b"core==2\r\n\xff")

    taken = snapshot(root, edited=[definition])
    project = copy(taken, tmp_path)

    assert taken.digest() == before
    assert run(["git", "describe", "--tags", "--dirty"], cwd=project) == "v1\n"
    if definition in paths(taken):
        assert (tmp_path / "copy" / definition).read_bytes() == b"core==1\r\n\xff"


@pytest.mark.parametrize(
    "source", ["packages/core/pyproject.toml", "packages/core/src/core/data.yml", "packages/core/new.yml"]
)
def test_sources_are_as_they_stand_even_if_a_release_edits_them(
    root: Path, tmp_path: Path, commit_all: Commit, source: str
) -> None:
    write(root, {"packages/core/pyproject.toml": ASKS_GIT, "packages/core/src/core/data.yml": "a: 1\n"})
    commit_all()
    write(root, {source: f"{ASKS_GIT}# more"})

    copy(snapshot(root, edited=[source]), tmp_path)

    assert (tmp_path / "copy" / source).read_text() == f"{ASKS_GIT}# more"


def test_a_build_that_asks_git_and_looks_above_gets_both(root: Path, tmp_path: Path) -> None:
    write(root, {"packages/core/pyproject.toml": ASKS_GIT + 'root = "../.."\n'})
    run(["git", "commit", "-qam", "scm"], cwd=root)
    run(["git", "tag", "v1"], cwd=root)

    project = copy(snapshot(root), tmp_path)

    assert run(["git", "describe", "--tags", "--dirty"], cwd=project) == "v1\n"
    assert (project.parent.parent / "environments/train.yml").is_file()


def test_history_is_that_of_the_repository_around_the_root(root: Path, tmp_path: Path) -> None:
    write(root, {"packages/core/pyproject.toml": ASKS_GIT})
    run(["git", "commit", "-qam", "scm"], cwd=root)

    taken = snapshot(root / "packages", "core")
    project = copy(taken, tmp_path)

    assert taken.path == "packages/core"
    assert run(["git", "rev-parse", "HEAD"], cwd=project) == run(["git", "rev-parse", "HEAD"], cwd=root)


def test_a_shallow_clone_has_a_history_too(root: Path, tmp_path: Path) -> None:
    write(root, {"packages/core/pyproject.toml": ASKS_GIT})
    run(["git", "commit", "-qam", "scm"], cwd=root)
    run(["git", "clone", "-q", "--depth", "1", root.as_uri(), str(tmp_path / "shallow")], cwd=tmp_path)

    project = copy(snapshot(tmp_path / "shallow"), tmp_path)

    assert run(["git", "rev-parse", "HEAD"], cwd=project) == run(["git", "rev-parse", "HEAD"], cwd=root)


def test_before_the_first_commit_there_is_no_history(git_repository: Path, tmp_path: Path) -> None:
    write(git_repository, {**CORE, "packages/core/pyproject.toml": ASKS_GIT})

    taken = snapshot(git_repository)

    assert not taken.history
    assert (copy(taken, tmp_path) / "pyproject.toml").is_file()


def test_the_digest_is_that_of_what_the_build_sees(root: Path) -> None:
    before = snapshot(root).digest()
    source = root / "packages/core/src/core/__init__.py"

    os.utime(source, (1, 1))
    source.chmod(0o600)
    write(root, {"packages/io/new.py": "", "packages/core/build/lib/core.py": ""})
    run(["git", "add", "packages/io"], cwd=root)
    run(["git", "commit", "-qm", "beside"], cwd=root)
    assert snapshot(root).digest() == before

    changed = {before}
    source.chmod(0o700)
    changed.add(snapshot(root).digest())
    source.write_text("x = 1\n")
    changed.add(snapshot(root).digest())
    source.rename(source.with_name("main.py"))
    changed.add(snapshot(root).digest())
    (root / "packages/core/LICENSE").symlink_to("pyproject.toml")
    changed.add(snapshot(root).digest())
    (root / "packages/core/LICENSE").unlink()
    (root / "packages/core/LICENSE").symlink_to("src/core/main.py")
    changed.add(snapshot(root).digest())
    assert len(changed) == 6


def test_commit_and_tags_are_in_the_digest_of_a_build_that_asks_git(root: Path, commit_all: Commit) -> None:
    write(root, {"packages/core/pyproject.toml": ASKS_GIT})
    commit_all()
    digests = [snapshot(root).digest()]
    run(["git", "tag", "v1"], cwd=root)
    digests.append(snapshot(root).digest())
    commit_all()
    digests.append(snapshot(root).digest())

    assert len(set(digests)) == 3


def test_a_thousand_files_are_read_quickly(root: Path, commit_all: Commit) -> None:
    write(root, {f"packages/core/src/core/m{number}.py": "x = 1\n" * 100 for number in range(1000)})
    commit_all()

    started = time.perf_counter()
    snapshot(root).digest()

    assert time.perf_counter() - started < 1.5
