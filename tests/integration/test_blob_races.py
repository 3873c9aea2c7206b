"""A blob container written by many processes at once, and what a release costs when it holds much already."""

import sys
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

from tests.containers import fill
from tests.contracts.store import listed, put, wheel
from tests.servers.azurite import Azurite
from tests.servers.faults import FaultProxy
from tests.wheels import make_wheel
from wheelpin.command import run
from wheelpin.publish import plan_uploads
from wheelpin.stores.azure_blob import open_container
from wheelpin.stores.static import StaticStore
from wheelpin.wheel import read_wheel

ROOT = Path(__file__).parents[2]
NAME = "AZURE_STORAGE_CONNECTION_STRING"


def opened(azurite: Azurite, url: str, proxy: FaultProxy | None = None) -> StaticStore:
    """The store in a container, perhaps by way of a proxy that counts requests."""
    login = azurite.connection_string
    if proxy:
        login = login.replace(azurite.account_url, proxy.through(azurite.account_url))
        url = proxy.through(url)
    return StaticStore(open_container("blobs", url, {NAME: login}))


@pytest.mark.parametrize(
    "scale",
    [(8, 10, 1), *(pytest.param(scale, marks=pytest.mark.long) for scale in ((16, 25, 1), (64, 100, 8)))],
    ids=str,
)
def test_processes_that_publish_at_once_lose_nothing(
    azurite: Azurite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scale: tuple[int, int, int]
) -> None:
    writers, releases, projects = scale
    wanted = []
    for writer, release in product(range(writers), range(releases)):
        project, folder = f"acme-{writer % projects}", tmp_path / "wheels" / f"{writer:02}"
        place = make_wheel(folder, project, f"{writer}.{release}")
        wanted.append((place.name, read_wheel(place).sha256))
    url = azurite.container()
    monkeypatch.setenv(NAME, azurite.connection_string)
    run([sys.executable, "-m", "tests.publishers", "--at-once", url, str(tmp_path / "wheels")], cwd=ROOT)
    store = opened(azurite, url)
    found = [file for number in range(projects) for file in listed(store, f"acme-{number}")]
    assert sorted(found) == sorted(wanted)
    assert store.audit() == []  # which reads every wheel again


@pytest.mark.parametrize("files", [100, pytest.param(10_000, marks=pytest.mark.long)])
def test_an_index_update_costs_as_many_requests_however_much_there_is(
    azurite: Azurite, proxy: Callable[[str], FaultProxy], tmp_path: Path, files: int
) -> None:
    before = proxy(azurite.account_url)
    asked = []
    for projects, each in ((1, 10), (files // 50, 50), (1, files)):
        url = azurite.container()
        fill(azurite, url, projects=projects, files=each)
        before.clear()
        store = opened(azurite, url, before)
        ours = wheel(tmp_path, f"1.{projects}.{each}")
        assert len(plan_uploads([store], [ours], tmp_path).uploads) == 1
        put(store, ours)
        asked.append([(seen.method, seen.status) for seen in before.requests])
    assert asked[0] == asked[1] == asked[2]
    assert len(asked[0]) <= 25


def test_a_second_release_asks_and_writes_nothing(
    azurite: Azurite, proxy: Callable[[str], FaultProxy], tmp_path: Path
) -> None:
    before, url = proxy(azurite.account_url), azurite.container()
    wheels = [wheel(tmp_path, version) for version in ("1.0", "2.0")]
    put(opened(azurite, url, before), *wheels)
    before.clear()
    assert plan_uploads([opened(azurite, url, before)], wheels, tmp_path).uploads == ()
    assert before.writes == 0
    assert len(before.requests) == 6
