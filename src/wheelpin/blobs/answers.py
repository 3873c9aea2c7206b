"""What Azure blob storage means by an answer, or by none: whether to look again, and what to tell a person.

Texts of exceptions are never shown: they hold addresses, and addresses hold signatures.
"""

import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from http import HTTPStatus

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
)

from wheelpin.web.words import retry_after

WRITER = "Storage Blob Data Contributor"


class Meaning(Enum):
    """What an answer that is no success says about the blob."""

    ABSENT = auto()
    MOVED = auto()
    PASSING = auto()
    STRANGER = auto()
    FINAL = auto()


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """`why` completes a sentence that begins with the blob's address; `wait` is in seconds."""

    meaning: Meaning
    why: str
    hint: str = ""
    wait: float | None = None


# The codes are those of Azure's documentation, and of Azurite. No code: something in between answered.
_MOVED = {"", "BlobAlreadyExists", "ConditionNotMet"}
_PASSING = {HTTPStatus.OK, HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
"""200 is what a page of something in between comes with, where Azure says 201."""
_HINTS = {
    "AuthenticationFailed": "the key or signature is wrong or has expired, or this machine's clock is",
    "AuthorizationFailure": f"network rules refuse this machine, or the role {WRITER} is missing",
    "AuthorizationPermissionMismatch": f"give this identity the role {WRITER} on the container",
    "BlobImmutableDueToPolicy": "index pages change with every release: keep the policy off simple/*/index.*",
    "ContainerNotFound": "make the container first: az storage container create",
    "KeyBasedAuthenticationNotPermitted": "the account takes no keys: sign in with Entra instead",
    "LeaseIdMissing": "somebody holds a lease on this blob: az storage blob lease break",
}
_NOBODY = (
    "set AZURE_STORAGE_CONNECTION_STRING or AZURE_STORAGE_SAS_TOKEN, or sign in to Azure (azure/login, "
    "AzureCLI@2, `az login`)"
)


def explain(error: Exception) -> Failure:
    """What an exception of the client says; ValueError is what it raises for answers that are not Azure's."""
    if not isinstance(error, HttpResponseError):
        return _unanswered(error)
    status, code = error.status_code, _code(error)
    if status is None:
        return _unanswered(error)
    meaning = classify(status, code)
    return Failure(
        meaning=meaning,
        why=f"answered {status} {code}".rstrip(),
        hint=_hint(meaning, status, code),
        wait=retry_after(_headers(error).get("Retry-After")),
    )


def classify(status: int, code: str) -> Meaning:
    """What a status and an error code of the service mean for what was asked.

    Only a 404 that names the blob says that there is none: a proxy or a firewall can answer 404 too.
    """
    match status:
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return Meaning.STRANGER
        case HTTPStatus.NOT_FOUND if code in {"", "BlobNotFound"}:
            return Meaning.ABSENT if code else Meaning.PASSING
        case HTTPStatus.CONFLICT | HTTPStatus.PRECONDITION_FAILED if code in _MOVED:
            return Meaning.MOVED
        case HTTPStatus.BAD_REQUEST if code != "Md5Mismatch":
            return Meaning.FINAL
        case _ if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return Meaning.PASSING
        case _:
            return Meaning.FINAL


def _hint(meaning: Meaning, status: int, code: str) -> str:
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return "credentials follow no redirect: write the address that it leads to"
    default = {
        Meaning.STRANGER: f"check the sign-in, and that it has the role {WRITER} on the container",
        Meaning.PASSING: "run the same command again in a while",
    }
    return _HINTS.get(code, default.get(meaning, ""))


def _unanswered(error: Exception) -> Failure:
    if isinstance(error, ClientAuthenticationError):
        return Failure(meaning=Meaning.STRANGER, why="cannot be asked: nobody is signed in", hint=_NOBODY)
    for cause in _causes(error):
        if isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_NONAME:
            return Failure(meaning=Meaning.FINAL, why="has no such host", hint="check the address")
        if isinstance(cause, ssl.SSLCertVerificationError):
            why, hint = (
                "shows a certificate that is not trusted",
                "name your own authority's in REQUESTS_CA_BUNDLE",
            )
            return Failure(meaning=Meaning.FINAL, why=why, hint=hint)
    if not isinstance(error, AzureError):
        return Failure(meaning=Meaning.PASSING, why="gave an answer that is not Azure's")
    why = "cannot be reached" if isinstance(error, ServiceRequestError) else "gave no answer"
    return Failure(meaning=Meaning.PASSING, why=why, hint="check the network, and run the same command again")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = getattr(error, "inner_exception", None) or error.__cause__ or error.__context__


def _code(error: HttpResponseError) -> str:
    """The service's word for what is wrong; nothing where it has none, or where it is no word."""
    code = _headers(error).get("x-ms-error-code") or getattr(error, "error_code", None) or ""
    code = str(getattr(code, "value", code))
    return code if re.fullmatch(r"[A-Za-z0-9]{1,80}", code) else ""


def _headers(error: HttpResponseError) -> Mapping[str, str]:
    found: Mapping[str, str] = getattr(error.response, "headers", {})
    return found
