"""Names below `localhost` lead to loopback in every Python that starts with this folder in PYTHONPATH."""

import socket
from collections.abc import Callable
from typing import Any


def with_localhost(resolve: Callable[..., Any]) -> Callable[..., Any]:
    """`getaddrinfo`, but that names below `localhost` are 127.0.0.1, which RFC 6761 reserves them for."""

    def getaddrinfo(host: object, *arguments: object, **options: object) -> object:
        is_ours = isinstance(host, str) and host.endswith(".localhost")
        return resolve("127.0.0.1" if is_ours else host, *arguments, **options)

    return getaddrinfo


if __name__ == "sitecustomize":
    socket.getaddrinfo = with_localhost(socket.getaddrinfo)
