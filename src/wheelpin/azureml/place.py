"""A place for one build context: a folder of a container, filled as the official client does it.

What is there in part, whoever left it, is completed or put right. It counts as whole when its indicator says
so, which is written last.
"""

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from wheelpin.blobs import Container
from wheelpin.context import LARGEST, context_hash
from wheelpin.environment import Context
from wheelpin.errors import VerificationError
from wheelpin.repository import Repository
from wheelpin.web.races import LostRaceError, win
from wheelpin.web.retries import Retries

AT_ONCE: Final = 8
"""Files of a context that are sent side by side, each held in memory."""
CHEAP: Final = 1 << 20
"""Bytes that may as well be sent as looked for: the condition refuses them where they stand already."""
COMPLETED: Final = {"upload_status": "completed"}


@dataclass(frozen=True, kw_only=True, slots=True)
class _File:
    """A file of a context, as it was when the context was hashed; `blob` is where it goes."""

    path: str
    blob: str
    size: int
    md5: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class _Held:
    """What stands where a file goes."""

    size: int
    md5: bytes | None
    etag: str
    completed: bool

    def is_of(self, file: _File) -> bool:
        return (self.size, self.md5) == (file.size, file.md5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a context goes: a folder of a container, without a slash at its end."""

    container: Container
    folder: str
    retries: Retries

    def filled(self, context: Context, name: str, version: str) -> str:
        """Have the context stand here as a whole; its `contextUri`.

        The address is as the official client writes it: it ends in a slash, and a blank in it stays a blank.
        """
        files = self._files(context)
        indicator = _indicator(context, files)
        held = self._look(indicator)
        if held is None or not held.completed:
            # The indicator first: the official client completes a folder that has it, and fails at others.
            self._put(context, indicator)
            with ThreadPoolExecutor(AT_ONCE) as pool:
                rest = [file for file in files if file is not indicator]
                done = [pool.submit(self._put, context, file) for file in rest]
                try:
                    for each in done:
                        each.result()
                finally:
                    pool.shutdown(cancel_futures=True)
            self._complete(indicator, {**COMPLETED, "name": name, "version": version})
        return f"{self.container.url}/{self.folder}/"

    def _files(self, context: Context) -> Sequence[_File]:
        """All files, read in the same pass that shows the folder to be what the digest says."""
        found: list[_File] = []

        def see(path: str, data: bytes) -> None:
            below = PurePosixPath(path).relative_to(context.path)
            found.append(_File(path=path, blob=f"{self.folder}/{below}", size=len(data), md5=_md5(data)))

        if context_hash(Repository(context.root), context.path, see) != context.digest:
            raise _changed(context.path)
        return found

    def _put(self, context: Context, file: _File) -> None:
        """Have a file stand here; what else stands there is replaced: this address is for nothing but it."""

        def attempt() -> None:
            held = self._ask(file) if file.size > CHEAP else None
            if held is None:
                try:
                    self._send(file, data())
                except LostRaceError:
                    held = self._ask(file)
                    if held is None:
                        raise
                else:
                    return
            if not held.is_of(file):
                self._send(file, data(), held.etag)

        def data() -> bytes:
            found = Repository(context.root).current_bytes(file.path, LARGEST)
            if _md5(found) != file.md5:
                raise _changed(file.path)
            return found

        win(attempt, self.retries, f"{self.container.subject}: {self.container.place(file.blob)}")

    def _look(self, file: _File) -> _Held | None:
        return self.retries.persist(lambda: self._ask(file))

    def _ask(self, file: _File) -> _Held | None:
        def head() -> _Held:
            properties = self.container.blob(file.blob).get_blob_properties()
            if not properties.etag:
                raise ValueError(file.blob)
            stated, metadata = properties.content_settings.content_md5, properties.metadata or {}
            return _Held(
                size=properties.size,
                md5=bytes(stated) if stated else None,
                etag=properties.etag,
                completed=metadata.items() >= COMPLETED.items(),
            )

        return self.container.ask(file.blob, head)

    def _send(self, file: _File, data: bytes, etag: str | None = None) -> None:
        """Write a file that is not there, or still has this etag. Raises LostRaceError, TransientError."""
        from azure.core import MatchConditions
        from azure.storage.blob import ContentSettings

        blob = self.container.blob(file.blob)
        condition: dict[str, Any] = (
            {"etag": etag, "match_condition": MatchConditions.IfNotModified} if etag else {}
        )

        def send() -> None:
            blob.upload_blob(
                data,
                length=len(data),
                overwrite=etag is not None,
                content_settings=ContentSettings(content_md5=bytearray(file.md5)),
                validate_content=True,
                max_concurrency=1,
                **condition,
            )

        self.container.ask(file.blob, send, writes=True)

    def _complete(self, indicator: _File, metadata: Mapping[str, str]) -> None:
        blob = self.container.blob(indicator.blob)

        def send() -> bool:
            # A page of something in between comes with 200, as this answer does.
            if not blob.set_blob_metadata(dict(metadata)).get("etag"):
                raise ValueError(indicator.blob)
            return True

        def attempt() -> bool:
            return bool(self.container.ask(indicator.blob, send, writes=True))

        where = f"{self.container.subject}: {self.container.place(indicator.blob)}"
        if not win(attempt, self.retries, where):
            raise VerificationError(f"{where} is gone, though it was written", hint="run the command again")


def _indicator(context: Context, files: Sequence[_File]) -> _File:
    """The file that says whether all are there: the official client takes the first path, links followed."""
    return min(files, key=lambda file: ((context.root / file.path).resolve().as_posix(), file.blob))


def _changed(path: str) -> VerificationError:
    return VerificationError(
        f"{path} is not what it was when the build context was read", hint="run the command again"
    )


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()
