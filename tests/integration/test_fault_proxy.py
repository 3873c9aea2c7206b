"""The fault proxy: what a client sees of each fault, and what the server behind has seen of the request."""

import http.client
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import BlobClient, LinearRetry

from tests.servers import HOST
from tests.servers.artifacts import ArtifactsServer
from tests.servers.azurite import ACCOUNT, Azurite
from tests.servers.faults import Fault, FaultProxy
from tests.servers.loopback import LoopbackServer
from tests.servers.messages import Request, Response
from tests.wheels import make_wheel

Proxies = Callable[[str], FaultProxy]

BODY = b"stored at the second attempt or the first"


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    """A server that says yes to everything."""
    with LoopbackServer(lambda _: Response(status=201, body=BODY)) as server:
        yield server


def _put(url: str, path: str = "/a.whl") -> tuple[int, bytes]:
    """One request on a connection of its own, no retry, no redirect: status and body."""
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)) as connection:
        connection.request("PUT", path, body=b"wheel")
        answer = connection.getresponse()
        return answer.status, answer.read()


def _outcome(url: str) -> str:
    try:
        status, body = _put(url)
    except http.client.IncompleteRead as error:
        return f"cut off after {len(error.partial)}"
    except ConnectionError as error:
        return type(error).__name__
    return f"{status} {'body' if body == BODY else 'page' if b'<html>' in body else body.decode()}"


def _end(connection: socket.socket) -> str:
    try:
        return "still open" if connection.recv(1) else "closed"
    except ConnectionResetError:
        return "reset"


@pytest.mark.parametrize(
    ("fault", "outcome", "effects"),
    [
        (Fault.REFUSED, "ConnectionResetError", 0),
        (Fault.RESET_BEFORE, "ConnectionResetError", 0),
        (Fault.RESET_AFTER, "ConnectionResetError", 1),
        (Fault.UNAVAILABLE_AFTER, "503 page", 1),
        (Fault.INTERNAL_ERROR_AFTER, "500 page", 1),
        (Fault.REPEATED, "201 body", 2),
        (Fault.SLOW, "201 body", 1),
        (Fault.TRUNCATED, "cut off after 20", 1),
        (Fault.SHORTENED, f"201 {BODY[:20].decode()}", 1),
        (Fault.HTML, "200 page", 0),
        (Fault.REDIRECTED, "307 page", 0),
        (Fault.REQUEST_TIMEOUT, "408 page", 0),
        (Fault.CONFLICT, "409 page", 0),
        (Fault.PRECONDITION_FAILED, "412 page", 0),
        (Fault.THROTTLED, "429 page", 0),
        (Fault.INTERNAL_ERROR, "500 page", 0),
        (Fault.BAD_GATEWAY, "502 page", 0),
        (Fault.UNAVAILABLE, "503 page", 0),
        (Fault.GATEWAY_TIMEOUT, "504 page", 0),
    ],
)
def test_a_fault_happens_once(
    server: LoopbackServer, proxy: Proxies, fault: Fault, outcome: str, effects: int
) -> None:
    front = proxy(server.url)
    front.slowness = front.downtime = 0.1
    front.fail(fault)
    assert _outcome(front.url) == outcome
    assert server.writes == effects
    deadline = time.monotonic() + 10
    while (after := _outcome(front.url)) == "ConnectionRefusedError" and time.monotonic() < deadline:
        assert fault is Fault.REFUSED
    assert after == "201 body"
    assert front.dealt == [fault]


def test_every_fault_is_tried_above() -> None:
    [table] = [mark for mark in test_a_fault_happens_once.pytestmark if mark.name == "parametrize"]  # type: ignore[attr-defined]
    assert [row[0] for row in table.args[1]] == list(Fault)


@pytest.mark.parametrize("fault", [Fault.RESET_AFTER, Fault.UNAVAILABLE, Fault.TRUNCATED])
def test_a_fault_for_ever_ends_when_it_is_cleared(
    server: LoopbackServer, proxy: Proxies, fault: Fault
) -> None:
    front = proxy(server.url)
    front.fail(fault, nth=2, forever=True)
    outcomes = [_outcome(front.url) for _ in range(4)]
    assert outcomes[0] == "201 body"
    assert "201 body" not in outcomes[1:]
    front.clear()
    assert _outcome(front.url) == "201 body"


def test_a_server_that_is_down_refuses_connections_until_it_is_back(
    server: LoopbackServer, proxy: Proxies
) -> None:
    front = proxy(server.url)
    port = front.port
    front.fail(Fault.REFUSED, forever=True)
    assert [_outcome(front.url) for _ in range(3)] == [
        "ConnectionResetError",
        *2 * ["ConnectionRefusedError"],
    ]
    front.clear()
    assert front.port == port
    assert _outcome(front.url) == "201 body"


def test_a_server_that_goes_down_drops_the_connections_it_has(server: LoopbackServer, proxy: Proxies) -> None:
    front = proxy(server.url)
    with closing(socket.create_connection((HOST, front.port))) as waiting:
        front.fail(Fault.REFUSED, forever=True)
        assert _outcome(front.url) == "ConnectionResetError"
        waiting.settimeout(5)
        assert _end(waiting) in {"closed", "reset"}


def test_only_the_nth_request_that_matches_is_broken(server: LoopbackServer, proxy: Proxies) -> None:
    front = proxy(server.url)
    front.fail(Fault.UNAVAILABLE, nth=2, when=lambda request: request.path == "/index.json")
    paths = ["/a.whl", "/index.json", "/a.whl", "/index.json", "/index.json"]
    assert [_put(front.url, path)[0] for path in paths] == [201, 201, 201, 503, 201]
    assert [seen.status for seen in front.requests] == [201, 201, 201, 503, 201]
    assert (front.writes, server.writes) == (5, 4)


def test_throttling_says_how_long_to_wait(server: LoopbackServer, proxy: Proxies) -> None:
    front = proxy(server.url)
    front.retry_after = 7
    front.fail(Fault.THROTTLED)
    assert requests.get(front.url, timeout=5).headers["Retry-After"] == "7"


def test_a_redirect_leads_to_another_host_that_sees_what_is_sent_there(
    server: LoopbackServer, proxy: Proxies
) -> None:
    front = proxy(server.url)
    front.fail(Fault.REDIRECTED)
    requests.put(f"{front.url}/a.whl?sig=abc", data=b"wheel", auth=("ada", "secret"), timeout=5)
    assert front.requests[0].header("Authorization") == "Basic ***"
    [seen] = front.elsewhere.requests
    assert (seen.method, seen.target, seen.header("Authorization")) == ("PUT", "/a.whl?sig=***", "")
    assert server.requests == []


def test_latency_is_added_to_every_request(server: LoopbackServer, proxy: Proxies) -> None:
    front = proxy(server.url)
    front.latency = 0.1
    start = time.monotonic()
    assert _outcome(front.url) == "201 body"
    assert time.monotonic() - start >= 0.1


def test_what_goes_through_is_not_changed(proxy: Proxies) -> None:
    got: list[Request] = []

    def answer(request: Request) -> Response:
        got.append(request)
        return Response(status=404, reason="Not here, friend", headers=(("X-Odd", "ü"),), body=request.body)

    with LoopbackServer(answer) as server:
        front = proxy(server.url)
        chunks = iter([b"a" * 100_000, b"b"])
        reply = requests.post(f"{front.url}/a%2Fb/?x=1&y=%20", data=chunks, timeout=5)
        requests.head(front.url, timeout=5)
    assert (reply.status_code, reply.reason, reply.headers["X-Odd"]) == (404, "Not here, friend", "ü")
    assert reply.content == got[0].body == b"a" * 100_000 + b"b"
    assert got[0].target == "/a%2Fb/?x=1&y=%20"
    assert got[0].header("Host") == urlsplit(front.url).netloc
    assert [request.method for request in got] == ["POST", "HEAD"]


def test_a_fault_of_the_test_server_itself_fails_the_test() -> None:
    server = LoopbackServer(lambda _: Response(body=str(1 // 0).encode())).start()
    assert requests.get(server.url, timeout=5).status_code == 500
    with pytest.raises(ZeroDivisionError):
        server.stop()


def _blob(azurite: Azurite, front: FaultProxy, retries: int) -> BlobClient:
    container = azurite.container()
    credential = {"account_name": ACCOUNT, "account_key": azurite.key}
    return BlobClient.from_blob_url(
        front.through(f"{container}/a.txt"),
        credential=credential,
        retry_policy=LinearRetry(backoff=0, retry_total=retries, random_jitter_range=0),
    )


def test_signatures_of_the_blob_client_hold(azurite: Azurite, proxy: Proxies) -> None:
    front = proxy(azurite.account_url)
    with _blob(azurite, front, 0) as blob:
        blob.upload_blob(b"mine")
        assert blob.download_blob().readall() == b"mine"
    assert [seen.status for seen in front.requests] == [201, 206]
    assert front.requests[0].header("Authorization") == "SharedKey ***"


@pytest.mark.parametrize("fault", [Fault.RESET_AFTER, Fault.UNAVAILABLE_AFTER, Fault.REPEATED])
def test_a_lost_answer_makes_the_blob_client_report_a_false_conflict(
    azurite: Azurite, proxy: Proxies, fault: Fault
) -> None:
    front = proxy(azurite.account_url)
    front.fail(fault)
    with _blob(azurite, front, 1) as blob:
        with pytest.raises(ResourceExistsError, match="BlobAlreadyExists"):
            blob.upload_blob(b"mine")
        assert blob.download_blob().readall() == b"mine"


def test_links_of_a_feed_lead_through_the_proxy(
    artifacts: ArtifactsServer, proxy: Proxies, tmp_path: Path
) -> None:
    artifacts.publish(make_wheel(tmp_path, "acme-core", "1.4.0"))
    front = proxy(artifacts.url)
    page = requests.get(
        f"{front.through(artifacts.simple_url())}acme-core/", auth=("ada", artifacts.token), timeout=5
    )
    assert f'href="{front.url}/contoso/_packaging/' in page.text
