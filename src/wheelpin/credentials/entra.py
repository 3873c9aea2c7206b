"""Who we are to Entra: the first way to sign in that the environment offers, without any prompt.

A CI service's own proof stands before a secret's place in the machine: it is asked for anew whenever a token
ends, so that a long job outlives the few minutes that such a proof is good for.
"""

import base64
import binascii
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wheelpin.credentials.redaction import Secret
from wheelpin.errors import SignInError

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken, TokenCredential

READY_TOKEN = "WHEELPIN_AZURE_TOKEN"  # noqa: S105 - its name
AUDIENCE = "api://AzureADTokenExchange"
"""What Entra wants a federated proof to be made out to, in every cloud."""

HINT = (
    "in GitHub Actions, give the job `permissions: id-token: write` and set AZURE_CLIENT_ID and "
    "AZURE_TENANT_ID; in Azure Pipelines, run in AzureCLI@2 and map SYSTEM_ACCESSTOKEN: "
    f"$(System.AccessToken); elsewhere `az login`, a managed identity, or a ready token in {READY_TOKEN}"
)
_SETTINGS_HINT = (
    "check AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_CERTIFICATE_PATH, AZURE_AUTHORITY_HOST and "
    "AZURE_TOKEN_CREDENTIALS"
)
_GITHUB = ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
_PIPELINES = ("SYSTEM_OIDCREQUESTURI", "SYSTEM_ACCESSTOKEN")
_PROOFS = ("AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_FEDERATED_TOKEN_FILE")
_HOUR = 3600
_SECONDS = 30


def _hide_from_nobody(token: Secret) -> None:
    """For those who have no log."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """Something that gives tokens, and where it comes from, in words; `hide` learns each before its use."""

    credential: "TokenCredential"
    source: str
    hide: Callable[[Secret], None] = _hide_from_nobody

    def close(self) -> None:
        """Let go of connections; for those who ask once."""
        close = getattr(self.credential, "close", None)
        if close:
            close()


def arm_identity(environ: Mapping[str, str]) -> Identity:
    """Who we are to Azure Resource Manager: a ready token, else as `entra_identity`. Raises SignInError."""
    if token := environ.get(READY_TOKEN, "").strip():
        return Identity(credential=_Ready(token), source=READY_TOKEN)
    return entra_identity(environ)


def entra_identity(environ: Mapping[str, str]) -> Identity:
    """Whoever this machine or job is to Entra; asks nobody yet.

    A service principal's own proof, then GitHub's OIDC, then an Azure Pipelines service connection, then what
    azure-identity finds: workload and managed identities, `az`, and their like. Raises SignInError for
    settings that cannot be used.
    """
    try:
        return _offered(environ)
    except (ValueError, OSError) as error:  # a certificate is read at once
        raise SignInError(
            f"the settings for signing in with Entra cannot be used: {error}", hint=_SETTINGS_HINT
        ) from error


def token_of(identity: Identity, scope: str, purpose: str, **claims: Any) -> "AccessToken":  # noqa: ANN401
    """A token for `scope`; `purpose` is what it is for, in words. Raises SignInError."""
    from azure.core.exceptions import AzureError

    try:
        token = identity.credential.get_token(scope, **claims)
    except AzureError as error:
        said = (error.message or "").strip().splitlines()
        raise SignInError(
            f"no credential for {purpose} is at hand, and Entra gave no token: {said[0] if said else ''}",
            hint=HINT,
        ) from error
    identity.hide(Secret(token.token))
    return token


def _offered(environ: Mapping[str, str]) -> Identity:
    from azure.identity import AzurePipelinesCredential, ClientAssertionCredential, DefaultAzureCredential

    client, tenant = _application(environ)
    own_proof = any(environ.get(name) for name in _PROOFS)
    if client and tenant and not own_proof:
        if all(environ.get(name) for name in _GITHUB):
            credential: TokenCredential = ClientAssertionCredential(tenant, client, _GitHubProof(environ))
            return Identity(credential=credential, source="GitHub's OIDC")
        connection = environ.get("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID")
        if connection and all(environ.get(name) for name in _PIPELINES):
            credential = AzurePipelinesCredential(
                tenant_id=tenant,
                client_id=client,
                service_connection_id=connection,
                system_access_token=environ["SYSTEM_ACCESSTOKEN"],
            )
            return Identity(credential=credential, source="the service connection of Azure Pipelines")
    return Identity(credential=DefaultAzureCredential(), source="Entra")


def _application(environ: Mapping[str, str]) -> tuple[str, str]:
    """Client and tenant; AzureCLI@2 has its own names for those of its service connection."""
    for prefix in ("AZURE", "AZURESUBSCRIPTION"):
        client, tenant = environ.get(f"{prefix}_CLIENT_ID"), environ.get(f"{prefix}_TENANT_ID")
        if client and tenant:
            return client, tenant
    return "", ""


class _GitHubProof:
    """Asks GitHub for a proof of which job this is, each time that Entra wants one."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._url, token = (environ[name] for name in _GITHUB)
        self._token = Secret(token)

    def __call__(self) -> str:
        import requests

        headers = {"Authorization": f"Bearer {self._token.reveal()}", "Accept": "application/json"}
        try:
            response = requests.get(
                self._url, params={"audience": AUDIENCE}, headers=headers, timeout=_SECONDS
            )
            response.raise_for_status()
            return str(response.json()["value"])
        except (requests.RequestException, ValueError, LookupError, TypeError) as error:
            status = getattr(getattr(error, "response", None), "status_code", None)
            raise SignInError(
                f"GitHub gave no proof of this job's identity{f' ({status})' if status else ''}",
                hint="give the job `permissions: id-token: write`",
            ) from error


class _Ready:
    """A token that somebody else fetched; it ends when it ends."""

    def __init__(self, token: str) -> None:
        self._token = Secret(token)
        self._ends = _expiry(token) or int(time.time()) + _HOUR

    def get_token(self, *scopes: str, **options: Any) -> "AccessToken":  # noqa: ANN401, ARG002 - azure-core's
        from azure.core.credentials import AccessToken

        return AccessToken(self._token.reveal(), self._ends)


def _expiry(token: str) -> int | None:
    """When a JWT ends, in seconds since 1970; None when it does not say."""
    try:
        payload = token.split(".")[1]
        data = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return int(data["exp"])
    except (ValueError, LookupError, TypeError, binascii.Error, RecursionError):
        return None
