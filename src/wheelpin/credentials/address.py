"""Which host an address leads to, as the clients see it that send a credential along."""

from urllib.parse import SplitResult, urlsplit


def as_sent(url: str) -> SplitResult:
    r"""The parts of an address; ValueError for one that is none.

    For urllib3, as for browsers (WHATWG), a backslash ends the host. `urlsplit` alone sees no end there, and
    would take `https://stranger.example\@management.azure.com` for Azure's.
    """
    return urlsplit(url.replace("\\", "/"))
