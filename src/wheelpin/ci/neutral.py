"""Words of builds, servers and files: no terminal obeys them, and no CI service reads a command in them."""

import re

_AT_START = re.compile(r"^([^!-~\n]*):(?=[^\x00-\x7f]*:)", re.MULTILINE)
_ANYWHERE = re.compile(r"#(?=[^\x00-\x7f]*#)")


def visible(text: str) -> str:
    """The text without control characters, which could move the cursor, break a line or forge another.

    Lines and tabs stay. What .NET, Python or a browser may take for a line's end is written as an escape.
    """
    return "".join(char if char in "\n\t" or char.isprintable() else _escaped(char) for char in text)


def harmless(text: str) -> str:
    """The same, and no line of it is a command to GitHub's runner or Azure's agent; twice is as once.

    The runner reads `::` at the start of a line, `##[` anywhere; the agent `##vso[` anywhere, and colours
    `##[`. Both compare as .NET does by default, which passes over characters that have no weight, such as
    variation selectors: what is no visible ASCII may stand in between.
    """
    return _ANYWHERE.sub("# ", _AT_START.sub(r"\1: ", visible(text)))


def lines(text: str) -> list[str]:
    """The lines of a program's output; a progress bar that was drawn over and over is one of them."""
    return [row.rstrip("\r").rpartition("\r")[2] for row in text.split("\n")] if text else []


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
