"""The content hash of a build context, as the official client computes it."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from wheelpin.context import context_files, context_hash
from wheelpin.errors import DefinitionError
from wheelpin.repository import Repository

PLAIN = {"Dockerfile": "FROM x\n", "req.txt": "a==1\n", "sub/f": "1"}
VECTOR = "6499e8dbcbdf69e69e4e9150a2efac750dbfaa26f335c65ecfb462fdaf466d95"
"""What azure-ai-ml 1.35.2 gives PLAIN."""


def write(root: Path, files: Mapping[str, str]) -> Repository:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return Repository(root)


def digest(*fed: str) -> str:
    """The hash of what is fed to it after the client's seed."""
    return hashlib.sha256(("Initialize for october 2021 AML CLI version" + "".join(fed)).encode()).hexdigest()


def test_the_hash_is_that_of_the_official_client(tmp_path: Path) -> None:
    repository = write(tmp_path, {f"ctx/{path}": text for path, text in PLAIN.items()})

    assert context_hash(repository, "ctx") == VECTOR
    assert context_hash(Repository(tmp_path / "ctx"), ".") == VECTOR
    assert context_files(repository, "ctx") == ["ctx/Dockerfile", "ctx/req.txt", "ctx/sub/f"]


def test_the_order_knows_no_case(tmp_path: Path) -> None:
    repository = write(tmp_path, {"c/b": "1", "c/A": "2", "c/C/x": "3"})

    assert context_hash(repository, "c") == digest("A", "2", "b", "1", "C", "x", "3")


@pytest.mark.parametrize("name", [".amlignore", ".gitignore"])
def test_ignored_files_do_not_count_but_the_ignore_file_does(tmp_path: Path, name: str) -> None:
    rules = "*.pyc\n!keep.pyc\n/top\nfolder/\n"
    files = {name: rules, "a.pyc": "1", "keep.pyc": "2", "top": "3", "sub/top": "4", "folder/x": "5"}
    repository = write(tmp_path, files)

    assert context_files(repository, ".") == [name, "keep.pyc", "sub/top"]
    assert context_hash(repository, ".") == digest(name, rules, "folder", "keep.pyc", "2", "sub", "top", "4")


def test_amlignore_comes_before_gitignore(tmp_path: Path) -> None:
    repository = write(tmp_path, {".amlignore": "a\n", ".gitignore": "b\n", "a": "1", "b": "2"})

    assert context_files(repository, ".") == [".amlignore", ".gitignore", "b"]


def test_an_ignore_file_further_down_is_not_read(tmp_path: Path) -> None:
    repository = write(tmp_path, {"sub/.gitignore": "*\n", "sub/a": "1"})

    assert context_files(repository, ".") == ["sub/.gitignore", "sub/a"]


def test_the_hash_is_of_what_files_are_going_to_hold(tmp_path: Path) -> None:
    repository = write(tmp_path, PLAIN)
    (tmp_path / "link").symlink_to("req.txt")

    new = context_hash(repository.with_texts({"req.txt": "a==2\n"}), ".")

    assert new == digest("Dockerfile", "FROM x\n", "link", "a==2\n", "req.txt", "a==2\n", "sub", "f", "1")


def test_links_count_as_what_they_lead_to(tmp_path: Path) -> None:
    repository = write(tmp_path, {"real/f": "1", "ctx/a": "2"})
    (tmp_path / "ctx" / "f").symlink_to("../real/f")
    (tmp_path / "ctx" / "g").symlink_to("../real")

    assert context_hash(repository, "ctx") == digest("a", "2", "f", "1", "g", "f", "1")


def test_a_context_without_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ctx" / "empty").mkdir(parents=True)

    with pytest.raises(DefinitionError, match=r"^ctx: the build context has no files$"):
        context_hash(Repository(tmp_path), "ctx")


def test_what_leads_outside_is_refused(tmp_path: Path) -> None:
    repository = write(tmp_path / "root", {"ctx/a": "1"})
    (tmp_path / "root" / "ctx" / "out").symlink_to(tmp_path)

    with pytest.raises(DefinitionError, match=r"^ctx/out: leads out of the repository$"):
        context_hash(repository, "ctx")


def test_a_circle_of_folders_is_refused(tmp_path: Path) -> None:
    repository = write(tmp_path, {"ctx/a": "1"})
    (tmp_path / "ctx" / "again").symlink_to(".")

    with pytest.raises(DefinitionError, match=r"^ctx/again: leads back to a folder that it is in$"):
        context_hash(repository, "ctx")


def test_an_ignore_file_with_a_pattern_that_is_none_is_refused(tmp_path: Path) -> None:
    repository = write(tmp_path, {"ctx/a": "1", "ctx/.amlignore": "*.py\n!\n"})

    with pytest.raises(DefinitionError, match=r"^ctx/\.amlignore: holds a pattern that cannot be read: "):
        context_hash(repository, "ctx")


def test_what_is_no_plain_file_is_refused(tmp_path: Path) -> None:
    repository = write(tmp_path, {"ctx/a": "1"})
    os.mkfifo(tmp_path / "ctx" / "pipe")

    with pytest.raises(DefinitionError, match=r"^ctx/pipe: is not a regular file$"):
        context_hash(repository, "ctx")


def test_a_context_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"^nowhere: cannot be read: "):
        context_hash(Repository(tmp_path), "nowhere")
