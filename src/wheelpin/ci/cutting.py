"""Texts cut to what a CI service takes, where a reader loses least, and saying that they were cut."""

import re
from collections.abc import Callable

MARK = "*The rest was cut: the log has all of it.*"

_ELLIPSIS = "…"


def cut_markdown(text: str, limit: int, size: Callable[[str], int] = len) -> str:
    """The lines that fit into `limit`, and one that says so; a code block that was open is closed.

    Empty where not even that line fits.
    """
    if size(text) <= limit:
        return text
    if size(f"{MARK}\n") > limit:
        return ""
    kept: list[str] = []
    open_fence = ""
    left = limit - size(f"\n\n{MARK}\n")
    for line in text.splitlines(keepends=True):
        fence = _fence(line)
        inside = fence if fence and not open_fence else "" if fence == open_fence else open_fence
        left -= size(line)
        if left < size(inside):
            break
        kept.append(line)
        open_fence = inside
    return f"{''.join(kept)}{open_fence}\n\n{MARK}\n".lstrip("\n")


def cut_message(message: str, hint: str, limit: int) -> str:
    """A message and its hint on a line of its own, at most `limit` UTF-16 units; the hint is kept whole.

    .NET, in which both services' runners are written, counts so.
    """
    after = f"\n{hint}" if hint else ""
    if units(message + after) <= limit:
        return message + after
    room = limit - units(after) - 1
    if room < limit // 2:
        message, after, room = message + after, "", limit - 1
    return _first(message, room) + _ELLIPSIS + after


def units(text: str) -> int:
    """The length of a text in UTF-16 units."""
    return len(text) + sum(char > "\uffff" for char in text)


def utf8(text: str) -> int:
    """The length of a text in bytes, as it is written to files."""
    return len(text.encode(errors="backslashreplace"))


def _first(text: str, room: int) -> str:
    return text.encode("utf-16-le", "surrogatepass")[: 2 * room].decode("utf-16-le", "ignore")


def _fence(line: str) -> str:
    found = re.match("`{3,}", line)
    return found[0] if found else ""
