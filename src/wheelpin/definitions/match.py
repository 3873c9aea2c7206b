"""Which of a target's wheels and URLs takes the place of an old one."""

import re
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from packaging.utils import parse_wheel_filename

from wheelpin.wheel import Wheel

_DIGEST = re.compile(r"[0-9a-fA-F]{2,}")


def wheel_like(file: str, wheels: Sequence[Wheel]) -> Wheel | None:
    """The wheel that replaces another one: the only one, else the one with its tags."""
    if len(wheels) == 1:
        return wheels[0]
    tags = parse_wheel_filename(unquote(file))[3]
    return next((wheel for wheel in wheels if parse_wheel_filename(wheel.file)[3] == tags), None)


def same_store(old: str, new: str, old_version: str, new_version: str) -> bool:
    """Whether two wheels' URLs belong to one store.

    The origin is the same, and so are the folders, but for those that are called as the version or, as on
    warehouses that name folders by content, as a digest.
    """
    try:
        before, after = urlsplit(old), urlsplit(new)
    except ValueError:
        return False
    if (before.scheme.lower(), _host(before.netloc)) != (after.scheme.lower(), _host(after.netloc)):
        return False
    ones, twos = _folders(before.path), _folders(after.path)
    return len(ones) == len(twos) and all(
        one == two or (one, two) == (old_version, new_version) or _are_digests(one, two)
        for one, two in zip(ones, twos, strict=True)
    )


def _host(netloc: str) -> str:
    return netloc.rpartition("@")[2].lower()


def _folders(path: str) -> list[str]:
    return [unquote(part) for part in path.split("/")[:-1] if part]


def _are_digests(one: str, two: str) -> bool:
    return len(one) == len(two) and bool(_DIGEST.fullmatch(one) and _DIGEST.fullmatch(two))
