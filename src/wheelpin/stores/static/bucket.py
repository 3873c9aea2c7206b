"""Bucket: named bytes that installers read as they stand, in a folder or in a blob container."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Protocol, Self

from wheelpin.credentials.redaction import Secret
from wheelpin.errors import VerificationError
from wheelpin.wheel import Wheel

PIECE = 1 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """What stood under a key when it was read; `etag` changes with every write to the key."""

    data: bytes
    etag: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """What is known of the bytes under a key without reading them; `sha256` is what their writer stated."""

    size: int
    sha256: str | None
    modified: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Body:
    """What is to stand under a key; a file is read when it is sent, and has to have this sha256 still."""

    source: Path | bytes
    sha256: str
    size: int

    @classmethod
    def of_wheel(cls, wheel: Wheel) -> Self:
        """The bytes of a wheel."""
        return cls(source=wheel.path, sha256=wheel.sha256, size=wheel.size)

    @classmethod
    def of_bytes(cls, data: bytes) -> Self:
        """These bytes."""
        return cls(source=data, sha256=hashlib.sha256(data).hexdigest(), size=len(data))

    def open(self) -> BinaryIO:
        """The bytes as a file. Raises OSError."""
        return BytesIO(self.source) if isinstance(self.source, bytes) else self.source.open("rb")

    def pieces(self) -> Iterator[bytes]:
        """The bytes. Raises VerificationError at their end when the file has changed since it was read."""
        digest = hashlib.sha256()
        with self.open() as file:
            while piece := file.read(PIECE):
                digest.update(piece)
                yield piece
        if digest.hexdigest() != self.sha256:
            name = self.source.name if isinstance(self.source, Path) else "what is sent"
            raise VerificationError(f"{name} has changed since it was read", hint="run the command again")


class Bucket(Protocol):
    """Named bytes. A key is a relative path with forward slashes; each method is one attempt.

    All methods raise TargetError or SignInError for what no other attempt mends, and TransientError for what
    one may; of a write nobody knows then whether it happened.
    """

    @property
    def name(self) -> str:
        """The name that the config gives the store, which messages begin with."""

    @property
    def index_names(self) -> Sequence[str]:
        """Under which names in a folder readers look for its page."""

    def secrets(self) -> Sequence[Secret]:
        """What signs the requests, if that is a secret of ours."""

    def url(self, key: str) -> str:
        """Where installers find a key, without any credential."""

    def place(self, key: str) -> str:
        """Where a person finds a key."""

    def read(self, key: str) -> Stored | None:
        """A small file whole; None where there certainly is none."""

    def look(self, key: str) -> Held | None:
        """What is known of a file; None where there certainly is none."""

    def pieces(self, key: str) -> Iterator[bytes]:
        """The bytes of a large file, which has to be there."""

    def create(self, key: str, body: Body) -> None:
        """Write a key that is not there, whole or not at all.

        Raises LostRaceError when something stands there.
        """

    def replace(self, key: str, body: Body, etag: str) -> None:
        """Write a key that still is as it was when it had this `etag`.

        Raises LostRaceError when it is not.
        """

    def keys(self, prefix: str) -> Iterator[str]:
        """All keys that start so, whoever wrote them."""


def digest(bucket: Bucket, key: str, copy: Path | None = None) -> str:
    """The sha256 of the bytes under a key, and perhaps a copy of them. Raises OSError where that fails."""
    sha256 = hashlib.sha256()
    with copy.open("wb") if copy else nullcontext() as file:
        for piece in bucket.pieces(key):
            sha256.update(piece)
            if file:
                file.write(piece)
    return sha256.hexdigest()
