"""Where the secret of a connection comes from: a variable or standard input, never an argument."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Final

from wheelpin.azureml.connections import Category, Login, ManagedIdentity, Pat, UserPassword
from wheelpin.connect.wanted import Wanted
from wheelpin.credentials.redaction import SHORTEST, Secret
from wheelpin.errors import UsageError

VARIABLES: Final[Mapping[Category, str]] = MappingProxyType(
    {Category.FEED: "WHEELPIN_FEED_TOKEN", Category.GIT: "WHEELPIN_GIT_TOKEN"}
)
"""Read where nothing else is named, for Azure DevOps alone: other addresses may be anybody's."""

_UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Supply:
    """What connections sign in with: `given` for the one that is meant, else `usual` by category.

    `ends` is the last day that it is good for, if that was said.
    """

    given: Login | None = None
    usual: Mapping[Category, Login] = field(default_factory=dict)
    ends: date | None = None

    def login(self, wanted: Wanted) -> Login | None:
        """What this connection gets; None where there is nothing for it."""
        return self.given or (self.usual.get(wanted.category) if wanted.devops else None)

    def check(self, wanted: Sequence[Wanted]) -> None:
        """See that one secret goes to one connection. Raises UsageError."""
        if self.given and len(wanted) > 1:
            raise UsageError(
                "which connection the secret is for is not clear",
                hint=f"name one of {', '.join(each.name for each in wanted)}",
            )

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What a CI service has to mask."""
        found = []
        for login in (self.given, *self.usual.values()):
            match login:
                case Pat(secret) | UserPassword(_, secret):
                    found.append(secret)
                case ManagedIdentity() | None:
                    pass
        return tuple(found)


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What was said on the command line; `stdin` reads standard input, if that is where the secret is."""

    variable: str | None = None
    stdin: Callable[[], bytes] | None = None
    user: str | None = None
    managed_identity: str | None = None
    ends: date | None = None


def find_supply(asked: Asked, environ: Mapping[str, str]) -> Supply:
    """The secrets that are at hand. Raises UsageError for one that cannot be meant."""
    if bool(asked.variable) + bool(asked.stdin) + bool(asked.managed_identity) > 1:
        raise UsageError("give one of --secret-from, --secret-stdin and --managed-identity")
    if asked.managed_identity:
        if asked.user:
            raise UsageError("--managed-identity has no --user")
        return Supply(given=ManagedIdentity(asked.managed_identity), ends=asked.ends)
    if asked.stdin:
        secret = _checked(_text(asked.stdin()), "standard input")
        return Supply(given=_login(asked.user, secret), ends=asked.ends)
    if asked.variable:
        secret = _checked(environ.get(asked.variable, ""), asked.variable)
        return Supply(given=_login(asked.user, secret), ends=asked.ends)
    usual = {
        category: _login(asked.user, _checked(environ[name], name))
        for category, name in VARIABLES.items()
        if environ.get(name)
    }
    return Supply(usual=usual, ends=asked.ends)


def _login(user: str | None, secret: Secret) -> Login:
    return UserPassword(user, secret) if user else Pat(secret)


def _text(data: bytes) -> str:
    """What a program printed: the line end behind it is not part of it."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise UsageError("standard input: the secret is no UTF-8 text") from error
    return text.removesuffix("\n").removesuffix("\r")


def _checked(value: str, place: str) -> Secret:
    """The value as a secret; messages never show it."""
    if not value.strip():
        raise UsageError(
            f"{place}: holds no secret", hint="it has to hold the token or password, and no more"
        )
    if _UNSHOWN.search(value) or value != value.strip():
        raise UsageError(
            f"{place}: a blank, a line end or a control character stands in or around the secret",
            hint='write it there without any: `printf %s "$TOKEN"` instead of several lines',
        )
    if len(value) < SHORTEST:
        raise UsageError(f"{place}: is too short for a secret, and could not be hidden in messages")
    return Secret(value)
