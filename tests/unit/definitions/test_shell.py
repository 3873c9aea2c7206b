"""Commands cut into words as a shell cuts them."""

import pytest

from wheelpin.definitions.fragment import whole
from wheelpin.definitions.shell import commands


def words(script: str) -> list[list[str]]:
    return [[word.text for word in command] for command in commands(whole(script))]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("a b  c\t d", [["a", "b", "c", "d"]]),
        ("a;b&&c||d|e&f\ng", [["a"], ["b"], ["c"], ["d"], ["e"], ["f"], ["g"]]),
        ("a 'b c' \"d e\" f'g'\"h\"", [["a", "b c", "d e", "fgh"]]),
        ("a '' \"\"", [["a", "", ""]]),
        ('a "b\\"c\\\\d\\e\\$" \\"f\\ g', [["a", 'b"c\\d\\e$', '"f g']]),
        ('a \\\nb c\\\nd "e\\\nf"', [["a", "b", "cd", "ef"]]),
        ("a # b 'c\nd e#f", [["a"], ["d", "e#f"]]),
        ("a >b 2>&1 <c d>>e f", [["a", "d", "f"]]),
        ("a $B ${C} $(d (e) f) `g h`i", [["a", "$B", "${C}", "$(d (e) f)", "`g h`i"]]),
        ('a "$(b "c") $D `e` ${F}"', [["a", '$(b "c") $D `e` ${F}']]),
        ("a 'b", [["a", "b"]]),
        ('a "b', [["a", "b"]]),
        ("a $(b", [["a", "$(b"]]),
        ("a ${b `c", [["a", "${b", "`c"]]),
        ("a\\", [["a"]]),
        ("(a) {b}", [["a"], ["{b}"]]),
        ("", []),
        ("sh -c 'a; b' x", [["sh", "-c", "a; b", "x"], ["a"], ["b"]]),
        ('/bin/bash -exc "a"', [["/bin/bash", "-exc", "a"], ["a"]]),
        ("sh -c", [["sh", "-c"]]),
    ],
)
def test_words_and_commands(script: str, expected: list[list[str]]) -> None:
    assert words(script) == expected


def test_inner_scripts_end_somewhere() -> None:
    script = "x"
    for _ in range(8):
        script = "sh -c " + "'" + script.replace("'", "'\\''") + "'"

    assert 1 < len(words(script)) < 8


def test_a_word_knows_where_it_stands() -> None:
    script = "pip \"acme-\"'core'==1\\\n.2"
    ((_, word),) = commands(whole(script))

    assert word.text == "acme-core==1.2"
    assert word.span(0, len(word.text)).of(script) == "acme-\"'core'==1\\\n.2"
    assert word.span(11, 14).of(script) == "1\\\n.2"
