"""What a server said is one short line, whatever it sent."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from wheelpin.web.words import LONGEST, retry_after, server_words


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (json.dumps({"$id": "1", "message": "The feed has it.", "typeKey": "X"}), "The feed has it."),
        (json.dumps({"Message": "no"}), "no"),
        (json.dumps({"error": {"code": "x", "message": "deep"}}), "deep"),
        (json.dumps({"detail": "gone"}), "gone"),
        (
            "<html><title>t</title><style>p {}</style><h1>Error &amp; more</h1>\n<p>why</p></html>",
            "Error & more why",
        ),
        ("plain\n\x1b[31mtext\x00", "plain [31mtext"),
        ("", "the reason"),
        ("[1]", "[1]"),
        ("[" * 100_000, "[" * (LONGEST - 1) + "…"),
        ("x" * 1000, "x" * (LONGEST - 1) + "…"),
    ],
)
def test_words(body: str, words: str) -> None:
    assert server_words(body.encode(), "the reason") == words


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert server_words(b"caf\xe9") == "caf\ufffd"


@pytest.mark.parametrize(
    ("header", "seconds"), [(None, None), ("", None), ("7", 7.0), ("soon", None), ("-1", None)]
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert retry_after(header) == seconds


def test_retry_after_as_a_date() -> None:
    moment = datetime.now(UTC) + timedelta(seconds=30)
    found = retry_after(format_datetime(moment, usegmt=True))
    assert found is not None
    assert 25 < found <= 30
    assert retry_after("Sun, 06 Nov 1994 08:49:37 GMT") == 0
