"""A server that breaks chosen requests, and a proxy that breaks those on their way to another server."""

import http.client
import ssl
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from http import HTTPStatus
from typing import Self
from urllib.parse import urlsplit

from typing_extensions import override

from tests.servers import HOST
from tests.servers.loopback import LoopbackServer
from tests.servers.messages import Answer, Headers, Request, Reset, Response

_HOP_BY_HOP = frozenset(
    {"connection", "content-length", "expect", "keep-alive", "proxy-connection", "transfer-encoding"}
)


class Fault(Enum):
    """What a request meets; a status comes instead of any effect, with an HTML page."""

    REFUSED = "reset, and the server is down: no connection is taken until it is back"
    RESET_BEFORE = "reset before the server behind sees the request"
    RESET_AFTER = "carried out, and the answer lost with the connection"
    UNAVAILABLE_AFTER = "carried out, and answered with 503"
    INTERNAL_ERROR_AFTER = "carried out, and answered with 500"
    REPEATED = "carried out twice, as by an impatient gateway; the second answer is given"
    SLOW = "carried out at once, and answered late"
    TRUNCATED = "carried out, and the connection closed in the middle of the answer's body"
    SHORTENED = "carried out, and half the answer's body passed off as all of it"
    HTML = HTTPStatus.OK
    REDIRECTED = HTTPStatus.TEMPORARY_REDIRECT
    REQUEST_TIMEOUT = HTTPStatus.REQUEST_TIMEOUT
    CONFLICT = HTTPStatus.CONFLICT
    PRECONDITION_FAILED = HTTPStatus.PRECONDITION_FAILED
    THROTTLED = HTTPStatus.TOO_MANY_REQUESTS
    INTERNAL_ERROR = HTTPStatus.INTERNAL_SERVER_ERROR
    BAD_GATEWAY = HTTPStatus.BAD_GATEWAY
    UNAVAILABLE = HTTPStatus.SERVICE_UNAVAILABLE
    GATEWAY_TIMEOUT = HTTPStatus.GATEWAY_TIMEOUT

    @property
    def status(self) -> HTTPStatus | None:
        """What is answered instead of asking the server behind."""
        return self.value if isinstance(self.value, HTTPStatus) else None


_ANSWERED_AFTER = {
    Fault.UNAVAILABLE_AFTER: HTTPStatus.SERVICE_UNAVAILABLE,
    Fault.INTERNAL_ERROR_AFTER: HTTPStatus.INTERNAL_SERVER_ERROR,
}


@dataclass(kw_only=True, slots=True)
class _Order:
    fault: Fault
    when: Callable[[Request], bool]
    first: int
    last: float
    seen: int = 0

    def due(self, request: Request) -> bool:
        if not self.when(request):
            return False
        self.seen += 1
        return self.first <= self.seen <= self.last


class FaultyServer(LoopbackServer, ABC):
    """Serves what `serve` gives, but for the requests that `fail` breaks.

    Seconds that tests may set: `latency` of each request, `slowness` of SLOW, `downtime` of a REFUSED that is
    not for ever, and `retry_after` of THROTTLED. `dealt` lists the faults that happened.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(self._deal, tls=tls)
        self.latency = 0.0
        self.slowness = 2.0
        self.downtime = 0.25
        self.retry_after = 1
        self.dealt: list[Fault] = []
        self._orders: list[_Order] = []
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._return: threading.Timer | None = None

    @abstractmethod
    def serve(self, request: Request) -> Response:
        """The answer to a request that nothing happens to."""

    def refusal(self, status: HTTPStatus, headers: Headers) -> Response:
        """What is answered in place of an effect, or of the true answer after it."""
        return _page(status, *headers)

    def fault_headers(self, fault: Fault, request: Request) -> Headers:  # noqa: ARG002 - some redirect
        """What a refusal's headers say besides."""
        return (("Retry-After", str(self.retry_after)),) if fault is Fault.THROTTLED else ()

    def fail(
        self,
        fault: Fault,
        *,
        nth: int = 1,
        forever: bool = False,
        when: Callable[[Request], bool] = lambda _: True,
    ) -> None:
        """Break the `nth` request from now on that `when` is true of; with `forever` all after it too."""
        last = float("inf") if forever else nth
        with self._lock:
            self._orders.append(_Order(fault=fault, when=when, first=nth, last=last))

    def clear(self) -> None:
        """Forget faults, log and counts, and be up again."""
        with self._lock:
            self._orders.clear()
            self.dealt.clear()
            self.requests.clear()
        self._forget_return()
        self.listen()

    @override
    def stop(self) -> None:
        self._stopped.set()
        self._forget_return()
        super().stop()

    def _due(self, request: Request) -> tuple[Fault | None, bool]:
        with self._lock:
            due = [order for order in self._orders if order.due(request)]
            self.dealt.extend(order.fault for order in due[:1])
        return (due[0].fault, due[0].last > due[0].seen) if due else (None, False)

    def _deal(self, request: Request) -> Answer:
        fault, again = self._due(request)
        self._stopped.wait(self.latency)
        if fault is None:
            return self.serve(request)
        if fault.status is not None:
            return self.refusal(fault.status, self.fault_headers(fault, request))
        if fault is Fault.REFUSED:
            self._go_down(for_good=again)
        if fault in {Fault.REFUSED, Fault.RESET_BEFORE}:
            return Reset()
        return self._spoiled(fault, request, self.serve(request))

    def _spoiled(self, fault: Fault, request: Request, answer: Response) -> Answer:
        half = answer.body[: len(answer.body) // 2]
        match fault:
            case Fault.RESET_AFTER:
                return Reset()
            case Fault.UNAVAILABLE_AFTER | Fault.INTERNAL_ERROR_AFTER:
                return self.refusal(_ANSWERED_AFTER[fault], ())
            case Fault.REPEATED:
                return self.serve(request)
            case Fault.SLOW:
                self._stopped.wait(self.slowness)
                return answer
            case Fault.TRUNCATED:
                return replace(answer, body=half, length=max(1, len(answer.body)))
            case Fault.SHORTENED:
                return replace(answer, body=half, length=len(half))
            case _:
                raise ValueError(f"{fault} spoils no answer")

    def _go_down(self, *, for_good: bool) -> None:
        self.refuse()
        if not for_good:
            self._return = threading.Timer(self.downtime, self.listen)
            self._return.start()

    def _forget_return(self) -> None:
        if self._return is not None:
            self._return.cancel()
            self._return.join()


class FaultProxy(FaultyServer):
    """Stands before the server at `target`. Paths, Host and signatures pass unchanged; bodies are read whole.

    `elsewhere` is the host that REDIRECTED leads to.
    """

    def __init__(self, target: str) -> None:
        super().__init__()
        self.elsewhere = LoopbackServer(lambda _: _page(HTTPStatus.OK))
        self._target = urlsplit(target).netloc

    def through(self, url: str) -> str:
        """The same address by way of the proxy."""
        return url.replace(f"//{self._target}", f"//{HOST}:{self.port}", 1)

    @override
    def start(self) -> Self:
        self.elsewhere.start()
        return super().start()

    @override
    def stop(self) -> None:
        self.elsewhere.stop()
        super().stop()

    @override
    def fault_headers(self, fault: Fault, request: Request) -> Headers:
        if fault is Fault.REDIRECTED:
            # By name: another port alone is the same host to some clients.
            return (("Location", f"http://localhost:{self.elsewhere.port}{request.target}"),)
        return super().fault_headers(fault, request)

    @override
    def serve(self, request: Request) -> Response:
        connection = http.client.HTTPConnection(self._target, timeout=60)
        try:
            connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
            for name, value in _end_to_end(request.headers):
                connection.putheader(name, value)
            if request.body or request.header("Content-Length"):
                connection.putheader("Content-Length", str(len(request.body)))
            connection.putheader("Connection", "close")
            connection.endheaders(request.body)
            return _answer(connection.getresponse(), head=request.method == "HEAD")
        except OSError:
            return _page(HTTPStatus.BAD_GATEWAY)
        finally:
            connection.close()


def _answer(response: http.client.HTTPResponse, *, head: bool) -> Response:
    headers = tuple(response.getheaders())
    length = response.getheader("Content-Length")
    return Response(
        status=response.status,
        reason=response.reason,
        headers=_end_to_end(headers),
        body=response.read(),
        length=int(length) if head and length else None,
    )


def _end_to_end(headers: Headers) -> Headers:
    return tuple((name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP)


def _page(status: HTTPStatus, *headers: tuple[str, str]) -> Response:
    body = f"<!DOCTYPE html><html><body><h1>{status.value} {status.phrase}</h1></body></html>".encode()
    return Response(status=status, headers=(("Content-Type", "text/html"), *headers), body=body)
