"""Every fault on every request of a release into a container: it converges, or the next run does."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.contracts.store import listed, put, wheel
from tests.servers.azurite import Azurite
from tests.servers.faults import Fault, FaultProxy
from wheelpin.errors import ConflictError, OutcomeUnknownError, TargetError
from wheelpin.stores.azure_blob import open_container
from wheelpin.stores.static import RETRIES, StaticStore

REQUESTS = 21
"""Of a release that begins an index: those of the wheel, of its project's pages and of the root's."""

LOST_ANSWERS = [Fault.RESET_AFTER, Fault.UNAVAILABLE_AFTER, Fault.REPEATED]
SHORT = [*LOST_ANSWERS, Fault.CONFLICT, Fault.PRECONDITION_FAILED, Fault.REDIRECTED]
SLOW = [fault for fault in Fault if fault not in SHORT]
"""Most of their time goes into the client's own patience with answers that break off."""

Opener = Callable[[str], StaticStore]


@pytest.fixture
def fault_proxy(azurite: Azurite, proxy: Callable[[str], FaultProxy]) -> FaultProxy:
    made = proxy(azurite.account_url)
    made.slowness = made.downtime = 0.05
    return made


@pytest.fixture
def opened(azurite: Azurite, fault_proxy: FaultProxy) -> Opener:
    """Open the store in a container by way of the proxy, in a hurry."""
    login = azurite.connection_string.replace(azurite.account_url, fault_proxy.through(azurite.account_url))
    hurried = replace(RETRIES, sleep=lambda seconds: time.sleep(min(seconds, 0.02)))

    def open_store(url: str) -> StaticStore:
        environ = {"AZURE_STORAGE_CONNECTION_STRING": login}
        return StaticStore(open_container("blobs", fault_proxy.through(url), environ), hurried)

    return open_store


def test_a_release_asks_so_many_things(
    azurite: Azurite, fault_proxy: FaultProxy, opened: Opener, tmp_path: Path
) -> None:
    put(opened(azurite.container()), wheel(tmp_path))
    assert len(fault_proxy.requests) == REQUESTS


@pytest.mark.parametrize(
    "fault",
    [*SHORT, *(pytest.param(fault, marks=pytest.mark.long) for fault in SLOW)],
    ids=lambda fault: fault.name,
)
def test_a_fault_is_survived_or_told_at_every_request(
    azurite: Azurite, fault_proxy: FaultProxy, opened: Opener, tmp_path: Path, fault: Fault
) -> None:
    ours = wheel(tmp_path)
    for request in range(1, REQUESTS + 1):
        url = azurite.container()
        fault_proxy.clear()
        fault_proxy.fail(fault, nth=request)
        if fault is Fault.REDIRECTED:
            with pytest.raises(TargetError, match="answered 307"):
                put(opened(url), ours)
        else:
            put(opened(url), ours)
        assert fault_proxy.dealt == [fault]
        fault_proxy.clear()
        put(opened(url), ours)
        assert listed(opened(url)) == [(ours.file, ours.sha256)]
        assert fault_proxy.elsewhere.requests == []


@pytest.mark.parametrize("fault", ["INTERNAL_ERROR", "TRUNCATED", "SHORTENED", "HTML", "SLOW", "REFUSED"])
def test_a_sample_of_the_other_faults(
    azurite: Azurite, fault_proxy: FaultProxy, opened: Opener, tmp_path: Path, fault: str
) -> None:
    for request in (1, 2, 5, 8):
        url, ours = azurite.container(), wheel(tmp_path)
        fault_proxy.clear()
        fault_proxy.fail(Fault[fault], nth=request)
        put(opened(url), ours)
        assert fault_proxy.dealt == [Fault[fault]]
        assert listed(opened(url)) == [(ours.file, ours.sha256)]


def test_a_write_whose_answers_are_all_lost_is_unknown_and_done_by_the_next_run(
    azurite: Azurite, fault_proxy: FaultProxy, opened: Opener, tmp_path: Path
) -> None:
    url, ours = azurite.container(), wheel(tmp_path)
    fault_proxy.fail(Fault.UNAVAILABLE, forever=True, when=lambda request: request.method == "PUT")
    with pytest.raises(OutcomeUnknownError) as caught:
        put(opened(url), ours)
    assert caught.value.message == (
        f"store blobs: {fault_proxy.through(url)}/simple/acme-core/{ours.file} answered 503"
    )
    fault_proxy.clear()
    put(opened(url), ours)
    assert listed(opened(url)) == [(ours.file, ours.sha256)]


def test_a_service_that_is_away_is_told(
    azurite: Azurite, fault_proxy: FaultProxy, opened: Opener, tmp_path: Path
) -> None:
    fault_proxy.fail(Fault.REFUSED, forever=True)
    with pytest.raises(TargetError, match="cannot be reached"):
        opened(azurite.container()).files("acme-core")


def test_throttling_is_waited_for_as_long_as_the_service_asks(
    azurite: Azurite, fault_proxy: FaultProxy, opened: Opener, tmp_path: Path
) -> None:
    waits: list[float] = []
    fault_proxy.retry_after = 7
    fault_proxy.fail(Fault.THROTTLED, nth=2)
    store = opened(azurite.container())
    put(replace(store, retries=replace(RETRIES, sleep=waits.append)), wheel(tmp_path))
    assert waits == [7.0]


def test_an_index_that_cannot_be_read_is_never_taken_for_an_empty_one(
    azurite: Azurite, fault_proxy: FaultProxy, opened: Opener, tmp_path: Path
) -> None:
    url, first, second = azurite.container(), wheel(tmp_path, "1.0"), wheel(tmp_path, "2.0")
    put(opened(url), first)
    for fault in (Fault.INTERNAL_ERROR, Fault.HTML, Fault.SHORTENED):
        fault_proxy.clear()
        fault_proxy.fail(fault, forever=True, when=lambda request: request.path.endswith("index.json"))
        opened(url).upload(second)
        with pytest.raises(TargetError):
            opened(url).publish("acme-core", [second])
    fault_proxy.clear()
    assert listed(opened(url)) == [(first.file, first.sha256)]


def test_a_real_conflict_is_one_under_faults_too(
    azurite: Azurite, fault_proxy: FaultProxy, opened: Opener, tmp_path: Path
) -> None:
    url, first = azurite.container(), wheel(tmp_path)
    opened(url).upload(first)
    for fault in LOST_ANSWERS:
        for request in (1, 2):
            fault_proxy.clear()
            fault_proxy.fail(fault, nth=request)
            with pytest.raises(ConflictError, match=first.sha256):
                opened(url).upload(wheel(tmp_path, text="# another"))
