"""What a page points to is there."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, anchors, prose, read

LINK = re.compile(r"\]\(([^()\s]+)\)|<img[^>]* src=\"([^\"]+)\"|^\[[^\]]+\]: (\S+)$", re.MULTILINE)
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for target in ("".join(groups) for groups in LINK.findall(prose(read(page)))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        place = (page.parent / path).resolve() if path else page
        assert place.exists(), target
        if anchor:
            assert anchor in anchors(read(place)), target


def test_every_page_of_the_documentation_is_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        targets = ("".join(groups).partition("#")[0] for groups in LINK.findall(prose(read(page))))
        waiting += [
            place for target in targets if target and (place := (page.parent / target).resolve()).is_file()
        ]
    assert {page for page in PAGES if page.parent == ROOT / "docs"} <= reached
