"""Which host an address leads to, as the clients see it that send a credential along."""

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
"""The names of this machine."""


def as_sent(url: str) -> SplitResult:
    r"""The parts of an address; ValueError for one that is none.

    For urllib3, as for browsers (WHATWG), a backslash ends the host. `urlsplit` alone sees no end there, and
    would take `https://stranger.example\@management.azure.com` for Azure's.
    """
    return urlsplit(url.replace("\\", "/"))


def bare(url: str) -> str:
    """An address without what may be secret in it, as messages show it: user, password, query."""
    parts = urlsplit(url)
    return re.sub(r"[\x00-\x1f\x7f]", "?", f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}")
