"""Names and versions that Azure ML takes, which must hold in every kind of registry."""

import re
from collections.abc import Iterable
from typing import Final

from wheelpin.errors import DefinitionError

RESERVED: Final = ("AzureML", "Microsoft")
"""What the names of Azure ML's own environments begin with."""

LONGEST_NUMBER: Final = 15
"""Digits; what is longer is a timestamp or a digest, not a number that anybody counts up."""

_NAME = re.compile(r"(?!\.+$)[^/\\\x00-\x1f\x7f\ud800-\udfff]{1,255}")


def checked_name(name: str) -> str:
    """The name of an environment that we may register. Raises DefinitionError."""
    if name.startswith(RESERVED):
        raise DefinitionError(
            f"environment name {name!r} cannot be used: Azure ML keeps such names for its own",
            hint=f"choose one that does not start with {' or '.join(RESERVED)}",
        )
    return _checked(name, "environment name")


def checked_version(name: str, version: str) -> str:
    """A version that an environment can have. Raises DefinitionError."""
    return _checked(version, f"version of {name}:")


def _checked(text: str, what: str) -> str:
    if not _NAME.fullmatch(text):
        raise DefinitionError(
            f"{what} {text!r} cannot be used",
            hint="1 to 255 characters, no slash, no backslash, no control character, not only dots",
        )
    return text


def number_of(version: str) -> int | None:
    """The number that a version is; None for one that nobody counts up."""
    counts = version.isascii() and version.isdigit() and len(version) <= LONGEST_NUMBER
    return int(version) if counts else None


def highest_number(versions: Iterable[str]) -> int:
    """The highest version that is a number; 0 when there is none."""
    return max((number_of(version) or 0 for version in versions), default=0)
