"""Folders with many writers: who holds one holds it alone, and files are whole or not there."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from wheelpin.folder import create_file, locked, make_folder, new_folder

WRITERS = 8


def test_who_holds_a_folder_holds_it_alone(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")

    def count(_: int) -> None:
        with locked(tmp_path):
            counter.write_text(str(int(counter.read_text()) + 1))

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(count, range(WRITERS * 10)))
    assert counter.read_text() == str(WRITERS * 10)


def test_a_lock_is_given_back_when_its_holder_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(tmp_path):
        raise ZeroDivisionError
    with locked(tmp_path):
        pass


def test_holding_a_folder_again_does_not_touch_it(tmp_path: Path) -> None:
    with locked(tmp_path):
        pass
    before = [place.stat().st_mtime_ns for place in (tmp_path, tmp_path / ".lock")]
    with locked(tmp_path):
        pass
    assert [place.stat().st_mtime_ns for place in (tmp_path, tmp_path / ".lock")] == before


def test_leftovers_are_swept_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / ".half.tmp").write_text("x")
    (tmp_path / ".folder.tmp").mkdir()
    (tmp_path / ".folder.tmp" / "x").write_text("x")
    kept = [tmp_path / name for name in ("a.tmp", ".b", "c.whl")]
    for place in kept:
        place.write_text("x")
    with locked(tmp_path):
        pass
    assert sorted(tmp_path.iterdir()) == sorted([*kept, tmp_path / ".lock"])


def test_a_file_that_is_there_is_never_written_again(tmp_path: Path) -> None:
    create_file(tmp_path / "a", iter([b"one ", b"and two"]))
    with pytest.raises(FileExistsError):
        create_file(tmp_path / "a", iter([b"other"]))
    assert (tmp_path / "a").read_bytes() == b"one and two"
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]


def test_a_file_whose_writing_breaks_off_is_not_there(tmp_path: Path) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"half"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        create_file(tmp_path / "a", chunks())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_appears_with_all_that_it_holds(tmp_path: Path) -> None:
    with new_folder(tmp_path / "a") as folder:
        (folder / "x").write_text("x")
        assert not (tmp_path / "a").exists()
    assert [place.name for place in (tmp_path / "a").iterdir()] == ["x"]


def test_a_folder_whose_filling_breaks_off_is_not_there(tmp_path: Path) -> None:
    def fill() -> None:
        with new_folder(tmp_path / "a") as folder:
            (folder / "x").write_text("x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fill()
    assert list(tmp_path.iterdir()) == []


def test_the_default_folder_is_hidden_from_git(tmp_path: Path) -> None:
    make_folder(tmp_path / ".wheelpin" / "wheels" / "simple")
    assert (tmp_path / ".wheelpin" / ".gitignore").read_text() == "*\n"


def test_an_ignore_file_of_the_user_stays(tmp_path: Path) -> None:
    (tmp_path / ".wheelpin").mkdir()
    (tmp_path / ".wheelpin" / ".gitignore").write_text("# ours to commit\n")
    make_folder(tmp_path / ".wheelpin" / "wheels")
    assert (tmp_path / ".wheelpin" / ".gitignore").read_text() == "# ours to commit\n"
