"""What twine prints when it ends early, read for the file, the status and the server's own words."""

import pytest

from wheelpin.stores.twine import Refusal, refusal

FILE = "acme_core-1.0-py3-none-any.whl"
BEGUN = f"Uploading distributions to https://a.example/\nINFO     username: x\nUploading {FILE}\n"
RESPONSE = "INFO     Response from https://a.example/:\n         409 Conflict\n"
PAGE = "INFO\n         <html><title>t</title>\n         <pre>It is there.</pre>\n"
RESET = "requests.exceptions.ConnectionError: ('Connection aborted.', ConnectionResetError(104))"
DOWN = (
    "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='a', port=443): Max retries exceeded with"
    ' url: / (Caused by NewConnectionError("<x>: Failed to establish a new connection: [Errno 111] Refused"))'
)
ERROR = "ERROR    HTTPError: 409 Conflict from https://a.example/\n         Conflict\n"


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (
            f'{BEGUN}{RESPONSE}INFO     {{"message": "It is there."}}\n{ERROR}',
            Refusal(file=FILE, status=409, words="It is there."),
        ),
        (f"{BEGUN}{RESPONSE}{PAGE}{ERROR}", Refusal(file=FILE, status=409, words="It is there.")),
        (f"{BEGUN}{RESPONSE}{ERROR}", Refusal(file=FILE, status=409, words="Conflict")),
        (
            f"{BEGUN}ERROR    RedirectDetected: https://a.example/ attempted to redirect\n",
            Refusal(
                file=FILE, status=None, words="RedirectDetected: https://a.example/ attempted to redirect"
            ),
        ),
        (f"{BEGUN}Traceback:\n  File x\n{RESET}\n", Refusal(file=FILE, status=None, words=RESET)),
        (
            f"{BEGUN}Traceback:\n  File x\n{DOWN}\n",
            Refusal(file=FILE, status=None, words="[Errno 111] Refused", unsent=True),
        ),
        (
            "ERROR    InvalidDistribution: broken\n",
            Refusal(file=None, status=None, words="InvalidDistribution: broken"),
        ),
        ("", Refusal(file=None, status=None, words="twine said nothing")),
    ],
)
def test_refusals(output: str, expected: Refusal) -> None:
    assert refusal(output) == expected


def test_the_file_is_the_last_that_was_begun() -> None:
    assert (
        refusal(f"{BEGUN}INFO     Response from x:\n         200 OK\nUploading b-1.whl\n{ERROR}").file
        == "b-1.whl"
    )
