"""Requests and answers as values: what a test server is given, what it gives, and what its log keeps."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

Headers = tuple[tuple[str, str], ...]

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
_SIGNATURE = re.compile(r"(?<=[?&]sig=)[^&]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One request, read whole; `target` is the request line's, still quoted."""

    method: str
    target: str
    headers: Headers = ()
    body: bytes = b""

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def writes(self) -> bool:
        return self.method not in _READS

    def header(self, name: str) -> str:
        """The header's value, or nothing when it was not sent."""
        return _value(self.headers, name)


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """An answer. `length` is what Content-Length claims; more than `body` holds makes it a truncated one."""

    status: int = 200
    reason: str = ""
    headers: Headers = ()
    body: bytes = b""
    length: int | None = None


class Reset:
    """Instead of an answer the connection is reset (TCP RST)."""


Answer = Response | Reset


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """A request as the log keeps it, credentials replaced by `***`; no status after a reset."""

    method: str
    target: str
    headers: Headers
    status: int | None

    @property
    def writes(self) -> bool:
        return self.method not in _READS

    def header(self, name: str) -> str:
        """The header's value, or nothing when it was not sent."""
        return _value(self.headers, name)


def _value(headers: Headers, name: str) -> str:
    return next((value for key, value in headers if key.lower() == name.lower()), "")


def seen(request: Request, answer: Answer) -> Seen:
    return Seen(
        method=request.method,
        target=_SIGNATURE.sub("***", request.target),
        headers=tuple((name, _masked(name, value)) for name, value in request.headers),
        status=answer.status if isinstance(answer, Response) else None,
    )


def _masked(name: str, value: str) -> str:
    if name.lower() not in _SECRET_HEADERS:
        return value
    scheme, separator, _ = value.partition(" ")
    return f"{scheme} ***" if separator else "***"
