"""Scalars as libyaml reads them, each character where it is written."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from yaml import MappingNode, Node, ScalarNode

from wheelpin.definitions.fragment import Fragment, joined, whole
from wheelpin.definitions.scalar import quoted_fragment, scalar_fragment
from wheelpin.document import compose, nodes
from wheelpin.errors import DefinitionError

PIECES = [
    "a", "b==1", " ", "  ", "\n", "\n\n", "\t", "\r\n", "\\x41", "\\n", "\\\n", "#", " # c", '\\"', "''",
    "\x85", "é", "😀", "- ", "\\u00e9", "\r", "\\t", "\\\\",
]  # fmt: skip
STYLES = ["|", ">", "|-", ">+", ">-", "|2", '"', "'", "", "&a ", '!!str "', "&a !t\n  |", "| # c"]


def value(text: str) -> Fragment:
    """The value of `k` in YAML."""
    (document,) = compose(text, "x.yml")
    assert isinstance(document, MappingNode)
    node = document.value[0][1]
    assert isinstance(node, ScalarNode)
    found = scalar_fragment(node, whole(text))
    assert found is not None
    assert found.text == node.value
    return found


@pytest.mark.parametrize(
    "text",
    [
        "k: acme==1.3.2",
        "k: acme==1.3.2 # c",
        "k: 'acme==1.3.2'",
        'k: "acme==1.3.2"',
        'k: "it\\x27s acme==1.3.2"',
        "k: 'it''s acme==1.3.2'",
        "k: &anchor !!str acme==1.3.2",
        "k: ! 'acme==1.3.2'",
        "k: |\n  first\n  acme==1.3.2\n",
        "k: |2-\n    acme==1.3.2\n",
        "k: >\n  folded\n  acme==1.3.2\n\n\n",
        "k: >-\r\n  folded\r\n\r\n    acme==1.3.2\r\n",
        "k: a plain\n  one acme==1.3.2\n  on three lines",
        'k: "a quoted\n\n  one \\\n   acme==1.3.2"',
        "k: >+ # comment\n\n  acme==1.3.2\n\n",
        "k: 'one\u2028 two\n\n three acme==1.3.2'",
    ],
)
def test_a_version_is_found_where_it_is_written(text: str) -> None:
    found = value(text)
    at = found.text.index("1.3.2")

    span = found.span(at, at + 5)

    assert span.of(text) == "1.3.2"


@pytest.mark.parametrize("text", ["k: |\n  \n", "k: >\n\n\n", "k: |+\n   \n\n"])
def test_a_block_of_blank_lines_has_a_place_too(text: str) -> None:
    (document,) = compose(text, "x.yml")
    node = document.value[0][1]

    found = scalar_fragment(node, whole(text))

    assert found is None or found.text == node.value


@pytest.mark.parametrize("style", ["|", "'", ""])
def test_a_node_that_is_not_of_this_text_has_no_place(style: str) -> None:
    (document,) = compose("k: acme==1.3.2", "x.yml")
    node = document.value[0][1]
    other = ScalarNode(node.tag, "other", node.start_mark, node.end_mark, style=style)

    assert scalar_fragment(other, whole("k: acme==1.3.2")) is None


def test_an_escaped_version_covers_its_escapes() -> None:
    text = 'k: "acme==1\\x2e3\\u002e2!"'
    found = value(text)
    at = found.text.index("1.3.2")

    assert found.span(at, at + 5).of(text) == "1\\x2e3\\u002e2"


def test_a_folded_version_covers_the_fold() -> None:
    text = "k: acme ==\n   1.3.2 # c"
    found = value(text)

    assert found.span(0, len(found.text)).of(text) == "acme ==\n   1.3.2"


def scalars(node: Node) -> Iterator[ScalarNode]:
    yield from (found for found in nodes(node) if isinstance(found, ScalarNode))


@given(
    st.sampled_from(STYLES),
    st.lists(st.sampled_from(PIECES), max_size=10),
    st.sampled_from(["  ", "   "]),
    st.sampled_from(["", "\n", "\nz: 1\n"]),
)
@settings(max_examples=1500, deadline=None)
def test_every_value_is_located_as_libyaml_reads_it(
    style: str, pieces: list[str], indent: str, tail: str
) -> None:
    body = "".join(pieces)
    if "|" in style or ">" in style:
        text = f"k: {style}\n{indent}" + body.replace("\n", "\n" + indent) + tail
    else:
        quote = style[-1:] if style[-1:] in ("'", '"') else ""
        text = f"k: {style}{body}{quote}{tail}"
    try:
        documents = compose(text, "x.yml")
    except DefinitionError:
        return
    for node in (node for document in documents for node in scalars(document) if node.value.strip()):
        found = scalar_fragment(node, whole(text))
        assert found is not None, (text, node.value)
        assert found.text == node.value
        assert len(found.starts) == len(found.ends) == len(node.value)
        assert list(found.starts) == sorted(found.starts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"acme"', "acme"),
        ("'a\\u002d'", "a\\u002d"),
        ('"a\\u002db"', "a-b"),
        ('"\\"q\\""', '"q"'),
        ('""', ""),
    ],
)
def test_a_quoted_string_of_toml_is_decoded(text: str, expected: str) -> None:
    assert quoted_fragment(whole(text), 0, len(text)).text == expected


def test_a_fragment_of_a_fragment_still_points_into_the_file() -> None:
    outer = whole("0123456789").part(2, 8)

    inner = outer.decoded("xy", [1, 3], [2, 5])

    assert inner.span(0, 1).of("0123456789") == "3"
    assert inner.span(1, 2).of("0123456789") == "56"
    assert inner.span(0, 2).of("0123456789") == "3456"


def test_joined_fragments_leave_out_what_stood_between_them() -> None:
    text = whole("acme\\\n-core")

    line = joined([text.part(0, 4), text.part(6, 11)])

    assert line.text == "acme-core"
    assert line.span(0, 9).of(text.text) == "acme\\\n-core"
