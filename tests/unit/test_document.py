"""YAML within limits: whatever the text, the answer is nodes with exact positions or a DefinitionError."""

import time
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from wheelpin.document import MAX_DEPTH, MAX_NUMBER, child, compose, entries, line, plain
from wheelpin.errors import DefinitionError

NESTED = "\n".join(["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 800))])
BOMB = "\n".join(["a0: &a0 [x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))])
LONG_TEXTS = f"a: &a {'x' * 500_000}\nb: [{', '.join(['*a'] * 1000)}]\n"


def read(text: str) -> list[Any]:
    return [plain(node, "a.yml") for node in compose(text, "a.yml")]


def message(text: str) -> str:
    with pytest.raises(DefinitionError) as caught:
        read(text)
    return caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        "name: train\nversion: 1\nscore: 1.5\nempty:\nyes: no\nday: 2026-11-22\n",
        "dependencies:\n- python=3.11\n- pip:\n  - acme==1.0  # note\n",
        "{a: [1, {b: c}], 'd': \"e\\n\"}",
        "base: &base {image: x, os: linux}\nother:\n  <<: *base\n  os: windows\n",
        "one: &one {a: 1, b: 1}\ntwo: &two {b: 2, c: 2}\nall:\n  <<: [*one, *two]\n  c: 3\n",
        "text: |\n  first\n  second\nfolded: >-\n  one\n  two\n",
        "a: 0x1F\nb: 0o17\nc: 1_000\nd: 190:20:30\ne: .inf\nf: ~\ng: 3.10\n",
        "a: !!str 1\nb: !!int '7'\nc: !unknown x\n? d\n: e\n",
        "a: !!binary aGVsbG8=\n'<<': quoted\nb: <<\nc: =\n",
    ],
)
def test_data_is_what_pyyaml_reads(text: str) -> None:
    class Loader(yaml.SafeLoader):
        """Tags that PyYAML does not know are read as their text."""

    Loader.add_constructor(None, lambda _, node: node.value)
    Loader.add_constructor("tag:yaml.org,2002:value", lambda _, node: node.value)
    Loader.add_constructor("tag:yaml.org,2002:merge", lambda _, node: node.value)
    assert read(text) == [yaml.load(text, Loader=Loader)]


def test_each_document_is_a_node_of_its_own() -> None:
    assert read("a: 1\n---\n- b\n---\n") == [
        {"a": 1},
        ["b"],
        None,
    ]


def test_nothing_but_comments_is_no_document() -> None:
    assert compose("# nothing\n", "a.yml") == []


def test_anchors_do_not_reach_into_the_next_document() -> None:
    assert message("a: &a 1\n---\nb: *a\n") == "a.yml:3: not YAML: the alias *a has no anchor before it"


def test_an_alias_is_the_node_of_its_anchor() -> None:
    (root,) = compose("a: &x acme==1.0\nb: *x\n", "a.yml")
    assert child(root, "a") is child(root, "b")


def test_the_last_of_equal_keys_counts() -> None:
    assert read("a: 1\na: 2\n") == [{"a": 2}]


def test_own_keys_win_over_merged_ones_wherever_the_merge_stands() -> None:
    (value,) = read("base: &b {x: 1, y: 1}\nc:\n  x: 2\n  <<: *b\n")
    assert value["c"] == {"x": 2, "y": 1}


@given(st.text(alphabet="aé\U0001f600\t #\n-", max_size=12))
def test_positions_count_characters_of_the_text(before: str) -> None:
    text = f"# {before.replace(chr(10), ' ')}\n\r\nkey: 'pin \U0001f600'\nlast: \U0001f600x\n"
    for _, node in entries(compose(text, "a.yml")[0]):
        assert text[node.start_mark.index : node.end_mark.index] in {"'pin \U0001f600'", "\U0001f600x"}


def test_lines_count_from_one() -> None:
    (root,) = compose("a: 1\n\nb:\n  c: 2\n", "a.yml")
    found = child(root, "b", "c")
    assert found is not None
    assert (line(root), line(found)) == (1, 4)


def test_a_missing_child_is_none() -> None:
    (root,) = compose("a: {b: 1}", "a.yml")
    assert child(root, "a", "b", "c") is None
    assert child(root, "x", "y") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [1\nb: 2\n", "a.yml:2: not YAML: did not find expected ',' or ']'"),
        ("a: b\n\tc: d\n", "a.yml:2: not YAML: found a tab character that violates indentation"),
        ("name: {{ name }}-x\n", "a.yml:1: not YAML: did not find expected key"),
        ("a: \x00", "a.yml: not YAML: control characters are not allowed"),
        ("a: '\ud800'", "a.yml: not YAML: half of a surrogate pair"),
        ("\ufeffa: 1", "a.yml:1: not YAML: a second byte order mark at the start"),
        ("a: *b", "a.yml:1: not YAML: the alias *b has no anchor before it"),
        ("a: &a\n- *a\n", "a.yml:2: the alias *a contains itself"),
        ("a: &a {b: &b {c: *a}}", "a.yml:1: the alias *a contains itself"),
        ("x: 1\n<<: 3\n", "a.yml:2: a merge key (<<) takes mappings only"),
        ("<<: [{a: 1}, b]\n", "a.yml:1: a merge key (<<) takes mappings only"),
        ("? [a, b]\n: c\n", "a.yml:1: a key must be a plain value"),
        ("? {a: b}\n: c\n", "a.yml:1: a key must be a plain value"),
        ("\nday: 2024-13-45\n", "a.yml:2: not a value: '2024-13-45'"),
        ("a: !!bool x\n", "a.yml:1: not a value: 'x'"),
        ("a: !!int x\n", "a.yml:1: not a value: 'x'"),
        ("a: !!int ''\n", "a.yml:1: not a value: ''"),
        ("a: !!float ''\n", "a.yml:1: not a value: ''"),
        ("a: !!timestamp x\n", "a.yml:1: not a value: 'x'"),
        ("a: !!binary é\n", "a.yml:1: not a value: 'é'"),
        ("- " * 500 + "x", f"a.yml:1: nested deeper than {MAX_DEPTH} levels"),
        ("[" * 500, f"a.yml:1: nested deeper than {MAX_DEPTH} levels"),
        ("{a: " * 500, f"a.yml:1: nested deeper than {MAX_DEPTH} levels"),
        (NESTED, f"a.yml:{MAX_DEPTH}: nested deeper than {MAX_DEPTH} levels once aliases are expanded"),
        (BOMB, "a.yml:7: more than 200,000 values once aliases are expanded"),
        (LONG_TEXTS, "a.yml:2: more than 200,000 values once aliases are expanded"),
        ("- x\n" * 200_001, "a.yml:200000: more than 200,000 values once aliases are expanded"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(text: str, expected: str) -> None:
    assert message(text) == expected


def test_the_limit_holds_for_all_documents_of_a_file_together() -> None:
    one = "\n".join(BOMB.splitlines()[:6])
    assert "more than 200,000 values" in message(f"{one}\n---\n" * 5)


@pytest.mark.parametrize(
    "number", ["9" * 5000, "0x" + "f" * 5000, "1" + ":1" * 400_000, "-" + "1" * 500_000 + ".5"]
)
def test_a_number_that_nobody_writes_is_refused_in_no_time(number: str) -> None:
    start = time.monotonic()
    assert message(f"a: {number}\n").startswith("a.yml:1: not a value: ")
    assert time.monotonic() - start < 1


def test_a_long_number_in_quotes_is_text() -> None:
    assert read(f"a: '{'9' * 5000}'") == [{"a": "9" * 5000}]


def test_a_number_of_the_longest_length_is_a_number() -> None:
    assert read(f"a: {'9' * MAX_NUMBER}") == [{"a": int("9" * MAX_NUMBER)}]


def test_nesting_up_to_the_limit_is_read() -> None:
    (value,) = read("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    for _ in range(MAX_DEPTH - 1):
        (value,) = value
    assert value == []


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system [ls]",
        "a: !!set x",
        "? !!set x\n: 1",
        "? !!omap x\n: 1",
        "a: !!map x",
        "!!set {a, b}",
        "a: !<tag:yaml.org,2002:int> 12",
    ],
)
def test_tags_never_make_anything_but_plain_data(text: str) -> None:
    (value,) = read(text)
    parts = [*value, *value.values()] if isinstance(value, dict) else value
    assert all(isinstance(part, str | int | None) for part in parts)


PIECES = [
    "a",
    ": ",
    "- ",
    "? ",
    "\n",
    "  ",
    "[",
    "]",
    "{",
    "}",
    ",",
    "'",
    '"',
    "|\n",
    ">\n",
    "#",
    "&a ",
    "*a",
    "<<: ",
]
ODDITIES = [
    "!!int ",
    "!!bool ",
    "0x",
    "1:2",
    "2024-13-45",
    "---\n",
    "...\n",
    "%",
    "@",
    "\ufeff",
    "\x85",
    "\ud800",
    "\0",
]


@given(st.lists(st.sampled_from(PIECES + ODDITIES), max_size=30).map("".join))
def test_no_text_is_answered_with_anything_but_data_or_a_definition_error(text: str) -> None:
    try:
        read(text)
    except DefinitionError as error:
        assert error.message.startswith("a.yml")  # noqa: PT017 - either outcome is right
