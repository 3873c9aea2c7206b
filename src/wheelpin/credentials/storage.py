"""Who we are to a storage account: what the environment offers, by the names that `az storage` knows.

A signature or a token, which whoever receives it could use, only ever goes to Azure's own hosts and to this
machine: the address comes from a repository that anybody may have changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from wheelpin.credentials.address import LOOPBACK, as_sent
from wheelpin.credentials.redaction import Secret
from wheelpin.errors import SignInError

CONNECTION_STRING = "AZURE_STORAGE_CONNECTION_STRING"
SIGNATURE = "AZURE_STORAGE_SAS_TOKEN"
KEY = "AZURE_STORAGE_KEY"
ACCOUNT = "AZURE_STORAGE_ACCOUNT"

_HOSTS = (
    ".blob.core.windows.net",
    ".blob.core.usgovcloudapi.net",
    ".blob.core.chinacloudapi.cn",
    ".blob.storage.azure.net",
)
_NONE = Secret("")


class Proof(Enum):
    """How an account is shown who we are."""

    KEY = auto()
    SIGNATURE = auto()
    ENTRA = auto()


@dataclass(frozen=True, kw_only=True, slots=True)
class StorageLogin:
    """What to sign requests with, and which setting it comes from; Entra has no secret that we hold."""

    proof: Proof
    source: str
    secret: Secret = _NONE


def storage_login(url: str, account: str, environ: Mapping[str, str]) -> StorageLogin:
    """The first of connection string, shared access signature, account key, and Entra.

    `url` is the account's blob address. A connection string is for the account that it names, the others for
    AZURE_STORAGE_ACCOUNT if that is set. Raises SignInError for an address that nothing may be sent to.
    """
    if text := environ.get(CONNECTION_STRING):
        login = _of_connection_string(text, url)
        if login:
            return login
    meant = (environ.get(ACCOUNT) or account) == account
    if meant and (signature := environ.get(SIGNATURE)):
        refuse_strangers(url)
        return StorageLogin(
            proof=Proof.SIGNATURE, source=SIGNATURE, secret=Secret(signature.strip().lstrip("?"))
        )
    if meant and (key := environ.get(KEY)):
        return StorageLogin(proof=Proof.KEY, source=KEY, secret=Secret(key.strip()))
    refuse_strangers(url)
    if not url.startswith("https:"):
        raise SignInError(
            f"no key for {url} is at hand, and Entra is for https:// alone", hint=f"set {CONNECTION_STRING}"
        )
    return StorageLogin(proof=Proof.ENTRA, source="Entra")


def _of_connection_string(text: str, url: str) -> StorageLogin | None:
    """The key or signature in it; None when it is another account's."""
    parts = dict(part.strip().partition("=")[::2] for part in text.split(";") if "=" in part)
    protocol, suffix = (
        parts.get("DefaultEndpointsProtocol", "https"),
        parts.get("EndpointSuffix", "core.windows.net"),
    )
    endpoint = parts.get("BlobEndpoint") or f"{protocol}://{parts.get('AccountName')}.blob.{suffix}"
    if endpoint.rstrip("/").lower() != url.lower():
        return None
    if key := parts.get("AccountKey"):
        return StorageLogin(proof=Proof.KEY, source=CONNECTION_STRING, secret=Secret(key))
    if signature := parts.get("SharedAccessSignature"):
        return StorageLogin(
            proof=Proof.SIGNATURE, source=CONNECTION_STRING, secret=Secret(signature.lstrip("?"))
        )
    raise SignInError(
        f"{CONNECTION_STRING} names {url} and holds neither a key nor a signature",
        hint="copy it anew from the storage account's page, under Access keys",
    )


def refuse_strangers(url: str) -> None:
    """See that an address is Azure's or this machine's. Raises SignInError."""
    host = (as_sent(url).hostname or "").lower()
    # Names below localhost are this machine's (RFC 6761), as far as a certificate can say that.
    here = host in LOOPBACK or (host.endswith(".localhost") and url.startswith("https:"))
    if not here and not host.endswith(_HOSTS):
        raise SignInError(
            f"{host} is not a host of Azure storage: no signature and no token is sent there",
            hint=f"for an address of your own, set {CONNECTION_STRING} with that BlobEndpoint",
        )
