"""Markdown made of untrusted words: what they say stays readable and is never markup, a link or a mention."""

import re
from collections.abc import Iterable, Sequence

from wheelpin.ci.cutting import cut_markdown

_PUNCTUATION = re.compile(r"([\\`*_{}\[\]<>()#+\-!|~&$=^:])")
_BREAKER = "\u200b"
"""A space without width: it keeps apart what GitHub and Azure DevOps read after rendering, as mentions."""
_AFTER_RENDERING = re.compile(r"@(?=\S)|(?<=GH)-(?=\d)|#(?=\S)|!(?=\d)|:(?=//)|(?<=www)(?=\.)", re.IGNORECASE)
_ADDRESS = re.compile(r"https://[\w.:/%-]+", re.ASCII)
_FENCE = re.compile("`+")


def prose(text: str) -> str:
    """Words of anybody as one line of text; what stands between single backticks stays code."""
    parts = _one_line(text).split("`")
    if len(parts) % 2 and all(parts[1:-1]):
        return "".join(code(part) if index % 2 else _escaped(part) for index, part in enumerate(parts))
    return _escaped("`".join(parts))


def code(text: str) -> str:
    """A name, a path or a version as code, in which nothing is markup; good in a table too."""
    line = _one_line(text)
    if not line:
        return ""
    fence = "`" * (max((len(run) for run in _FENCE.findall(line)), default=0) + 1)
    space = " " if line.startswith("`") or line.endswith("`") else ""
    # Tables split at bars also in code, where a backslash of ours could not be told from one of theirs.
    return f"{fence}{space}{line.replace('|', '¦')}{space}{fence}"


def link(text: str, url: str | None) -> str:
    """A link of ours, whose address is made of quoted parts; the text alone where there is none."""
    return f"[{text}]({url})" if url else text


def address(url: str) -> str:
    """An address that a server has told, as a link to itself; as code where it is none that we know."""
    return f"<{url}>" if _ADDRESS.fullmatch(url) else code(url)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def quoted(text: str) -> str:
    """A longer message, line by line, as it came."""
    lines = [line.rstrip() for line in text.splitlines()]
    longest = max((len(run) for run in _FENCE.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}text", *map(_shown, lines), fence])


def document(blocks: Iterable[str], limit: int | None = None) -> str:
    """Blocks with empty lines between them, cut after a row when they exceed `limit` characters."""
    text = "\n\n".join(block for block in blocks if block) + "\n"
    return text if limit is None else cut_markdown(text, limit)


def _escaped(text: str) -> str:
    pieces = _AFTER_RENDERING.sub(lambda found: f"{found[0]}{_BREAKER}", text)
    return _PUNCTUATION.sub(r"\\\1", pieces)


def _one_line(text: str) -> str:
    return " ".join("".join(map(_visible, text)).split())


def _shown(line: str) -> str:
    return "".join(map(_visible, line))


def _visible(char: str) -> str:
    return char if char.isprintable() or char in "\t\n" else " " if char.isspace() else "\ufffd"
