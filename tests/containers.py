"""Containers that hold much already: as many releases would have left them, but filled within seconds."""

import hashlib
import http.client
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from tests.servers.azurite import Azurite
from wheelpin.stores import simple_html, simple_json
from wheelpin.stores.simple import File, Page, Root

SENDERS = 4


def fill(azurite: Azurite, url: str, *, projects: int, files: int) -> None:
    """Have so many projects in a container, acme-core the first of them, with so many files in each."""
    pages = [_page(f"acme-{number}" if number else "acme-core", files) for number in range(projects)]
    blobs = [blob for page in pages for blob in _blobs(page)]
    root = Root(projects={page.project: {} for page in sorted(pages, key=lambda page: page.project)})
    blobs.append(("simple/index.json", simple_json.render_root(root)))
    blobs += [(f"simple/{name}", simple_html.render_root(root)) for name in ("index.html", "")]
    signature = azurite.sas(url, permission="rwcl")
    parts = [blobs[at::SENDERS] for at in range(SENDERS)]
    with ThreadPoolExecutor(SENDERS) as pool:
        list(pool.map(lambda part: _send(url, signature, part), parts))


def _page(project: str, files: int) -> Page:
    stem = project.replace("-", "_")
    names = [f"{stem}-0.{number:05}-py3-none-any.whl" for number in range(files)]
    empty = {"sha256": hashlib.sha256().hexdigest()}
    return Page(
        project=project, files=tuple(File(name=name, url=name, hashes=empty, size=0) for name in names)
    )


def _blobs(page: Page) -> Iterator[tuple[str, bytes]]:
    folder = f"simple/{page.project}"
    yield f"{folder}/index.json", simple_json.render(page)
    for name in ("index.html", ""):
        yield f"{folder}/{name}", simple_html.render(page)
    for file in page.files:
        yield f"{folder}/{file.name}", b""


def _send(url: str, signature: str, blobs: list[tuple[str, bytes]]) -> None:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc)
    for name, data in blobs:
        headers = {"x-ms-blob-type": "BlockBlob", "Content-Length": str(len(data))}
        connection.request("PUT", f"{parts.path}/{name}?{signature}", data, headers)
        with connection.getresponse() as response:
            assert response.status == 201, response.read()
            response.read()
    connection.close()
