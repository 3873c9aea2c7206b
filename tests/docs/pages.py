"""The pages of the documentation, and what stands in them."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")],
)
_FENCED = re.compile(r"^(`{3,})([^\n`]*)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(text: str, language: str | None = None) -> list[str]:
    """The code blocks of a page, in one language or in any."""
    return [code for _, told, code in _FENCED.findall(text) if language in (None, told.strip())]


def prose(text: str) -> str:
    """A page without its code blocks."""
    return _FENCED.sub("", text)


def sections(text: str) -> Iterator[tuple[str, str]]:
    """Each heading with all that stands under it, deeper headings included."""
    found = list(_HEADING.finditer(prose(text)))
    for index, match in enumerate(found):
        depth = len(match[1])
        end = next((later.start() for later in found[index + 1 :] if len(later[1]) <= depth), None)
        yield match[2], prose(text)[match.end() : end]


def first_block(text: str, heading: str) -> str:
    """The first code block under a heading."""
    _, _, after = text.partition(f"\n## {heading}\n")
    return blocks(after.partition("\n## ")[0])[0].strip()


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    words = (re.sub(r"[^\w\- ]", "", heading.lower()) for _, heading in _HEADING.findall(prose(text)))
    return {word.replace(" ", "-") for word in words}
