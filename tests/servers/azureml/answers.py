"""How Azure ML and Resource Manager word their answers and their errors, as recorded traffic has it."""

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import urlencode

from tests.servers.artifacts.answers import Json
from tests.servers.messages import Headers, Request, Response

__all__ = ["Json", "Refusal", "account_error", "data", "error", "user_error"]

Object = Mapping[str, Json]

LOCATION = "eastus"


class Refusal(Exception):  # noqa: N818 - an answer, not a mistake of the server's
    """A request that is answered with an error."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def data(value: Json, status: int = 200, headers: Headers = ()) -> Response:
    return Response(
        status=status,
        headers=(("Content-Type", "application/json; charset=utf-8"), *headers),
        body=json.dumps(value).encode(),
    )


def error(status: int, code: str, message: str, headers: Headers = ()) -> Response:
    """An error of the front door's: signing in, routing, throttling."""
    body: Json = {"error": {"code": code, "message": message, "details": [], "additionalInfo": []}}
    return data(body, status, (("x-ms-failure-cause", "gateway"), *headers))


def user_error(status: int, message: str, *, inner: str) -> Response:
    """An error of `managementfrontend`, behind ARM: the code says `UserError` whatever it is."""
    information: Sequence[tuple[str, Json]] = (
        ("ComponentName", "managementfrontend"),
        ("Correlation", {"operation": uuid.uuid4().hex, "request": uuid.uuid4().hex[:16]}),
        ("Environment", LOCATION),
        ("Location", LOCATION),
        ("Time", now()),
        ("InnerError", {"code": inner, "innerError": None}),
    )
    body: Json = {
        "error": {
            "code": "UserError",
            "message": message,
            "details": [],
            "additionalInfo": [{"type": kind, "info": {"value": value}} for kind, value in information],
        }
    }
    return data(body, status, (("x-ms-response-type", "error"),))


def account_error(status: int, message: str, *, inner: str) -> Response:
    """An error of `account-rp`, which keeps the connections and words things in its own form."""
    nothing = ("severity", "messageFormat", "messageParameters", "referenceCode", "detailsUri", "target")
    body: Json = {
        "error": {
            "code": "UserError",
            "message": message,
            **dict.fromkeys(nothing),
            "details": [],
            "innerError": {"code": inner, "innerError": None},
            "debugInfo": None,
            "additionalInfo": None,
        },
        "correlation": {"operation": uuid.uuid4().hex, "request": uuid.uuid4().hex[:16]},
        "environment": LOCATION,
        "location": LOCATION,
        "time": now(),
        "componentName": "account-rp",
        "statusCode": status,
    }
    return data(body, status, (("x-ms-response-type", "error"),))


def page(request: Request, values: Sequence[Json], size: int) -> Response:
    """One page of the values, as long as `$top` and `size` let it be, with the address of the next."""
    start = int(request.query.get("$skip", "0"))
    end = start + min(size, int(request.query.get("$top", size)))
    rest = urlencode({**request.query, "$skip": str(end)}, safe="$")
    following = f"{base(request)}{request.path}?{rest}" if end < len(values) else None
    return data({"value": list(values[start:end]), "nextLink": following})


def base(request: Request) -> str:
    """The server's own address, as the client wrote it."""
    return f"https://{request.header('Host')}"


def body(request: Request) -> Object:
    """The request's JSON object; Refusal when it is none."""
    try:
        value = json.loads(request.body)
    except ValueError as mistake:
        raise Refusal(
            error(400, "InvalidRequestContent", f"The request content was invalid: {mistake}")
        ) from mistake
    if not isinstance(value, dict):
        raise Refusal(error(400, "InvalidRequestContent", "The request content was no JSON object."))
    return value


def mapping(value: Json) -> Object:
    """The value when it is an object; an empty one otherwise."""
    return value if isinstance(value, Mapping) else {}


def text(value: Json) -> str:
    """The value when it is text; an empty one otherwise."""
    return value if isinstance(value, str) else ""


def flag(value: Json) -> bool:
    """Whether the value is true, as JSON or as a query says it."""
    return value is True or text(value).lower() == "true"


def now() -> str:
    return datetime.now(UTC).isoformat()


def system_data(created: str, modified: str) -> Json:
    who = "Ada Lovelace"
    return {
        "createdAt": created,
        "createdBy": who,
        "createdByType": "User",
        "lastModifiedAt": modified,
        "lastModifiedBy": who,
        "lastModifiedByType": "User",
    }
