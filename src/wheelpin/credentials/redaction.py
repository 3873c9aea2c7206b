"""Secrets, and texts without them: what programs and servers say is shown only after it went through here."""

import base64
import binascii
import html
import json
import re
from collections.abc import Iterable, Iterator
from typing import Final, NoReturn
from urllib.parse import quote, quote_plus

MASK: Final = "***"

SHORTEST = 4
"""Characters; what is shorter would mask half of every text, and protects nothing."""


class Secret:
    """A value that shows itself only when asked to: not in `repr`, in a format, in a pickle."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value, for the one place that must send it."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written down")


class Redactor:
    """Replaces secrets in texts, however they are written there, and wherever a program broke the line."""

    def __init__(self, secrets: Iterable[Secret], users: Iterable[str] = ()) -> None:
        found = {
            "".join(form.split())
            for secret in secrets
            for form in forms(secret.reveal(), tuple(users))
            if len(form) >= SHORTEST
        }
        longest_first = sorted(found, key=lambda form: (-len(form), form))
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if found else None

    def __call__(self, text: str) -> str:
        """The text with a mask in place of every secret."""
        if self._pattern is None:
            return text
        places = [at for at, char in enumerate(text) if not char.isspace()]
        shown, end = [], 0
        for found in self._pattern.finditer("".join(text.split())):
            shown += [text[end : places[found.start()]], MASK]
            end = places[found.end() - 1] + 1
        return "".join([*shown, text[end:]])


def forms(value: str, users: Iterable[str] = ()) -> Iterator[str]:
    """The ways in which a value comes back in logs and errors.

    As it is, quoted for URLs, JSON, XML and Python, in hex, in base64 at each of the three offsets that it
    can have in a longer text, in both alphabets; with each user's name before it as Basic has it; and the
    parts of a JWT.
    """
    if len(value) < SHORTEST:
        return
    data = value.encode()
    yield value
    yield from _quoted(value)
    yield from (data.hex(), data.hex().upper())
    yield from _base64(data)
    for user in users:
        for form in _alphabets(f"{user}:{value}".encode()):
            yield from (form.decode(), form.decode().rstrip("="))
    match value.split("."):
        case [head, payload, signature] if head.startswith("eyJ"):
            yield from (payload, signature)
        case _:
            pass


def _quoted(value: str) -> Iterator[str]:
    for url in (quote(value), quote(value, safe=""), quote_plus(value)):
        yield url
        yield re.sub("%..", lambda found: found[0].lower(), url)
    for ascii_only in (True, False):
        yield json.dumps(value, ensure_ascii=ascii_only)[1:-1]
    yield value.replace("/", "\\/")
    yield html.escape(value, quote=False)  # as XML has it
    yield html.escape(value)
    yield html.escape(value).replace("&#x27;", "&#39;")
    for escaped in (value.replace("\\", "\\\\"), value.encode("unicode_escape").decode()):
        yield escaped
        yield escaped.replace("'", "\\'")


def _base64(data: bytes) -> Iterator[str]:
    """What does not depend on the bytes that stand before and after."""
    for offset in range(3):
        first = (offset * 8 + 5) // 6
        last = (offset + len(data)) * 8 // 6
        for form in _alphabets(bytes(offset) + data):
            yield form.decode()[first:last]


def _alphabets(data: bytes) -> tuple[bytes, bytes]:
    return binascii.b2a_base64(data, newline=False), base64.urlsafe_b64encode(data)
