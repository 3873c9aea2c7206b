"""Reading over HTTP: where a credential goes, what counts as an answer, and how much of one is read."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.feeds import QUICK
from tests.servers.loopback import LoopbackServer
from tests.servers.messages import Answer, Request, Response
from wheelpin import web
from wheelpin.credentials import Credential, SignIn
from wheelpin.credentials.redaction import Secret
from wheelpin.errors import SignInError, TargetError, VerificationError
from wheelpin.stores.reading import SimpleIndex
from wheelpin.web import Web

CANARY = "canary/of+the=mine"
Serve = Callable[[Callable[[Request], Answer]], LoopbackServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as stack:
        yield lambda answer: stack.enter_context(LoopbackServer(answer))


def _web(server: LoopbackServer) -> Web:
    credential = Credential(user="ada", password=Secret(CANARY), source="TWINE_PASSWORD")
    return Web("nexus", server.url, SignIn(lambda: credential), QUICK)


def _page(body: str = "<html>Links for x</html>", kind: str = "text/html") -> Response:
    return Response(headers=(("Content-Type", kind),), body=body.encode())


def _moved(status: int, location: str) -> Response:
    return Response(status=status, headers=(("Location", location),))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_page_that_leads_to_another_host_is_a_sign_in(serve: Serve, status: int) -> None:
    other = serve(lambda _: _page())
    server = serve(lambda _: _moved(status, f"{other.url}/_signin?realm=x"))
    with pytest.raises(SignInError, match=r"leads away to 127\.0\.0\.1, as to a sign-in page"):
        _web(server).get(f"{server.url}/simple/x/")
    assert other.requests == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_download_from_another_host_never_gets_the_credential(
    serve: Serve, tmp_path: Path, status: int
) -> None:
    other = serve(lambda _: Response(body=b"wheel", headers=(("Set-Cookie", "a=b"),)))
    server = serve(lambda _: _moved(status, f"{other.url}/blob?sig=1"))
    for place in (None, tmp_path / "file"):
        assert _web(server).download(f"{server.url}/x.whl", place) == hashlib.sha256(b"wheel").hexdigest()
    assert (tmp_path / "file").read_bytes() == b"wheel"
    assert [seen.header("Authorization") for seen in server.requests] == ["Basic ***"] * 2
    assert [seen.header("Authorization") for seen in other.requests] == ["", ""]


def test_a_redirect_back_gets_the_credential_for_home_alone(serve: Serve) -> None:
    server = serve(lambda request: _page() if request.path == "/b/" else _moved(301, "/b/"))
    assert _web(server).get(f"{server.url}/a/").url == f"{server.url}/b/"
    assert [seen.header("Authorization") for seen in server.requests] == ["Basic ***"] * 2


def test_redirects_end(serve: Serve) -> None:
    server = serve(lambda _: _moved(302, "/again"))
    with pytest.raises(TargetError, match="redirected without end"):
        _web(server).get(f"{server.url}/a")
    assert len(server.requests) == web.MAX_REDIRECTS + 1


def test_cookies_are_not_kept(serve: Serve) -> None:
    server = serve(lambda _: Response(body=b"x", headers=(("Set-Cookie", "session=1; Path=/"),)))
    reader = _web(server)
    for _ in range(2):
        reader.get(f"{server.url}/a")
    assert [seen.header("Cookie") for seen in server.requests] == ["", ""]


@pytest.mark.parametrize("link", ["http://example.org/x.whl", "file:///etc/passwd", "ftp://localhost/x"])
def test_only_https_is_read_and_http_on_this_machine(serve: Serve, link: str) -> None:
    server = serve(lambda _: _moved(302, link))
    for url in (link, f"{server.url}/a"):
        with pytest.raises(TargetError, match="is not an https:// address"):
            _web(server).download(url)


def test_a_store_on_the_network_cannot_lead_to_this_machine(serve: Serve) -> None:
    server = serve(lambda _: _page())
    reader = Web("nexus", "https://nexus.example.org/simple/", SignIn(lambda: None), QUICK)
    with pytest.raises(TargetError, match="is not an https:// address"):
        reader.download(f"{server.url}/x.whl")
    assert server.requests == []


def test_what_the_server_says_is_shown_without_the_secret(serve: Serve) -> None:
    server = serve(lambda request: Response(status=400, body=request.header("Authorization").encode()))
    with pytest.raises(TargetError) as caught:
        _web(server).get(f"{server.url}/a?sig=hidden")
    assert caught.value.message == f"store nexus: GET {server.url}/a: 400 Basic ***"


def test_an_answer_that_never_comes_is_told(serve: Serve) -> None:
    server = serve(lambda _: _page())
    reader, url = _web(server), server.url
    server.stop()
    with pytest.raises(TargetError) as caught:
        reader.get(f"{url}/a")
    assert caught.value.message == f"store nexus: {url.removeprefix('http://')} cannot be reached"


def test_pages_have_a_limit(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "MAX_PAGE", 1 << 20)
    server = serve(lambda _: Response(body=bytes((1 << 20) + 1)))
    with pytest.raises(VerificationError, match="has more than 1 MiB"):
        _web(server).get(f"{server.url}/a")


def _files(serve: Serve, answer: Response) -> list[tuple[str, str | None, str]]:
    server = serve(lambda _: answer)
    found = SimpleIndex("nexus", f"{server.url}/simple", _web(server)).files("x")
    return [(each.file, each.sha256, each.url.replace(server.url, "")) for each in found]


JSON = '{"meta": {"api-version": "1.1"}, "name": "x", "files": [%s]}'
ENTRY = '{"filename": "x-1.0-py3-none-any.whl", "url": "../../f/x-1.0-py3-none-any.whl", "hashes": {}}'


def test_pages_are_read_as_html_and_as_json(serve: Serve) -> None:
    expected = [("x-1.0-py3-none-any.whl", None, "/f/x-1.0-py3-none-any.whl")]
    html = '<html><a href="../../">up</a><a href="../../f/x-1.0-py3-none-any.whl#md5=00">x</a></html>'
    assert _files(serve, _page(html)) == expected
    assert _files(serve, _page(JSON % ENTRY, "application/vnd.pypi.simple.v1+json")) == expected
    assert _files(serve, _page(JSON % "", "application/json; charset=utf-8")) == []
    assert _files(serve, _page("<html><h1>Links for x</h1></html>")) == []
    assert _files(serve, Response(status=404, body=b"no")) == []


def test_both_forms_are_asked_for(serve: Serve) -> None:
    server = serve(lambda _: _page())
    SimpleIndex("nexus", f"{server.url}/simple", _web(server)).files("acme-core")
    [seen] = server.requests
    assert seen.target == "/simple/acme-core/"
    assert seen.header("Accept").startswith("application/vnd.pypi.simple.v1+json, ")
    assert "text/html" in seen.header("Accept")


@pytest.mark.parametrize(
    ("body", "kind", "error", "words"),
    [
        (
            "<html><form>Sign in <a href='/terms.html'>t</a></form></html>",
            "text/html",
            SignInError,
            "sign-in pages",
        ),
        ("", "text/html", SignInError, "no simple page"),
        ("<html><h1>Links for x</h1><a href='x-1.0-py3", "text/html", TargetError, "ends in the middle"),
        ("{", "application/json", TargetError, "not JSON"),
        ('{"meta": {"api-version": "1.1"}}', "application/json", TargetError, "name is missing"),
    ],
)
def test_what_is_no_simple_page_says_nothing(
    serve: Serve, body: str, kind: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        _files(serve, _page(body, kind))


@pytest.mark.parametrize("status", [204, 206, 300, 410, 418, 500, 503])
def test_only_404_means_that_there_is_nothing(serve: Serve, status: int) -> None:
    with pytest.raises(TargetError, match=f": {status}"):
        _files(serve, Response(status=status))


@pytest.mark.parametrize("status", [203, 401, 403])
def test_who_is_not_known_is_told_where_the_credential_comes_from(serve: Serve, status: int) -> None:
    with pytest.raises(SignInError, match=f": {status}") as caught:
        _files(serve, Response(status=status, body=b"words"))
    assert "comes from TWINE_PASSWORD" in caught.value.hint
