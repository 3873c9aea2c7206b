"""Bytes to text and back: nothing is lost, and nothing is read as something else than pip and YAML read."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelpin.errors import DefinitionError
from wheelpin.source import Lines, decode

TEXT = "acme==1.0  # Grüße \U0001f600\r\nlast\r"


def refusal(path: str, data: bytes) -> str:
    with pytest.raises(DefinitionError) as caught:
        decode(path, data)
    return caught.value.message


@pytest.mark.parametrize(
    ("bom", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_a_byte_order_mark_says_the_encoding_and_comes_back(bom: bytes, encoding: str) -> None:
    data = bom + TEXT.encode(encoding)
    source = decode("requirements.txt", data)
    assert (source.text, source.encoding, source.bom) == (TEXT, encoding, bom)
    assert source.encode(source.text) == data


@pytest.mark.parametrize("head", [b"# -*- coding: latin-1 -*-\n", b"\n# vim: fileencoding=latin-1\n"])
def test_requirements_may_name_their_charset_as_python_does(head: bytes) -> None:
    data = head + "# Grüße\n".encode("latin-1")
    assert decode("requirements.txt", data).text.endswith("# Grüße\n")
    assert decode("requirements.txt", data).encoding == "latin-1"


def test_the_charset_stands_in_the_first_two_lines_or_not_at_all() -> None:
    assert decode("requirements.txt", b"\n\n# coding: latin-1\n").encoding == "utf-8"


@pytest.mark.parametrize("path", ["conda.yml", "environment.yaml"])
def test_yaml_is_utf_8_whatever_a_comment_says(path: str) -> None:
    assert decode(path, "# coding: latin-1\nname: Grüße\n".encode()).text.endswith("Grüße\n")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\xff\xfa", "r.txt: is not utf-8 text"),
        (b"# coding: nonsense\n", "r.txt: is not nonsense text"),
        (b"# coding: hex\n", "r.txt: is not hex text"),
        (b"# coding: undefined\n", "r.txt: is not undefined text"),
        (b"# coding: ascii\n\xfc", "r.txt: is not ascii text"),
        (b"# coding: idna\n", "r.txt: does not survive a round trip through idna"),
        (b"# coding: utf-7\n", "r.txt: does not survive a round trip through utf-7"),
        (b"# coding: unicode_escape\n\\ud800", "r.txt: does not survive a round trip through unicode_escape"),
        (codecs.BOM_UTF16_LE + b"a", "r.txt: is not utf-16-le text"),
        (codecs.BOM_UTF16_LE + b"\x00\xd8", "r.txt: is not utf-16-le text"),
    ],
)
def test_what_is_not_text_is_refused_by_name(data: bytes, expected: str) -> None:
    assert refusal("r.txt", data) == expected


@given(
    st.binary(max_size=60),
    st.sampled_from(["", "utf-7", "punycode", "utf-16", "cp1252", "shift_jis", "gb18030", "rot13"]),
)
def test_every_text_that_is_read_comes_back_byte_for_byte(data: bytes, charset: str) -> None:
    data = f"# coding: {charset}\n".encode() * bool(charset) + data
    try:
        source = decode("r.txt", data)
    except DefinitionError as error:
        assert error.message.startswith("r.txt: ")  # noqa: PT017 - either outcome is right
    else:
        assert source.encode(source.text) == data


@given(st.text(alphabet="ab\r\n\x85\u2028\U0001f600"))
def test_a_position_leads_back_to_its_offset(text: str) -> None:
    lines = Lines(text)
    assert [lines.offset(*lines.position(offset)) for offset in range(len(text) + 1)] == list(
        range(len(text) + 1)
    )


def test_lines_end_as_editors_end_them() -> None:
    text = "a\r\nb\rc\nd\x85e"
    lines = Lines(text)
    assert [lines.position(text.index(letter)) for letter in "abcde"] == [
        (1, 1),
        (2, 1),
        (3, 1),
        (4, 1),
        (4, 3),
    ]


@pytest.mark.parametrize("line", [0, -1, 3, 10**9])
def test_a_line_that_is_not_there_has_no_offset(line: int) -> None:
    assert Lines("a\nb").offset(line, 1) is None
