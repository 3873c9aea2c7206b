"""A threaded HTTP/1.1 server on loopback: one function answers, and the log keeps no secrets."""

import socket
import socketserver
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any, Self

from typing_extensions import override

from tests.servers import HOST
from tests.servers.messages import Answer, Request, Reset, Response, Seen, seen


class LoopbackServer:
    """Serves what `answer` gives, each connection in a thread of its own, from `start` to `stop`.

    An exception in `answer` is a fault of the test server: the client gets a 500, and `stop` raises it.
    With `tls` it speaks HTTPS, and goes by the name that certificates are issued for.
    """

    def __init__(self, answer: Callable[[Request], Answer], *, tls: ssl.SSLContext | None = None) -> None:
        self._answer = answer
        self._tls = tls
        self._errors: list[Exception] = []
        self._listener: _Listener | None = None
        self._retired: list[_Listener] = []
        self.port = 0
        self.requests: list[Seen] = []

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}" if self._tls is None else f"https://localhost:{self.port}"

    @property
    def writes(self) -> int:
        """How many requests so far could have changed something."""
        return sum(seen.writes for seen in self.requests)

    def start(self) -> Self:
        self.listen()
        return self

    def stop(self) -> None:
        self.refuse()
        for listener in self._retired:
            listener.server_close()  # waits for its handlers
        if self._errors:
            raise self._errors[0]

    def listen(self) -> None:
        """Take connections; on the same port as before when it did so before."""
        if self._listener is None:
            self._listener = _Listener(self.port, self.answer, self._tls)
            self.port = self._listener.port
            threading.Thread(target=self._listener.serve_forever, args=(0.02,), daemon=True).start()

    def refuse(self) -> None:
        """Take no more connections until `listen`, and drop those that are open; `answer` may call this."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.refuse()
            self._retired.append(listener)

    def answer(self, request: Request) -> Answer:
        try:
            answer = self._answer(request)
        except Exception as error:  # noqa: BLE001 - raised again by stop
            self._errors.append(error)
            answer = Response(status=500, body=repr(error).encode())
        self.requests.append(seen(request, answer))
        return answer

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int, answer: Callable[[Request], Answer], tls: ssl.SSLContext | None) -> None:
        self.answer = answer
        self._tls = tls
        self._open: set[socket.socket] = set()
        super().__init__((HOST, port), _Handler)
        self.port: int = self.socket.getsockname()[1]

    def refuse(self) -> None:
        self.shutdown()
        self.socket.close()
        for connection in tuple(self._open):
            with suppress(OSError):  # the client was quicker
                _reset_when_closed(connection)
                # Not TLS's own shutdown, after which an answer under way would leave unencrypted.
                socket.socket.shutdown(connection, socket.SHUT_RD)

    @override
    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        if self._tls is not None:
            # The handshake is left to the connection's own thread: here it would hold up all the others.
            connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    @override
    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    @override
    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: what reaches here is a client that went away."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one segment
    _reset = False

    def _serve(self) -> None:
        request = Request(
            method=self.command,
            target=self.path,
            headers=tuple(self.headers.items()),
            body=self._body(),
        )
        assert isinstance(self.server, _Listener)
        answer = self.server.answer(request)
        if isinstance(answer, Reset):
            self._reset = self.close_connection = True
        else:
            self._send(answer)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815 - their names

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            if len(body) < length:
                raise ConnectionAbortedError("the client went away in the middle of its request")
            return body
        chunks = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # trailers
        return b"".join(chunks)

    def _send(self, answer: Response) -> None:
        length = len(answer.body) if answer.length is None else answer.length
        self.send_response_only(answer.status, answer.reason or None)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
            self.close_connection = self.close_connection or length > len(answer.body)

    @override
    def finish(self) -> None:
        super().finish()
        if self._reset:
            _reset_when_closed(self.connection)
            self.connection.close()

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: `requests` is the log."""


def _reset_when_closed(connection: socket.socket) -> None:
    """No orderly end for this connection: a linger of zero seconds makes close send RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
