"""A container of blobs in Azure: each attempt is one request, no redirect is followed, no URL is signed.

The client's own retries are off: it repeats a write whose answer was lost, and then takes our own blob for
somebody else's.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote

from wheelpin import __version__
from wheelpin.credentials.entra import entra_identity
from wheelpin.credentials.storage import Proof, StorageLogin
from wheelpin.errors import OutcomeUnknownError, SignInError, TargetError
from wheelpin.web.races import LostRaceError
from wheelpin.web.retries import TransientError

if TYPE_CHECKING:
    from azure.storage.blob import BlobClient, ContainerClient

T = TypeVar("T")

LARGEST_PUT = 100 << 20
"""Bytes that are sent in one request, and held in memory for it; what is larger goes up in blocks.

Blocks are invisible until they are committed together, and the condition is on the commit.
"""
BLOCK = 8 << 20
PIECE: Final = 4 << 20
CONNECT_SECONDS, READ_SECONDS = 10, 60
_IMPORTING = threading.Lock()
"""Held by one thread at a time: of modules that import one another, another one would see halves."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Container:
    """A container, and who we are to it; `subject` is what errors begin with: `store wheels`."""

    subject: str
    url: str
    login: StorageLogin
    client: "ContainerClient"

    def place(self, blob: str) -> str:
        """The address of a blob, or of those whose names begin so; it holds no credential."""
        return f"{self.url}/{quote(blob)}"

    def blob(self, name: str) -> "BlobClient":
        """The client of one blob."""
        return self.client.get_blob_client(name)

    def ask(self, blob: str, request: Callable[[], T], *, writes: bool = False) -> T | None:
        """What one request about a blob gives; None where there certainly is none.

        Raises LostRaceError where a write's condition does not hold, TransientError for what may pass (of a
        write nobody knows then whether it happened), SignInError, TargetError.
        """
        from azure.core.exceptions import AzureError

        from wheelpin.blobs.answers import Meaning, explain

        try:
            return request()
        except (AzureError, ValueError) as error:
            failure = explain(error)
        told = f"{self.subject}: {self.place(blob)} {failure.why}"
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """A storage account; `url` is that of its blobs."""

    url: str
    name: str

    def container(
        self, name: str, *, subject: str, login: StorageLogin, environ: Mapping[str, str]
    ) -> Container:
        """One of its containers; nothing is asked yet. Raises SignInError."""
        with _IMPORTING:
            from azure.storage.blob import BlobServiceClient

            credential = self._credential(login, environ)
        # Without a handler of its own, what it warns of would be printed.
        logging.getLogger("azure").addHandler(logging.NullHandler())
        service = BlobServiceClient(
            self.url,
            credential=credential,
            retry_total=0,
            permit_redirects=False,
            max_single_put_size=LARGEST_PUT,
            max_block_size=BLOCK,
            max_chunk_get_size=PIECE,
            connection_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            user_agent=f"wheelpin/{__version__}",
        )
        client = service.get_container_client(name)
        return Container(subject=subject, url=f"{self.url}/{quote(name)}", login=login, client=client)

    def _credential(self, login: StorageLogin, environ: Mapping[str, str]) -> Any:  # noqa: ANN401 - of three kinds
        from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential

        match login.proof:
            case Proof.KEY:
                return AzureNamedKeyCredential(self.name, login.secret.reveal())
            case Proof.SIGNATURE:
                return AzureSasCredential(login.secret.reveal())
            case Proof.ENTRA:
                return entra_identity(environ).credential
