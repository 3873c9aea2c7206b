"""The glance before parsing lets through every spelling, and little else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelpin.definitions.screen import package_screen, text_screen

CORE = package_screen(["acme-core"])


@pytest.mark.parametrize(
    "data",
    [
        b"acme-core",
        b"x: ACME_core==1",
        b"Acme.Core",
        b"aCMe-_.core",
        b"acme-\\\n   core==1",
        b"acme-\\ \r\n\tcore==1",
        b'"acme\\x2dcore"',
        b'"acme\\u002dcore"',
        b"https://host/acme%5Fcore-1-py3-none-any.whl",
        "acme-core".encode("utf-16"),
        b"\xfe\xff" + "acme-core".encode("utf-16-be"),
        b"# -*- coding: utf-7 -*-\n",
    ],
)
def test_what_may_name_the_package_passes(data: bytes) -> None:
    assert CORE(data)


@pytest.mark.parametrize(
    "data", [b"", b"acme", b"core-acme", b"acme core", b"acmecore", b"--- # a 100% other \\ file"]
)
def test_what_cannot_name_it_does_not(data: bytes) -> None:
    assert not CORE(data)


@given(st.lists(st.sampled_from(["-", "_", "."]), min_size=1), st.booleans())
def test_every_spelling_of_pep_503_passes(separators: list[str], loud: bool) -> None:
    name = "acme" + "".join(separators) + "core"

    assert CORE((name.upper() if loud else name).encode())


def test_words_are_looked_for_as_they_are() -> None:
    screen = text_screen(["train"])

    assert screen(b"azureml:train:11")
    assert not screen(b"azureml:Train:11")
    assert screen("azureml:train:11".encode("utf-16"))


def test_no_names_let_nothing_through() -> None:
    assert not package_screen([])(b"acme-core")
