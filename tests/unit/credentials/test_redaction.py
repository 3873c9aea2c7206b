"""No form of a secret is left in a text, and a secret never shows itself."""

import base64
import html
import json
import pickle
import textwrap
from urllib.parse import quote
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelpin.credentials import Credential
from wheelpin.credentials.redaction import Redactor, Secret

CANARY = "cAn4ry/<&\"'%+ü~secret"
JWT = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEgbG92ZWxhY2UifQ.c2lnbmF0dXJlLW9mLWFkYQ"


def _base64(data: str, *, urlsafe: bool = False) -> str:
    encode = base64.urlsafe_b64encode if urlsafe else base64.b64encode
    return encode(data.encode()).decode()


FORMS = {
    "plain": CANARY,
    "url": quote(CANARY),
    "url, all": quote(CANARY, safe=""),
    "url, lower case": "cAn4ry%2f%3c%26%22%27%25%2b%c3%bc~secret",
    "json": json.dumps({"a": CANARY}),
    "json, unicode": json.dumps({"a": CANARY}, ensure_ascii=False),
    "xml": escape(CANARY),
    "html": html.escape(CANARY),
    "repr": repr("x" + CANARY + "'"),
    "hex": CANARY.encode().hex(),
    "HEX": CANARY.encode().hex().upper(),
    "basic": _base64(f"ada:{CANARY}"),
    **{f"base64 after {lead!r}": _base64(lead + CANARY + "tail") for lead in ("", "a", "ab", "abc")},
    **{f"base64url after {lead!r}": _base64(lead + CANARY, urlsafe=True) for lead in ("", "a", "ab")},
}


def _leaks(text: str) -> list[str]:
    """Pieces of eight characters of any form that are left; the ends of base64 belong to their neighbours."""
    pieces = {form[at : at + 8] for form in FORMS.values() for at in range(4, len(form) - 12)}
    return [piece for piece in pieces if piece in text and piece not in '{"a": "tail***']


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_masked(form: str) -> None:
    masked = Redactor([Secret(CANARY)], ["ada"])(f"before {FORMS[form]} after")
    assert "***" in masked
    assert _leaks(masked) == []
    assert masked.startswith("before ")
    assert masked.endswith(" after")


@pytest.mark.parametrize("width", [7, 20, 76])
def test_a_secret_is_found_across_lines(width: int) -> None:
    broken = "\n         ".join(textwrap.wrap(_base64(f"ada:{CANARY}"), width))
    assert _leaks("".join(Redactor([Secret(CANARY)], ["ada"])(f"INFO {broken}").split())) == []


def test_the_parts_of_a_token_are_secrets() -> None:
    _, payload, signature = JWT.split(".")
    assert Redactor([Secret(JWT)])(f"{payload} and {signature}") == "*** and ***"


def test_what_is_too_short_to_be_a_secret_masks_nothing() -> None:
    assert Redactor([Secret("a")], ["ada"])("a banana, YQ==") == "a banana, YQ=="
    assert Redactor([])("text") == "text"


@given(st.text(min_size=4, max_size=40), st.text(max_size=20), st.text(max_size=20))
def test_no_secret_survives(value: str, before: str, after: str) -> None:
    masked = Redactor([Secret(value)])(before + value + after)
    assert value.split() == [] or value not in masked.replace("***", "")


@given(st.text(max_size=200))
def test_other_text_is_left_as_it_is(text: str) -> None:
    if "".join(CANARY.split()) not in text:
        assert Redactor([Secret("nowhere-in-" + JWT)])(text) == text


def test_a_secret_shows_itself_nowhere() -> None:
    credential = Credential(user="ada", password=Secret(CANARY), source="TWINE_PASSWORD")
    for shown in (repr(credential), str(credential), f"{credential.password}", f"{credential.password!r}"):
        assert CANARY not in shown
    with pytest.raises(TypeError):
        pickle.dumps(credential.password)
    assert credential.password == Secret(CANARY)
    assert hash(credential.password) == hash(Secret(CANARY))
    assert credential.password.reveal() == CANARY
