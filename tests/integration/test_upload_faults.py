"""Every request of an upload meets every fault once: success or one clear error follows, and then success."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.contracts.store import put, wheel
from tests.feeds import QUICK, feed_config, index_config, open_feed
from tests.servers import system_environment
from tests.servers.artifacts import ArtifactsServer
from tests.servers.faults import Fault, FaultProxy
from tests.servers.index import PypiServer
from wheelpin.errors import WheelpinError
from wheelpin.stores import Store
from wheelpin.stores.index import IndexBackend
from wheelpin.wheel import Wheel

Proxy = Callable[[str], FaultProxy]
Holds = Callable[[], dict[str, str]]

RETRIES = replace(QUICK, obeyed=0.05)

ALIKE = {
    Fault.REQUEST_TIMEOUT,
    Fault.INTERNAL_ERROR,
    Fault.INTERNAL_ERROR_AFTER,
    Fault.BAD_GATEWAY,
    Fault.GATEWAY_TIMEOUT,
}
"""Statuses that mean what 503 means, with or without its effect."""

FAULTS = [
    pytest.param(fault, id=fault.name, marks=[pytest.mark.long] if fault in ALIKE else []) for fault in Fault
]


def _matrix(proxy: FaultProxy, fault: Fault, opened: Callable[[], Store], holds: Holds, folder: Path) -> None:
    """Meet the fault at the first request, at the second, and so on as long as a run has requests."""
    proxy.slowness, proxy.downtime = 0.1, 0.1
    wanted: dict[str, str] = {}
    for nth in range(1, 30):
        ours = wheel(folder, f"{nth}.0")
        proxy.clear()
        proxy.fail(fault, nth=nth)
        _attempt(opened(), ours)
        met = bool(proxy.dealt)
        proxy.clear()
        put(opened(), ours)
        wanted[ours.file] = ours.sha256
        assert holds() == wanted
        if not met:
            assert nth > 3
            return
    raise AssertionError("the requests never end")


def _attempt(store: Store, ours: Wheel) -> None:
    """Publish through the fault; what goes wrong is told in one of our errors, and is never a conflict."""
    failure: WheelpinError | None = None
    try:
        put(store, ours)
    except WheelpinError as error:
        failure = error
    if failure is not None:
        assert failure.exit_code in {6, 7, 8, 9}, failure.message
        assert "Traceback" not in failure.message
        assert len(failure.message.splitlines()) <= 3


@pytest.mark.parametrize("fault", FAULTS)
def test_an_index(pypi_server: PypiServer, proxy: Proxy, tmp_path: Path, fault: Fault) -> None:
    between = proxy(pypi_server.url)
    config = index_config(between.through(pypi_server.upload), between.through(pypi_server.simple))

    def opened() -> Store:
        return IndexBackend("nexus", config, system_environment(), retries=RETRIES, patient=0.3)

    def holds() -> dict[str, str]:
        return {each.name: sha for each, sha in _contents(pypi_server.packages)}

    _matrix(between, fault, opened, holds, tmp_path)


def _contents(folder: Path) -> list[tuple[Path, str]]:
    return [(place, hashlib.sha256(place.read_bytes()).hexdigest()) for place in folder.iterdir()]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_feed_with_a_view(artifacts: ArtifactsServer, proxy: Proxy, tmp_path: Path, fault: Fault) -> None:
    between = proxy(artifacts.url)
    config = feed_config(between.through(artifacts.collection), view="Release")

    def opened() -> Store:
        return open_feed(artifacts, config, retries=RETRIES, patient=0.3)

    _matrix(between, fault, opened, lambda: dict(artifacts.files()), tmp_path)
    views = [version.views for version in artifacts.feed.packages["acme-core"].versions.values()]
    assert views == [["Release"]] * len(views)
