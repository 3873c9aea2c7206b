"""One host of Azure's: connections, pace, and the token that it knows us by, which goes nowhere else."""

import base64
import binascii
import json
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from wheelpin import __version__
from wheelpin.credentials.address import LOOPBACK, as_sent, bare
from wheelpin.credentials.entra import READY_TOKEN, Identity, token_of
from wheelpin.credentials.redaction import Redactor, Secret
from wheelpin.errors import SignInError, TargetError
from wheelpin.web import nobody
from wheelpin.web.pace import Kind, Pace
from wheelpin.web.retries import Retries
from wheelpin.web.words import retry_after

if TYPE_CHECKING:
    from azure.core import PipelineClient
    from azure.core.rest import HttpResponse

AT_ONCE = 48
"""Connections to one host."""
CONNECT_SECONDS, READ_SECONDS = 10, 60
LARGEST = 64 << 20
LONGEST_NUMBER = 15
"""Digits in a header; Python refuses to read some thousands."""
LATE = 300
"""Seconds before its end at which a token is replaced."""

AZURE_HOSTS = (
    "management.azure.com",
    "azureml.ms",
    "azureml.net",
    "management.usgovcloudapi.net",
    "ml.azure.us",
    "management.chinacloudapi.cn",
    "ml.azure.cn",
)
"""Resource managers and Azure ML, with all below them."""
_CUSTOMERS_HOSTS = ("instances.azureml.ms", "inference.ml.azure.us", "inference.ml.azure.cn")
"""Below Azure's own names, where the programs of customers answer."""
_READS = {"GET", "HEAD"}
_NO_CLAIMS: Mapping[str, str] = MappingProxyType({})
_SUBSCRIPTION = re.compile(r"/subscriptions/([^/?]+)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """An answer that was read whole; `body` is its JSON, None where there is none."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def table(self) -> Mapping[str, Any]:
        """The body, where it has to be a table. Raises TargetError."""
        if not isinstance(self.body, Mapping):
            raise TargetError(f"{bare(self.url)} did not answer with what was asked for")
        return self.body


class Link:
    """One host: connections, pace, and the token that it knows us by; safe to use from many threads."""

    def __init__(self, base: str, scope: str, identity: Identity, retries: Retries) -> None:
        self.base = base.rstrip("/")
        self.identity = identity
        self.retries = retries
        self._scope = scope
        self._pace = Pace(retries.sleep, retries.clock)
        self._lock = threading.Lock()
        self._token: tuple[str, float] | None = None
        self._shown: list[Secret] = []
        # Not by the threads that need it: of modules that import one another they would see halves.
        self._client = _client(self.base)

    def send(self, method: str, url: str, body: object = None, *, headers: Mapping[str, str]) -> Reply:
        """One request and its whole answer, whatever it says. Raises azure-core's errors, and SignInError."""
        kind = Kind(subscription=_subscription(url), writes=method not in _READS)
        self._pace.take(kind)
        token = self._bearer()
        reply = self._ask(method, url, body, headers, token)
        if reply.status == HTTPStatus.UNAUTHORIZED:
            reply = self._ask(method, url, body, headers, self._bearer(token, _claims(reply.headers)))
        self._learn(kind, reply)
        return reply

    def redact(self, text: str) -> str:
        """The text without our tokens, those that were replaced included."""
        return Redactor(self._shown)(text)

    def allows(self, url: str) -> bool:
        """Whether our token may go to an address: our host, Azure's, and this machine from this machine."""
        try:
            parts, own = as_sent(url), as_sent(self.base)
        except ValueError:
            return False
        host = (parts.hostname or "").lower()
        if parts.netloc == own.netloc and parts.scheme == own.scheme:
            return parts.scheme == "https" or host in LOOPBACK
        here = host in LOOPBACK and own.hostname in LOOPBACK
        return here or (parts.scheme == "https" and _is_azure(host))

    def _ask(self, method: str, url: str, body: object, headers: Mapping[str, str], token: str) -> Reply:
        from azure.core.rest import HttpRequest

        sent = {"Authorization": f"Bearer {token}", **headers}
        content = None if body is None else json.dumps(body)
        if content is not None:
            sent["Content-Type"] = "application/json"
        request = HttpRequest(method, url, headers=sent, content=content)
        with self._client.send_request(request, stream=True) as response:
            return _whole(url, response)

    def _learn(self, kind: Kind, reply: Reply) -> None:
        wait = retry_after(reply.headers.get("Retry-After"))
        if wait is not None and reply.status == HTTPStatus.TOO_MANY_REQUESTS:
            self._pace.hold(min(wait, self.retries.obeyed))
        left = reply.headers.get(
            f"x-ms-ratelimit-remaining-subscription-{'writes' if kind.writes else 'reads'}"
        )
        if (count := counted(left)) is not None:
            self._pace.learn(kind, count)

    def _bearer(self, refused: str = "", claims: Mapping[str, str] = _NO_CLAIMS) -> str:
        """Our token; a new one when it was refused, to all who hold it alike, or is about to end."""
        with self._lock:
            if self._token is None or self._token[0] == refused or self._token[1] - LATE < time.time():
                found = token_of(self.identity, self._scope, urlsplit(self.base).netloc, **claims)
                self._token = (found.token, found.expires_on)
                if (secret := Secret(found.token)) not in self._shown:
                    self._shown = [*self._shown, secret]
            return self._token[0]


def _client(base: str) -> "PipelineClient[Any, Any]":
    import requests
    from azure.core import PipelineClient
    from azure.core.pipeline.policies import UserAgentPolicy
    from azure.core.pipeline.transport import RequestsTransport
    from requests.adapters import HTTPAdapter

    session = requests.Session()
    # Otherwise requests would put a password of netrc in the place of our token.
    session.auth = nobody
    session.mount("https://", HTTPAdapter(pool_maxsize=AT_ONCE, max_retries=0, pool_block=True))
    transport = RequestsTransport(
        session=session,
        session_owner=False,
        connection_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
    )
    agent = UserAgentPolicy(base_user_agent=f"wheelpin/{__version__}")
    return PipelineClient(base, transport=transport, policies=[agent])


def check_ready_token(base: str, identity: Identity, trusted: str) -> None:
    """See that a ready token is for this host, whose address may come from a repository that anybody changed.

    `trusted` is the host that the environment names itself. Raises SignInError.
    """
    host = (as_sent(base).hostname or "").lower()
    known = host in LOOPBACK or _is_azure(host)
    if identity.source == READY_TOKEN and not known and host != (urlsplit(trusted).hostname or "").lower():
        raise SignInError(
            f"{host} is not a host of Azure's: the token in {READY_TOKEN} is not sent there",
            hint="name the address in WHEELPIN_AZURE_ENDPOINT too, if it is yours",
        )


def _is_azure(host: str) -> bool:
    below = tuple(f".{name}" for name in AZURE_HOSTS)
    customers = tuple(f".{name}" for name in _CUSTOMERS_HOSTS)
    return f".{host}".endswith(below) and not host.endswith(customers)


def _whole(url: str, response: "HttpResponse") -> Reply:
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > LARGEST:
            raise TargetError(f"{bare(url)} answers with more than {LARGEST >> 20} MiB")
    return Reply(url=url, status=response.status_code, headers=response.headers, body=_json(bytes(body)))


def _json(body: bytes) -> Any:  # noqa: ANN401 - whatever a server says
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body.decode("utf-8", errors="replace") or None


def _claims(headers: Mapping[str, str]) -> Mapping[str, str]:
    """What a refusal wants a new token to prove (continuous access evaluation)."""
    found = re.search(r'claims="([A-Za-z0-9+/=_-]+)"', headers.get("WWW-Authenticate", ""))
    if not found:
        return {}
    try:
        text = found[1] + "=" * (-len(found[1]) % 4)
        return {"claims": base64.urlsafe_b64decode(text.replace("+", "-").replace("/", "_")).decode()}
    except (binascii.Error, ValueError):
        return {}


def _subscription(url: str) -> str:
    found = _SUBSCRIPTION.search(url)
    return found[1].lower() if found else ""


def counted(header: str | None) -> int | None:
    """The number in a header; None for what is none, or longer than any count is."""
    text = header or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER else None
