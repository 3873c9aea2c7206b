"""Two releases at once from two clones, to the same workspaces and shared registry, over and over."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from tests.servers.azureml import AzureMl
from tests.workspaces import Company, clone, company, config, definitions, plan, release, write_template
from wheelpin.definitions.azureml import read_environment
from wheelpin.repository import Repository
from wheelpin.web.retries import Retries

Clones = Callable[[int], tuple[Company, Path, Path]]
ROUNDS = pytest.mark.parametrize("rounds", [8, pytest.param(50, marks=pytest.mark.long)])


@pytest.fixture
def clones(azureml: AzureMl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clones:
    """Two clones with the same release to make, and new places for it."""
    monkeypatch.setenv("WHEELPIN_AZURE_TOKEN", azureml.token)
    quick = Retries(base=0.01, cap=0.05, obeyed=0.02, deadline=20)
    monkeypatch.setattr("wheelpin.azureml.Retries", lambda: quick)
    azureml.latency = 0.005  # longer than what a release computes between two requests
    template = write_template(tmp_path / "template")

    def make(number: int) -> tuple[Company, Path, Path]:
        azureml.list_lag = number % 4
        leads = config(azureml, f"-{number}")
        one, two = (clone(template, tmp_path / f"{number}-{name}", leads) for name in ("one", "two"))
        return company(azureml, f"-{number}"), one, two

    return make


def at_once(*roots: Path) -> list[int]:
    """The exit codes of releases that begin together."""
    ready = Barrier(len(roots))

    def begin(root: Path) -> int:
        ready.wait()
        return release(root)

    with ThreadPoolExecutor(len(roots)) as pool:
        return list(pool.map(begin, roots))


@ROUNDS
def test_the_same_release_twice_at_once_ends_as_one_after_the_other(clones: Clones, rounds: int) -> None:
    there, one, two = clones(0)
    assert [release(one), release(two)] == [0, 0]
    wanted = (there.versions("train"), there.versions("plain"), definitions(one), definitions(two))
    for number in range(1, rounds + 1):
        there, one, two = clones(number)
        assert at_once(one, two) == [0, 0]
        assert (
            there.versions("train"),
            there.versions("plain"),
            definitions(one),
            definitions(two),
        ) == wanted
        assert [plan(one), plan(two)] == [0, 0]


@ROUNDS
def test_two_releases_at_once_both_get_a_number(clones: Clones, rounds: int) -> None:
    for number in range(rounds):
        there, *roots = clones(number)
        for root, version in zip(roots, ("2.2.1", "2.2.2"), strict=True):
            conda = root / "environments/train/conda.yml"
            conda.write_text(conda.read_text().replace("numpy==2.2.0", f"numpy=={version}"))
        assert at_once(*roots) == [0, 0]
        held = there.digests("train")
        assert sorted(held) == ["12", "13"]
        assert all(sorted(versions) == ["12", "13"] for versions in there.versions("train").values())
        named = {root: _named(root) for root in roots}
        assert sorted(named.values()) == ["12", "13"]
        for root, version in named.items():
            assert held[version] == {
                read_environment(Repository(root), "environments/train/environment.yml").digest
            }
        assert plan(max(roots, key=lambda root: named[root])) == 0


def _named(root: Path) -> str:
    """The version that the references of a clone name."""
    text = (root / "jobs/train.yml").read_text()
    return text.partition("azureml:train:")[2].split()[0]
