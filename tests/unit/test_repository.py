"""The repository is untrusted: links, pipes, sizes and names that hurt end in one message."""

import os
import resource
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelpin.errors import DefinitionError, TargetError, UsageError, WheelpinError
from wheelpin.replacement import replace_file
from wheelpin.repository import MAX_BYTES, Repository


def write(root: Path, *paths: str) -> Repository:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(f"# {path}\n")
    return Repository(root)


def refusal(root: Path, path: str) -> str:
    with pytest.raises(DefinitionError) as caught:
        Repository(root).read(path)
    return caught.value.message


def test_outside_git_every_file_counts_but_those_of_tools(tmp_path: Path) -> None:
    repository = write(
        tmp_path,
        "a.yml",
        "deep/er/b.yml",
        ".github/c.yml",
        "node_modules/d.yml",
        ".venv/e.yml",
        "deep/.wheelpin/f.yml",
        "own-venv/pyvenv.cfg",
        "own-venv/lib/g.yml",
    )
    assert repository.files == (".github/c.yml", "a.yml", "deep/er/b.yml")


def test_git_says_which_files_count(git_repository: Path, commit_all: Callable[[], str]) -> None:
    write(git_repository, "kept.yml", "gone.yml", "ignored/a.yml", "node_modules/b.yml").root.joinpath(
        ".gitignore"
    ).write_text("ignored/\n")
    commit_all()
    (git_repository / "gone.yml").unlink()
    repository = write(git_repository, "new.yml")
    assert repository.files == (".gitignore", "kept.yml", "new.yml")


def test_a_folder_of_a_git_repository_is_a_repository_too(git_repository: Path) -> None:
    write(git_repository, "a.yml", "part/b.yml")
    assert Repository(git_repository / "part").files == ("b.yml",)


def test_a_git_that_refuses_is_not_taken_for_no_git(git_repository: Path) -> None:
    write(git_repository, "a.yml")
    (git_repository / ".git" / "config").write_text("[core\n")
    with pytest.raises(UsageError) as caught:
        _ = Repository(git_repository).files
    assert caught.value.message == f"{git_repository}: git does not list the files of this repository"
    assert "bad config" in caught.value.hint


def test_names_that_cannot_be_shown_are_left_out(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.yml")).touch()
    assert write(tmp_path, "a.yml", "b\n::error::c.yml", "d\x1b[2J.yml", "Grüße \u3000.yml").files == (
        "Grüße \u3000.yml",
        "a.yml",
    )


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("environments/*/environment.yml", ["environments/a/environment.yml"]),
        ("./environments/*/environment.yml", ["environments/a/environment.yml"]),
        ("**/*.yml", ["conda.yml", "environments/a/conda.yml", "environments/a/environment.yml"]),
        ("environments/**/*.yml", ["environments/a/conda.yml", "environments/a/environment.yml"]),
        ("conda.yml", ["conda.yml"]),
        ("[a-d]onda.yml", ["conda.yml"]),
        ("environments", ["environments/a/conda.yml", "environments/a/environment.yml"]),
        ("nothing/*", []),
    ],
)
def test_patterns_start_at_the_root(tmp_path: Path, pattern: str, expected: list[str]) -> None:
    repository = write(tmp_path, "conda.yml", "environments/a/conda.yml", "environments/a/environment.yml")
    assert repository.matching([pattern]) == expected


@pytest.mark.filterwarnings("ignore:Possible nested set")
@given(st.text(alphabet="*/[]!^-za\\.? #", max_size=8))
def test_no_pattern_is_answered_with_a_traceback(pattern: str) -> None:
    try:
        Repository(Path("/nowhere")).matching([pattern])
    except UsageError as error:
        assert error.message.startswith("not a glob pattern: ")  # noqa: PT017 - either outcome is right


def test_paths_select_files_and_folders(tmp_path: Path) -> None:
    repository = write(tmp_path, "a.yml", "jobs/b.yml", "jobs/c.yml", "jobs2/d.yml")
    assert repository.below(["jobs", "./a.yml"]) == ("a.yml", "jobs/b.yml", "jobs/c.yml")
    assert repository.below(["."]) == repository.below([]) == repository.files


def test_a_path_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^jobs: no such file or folder$"):
        write(tmp_path, "a.yml").below(["jobs"])


@pytest.mark.parametrize(
    ("base", "path", "expected"),
    [
        ("", "a.yml", "a.yml"),
        ("environments/train", "conda.yml", "environments/train/conda.yml"),
        ("environments/train", "../shared/./conda.yml", "environments/shared/conda.yml"),
        ("environments/train", "..\\shared\\conda.yml", "environments/shared/conda.yml"),
        ("a", "..", "."),
    ],
)
def test_a_path_is_meant_from_its_folder(base: str, path: str, expected: str) -> None:
    assert Repository(Path("/r")).resolve(path, base=base) == expected


@pytest.mark.parametrize(
    "path", ["..", "../x", "a/../../x", "/etc/passwd", "\\etc\\passwd", "//host/x", "a\0b"]
)
def test_a_path_out_of_the_repository_is_refused(path: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        Repository(Path("/r")).resolve(path)
    assert caught.value.message == f"{path!r} leads out of the repository"


def test_a_link_inside_the_repository_is_followed(tmp_path: Path) -> None:
    write(tmp_path, "real/conda.yml")
    (tmp_path / "conda.yml").symlink_to("real/conda.yml")
    (tmp_path / "folder").symlink_to("real")
    repository = Repository(tmp_path)
    assert (
        repository.read("conda.yml").text == repository.read("folder/conda.yml").text == "# real/conda.yml\n"
    )


@pytest.mark.parametrize("target", ["../secret.yml", "/etc/passwd", "../outside"])
def test_a_link_out_of_the_repository_is_refused(tmp_path: Path, target: str) -> None:
    (tmp_path / "secret.yml").write_text("a: 1\n")
    root = tmp_path / "root"
    root.mkdir()
    (root / "conda.yml").symlink_to(target)
    assert refusal(root, "conda.yml") == "conda.yml: leads out of the repository"


def test_a_link_to_a_folder_outside_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "outside/conda.yml")
    root = tmp_path / "root"
    root.mkdir()
    (root / "folder").symlink_to("../outside")
    assert refusal(root, "folder/conda.yml") == "folder/conda.yml: leads out of the repository"


def test_links_in_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yml").symlink_to("b.yml")
    (tmp_path / "b.yml").symlink_to("a.yml")
    assert refusal(tmp_path, "a.yml") == "a.yml: cannot be read: Too many levels of symbolic links"


def test_what_is_not_a_plain_small_file_is_refused_unopened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yml")  # opening it would wait for ever
    (tmp_path / "folder.yml").mkdir()
    (tmp_path / "huge.yml").touch()
    os.truncate(tmp_path / "huge.yml", 1 << 40)
    assert refusal(tmp_path, "pipe.yml") == "pipe.yml: is not a regular file"
    assert refusal(tmp_path, "folder.yml") == "folder.yml: is not a regular file"
    assert refusal(tmp_path, "huge.yml") == f"huge.yml: is larger than {MAX_BYTES:,} bytes"
    assert refusal(tmp_path, "none.yml") == "none.yml: cannot be read: No such file or directory"
    assert refusal(tmp_path, f"{'a' * 300}.yml") == f"{'a' * 300}.yml: cannot be read: File name too long"
    assert Repository(tmp_path).files == ("huge.yml",)


@pytest.mark.parametrize("path", ["none.yml", "a" * 300, "a\0b", "folder"])
def test_a_name_that_is_no_file_is_no_file(tmp_path: Path, path: str) -> None:
    (tmp_path / "folder").mkdir()
    assert not Repository(tmp_path).is_file(path)


def test_an_overlay_is_read_instead_of_the_disk_and_never_written(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfold")
    repository = Repository(tmp_path).with_texts({"a.txt": "new", "b.txt": "more"})
    assert (repository.read("a.txt").text, repository.read("b.txt").text) == ("new", "more")
    assert (repository.current_bytes("a.txt"), repository.current_bytes("b.txt")) == (
        b"\xef\xbb\xbfnew",
        b"more",
    )
    assert repository.is_file("b.txt")
    assert (tmp_path / "a.txt").read_bytes() == b"\xef\xbb\xbfold"
    assert not (tmp_path / "b.txt").exists()


def test_a_write_keeps_mode_encoding_and_line_ends(tmp_path: Path) -> None:
    place = tmp_path / "a.txt"
    place.write_bytes("# coding: latin-1\r\nü\r\n".encode("latin-1"))
    place.chmod(0o750)
    Repository(tmp_path).write("a.txt", "# coding: latin-1\r\nÜ\r\n")
    assert place.read_bytes() == "# coding: latin-1\r\nÜ\r\n".encode("latin-1")
    assert stat.S_IMODE(place.stat().st_mode) == 0o750


def test_a_write_through_a_link_replaces_the_file_and_keeps_the_link(tmp_path: Path) -> None:
    write(tmp_path, "real/conda.yml")
    (tmp_path / "conda.yml").symlink_to("real/conda.yml")
    Repository(tmp_path).write("conda.yml", "new")
    assert (tmp_path / "conda.yml").is_symlink()
    assert (tmp_path / "real/conda.yml").read_text() == "new"


def test_a_file_with_the_longest_name_can_be_written(tmp_path: Path) -> None:
    name = "a" * 255
    (tmp_path / name).touch()
    Repository(tmp_path).write(name, "new")
    assert (tmp_path / name).read_text() == "new"


def test_a_text_that_the_encoding_cannot_hold_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"# coding: latin-1\n")
    with pytest.raises(TargetError, match=r"^a.txt: cannot be written: latin-1 has no '\U0001f600'$"):
        Repository(tmp_path).write("a.txt", "\U0001f600")


def test_a_write_that_breaks_off_leaves_the_old_bytes_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(TargetError, match=r"^a.yml: cannot be written: File too large$"):
            Repository(tmp_path).write("a.yml", "x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"a.yml": "old"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("old")
    tmp_path.chmod(0o500)
    with pytest.raises(TargetError, match=r"^a.yml: cannot be written: Permission denied$"):
        Repository(tmp_path).write("a.yml", "new")
    assert (tmp_path / "a.yml").read_text() == "old"


def test_an_interrupted_replacement_leaves_no_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        replace_file(tmp_path / "a.yml", b"new")
    assert list(tmp_path.iterdir()) == []


def test_every_refusal_is_one_of_ours(tmp_path: Path) -> None:
    for path in ("../x", "a\0b", "\ud800", "a" * 5000, "/".join("a" * 3000)):
        with pytest.raises(WheelpinError):
            Repository(tmp_path).read(path)
