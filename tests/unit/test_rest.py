"""The client of Azure's REST: where its token may go, what answers mean, how lists and operations end."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from azure.core.credentials import AccessToken

from tests.servers.certificates import certify
from tests.servers.loopback import LoopbackServer
from tests.servers.messages import Request, Response
from wheelpin.credentials.entra import Identity
from wheelpin.errors import OutcomeUnknownError, SignInError, TargetError
from wheelpin.rest import Rest
from wheelpin.rest.link import Link
from wheelpin.web.retries import Retries, TransientError

QUICK = Retries(base=0.001, cap=0.002, obeyed=0.002, deadline=2)
Serve = Callable[[Request], Response]


class Tokens:
    """Gives a new token each time; remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[Mapping[str, object]] = []
        self._lock = threading.Lock()

    def get_token(self, *scopes: str, **options: object) -> AccessToken:
        with self._lock:
            self.asked.append({"scopes": scopes, **options})
            return AccessToken(f"token-{len(self.asked)}", 4102444800)


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture
def serve(
    tokens: Tokens, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Serve], Rest]]:
    servers: list[LoopbackServer] = []
    certificate = certify(tmp_path_factory.mktemp("authority"), "localhost")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.authority))

    def start(answer: Serve) -> Rest:
        server = LoopbackServer(answer, tls=certificate.server_context()).start()
        servers.append(server)
        link = Link(server.url, "scope", Identity(credential=tokens, source="a test"), QUICK)
        return Rest(link, "registry dev")

    yield start
    for server in servers:
        server.stop()


def answer(status: int, body: object = None, **headers: str) -> Response:
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Response(status=status, headers=pairs, body=b"" if body is None else json.dumps(body).encode())


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://management.azure.com/x", True),
        ("https://eastus.api.azureml.ms/x", True),
        ("https://cert-eastus.experiments.azureml.net/x", True),
        ("http://management.azure.com/x", False),
        ("https://management.azure.com.evil.example/x", False),
        ("https://evil.example/management.azure.com", False),
        ("https://management.azure.com@evil.example/", False),
        ("https://evilazure.com/", False),
        ("https://eastus.management.azure.com/x", True),
        (r"https://evil.example\@management.azure.com/x", False),
        (r"https://evil.example\.management.azure.com/x", False),
        ("https://mine.eastus.cloudapp.azure.com/", False),
        ("https://mine-8080.eastus.instances.azureml.ms/", False),
        ("https://[management.azure.com/", False),
        ("http://localhost:1/", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_our_token_goes_to_azure_alone(tokens: Tokens, url: str, allowed: bool) -> None:
    identity = Identity(credential=tokens, source="a test")
    link = Link("https://management.azure.com", "scope", identity, QUICK)
    assert link.allows(url) is allowed


def test_a_next_page_elsewhere_never_gets_our_token(serve: Callable[[Serve], Rest], tokens: Tokens) -> None:
    rest = serve(lambda _: answer(200, {"value": [1], "nextLink": "https://evil.example/steal"}))
    pages = rest.pages("/list")
    assert next(pages) == 1
    with pytest.raises(TargetError, match=r"evil\.example/steal is not a host of Azure's"):
        next(pages)
    assert len(tokens.asked) == 1


def test_a_list_without_end_ends(serve: Callable[[Serve], Rest], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wheelpin.rest.MOST_PAGES", 5)
    rest = serve(
        lambda request: answer(200, {"value": [1], "nextLink": f"https://{request.header('Host')}/list"})
    )
    with pytest.raises(TargetError, match="is a list without end"):
        list(rest.pages("/list"))


def test_a_refused_token_is_replaced_once_with_the_claims_that_are_wanted(
    serve: Callable[[Serve], Rest], tokens: Tokens
) -> None:
    challenge = 'Bearer error="insufficient_claims", claims="eyJhIjoiYiJ9"'

    def judge(request: Request) -> Response:
        known = request.header("Authorization") == "Bearer token-2"
        return answer(200, {"ok": True}) if known else answer(401, WWW_Authenticate=challenge)

    reply = serve(judge).get("/x")
    assert reply is not None
    assert reply.table == {"ok": True}
    assert tokens.asked[1]["claims"] == '{"a":"b"}'


def test_a_token_that_many_find_refused_is_replaced_once(
    serve: Callable[[Serve], Rest], tokens: Tokens
) -> None:
    together = threading.Barrier(4)

    def judge(request: Request) -> Response:
        if request.header("Authorization") == "Bearer token-1":
            together.wait(10)
            return answer(401)
        return answer(200, {})

    rest = serve(judge)
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(lambda _: rest.get("/x"), range(4)))
    assert len(tokens.asked) == 2


@pytest.mark.parametrize(
    "header", ["retry-after-ms", "Retry-After", "x-ms-ratelimit-remaining-subscription-reads"]
)
def test_a_number_that_nobody_can_read_stops_nobody(serve: Callable[[Serve], Rest], header: str) -> None:
    answers = iter([answer(503, None, **{header: "9" * 5000}), answer(200, {"ok": True})])
    reply = serve(lambda _: next(answers)).get("/x")
    assert reply is not None
    assert reply.table == {"ok": True}


@pytest.mark.parametrize(
    ("status", "error"), [(401, SignInError), (403, SignInError), (203, SignInError), (400, TargetError)]
)
def test_a_refusal_has_the_service_s_words_and_request(
    serve: Callable[[Serve], Rest], status: int, error: type[Exception]
) -> None:
    body = {"error": {"code": "UserError", "message": "No, because\nof token-1 and token-2."}}
    rest = serve(lambda _: answer(status, body, x_ms_request_id="abc-1"))
    with pytest.raises(error) as caught:
        rest.get("/x")
    assert f"/x: {status} No, because of" in str(caught.value)
    assert str(caught.value).endswith("(request abc-1)")
    assert "token-1" not in str(caught.value)
    assert ("token-2" in str(caught.value)) is (status != 401)  # which nobody had then


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_reads_are_repeated_and_writes_are_not(serve: Callable[[Serve], Rest], status: int) -> None:
    seen: list[str] = []

    def judge(request: Request) -> Response:
        seen.append(request.method)
        return answer(200, {}) if seen.count("GET") > 2 else answer(status)

    rest = serve(judge)
    assert rest.get("/x") is not None
    seen.clear()
    with pytest.raises(TransientError) as caught:
        rest.write("PUT", "/x", {})
    assert seen == ["PUT"]
    unknown = isinstance(caught.value.error, OutcomeUnknownError)
    assert unknown is (status != 429)


@pytest.mark.parametrize("header", ["Location", "Azure-AsyncOperation"])
def test_an_operation_is_followed_to_its_end(serve: Callable[[Serve], Rest], header: str) -> None:
    polls: list[str] = []

    def judge(request: Request) -> Response:
        if request.method == "PUT":
            return answer(202, None, **{header: f"https://{request.header('Host')}/operation"})
        polls.append(request.path)
        running = len(polls) < 3
        if header == "Location":
            return answer(202 if running else 200, None, retry_after_ms="1")
        return answer(200, {"status": "InProgress" if running else "Succeeded"})

    rest = serve(judge)
    rest.settled(rest.write("PUT", "/x", {}))
    assert polls == ["/operation"] * 3


def test_an_operation_that_fails_says_so(serve: Callable[[Serve], Rest]) -> None:
    def judge(request: Request) -> Response:
        if request.method == "PUT":
            return answer(201, {}, Azure_AsyncOperation=f"https://{request.header('Host')}/operation")
        return answer(200, {"status": "Failed", "error": {"message": "no room left"}})

    rest = serve(judge)
    with pytest.raises(TargetError, match="no room left"):
        rest.settled(rest.write("PUT", "/x", {}))


def test_an_operation_without_end_is_unknown(serve: Callable[[Serve], Rest]) -> None:
    rest = serve(lambda request: answer(202, None, Location=f"https://{request.header('Host')}/operation"))
    with pytest.raises(OutcomeUnknownError, match="does not come to an end"):
        rest.settled(rest.write("PUT", "/x", {}))


@pytest.mark.parametrize("body", [b"[]", b"null", b"<html>", b'"text"', b"\xff", b"[" * 100_000])
def test_an_answer_that_is_no_table_is_told(serve: Callable[[Serve], Rest], body: bytes) -> None:
    rest = serve(lambda _: Response(status=200, body=body))
    reply = rest.get("/x")
    assert reply is not None
    with pytest.raises(TargetError, match="did not answer with what was asked for"):
        _ = reply.table


def test_an_untrusted_certificate_is_told(
    serve: Callable[[Serve], Rest], monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = serve(lambda _: answer(200, {}))
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(TargetError, match="shows a certificate that is not trusted"):
        rest.get("/x")
