"""Which connection an address will find: hosts of Azure DevOps, bases, and spellings that differ.

How the service matches is documented as "a matching base URL" and no further, so only what is a prefix
letter by letter counts; whatever merely means the same place is told.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from urllib.parse import unquote, urlsplit

_OLDER_FEED = re.compile(r"([a-z0-9-]+)\.pkgs\.visualstudio\.com")
_OLDER_GIT = re.compile(r"([a-z0-9-]+)\.visualstudio\.com")
_DEVOPS = ("dev.azure.com", ".visualstudio.com")


class Fit(StrEnum):
    """Whether a connection's target serves an address."""

    EXACT = "a base of it, letter by letter"
    MEANT = "the same place in another spelling"
    NONE = "another place"


def fit(target: str, url: str) -> Fit:
    """How a connection's target and an address in a definition stand to each other."""
    if _is_base(target, url):
        return Fit.EXACT
    return Fit.MEANT if _is_base(_folded(target), _folded(url)) else Fit.NONE


def is_devops(url: str) -> bool:
    """Whether an address is on Azure DevOps in the cloud, where feeds and repositories are nobody else's."""
    host = _host(url)
    return host == _DEVOPS[0] or host.endswith((f".{_DEVOPS[0]}", _DEVOPS[1]))


def is_blob(url: str) -> bool:
    """Whether an address is in a storage account, which no connection lets pip into."""
    return ".blob." in _host(url)


def origin(url: str) -> str:
    """Scheme, host and port, for telling hosts apart."""
    parts = urlsplit(url)
    return f"{parts.scheme.lower()}://{parts.netloc.rpartition('@')[2].lower()}"


def organization_base(url: str) -> str:
    """The base of everything that belongs to one organisation of Azure DevOps, or to one owner elsewhere."""
    parts = urlsplit(url)
    place = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    if _host(url).endswith(_DEVOPS[1]):
        return place
    first = next((part for part in parts.path.split("/") if part), "")
    return f"{place}/{first}" if first else place


def common_base(urls: Iterable[str]) -> str:
    """The longest base that all addresses of one host have; it ends between two parts of a path."""
    every = [url.split("?")[0].rstrip("/").split("/") for url in urls]
    same = []
    for parts in zip(*every, strict=False):
        if len(set(parts)) > 1:
            break
        same.append(parts[0])
    return "/".join(same)


def _is_base(target: str, url: str) -> bool:
    return bool(target) and (
        url == target or (url.startswith(target) and (target.endswith("/") or url[len(target)] == "/"))
    )


def _folded(url: str) -> str:
    """What different spellings of one place have in common."""
    try:
        parts = urlsplit(unquote(url).lower())
        host, port = parts.hostname or "", f":{parts.port}" if parts.port else ""
    except ValueError:
        return url
    path = parts.path.rstrip("/").removesuffix(".git")
    for pattern, service in ((_OLDER_FEED, "pkgs.dev.azure.com"), (_OLDER_GIT, "dev.azure.com")):
        if older := pattern.fullmatch(host):
            path = path.removeprefix("/defaultcollection")
            return f"{parts.scheme}://{service}/{older[1]}{path}"
    return f"{parts.scheme}://{host}{port}{path}"


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
