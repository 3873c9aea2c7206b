"""A blob container as a bucket: every write has a condition, and checksums go with it both ways."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote, urlsplit

from wheelpin.azureml.assets import Assets
from wheelpin.azureml.datastore import Datastore
from wheelpin.blobs import Account, Container
from wheelpin.credentials.address import LOOPBACK
from wheelpin.credentials.redaction import Secret
from wheelpin.credentials.storage import storage_login
from wheelpin.errors import TargetError, UsageError
from wheelpin.stores.static.bucket import Body, Held, Stored
from wheelpin.web.retries import TransientError

if TYPE_CHECKING:
    from azure.storage.blob import BlobClient, ContentSettings

T = TypeVar("T")

IN_WORKSPACE = "wheelpin/wheels/"
"""Where in a workspace's blob store our wheels are, apart from what Azure ML keeps there itself."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".json": "application/vnd.pypi.simple.v1+json",
    ".metadata": "text/plain; charset=utf-8",
    ".whl": "application/zip",
    "": "text/html; charset=utf-8",
}
_LASTING = {".metadata", ".whl"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """A container of an account, and a prefix in it, which ends in a slash or is empty."""

    account: Account
    container: str
    prefix: str

    @classmethod
    def of(cls, name: str, url: str) -> "Address":
        """Take the URL of a store apart. Raises UsageError where it names no container."""
        parts = urlsplit(url)
        segments = [unquote(segment) for segment in parts.path.split("/") if segment]
        host = parts.hostname or ""
        # An emulator serves all accounts under one host: the account is the first part of the path.
        account = segments.pop(0) if segments and host in LOOPBACK else host.partition(".")[0]
        if not segments:
            raise UsageError(
                f"store {name}: {url} names no container",
                hint="write https://ACCOUNT.blob.core.windows.net/CONTAINER, and a prefix if you like",
            )
        return cls(
            account=Account(
                url=f"{parts.scheme}://{parts.netloc}" + (f"/{account}" if host in LOOPBACK else ""),
                name=account,
            ),
            container=segments[0],
            prefix="".join(f"{segment}/" for segment in segments[1:]),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerBucket:
    """The blobs of a container whose names begin with the prefix; `opened` gives the container."""

    name: str
    prefix: str
    opened: Callable[[], Container]

    @property
    def index_names(self) -> Sequence[str]:
        # Installers ask for the folder. A container has no index documents, but a blob whose name ends in a
        # slash is one like any other, unless the account has a hierarchical namespace.
        return ("index.html", "")

    def url(self, key: str) -> str:
        return self.opened().place(self.prefix + key)

    def place(self, key: str) -> str:
        return self.url(key)

    def read(self, key: str) -> Stored | None:
        def download() -> Stored:
            stream = self._blob(key).download_blob(max_concurrency=1, headers={"Cache-Control": "no-cache"})
            data, properties = stream.readall(), stream.properties
            if not properties.etag or len(data) != stream.size:
                raise ValueError(key)
            stated = properties.content_settings.content_md5
            if stated and bytes(stated) != _md5([data]):
                raise ValueError(key)
            return Stored(data=data, etag=properties.etag)

        return self._ask(key, download)

    def look(self, key: str) -> Held | None:
        def head() -> Held:
            properties = self._blob(key).get_blob_properties()
            if not properties.etag:
                raise ValueError(key)
            stated = (properties.metadata or {}).get("sha256", "")
            return Held(
                size=properties.size,
                sha256=stated if _SHA256.fullmatch(stated) else None,
                modified=properties.last_modified,
            )

        return self._ask(key, head)

    def pieces(self, key: str) -> Iterator[bytes]:
        stream = self._ask(key, lambda: self._blob(key).download_blob(max_concurrency=1))
        if stream is None:
            raise TargetError(f"store {self.name}: {self.place(key)} is not there")
        chunks, size = stream.chunks(), 0
        while piece := self._ask(key, lambda: next(chunks, b"")):
            size += len(piece)
            yield piece
        if size != stream.size:
            error = TargetError(f"store {self.name}: {self.place(key)} ended in the middle")
            raise TransientError(error)

    def create(self, key: str, body: Body) -> None:
        self._send(key, body, None)

    def replace(self, key: str, body: Body, etag: str) -> None:
        self._send(key, body, etag)

    def keys(self, prefix: str) -> Iterator[str]:
        client, start = self.opened().client, self.prefix + prefix
        listed = self._ask(prefix, lambda: list(client.list_blob_names(name_starts_with=start)))
        for blob in listed or ():
            yield blob.removeprefix(self.prefix)

    def secrets(self) -> Sequence[Secret]:
        secret = self.opened().login.secret
        return [secret] if secret else []

    def _blob(self, key: str) -> "BlobClient":
        return self.opened().blob(self.prefix + key)

    def _send(self, key: str, body: Body, etag: str | None) -> None:
        from azure.core import MatchConditions

        upload = partial(
            self._blob(key).upload_blob,
            length=body.size,
            content_settings=_settings(key, _md5(body.pieces())),
            metadata={"sha256": body.sha256},
            validate_content=True,
            max_concurrency=1,
        )

        def send() -> None:
            with body.open() as file:
                if etag is None:
                    upload(file, overwrite=False)
                else:
                    upload(file, overwrite=True, etag=etag, match_condition=MatchConditions.IfNotModified)

        self._ask(key, send, writes=True)

    def _ask(self, key: str, request: Callable[[], T], *, writes: bool = False) -> T | None:
        return self.opened().ask(self.prefix + key, request, writes=writes)


def open_container(name: str, url: str, environ: Mapping[str, str]) -> ContainerBucket:
    """The bucket at a container's URL; nothing is asked yet. Raises SignInError, UsageError."""
    address = Address.of(name, url)
    login = storage_login(address.account.url, address.account.name, environ)
    container = address.account.container(
        address.container, subject=f"store {name}", login=login, environ=environ
    )
    return ContainerBucket(name=name, prefix=address.prefix, opened=lambda: container)


def open_workspace(name: str, assets: Assets, environ: Mapping[str, str]) -> ContainerBucket:
    """The bucket in a workspace's own blob store; the workspace is asked where that is when it is used."""
    datastore = Datastore(assets, environ, f"store {name}")
    return ContainerBucket(name=name, prefix=IN_WORKSPACE, opened=datastore.container)


def _settings(key: str, md5: bytes) -> "ContentSettings":
    from azure.storage.blob import ContentSettings

    suffix = PurePosixPath(key).suffix
    return ContentSettings(
        content_type=_TYPES.get(suffix, "application/octet-stream"),
        cache_control="immutable, max-age=31536000" if suffix in _LASTING else "no-cache",
        content_md5=bytearray(md5),
    )


def _md5(pieces: Iterable[bytes]) -> bytes:
    digest = hashlib.md5(usedforsecurity=False)
    for piece in pieces:
        digest.update(piece)
    return digest.digest()
