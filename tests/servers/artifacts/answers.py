"""How Azure DevOps words its answers: JSON, wrapped exceptions with their reason phrase, the sign-in page."""

import json
import uuid
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from tests.servers.messages import Headers, Response

Json = Mapping[str, "Json"] | Sequence["Json"] | str | int | float | bool | None

_PACKAGING = "Microsoft.VisualStudio.Services.Packaging.Shared.WebApi"
_BLOCKED = "Request was blocked due to exceeding usage of resource 'packaging' in namespace 'User'"
_SIGN_IN = b"<!DOCTYPE html><html><head><title>Sign in to your account</title></head><body></body></html>"


def data(value: Json, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(
        status=status,
        headers=(("Content-Type", "application/json; charset=utf-8; api-version=7.1-preview.1"),),
        body=json.dumps(value).encode(),
    )


def collection(values: Sequence[Json]) -> Response:
    """A JSON answer with many values."""
    return data({"count": len(values), "value": values})


def error(status: int, kind: str, message: str, headers: Headers = ()) -> Response:
    """A wrapped exception; the reason phrase says the same and ends with the activity's id."""
    phrase = HTTPStatus(status).phrase
    wrapped = {
        "$id": "1",
        "innerException": None,
        "message": message,
        "typeName": f"{_PACKAGING}.Exceptions.{kind}, {_PACKAGING}",
        "typeKey": kind,
        "errorCode": 0,
        "eventId": 3000,
    }
    return Response(
        status=status,
        reason=_one_line(f"{phrase} - {message} (DevOps Activity ID: {str(uuid.uuid4()).upper()})"),
        headers=(("Content-Type", "application/json; charset=utf-8"), *headers),
        body=json.dumps(wrapped).encode(),
    )


def not_found(kind: str, message: str) -> Response:
    return error(404, kind, message)


def no_view(wanted: str) -> Response:
    return not_found("FeedViewNotFoundException", f"The view '{wanted}' does not exist.")


def unauthorized(message: str = "TF400813: The user is not authorized to access this resource.") -> Response:
    """What a client gets that asked not to be sent to the sign-in page, and every package client."""
    challenge = 'Basic realm="https://pkgs.example.org/"'
    return error(401, "UnauthorizedRequestException", message, (("WWW-Authenticate", challenge),))


def unavailable(status: int, headers: Headers = ()) -> Response:
    """A misfortune of the service's own: 429 in its words, anything else in none that a client could use."""
    if status != 429:
        return error(status, "UnexpectedException", "The service is not available.", headers)
    return error(
        429, "RequestBlockedException", f"TF400733: The request has been canceled: {_BLOCKED}.", headers
    )


def forbidden(permission: str) -> Response:
    """What a role that is too low gets; the wording is that of other package types' reports."""
    user = uuid.UUID(int=7)
    message = f"User '{user}' lacks permission to complete this action. You need to have '{permission}'."
    return error(403, "FeedNeedsPermissionsException", message)


def sign_in_page() -> Response:
    """The trap: a success to whoever looks at the class of the status alone."""
    return Response(status=203, headers=(("Content-Type", "text/html; charset=utf-8"),), body=_SIGN_IN)


def _one_line(text: str) -> str:
    return " ".join(text.encode("latin-1", "replace").decode("latin-1").split())
