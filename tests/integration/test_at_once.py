"""Two releases at once, in one work tree and in two that share their backends."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.processes import Ran, wheelpin
from tests.repositories import git, write_files, write_repository
from tests.wheels import make_wheel


def both(first: Path, second: Path) -> list[Ran]:
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda root: wheelpin(root, "apply", "--no-build"), (first, second)))


def wheels(root: Path) -> None:
    make_wheel(root / "dist", "acme-core", "1.4.0")
    make_wheel(root / "dist", "acme-io", "2.0.1")


def test_two_runs_in_one_work_tree_both_converge(tmp_path: Path) -> None:
    for number in range(4):
        root = write_repository(tmp_path / f"repository{number}")
        wheels(root)
        ran = both(root, root)
        assert [one.code for one in ran] == [0, 0], "\n".join(one.err for one in ran)
        assert wheelpin(root, "plan", "--no-build").code == 0
        assert not list(root.rglob(".wheelpin-*"))


def test_two_clones_with_the_same_release_both_converge(tmp_path: Path) -> None:
    shared = f"""\
stores: {{local: {{kind: directory, path: {tmp_path}/wheels}}}}
registries: {{local: {{kind: directory, path: {tmp_path}/registry}}}}
"""
    origin = write_repository(tmp_path / "origin")
    write_files(origin, {"wheelpin.yml": shared})
    clones = [tmp_path / "one", tmp_path / "two"]
    for clone in clones:
        git(tmp_path, "clone", "-q", str(origin), str(clone))
        write_files(clone, {"wheelpin.yml": shared})
        wheels(clone)
    ran = both(*clones)
    assert [one.code for one in ran] == [0, 0], "\n".join(one.err for one in ran)
    assert [wheelpin(clone, "plan", "--no-build").code for clone in clones] == [0, 0]
    versions = sorted(
        place.name for place in (tmp_path / "registry/environments/train/versions").glob("*.json")
    )
    assert versions == ["12.json"]


@pytest.mark.parametrize("table", ["stores", "registries"])
def test_saved_plan_is_refused_once_names_lead_elsewhere(table: str, tmp_path: Path) -> None:
    root = write_repository(tmp_path / "repository")
    wheels(root)
    write_files(root, {"wheelpin.yml": f"{table}: {{main: {{kind: directory, path: here}}}}\n"})
    assert wheelpin(root, "plan", "--no-build", "--out", "plan.json").code == 3
    write_files(root, {"wheelpin.yml": f"{table}: {{main: {{kind: directory, path: there}}}}\n"})
    ran = wheelpin(root, "apply", "plan.json", "--no-build")
    assert (ran.code, "other stores or registries" in ran.err) == (5, True)
    assert not (root / "there").exists()
