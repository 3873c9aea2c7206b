"""Reading over HTTP, with a credential that goes to one origin alone; never writes, never waits for ever."""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urljoin, urlsplit

from wheelpin.credentials import SignIn
from wheelpin.credentials.address import LOOPBACK, bare
from wheelpin.credentials.installers import origin
from wheelpin.errors import SignInError, TargetError, VerificationError
from wheelpin.web.retries import Retries, TransientError
from wheelpin.web.words import retry_after, server_words

if TYPE_CHECKING:
    from requests import PreparedRequest, Response, Session

T = TypeVar("T")

TIMEOUTS = (10.0, 60.0)
"""Seconds to connect, and between two pieces of an answer."""

MAX_PAGE = 64 << 20
MAX_DOWNLOAD = 4 << 30
MAX_REDIRECTS = 5

_PASSING = {408, 425, 429, 500, 502, 503, 504}
_WHY = {401: "does not know us", 403: "does not let us do this"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A page that was read whole; `kind` is its media type, without parameters."""

    url: str
    status: int
    kind: str
    body: bytes


class Web:
    """Reads for the store `name`, whose address is `home`; safe to use from many threads."""

    def __init__(
        self,
        name: str,
        home: str,
        sign_in: SignIn,
        retries: Retries,
        *,
        ca_bundle: str | None = None,
    ) -> None:
        self._name = name
        self._home = origin(home)
        self._sign_in = sign_in
        self._retries = retries
        self._ca_bundle = ca_bundle
        self._resume = 0.0
        self._lock = threading.Lock()

    def get(self, url: str, accept: str = "*/*") -> Answer:
        """A page of `home`, or that there is none (404). Raises SignInError, TargetError.

        An answer that leads to another host, or has status 203, is a sign-in page: Azure DevOps shows one to
        whoever it does not know, without any error.
        """

        def read(response: "Response") -> Answer:
            body = b"".join(self._chunks(response, MAX_PAGE))
            kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            return Answer(url=response.url, status=response.status_code, kind=kind, body=body)

        # Azure DevOps then says 401 rather than show a sign-in page; to others the header means nothing.
        headers = {"Accept": accept, "X-TFS-FedAuthRedirect": "Suppress"}
        return self._retries.persist(lambda: self._read(url, headers, read, stay=True))

    def download(self, url: str, place: Path | None = None) -> str:
        """The sha256 of a file, which is written to `place` if one is given. Raises SignInError, TargetError.

        It may lie on another host, such as a feed's blob storage, which never gets the credential.
        """

        def read(response: "Response") -> str:
            if response.status_code == HTTPStatus.NOT_FOUND:
                raise TargetError(f"store {self._name}: {bare(url)} is not there any more")
            digest = hashlib.sha256()
            with _file(place) as write:
                for chunk in self._chunks(response, MAX_DOWNLOAD):
                    digest.update(chunk)
                    write(chunk)
            return digest.hexdigest()

        # Bytes as they are: an index may well label a file as compressed.
        return self._retries.persist(lambda: self._read(url, {"Accept-Encoding": "identity"}, read))

    def _read(
        self, url: str, headers: Mapping[str, str], read: Callable[["Response"], T], *, stay: bool = False
    ) -> T:
        import requests

        try:
            with self._follow(url, headers, stay=stay) as response:
                self._judge(response)
                return read(response)
        except requests.exceptions.SSLError as error:
            raise TargetError(
                f"store {self._name}: {urlsplit(url).hostname} shows a certificate that is not trusted",
                hint="name the file with your own authority's certificates in REQUESTS_CA_BUNDLE",
            ) from error
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema) as error:
            raise TargetError(f"store {self._name}: {bare(url)} is not an address") from error
        except requests.exceptions.RequestException as error:
            why = "did not answer in time" if isinstance(error, requests.Timeout) else _broken(error)
            raise TransientError(
                TargetError(
                    f"store {self._name}: {urlsplit(url).netloc} {why}",
                    hint="check the address and the network",
                )
            ) from error

    def _follow(self, url: str, headers: Mapping[str, str], *, stay: bool) -> "Response":
        for _ in range(MAX_REDIRECTS + 1):
            self._allow(url)
            self._keep_pace()
            response = self._session.get(
                url,
                headers=dict(headers),
                auth=self._authorize if origin(url) == self._home else nobody,
                allow_redirects=False,
                stream=True,
                timeout=TIMEOUTS,
            )
            if not response.is_redirect:
                return response
            response.close()
            target = urljoin(url, response.headers["Location"])
            if stay and origin(target) != self._home:
                raise SignInError(
                    f"store {self._name}: {bare(url)} leads away to {urlsplit(target).hostname},"
                    " as to a sign-in page",
                    hint=self._renew(),
                )
            url = target
        raise TargetError(f"store {self._name}: {bare(url)} is redirected without end")

    def _judge(self, response: "Response") -> None:
        """Let through what is an answer: 200, or a definite 404."""
        status, wait = response.status_code, retry_after(response.headers.get("Retry-After"))
        if wait is not None:
            # Azure DevOps asks those that it is about to slow down to wait, with any status.
            self._resume = time.monotonic() + min(wait, self._retries.obeyed)
        if status in {HTTPStatus.OK, HTTPStatus.NOT_FOUND}:
            return
        place = f"{response.request.method} {bare(response.url)}: {status}"
        said = self._sign_in.redact(server_words(self._start(response), response.reason or ""))
        message = f"store {self._name}: {place} {said}".rstrip()
        if status in _PASSING:
            raise TransientError(TargetError(message, hint="run the command again in a while"), wait)
        if status == HTTPStatus.NON_AUTHORITATIVE_INFORMATION:
            raise SignInError(f"store {self._name}: {place}, which is a sign-in page", hint=self._renew())
        if status in _WHY:
            raise SignInError(f"{message}\n  the server {_WHY[status]}", hint=self._renew())
        raise TargetError(message)

    def _renew(self) -> str:
        return f"who we are comes from {self._sign_in.source}: it has expired, or lacks the role"

    def _start(self, response: "Response") -> bytes:
        for chunk in response.iter_content(1 << 16):
            return bytes(chunk)
        return b""

    def _chunks(self, response: "Response", limit: int) -> Iterator[bytes]:
        size = 0
        for chunk in response.iter_content(1 << 18):
            size += len(chunk)
            if size > limit:
                raise VerificationError(
                    f"store {self._name}: {bare(response.url)} has more than {limit >> 20} MiB"
                )
            yield chunk

    def _allow(self, url: str) -> None:
        """Only https; and http on this machine, for a store that is on this machine itself."""
        scheme, host, _ = origin(url)
        here = self._home[1] in LOOPBACK
        if scheme != "https" and not (scheme == "http" and host in LOOPBACK and here):
            raise TargetError(f"store {self._name}: {bare(url)} is not an https:// address")

    def _keep_pace(self) -> None:
        left = self._resume - time.monotonic()
        if left > 0:
            self._retries.sleep(left)

    def _authorize(self, request: "PreparedRequest") -> "PreparedRequest":
        from requests.auth import HTTPBasicAuth

        credential = self._sign_in.credential
        if credential is None:
            return request
        HTTPBasicAuth(credential.user.encode(), credential.password.reveal().encode())(request)
        return request

    @property
    def _session(self) -> "Session":
        with self._lock:
            return self._made

    @cached_property
    def _made(self) -> "Session":
        from http.cookiejar import DefaultCookiePolicy

        import requests
        from requests.adapters import HTTPAdapter

        session = requests.Session()
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        session.verify = self._ca_bundle or True
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(pool_maxsize=16, max_retries=0))
        return session


def nobody(request: "PreparedRequest") -> "PreparedRequest":
    """Without an authentication of ours, requests would look into netrc for one."""
    return request


@contextmanager
def _file(place: Path | None) -> Iterator[Callable[[bytes], object]]:
    if place is None:
        yield len
        return
    with place.open("wb") as file:
        yield file.write


def _broken(error: Exception) -> str:
    text = str(error)
    if "establish a new connection" in text or "resolve" in text.lower():
        return "cannot be reached"
    return "broke off in the middle of its answer"
