"""One requirement of PEP 508, or a URL or path that pip takes in its place, with the spans of its parts.

`packaging` says what a requirement means but not where its parts stand. The scanner here looks at each
character a constant number of times, whatever the line holds.
"""

import re

from packaging.utils import canonicalize_name

from wheelpin.definitions import Form, Pin, Range, Span
from wheelpin.definitions.fragment import Fragment
from wheelpin.definitions.location import is_location, located
from wheelpin.definitions.version import version_of

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_EXTRAS = re.compile(r"[ \t]*\[[^\[\]]*\]")
_OPERATOR = re.compile(r"===|==|~=|!=|<=|>=|<|>")
_WORD = re.compile(r"[^\s,;()]*")
_ARBITRARY = re.compile(r"[^\s;)]*")
_BLANKS = re.compile(r"[ \t]*")
_WORDS = re.compile(r"\S+")
_BRACKETS = {"${{": "}}", "{{": "}}", "${": "}", "$(": ")", "<": ">"}
_FORMS = {"==": Form.EXACT, "===": Form.ARBITRARY, "~=": Form.COMPATIBLE}
_PREFIXES = ("==", "!=")
_MOST_CLAUSES = 50
"""More are not a range but an attack on our time."""

Clause = tuple[str, int, int]
"""An operator, and where its version begins and ends."""


def requirement(line: Fragment) -> Pin | None:
    """The pin that a line without comment and options states; None where it is no requirement."""
    text = line.text
    start = _after_blanks(text, 0)
    name = _NAME.match(text, start)
    extras = _EXTRAS.match(text, name.end()) if name else None
    bare = extras.end() if extras else name.end() if name else start
    at = _after_blanks(text, bare)
    if name and text.startswith("@", at):
        url = _WORDS.match(text, _after_blanks(text, at + 1))
        ends = url and _ends(text, url.end())
        return (
            located(line, start, url.start(), url.end(), canonicalize_name(name[0])) if url and ends else None
        )
    word = _WORDS.match(text, start)
    if word and is_location(word[0]):
        return located(line, start, start, word.end(), None) if _ends(text, word.end()) else None
    return _specified(line, start, at, canonicalize_name(name[0]), bare) if name else None


def _specified(line: Fragment, start: int, at: int, name: str, bare: int) -> Pin | None:
    text = line.text
    bracket = text.startswith("(", at)
    first = _after_blanks(text, at + 1) if bracket else at
    clauses, end = _clauses(text, first)
    if bracket:
        end = _after_blanks(text, end)
        if not text.startswith(")", end):
            return None
        end += 1
    if not _ends(text, end):
        return None
    if not clauses:
        return Pin(name=name, form=Form.UNPINNED, span=line.span(start, bare), version=None)
    specifier = Range(line.span(first, clauses[-1][2]), text[first : clauses[-1][2]])
    return _pin(line, name, line.span(start, end), clauses, specifier)


def _pin(line: Fragment, name: str, span: Span, clauses: list[Clause], specifier: Range) -> Pin:
    text = line.text
    for operator, begin, end in clauses:
        if version_of(text[begin:end].removesuffix(".*" if operator in _PREFIXES else "")) is None:
            return Pin(name=name, form=Form.PLACEHOLDER, span=span, version=text[begin:end])
    exact = [clause for clause in clauses if clause[0] in ("==", "===") and text[clause[2] - 1] != "*"]
    if not exact and len(clauses) > 1:
        return Pin(name=name, form=Form.RANGE, span=span, version=None, range=specifier)
    operator, begin, end = exact[0] if exact else clauses[0]
    version = text[begin:end]
    form = _FORMS.get(operator, Form.RANGE)
    if form is Form.RANGE or version.endswith("*"):
        return Pin(name=name, form=Form.RANGE, span=span, version=version, range=specifier)
    at = (line.span(begin, end),)
    return Pin(name=name, form=form, span=span, version=version, at=at, range=specifier)


def _clauses(text: str, at: int) -> tuple[list[Clause], int]:
    """The clauses from `at` on, and where the last one ends."""
    clauses: list[Clause] = []
    end = at
    while (found := _OPERATOR.match(text, at)) and len(clauses) < _MOST_CLAUSES:
        begin = _after_blanks(text, found.end())
        end = _word_end(text, begin, found[0])
        if end == begin:
            return [], at
        clauses.append((found[0], begin, end))
        at = _after_blanks(text, end)
        if not text.startswith(",", at):
            break
        at = _after_blanks(text, at + 1)
    return clauses, end


def _word_end(text: str, at: int, operator: str) -> int:
    for opening, closing in _BRACKETS.items():
        if text.startswith(opening, at):
            closed = text.find(closing, at)
            at = closed + len(closing) if closed >= 0 else at
            break
    found = (_ARBITRARY if operator == "===" else _WORD).match(text, at)
    return found.end() if found else at


def _ends(text: str, at: int) -> bool:
    """Whether nothing but a marker follows."""
    rest = _after_blanks(text, at)
    return rest == len(text) or text[rest] == ";"


def _after_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at
