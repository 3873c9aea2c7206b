"""A workspace's own blob storage: where it is, and a login, lent by the workspace or our own."""

import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

from wheelpin.azureml.assets import Assets
from wheelpin.blobs import Account, Container
from wheelpin.credentials.redaction import Secret
from wheelpin.credentials.storage import Proof, StorageLogin, refuse_strangers, storage_login
from wheelpin.errors import SignInError, TargetError

WORKSPACE_BLOB_STORE: Final = "workspaceblobstore"
"""The datastore that every workspace is made with, and that the official client uploads to."""
RENEWED: Final = 45 * 60
"""Seconds for which a login is used; the signature that we ask for ends after an hour."""

_EXPIRY: Final = {"expirableSecret": True, "expireAfterHours": 1}
_ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
_CONTAINER = re.compile(r"\$?[a-z0-9-]{3,63}")
_ENDPOINT = re.compile(r"[A-Za-z0-9.-]+(:[0-9]+)?")
_WITHOUT_SECRET = {"", "none"}


class Datastore:
    """A blob datastore of a workspace; asked for when it is first needed; safe to use from many threads."""

    def __init__(
        self,
        assets: Assets,
        environ: Mapping[str, str],
        subject: str,
        *,
        name: str = WORKSPACE_BLOB_STORE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.retries = assets.rest.link.retries
        self._assets = assets
        self._environ = environ
        self._subject = subject
        self._name = name
        self._clock = clock
        self._lock = threading.Lock()
        self._opened: tuple[float, Container] | None = None
        self._others: dict[str, Datastore] = {}

    def beside(self, name: str) -> "Datastore":
        """Another one of the same workspace."""
        with self._lock:
            if name not in self._others:
                self._others[name] = Datastore(
                    self._assets, self._environ, self._subject, name=name, clock=self._clock
                )
            return self._others[name]

    def container(self) -> Container:
        """Its container, with a login that lasts a while. Raises TargetError, SignInError."""
        with self._lock:
            now = self._clock()
            if self._opened is None or now - self._opened[0] > RENEWED:
                self._opened = now, self._open()
            return self._opened[1]

    def _open(self) -> Container:
        properties = self._properties()
        account, name = blob_address(properties, f"{self._assets.rest.subject}: datastore {self._name}")
        # A key or a token must not follow a datastore to wherever somebody has pointed it.
        refuse_strangers(account.url)
        login = self._lent(properties) or storage_login(account.url, account.name, self._environ)
        return account.container(name, subject=self._subject, login=login, environ=self._environ)

    def _properties(self) -> Mapping[str, Any]:
        reply = self._assets.rest.get(self._path, self._assets.query)
        if reply is None:
            self._assets.check()
            raise TargetError(f"{self._assets.rest.subject}: has no datastore {self._name}")
        properties = reply.table.get("properties")
        return properties if isinstance(properties, Mapping) else {}

    def _lent(self, properties: Mapping[str, Any]) -> StorageLogin | None:
        """What the workspace lends us to sign with; None where it has nothing, or not for us.

        The official client falls back on its own sign-in in all these cases.
        """
        credentials = properties.get("credentials")
        kind = credentials.get("credentialsType") if isinstance(credentials, Mapping) else None
        if str(kind or "").lower() in _WITHOUT_SECRET:
            return None
        rest, path = self._assets.rest, f"{self._path}/listSecrets"
        try:
            reply = self.retries.persist(lambda: rest.write("POST", path, _EXPIRY, self._assets.query))
        except (SignInError, TargetError):
            return None
        found = reply.body if isinstance(reply.body, Mapping) else {}
        for proof, key in ((Proof.SIGNATURE, "sasToken"), (Proof.KEY, "key")):
            if isinstance(found.get(key), str) and found[key]:
                secret = Secret(found[key].lstrip("?"))
                rest.link.identity.hide(secret)
                return StorageLogin(proof=proof, source=f"datastore {self._name}", secret=secret)
        return None

    @property
    def _path(self) -> str:
        return f"{self._assets.path}/datastores/{quote(self._name, safe='')}"


def blob_address(properties: Mapping[str, Any], subject: str) -> tuple[Account, str]:
    """The account and the container of a datastore. Raises TargetError for one that is not in blob storage.

    `protocol` is passed over, as the official client does: nothing of ours travels in the clear.
    """
    kind, account, container = (
        str(properties.get(key) or "") for key in ("datastoreType", "accountName", "containerName")
    )
    if kind.lower() != "azureblob":
        raise TargetError(
            f"{subject} is of type {kind or 'none'}, and what is uploaded needs a blob container"
        )
    endpoint = str(properties.get("endpoint") or "core.windows.net")
    parts = ((_ACCOUNT, account), (_CONTAINER, container), (_ENDPOINT, endpoint))
    if not all(pattern.fullmatch(part) for pattern, part in parts):
        raise TargetError(f"{subject} names no container of a storage account")
    return Account(url=f"https://{account}.blob.{endpoint}", name=account), container
