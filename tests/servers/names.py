"""Names below `localhost`, which the service's clients make up, lead to loopback: here, or in another Python.

azure-ai-ml uploads to `https://{account}.blob.{suffix}`, whatever a datastore says. With a suffix below
`localhost` that is Azurite, which understands the form; but not every system's resolver knows such names.
"""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers.resolver.sitecustomize import with_localhost

RESOLVING: Mapping[str, str] = {"PYTHONPATH": str(Path(__file__).with_name("resolver"))}
"""The variable that lets a Python process resolve such names."""


@contextmanager
def localhost_names() -> Iterator[None]:
    """Resolve names below `localhost` in this process as long as this lasts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", with_localhost(socket.getaddrinfo))
        yield
