"""Simple index pages as HTML (PEP 503, 592, 658): a pure function of the values, and read from any server.

The content of a value never becomes markup: it is escaped here, whatever it holds.
"""

import re
from collections.abc import Iterable, Mapping
from html import escape
from html.parser import HTMLParser
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from wheelpin.stores.simple import (
    HTML_HASHES,
    File,
    Page,
    PageError,
    Root,
    in_order,
    known_version,
    project_name,
    resolved,
)

_HASH = re.compile(rf"\b({'|'.join(HTML_HASHES)})=([0-9a-fA-F]+)")


def parse(text: bytes, project: str, base: str = "") -> Page:
    """A project's page; links become relative to `base`. Raises PageError."""
    document = _read(text, base)
    files = [_file(anchor) for anchor in document.anchors if _last_part(anchor.url)]
    return Page(project=project, files=in_order(files), api_version=document.api_version)


def parse_root(text: bytes) -> Root:
    """The page that lists the projects. Raises PageError."""
    document = _read(text, "")
    names = {project_name(_last_part(anchor.url.rstrip("/"))) for anchor in document.anchors}
    return Root(projects={name: {} for name in sorted(names)}, api_version=document.api_version)


def render(page: Page) -> bytes:
    """A project's page."""
    return _rendered(f"Links for {page.project}", page.api_version, map(_link, page.files))


def render_root(root: Root) -> bytes:
    """The page that lists the projects."""
    links = (_element({"href": f"{quote(name)}/"}, name) for name in root.projects)
    return _rendered("Simple index", root.api_version, links)


def _rendered(title: str, api_version: str, links: Iterable[str]) -> bytes:
    head = [
        "<!DOCTYPE html>",
        "<html>",
        "  <head>",
        '    <meta charset="utf-8">',
        f'    <meta name="pypi:repository-version" content="{escape(api_version)}">',
        f"    <title>{escape(title)}</title>",
        "  </head>",
        "  <body>",
        f"    <h1>{escape(title)}</h1>",
    ]
    body = [f"    {link}<br>" for link in links]
    return "\n".join([*head, *body, "  </body>", "</html>", ""]).encode()


def _link(file: File) -> str:
    shown = file.in_html()
    attributes = {"href": shown.url + "".join(f"#{hash_}" for hash_ in _hash_texts(shown.hashes))}
    if shown.requires_python is not None:
        attributes["data-requires-python"] = shown.requires_python
    if shown.core_metadata is not None:
        sidecar = "".join(_hash_texts(shown.core_metadata)) or "true"
        attributes["data-core-metadata"] = sidecar
        attributes["data-dist-info-metadata"] = sidecar  # what installers before PEP 714 look for
    if shown.yanked is not None:
        attributes["data-yanked"] = shown.yanked
    return _element(attributes, shown.name)


def _hash_texts(hashes: Mapping[str, str]) -> list[str]:
    return [f"{algorithm}={digest}" for algorithm, digest in hashes.items()]


def _element(attributes: Mapping[str, str], text: str) -> str:
    written = " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())
    return f"<a {written}>{escape(text)}</a>"


class _Anchor(NamedTuple):
    """A link without its fragment, the fragment, and the attributes beside it."""

    url: str
    fragment: str
    attributes: Mapping[str, str]


class _Document(HTMLParser):
    """Gathers the links of a page, resolved as a browser resolves them."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.anchors: list[_Anchor] = []
        self.api_version = "1.0"  # a page that says nothing (PEP 629)
        self._base = base

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # Of equal attributes browsers and pip keep the first.
        attributes = {name: value or "" for name, value in reversed(attrs)}
        match tag, attributes:
            case "a", {"href": href}:
                url, fragment = resolved(self._base, href.strip())
                self.anchors.append(_Anchor(url, fragment, attributes))
            case "base", {"href": href}:
                self._base, _ = resolved(self._base, href.strip())
            case "meta", {"name": "pypi:repository-version", "content": version}:
                self.api_version = known_version(version)
            case _:
                pass


def _read(text: bytes, base: str) -> _Document:
    document = _Document(base)
    try:
        document.feed(text.decode("utf-8"))
        document.close()
    except (ValueError, AssertionError) as error:  # html.parser asserts on some broken declarations
        raise PageError(f"not a simple page: {error}") from error
    return document


def _file(anchor: _Anchor) -> File:
    url, fragment, attributes = anchor
    sidecar = attributes.get("data-core-metadata", attributes.get("data-dist-info-metadata"))
    return File(
        name=_last_part(url),
        url=url,
        hashes=_hash(fragment),
        requires_python=attributes.get("data-requires-python"),
        yanked=attributes.get("data-yanked"),
        core_metadata=None if sidecar in {None, "false"} else _hash(sidecar or ""),
    )


def _hash(text: str) -> dict[str, str]:
    """The hash in a fragment or an attribute; nothing where there is none, as `true` says."""
    found = _HASH.search(text)
    return {found[1]: found[2].lower()} if found else {}


def _last_part(url: str) -> str:
    return unquote(urlsplit(url).path).rpartition("/")[2]
