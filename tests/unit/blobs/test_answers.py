"""What each answer of blob storage means, and that no text of an exception is ever shown."""

import socket

import pytest
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.core.pipeline.transport import HttpRequest, RequestsTransportResponse
from requests import Response

from wheelpin.blobs.answers import Meaning, classify, explain

SECRET = "https://contoso.blob.core.windows.net/wheels?sig=geheim"


@pytest.mark.parametrize(
    ("status", "code", "meaning"),
    [
        (200, "", Meaning.PASSING),
        (301, "", Meaning.FINAL),
        (307, "", Meaning.FINAL),
        (400, "InvalidUri", Meaning.FINAL),
        (400, "", Meaning.FINAL),
        (400, "Md5Mismatch", Meaning.PASSING),
        (401, "InvalidAuthenticationInfo", Meaning.STRANGER),
        (403, "AuthorizationFailure", Meaning.STRANGER),
        (403, "", Meaning.STRANGER),
        (404, "BlobNotFound", Meaning.ABSENT),
        (404, "ContainerNotFound", Meaning.FINAL),
        (404, "ResourceNotFound", Meaning.FINAL),
        (404, "", Meaning.PASSING),
        (405, "", Meaning.FINAL),
        (408, "", Meaning.PASSING),
        (409, "BlobAlreadyExists", Meaning.MOVED),
        (409, "BlobImmutableDueToPolicy", Meaning.FINAL),
        (409, "ContainerBeingDeleted", Meaning.FINAL),
        (409, "", Meaning.MOVED),
        (412, "ConditionNotMet", Meaning.MOVED),
        (412, "LeaseIdMissing", Meaning.FINAL),
        (412, "", Meaning.MOVED),
        (413, "RequestBodyTooLarge", Meaning.FINAL),
        (429, "", Meaning.PASSING),
        (500, "OperationTimedOut", Meaning.PASSING),
        (502, "", Meaning.PASSING),
        (503, "ServerBusy", Meaning.PASSING),
        (504, "", Meaning.PASSING),
    ],
)
def test_an_answer_means_one_thing(status: int, code: str, meaning: Meaning) -> None:
    assert classify(status, code) is meaning


def error(status: int, **headers: str) -> HttpResponseError:
    """What the client raises for an answer with this status."""
    answer = Response()
    answer.status_code = status
    answer.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    request = HttpRequest("GET", "https://contoso.blob.core.windows.net/wheels")
    return HttpResponseError(SECRET, response=RequestsTransportResponse(request, answer))


def test_an_answer_is_told_by_its_status_and_code() -> None:
    failure = explain(error(503, x_ms_error_code="ServerBusy", Retry_After="30"))
    assert (failure.why, failure.wait) == ("answered 503 ServerBusy", 30.0)


@pytest.mark.parametrize(
    ("raised", "meaning", "why"),
    [
        (ServiceRequestError(SECRET), Meaning.PASSING, "cannot be reached"),
        (ServiceResponseError(SECRET), Meaning.PASSING, "gave no answer"),
        (AzureError(SECRET), Meaning.PASSING, "gave no answer"),
        (ValueError(SECRET), Meaning.PASSING, "gave an answer that is not Azure's"),
        (ClientAuthenticationError(SECRET), Meaning.STRANGER, "cannot be asked: nobody is signed in"),
        (
            ServiceRequestError(SECRET, error=socket.gaierror(socket.EAI_NONAME, SECRET)),
            Meaning.FINAL,
            "has no such host",
        ),
        (
            ServiceRequestError(SECRET, error=socket.gaierror(socket.EAI_AGAIN, SECRET)),
            Meaning.PASSING,
            "cannot be reached",
        ),
        (error(500, x_ms_error_code=SECRET), Meaning.PASSING, "answered 500"),
    ],
    ids=str,
)
def test_no_answer_is_told_in_our_words(raised: Exception, meaning: Meaning, why: str) -> None:
    failure = explain(raised)
    assert (failure.meaning, failure.why) == (meaning, why)
    assert "geheim" not in repr(failure)


@pytest.mark.parametrize(
    ("raised", "hint"),
    [
        (error(403, x_ms_error_code="AuthorizationPermissionMismatch"), "Storage Blob Data Contributor"),
        (error(403), "Storage Blob Data Contributor"),
        (error(403, x_ms_error_code="KeyBasedAuthenticationNotPermitted"), "Entra"),
        (error(404, x_ms_error_code="ContainerNotFound"), "make the container first"),
        (error(409, x_ms_error_code="BlobImmutableDueToPolicy"), "keep the policy off"),
        (error(412, x_ms_error_code="LeaseIdMissing"), "lease break"),
        (error(307), "follow no redirect"),
        (error(503), "run the same command again"),
        (ClientAuthenticationError(""), "AZURE_STORAGE_CONNECTION_STRING"),
    ],
    ids=str,
)
def test_the_next_step_is_told(raised: Exception, hint: str) -> None:
    assert hint in explain(raised).hint
