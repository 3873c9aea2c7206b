"""What a server says, as one short line: the message in a JSON error, the text of a page, or the reason."""

import json
import re
import time
from email.utils import parsedate_to_datetime
from html import unescape

LONGEST = 400

_INVISIBLE = re.compile(r"<(script|style|title)\b.*?</\1\s*>|<!--.*?-->", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")


def server_words(body: bytes, reason: str = "") -> str:
    """The server's own words, without markup, at most LONGEST characters on one line."""
    text = body.decode("utf-8", errors="replace").strip()
    said = _message(text) or _plain(text)
    return _line(said or reason)


def retry_after(header: str | None) -> float | None:
    """Seconds that a Retry-After header asks for, as a number or as a date; None when it says neither."""
    if not header:
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except ValueError:
        return None


def _message(text: str) -> str:
    """The message of an error that is JSON: Azure DevOps' own, and those of other servers alike."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    for key in ("message", "Message", "detail", "error", "title"):
        value = data.get(key) if isinstance(data, dict) else None
        if isinstance(value, dict):
            value = value.get("message")
        if isinstance(value, str) and value:
            return value
    return ""


def _plain(text: str) -> str:
    return unescape(_TAG.sub(" ", _INVISIBLE.sub(" ", text)))


def _line(text: str) -> str:
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
