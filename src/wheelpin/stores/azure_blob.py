"""A blob container as a bucket: every write has a condition, every attempt is one request, no URL is signed.

The client's own retries are off: it repeats a write whose answer was lost, and then takes our own blob for
somebody else's.
"""

import hashlib
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, unquote, urlsplit

from wheelpin import __version__
from wheelpin.credentials.entra import entra_identity
from wheelpin.credentials.redaction import Secret
from wheelpin.credentials.storage import Proof, StorageLogin, storage_login
from wheelpin.errors import OutcomeUnknownError, SignInError, TargetError, UsageError
from wheelpin.stores.static.bucket import PIECE, Body, Held, Stored
from wheelpin.stores.static.races import LostRaceError
from wheelpin.web.retries import TransientError

if TYPE_CHECKING:
    from azure.storage.blob import BlobClient, ContainerClient, ContentSettings

T = TypeVar("T")

LARGEST_PUT = 100 << 20
"""Bytes that are sent in one request, and held in memory for it; what is larger goes up in blocks.

Blocks are invisible until they are committed together, and the condition is on the commit.
"""
BLOCK = 8 << 20
CONNECT_SECONDS, READ_SECONDS = 10, 60

_HERE = ("localhost", "127.0.0.1", "::1")
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
    """A container and a prefix in it, which ends in a slash or is empty; `account_url` is the account's."""

    account_url: str
    account: str
    container: str
    prefix: str

    @classmethod
    def of(cls, name: str, url: str) -> "Address":
        """Take the URL of a store apart. Raises UsageError where it names no container."""
        parts = urlsplit(url)
        segments = [unquote(segment) for segment in parts.path.split("/") if segment]
        host = parts.hostname or ""
        # An emulator serves all accounts under one host: the account is the first part of the path.
        account = segments.pop(0) if segments and host in _HERE else host.partition(".")[0]
        if not segments:
            raise UsageError(
                f"store {name}: {url} names no container",
                hint="write https://ACCOUNT.blob.core.windows.net/CONTAINER, and a prefix if you like",
            )
        return cls(
            account_url=f"{parts.scheme}://{parts.netloc}" + (f"/{account}" if host in _HERE else ""),
            account=account,
            container=segments[0],
            prefix="".join(f"{segment}/" for segment in segments[1:]),
        )

    @property
    def url(self) -> str:
        """What the URLs of all keys begin with."""
        return f"{self.account_url}/{quote(self.container)}/{quote(self.prefix)}"


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerBucket:
    """The blobs of a container whose names begin with the address's prefix."""

    name: str
    address: Address
    client: "ContainerClient"
    login: StorageLogin

    @property
    def index_names(self) -> Sequence[str]:
        # Installers ask for the folder. A container has no index documents, but a blob whose name ends in a
        # slash is one like any other, unless the account has a hierarchical namespace.
        return ("index.html", "")

    def url(self, key: str) -> str:
        return self.address.url + quote(key)

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
        start = self.address.prefix
        listed = self._ask(prefix, lambda: list(self.client.list_blob_names(name_starts_with=start + prefix)))
        for blob in listed or ():
            yield blob.removeprefix(start)

    def secrets(self) -> Sequence[Secret]:
        return [self.login.secret] if self.login.secret else []

    def _blob(self, key: str) -> "BlobClient":
        return self.client.get_blob_client(self.address.prefix + key)

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
        """What one request gives; None where there certainly is no such blob."""
        from azure.core.exceptions import AzureError

        from wheelpin.stores.blob_answers import Meaning, explain

        try:
            return request()
        except (AzureError, ValueError) as error:
            failure = explain(error)
        told = f"store {self.name}: {self.place(key)} {failure.why}"
        match failure.meaning:
            case Meaning.ABSENT:
                return None
            case Meaning.MOVED if writes:
                raise LostRaceError(told)
            case Meaning.STRANGER:
                raise SignInError(f"{told}; who we are comes from {self.login.source}", hint=failure.hint)
            case Meaning.FINAL:
                raise TargetError(told, hint=failure.hint)
            case Meaning.MOVED | Meaning.PASSING:
                kind = OutcomeUnknownError if writes else TargetError
                raise TransientError(kind(told, hint=failure.hint), failure.wait)


def open_container(name: str, url: str, environ: Mapping[str, str]) -> ContainerBucket:
    """The bucket at a container's URL; nothing is asked yet. Raises SignInError, UsageError."""
    from azure.storage.blob import BlobServiceClient

    # Without a handler of its own, what it warns of would be printed.
    logging.getLogger("azure").addHandler(logging.NullHandler())
    address = Address.of(name, url)
    login = storage_login(address.account_url, address.account, environ)
    service = BlobServiceClient(
        address.account_url,
        credential=_credential(login, address.account, environ),
        retry_total=0,
        permit_redirects=False,
        max_single_put_size=LARGEST_PUT,
        max_block_size=BLOCK,
        max_chunk_get_size=4 * PIECE,
        connection_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        user_agent=f"wheelpin/{__version__}",
    )
    client = service.get_container_client(address.container)
    return ContainerBucket(name=name, address=address, client=client, login=login)


def _credential(login: StorageLogin, account: str, environ: Mapping[str, str]) -> Any:  # noqa: ANN401 - of five kinds
    from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential

    match login.proof:
        case Proof.KEY:
            return AzureNamedKeyCredential(account, login.secret.reveal())
        case Proof.SIGNATURE:
            return AzureSasCredential(login.secret.reveal())
        case Proof.ENTRA:
            return entra_identity(environ).credential


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
