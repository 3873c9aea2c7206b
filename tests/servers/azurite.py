"""Azurite, Microsoft's own blob emulator: installed once into build/, then a process on a port of its own."""

import base64
import json
import os
import re
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from tests.npm import node, node_modules
from tests.servers import HOST, Process, system_environment
from tests.servers.certificates import certify

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

ACCOUNT = "devstoreaccount1"

_MANIFEST = Path(__file__).with_name("package.json")
_LISTENS = re.compile(r"successfully listens on (\S+)\n")


class Azurite:
    """A storage account, with a key that nobody else has, from `start` to `stop`.

    The data are in memory and end with it. With `tls` it speaks HTTPS under the authority in `ca`, and takes
    `token` as an Entra sign-in besides.
    """

    def __init__(self, folder: Path, *, tls: bool = False) -> None:
        self.key = base64.b64encode(os.urandom(64)).decode()
        self.ca = folder / "ca.pem"
        self.account_url = ""
        self._folder = folder
        self._tls = tls
        self._process: Process | None = None

    @property
    def tls(self) -> bool:
        return self._tls

    @property
    def suffix(self) -> str:
        """What follows `{account}.blob.` in the service's own form of address; see tests.servers.names.

        It begins with `core.`: azure-storage-blob looks for that to find the account's name.
        """
        return f"core.localhost:{self.account_url.partition('//')[2].partition('/')[0].partition(':')[2]}"

    @property
    def service_url(self) -> str:
        """The account in the service's own form of address, which Azurite understands besides its own."""
        return f"{self.account_url.partition(':')[0]}://{ACCOUNT}.blob.{self.suffix}"

    @property
    def connection_string(self) -> str:
        protocol = self.account_url.partition(":")[0]
        return (
            f"DefaultEndpointsProtocol={protocol};AccountName={ACCOUNT};AccountKey={self.key};"
            f"BlobEndpoint={self.account_url};"
        )

    def start(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        process = Process(
            [node(), str(_program()), *self._options()],
            folder=self._folder,
            env={**system_environment(), "AZURITE_ACCOUNTS": f"{ACCOUNT}:{self.key}"},
        )
        self._process = process
        address = process.wait_for(lambda: _LISTENS.search(process.output))
        self.account_url = f"{address[1]}/{ACCOUNT}"
        return self

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def container(self, *, public: bool = False) -> str:
        """Make a container and give its URL; a `public` one is read by anybody who knows a blob's name."""
        url = f"{self.account_url}/wheels-{uuid.uuid4().hex}"
        with self.client(url) as client:
            client.create_container(public_access="blob" if public else None)
        return url

    def client(self, container_url: str) -> "ContainerClient":
        """A client of the container that signs with the account's key; the URL may be a proxy's."""
        from azure.storage.blob import ContainerClient

        credential = {"account_name": ACCOUNT, "account_key": self.key}
        return ContainerClient.from_container_url(
            container_url, credential=credential, connection_verify=str(self.ca) if self._tls else True
        )

    def sas(self, container_url: str, *, permission: str = "rl", minutes: float = 60) -> str:
        """A query that opens the container for so long; with negative minutes it has expired."""
        from azure.storage.blob import ContainerSasPermissions, generate_container_sas

        now = datetime.now(UTC)
        return generate_container_sas(
            ACCOUNT,
            container_url.rpartition("/")[2],
            self.key,
            permission=ContainerSasPermissions.from_string(permission),
            start=now - timedelta(days=1),
            expiry=now + timedelta(minutes=minutes),
        )

    def _options(self) -> list[str]:
        return [
            f"--blobHost={HOST}",
            "--blobPort=0",
            "--inMemoryPersistence",
            "--silent",
            "--disableTelemetry",
            # The client sends a newer service version than Azurite knows.
            "--skipApiVersionCheck",
            *(self._certificate() if self._tls else []),
        ]

    def _certificate(self) -> list[str]:
        certificate = certify(self._folder, HOST, f"{ACCOUNT}.blob.core.localhost")
        return ["--cert", str(certificate.chain), "--key", str(certificate.key), "--oauth", "basic"]


def token(*, audience: str = "https://storage.azure.com", minutes: float = 60) -> str:
    """An Entra access token as far as Azurite looks: claims and lifetime, no signature."""
    now = datetime.now(UTC).timestamp()
    issuer = f"https://sts.windows.net/{uuid.UUID(int=0)}/"
    claims = {"aud": audience, "iss": issuer, "iat": now, "nbf": now - 60, "exp": now + 60 * minutes}
    claims["jti"] = uuid.uuid4().hex
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, "signature"])


def _program() -> Path:
    return node_modules(_MANIFEST) / "azurite" / "dist" / "src" / "blob" / "main.js"
