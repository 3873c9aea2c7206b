"""Names below `localhost`, resolved in this process: what the service's clients make up leads to loopback.

azure-ai-ml uploads to `https://{account}.blob.{suffix}`, whatever a datastore says. With a suffix below
`localhost` that is Azurite, which understands the form; but not every system's resolver knows such names,
though RFC 6761 reserves them for loopback.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.servers import HOST


@contextmanager
def localhost_names() -> Iterator[None]:
    """Resolve names below `localhost` to loopback as long as this lasts."""
    resolve: Callable[..., Any] = socket.getaddrinfo

    def getaddrinfo(host: object, *arguments: object, **options: object) -> object:
        is_ours = isinstance(host, str) and host.endswith(".localhost")
        return resolve(HOST if is_ours else host, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        yield
