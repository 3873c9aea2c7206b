"""The strings of a TOML document with the keys that they stand under and where they stand.

`tomllib` says whether a document is TOML and what it means, but not where; it is asked first, so that the
scanner here only ever sees valid text.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass

from wheelpin.definitions.fragment import Fragment
from wheelpin.definitions.scalar import quoted_fragment
from wheelpin.document import invalid

_TOKEN = re.compile(
    r"""
    (?P<blank>[ \t]+)
    | (?P<comment>\#[^\n]*)
    | (?P<newline>\r?\n)
    | (?P<multi>\"{3}(?:[^"\\]|\\.|\"{1,2}(?!\"))*\"{3,5} | '{3}(?:[^']|'{1,2}(?!'))*'{3,5})
    | (?P<basic>"(?:[^"\\\n]|\\.)*")
    | (?P<literal>'[^'\n]*')
    | (?P<bare>[^\s\#"'\[\]{}=,.]+)
    | (?P<mark>[\[\]{}=,.])
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Text:
    """One string value: the keys that lead to it, where its key begins, and its text."""

    keys: tuple[str, ...]
    start: int
    value: Fragment


def read_toml(text: Fragment, path: str) -> list[Text]:
    """The strings of a document. Raises DefinitionError for what is not TOML."""
    try:
        tomllib.loads(text.text)
    except (ValueError, RecursionError) as error:
        raise invalid(path, f"not TOML: {error}", None) from error
    return list(_Scanner(text).texts())


class _Scanner:
    """Goes through the tokens once; knows which key a value belongs to."""

    def __init__(self, text: Fragment) -> None:
        self.text = text
        self.table: tuple[str, ...] = ()
        self.keys: list[str] = []
        self.key_start = 0
        self.at_key = True
        self.open: list[tuple[str, tuple[str, ...]]] = []

    def texts(self) -> Iterator[Text]:
        for token in _TOKEN.finditer(self.text.text):
            match token.lastgroup:
                case "newline" if not self.open:
                    self.at_key, self.keys = True, []
                case "mark":
                    self._mark(token[0])
                case "bare" | "basic" | "literal" if self.at_key:
                    self._key(token)
                case "basic" | "literal":
                    value = quoted_fragment(self.text, *token.span())
                    yield Text(self._path(), self.key_start if self.keys else token.start(), value)
                case "multi" if token[0][0] == "'" or "\\" not in token[0]:
                    value = self.text.part(token.start() + 3, token.end() - 3)
                    yield Text(self._path(), self.key_start if self.keys else token.start(), value)
                case _:
                    pass

    def _key(self, token: re.Match[str]) -> None:
        if not self.keys:
            self.key_start = token.start()
        self.keys.append(token[0] if token.lastgroup == "bare" else token[0][1:-1])

    def _mark(self, mark: str) -> None:
        match mark:
            case "=":
                self.at_key = False
            case "[" if self.at_key:
                self.keys = []
            case "]" if self.at_key:
                self.table = tuple(self.keys)
            case "[" | "{":
                inner = ("",) if self.open and not self.keys else ()
                self.open.append((mark, (*self._path(), *inner)))
                self.at_key, self.keys = mark == "{", []
            case "]" | "}":
                self.open.pop()
                self.at_key, self.keys = False, []
            case "," if self.open[-1][0] == "{":
                self.at_key, self.keys = True, []
            case _:
                pass

    def _path(self) -> tuple[str, ...]:
        base = self.open[-1][1] if self.open else self.table
        return (*base, *self.keys)
