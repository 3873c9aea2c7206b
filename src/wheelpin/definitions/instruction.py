"""The instructions of a Dockerfile: continuations joined, comments dropped, heredocs set apart."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from wheelpin.definitions import Span
from wheelpin.definitions.fragment import Fragment, joined

_DIRECTIVE = re.compile(r"[ \t]*#[ \t]*([A-Za-z]+)[ \t]*=[ \t]*(\S+)[ \t]*")
_KEYWORD = re.compile(r"[ \t]*(?:ONBUILD[ \t]+)?([A-Za-z]+)[ \t]*", re.IGNORECASE)
_HEREDOC = re.compile(r"""(?:^|[ \t])[0-9]{0,9}<<(-?)(["']?)([A-Za-z_][A-Za-z0-9_.]{0,200})\2""")
_WITH_HEREDOC = ("RUN", "COPY", "ADD")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction, its keyword in capitals; `heredocs` are the bodies that follow it.

    `span` is all of it, from its first line to its last.
    """

    keyword: str
    span: Span
    body: Fragment
    heredocs: tuple[Fragment, ...] = ()


def instructions(text: Fragment) -> Iterator[Instruction]:
    """The instructions of a Dockerfile, in the order of the text."""
    return _Parser(text).instructions()


class _Parser:
    """Goes through the lines once, from top to bottom."""

    def __init__(self, text: Fragment) -> None:
        self.text = text
        self.lines = list(_bounds(text.text))
        self.escape = self._escape()
        self.at = 0
        self.open: set[str] = set()

    def instructions(self) -> Iterator[Instruction]:
        while self.at < len(self.lines):
            begin = self.at
            whole = joined(self._pieces())
            keyword = _KEYWORD.match(whole.text)
            if keyword is None:
                continue
            name, body = keyword[1].upper(), whole.part(keyword.end(), len(whole.text))
            heredocs = tuple(self._heredocs(body.text)) if name in _WITH_HEREDOC else ()
            span = self.text.span(self.lines[begin][0], self.lines[self.at - 1][1])
            yield Instruction(name, span, body, heredocs)

    def _escape(self) -> str:
        """The escape character that a directive at the very top may set."""
        for start, end in self.lines:
            directive = _DIRECTIVE.fullmatch(self.text.text[start:end].rstrip())
            if directive is None:
                break
            if directive[1].lower() == "escape" and directive[2] in ("\\", "`"):
                return directive[2]
        return "\\"

    def _pieces(self) -> Iterator[Fragment]:
        """The parts of the next logical line; comments and empty lines within it are dropped."""
        continued = False
        while self.at < len(self.lines):
            start, end = self.lines[self.at]
            self.at += 1
            bare = self.text.text[start:end].rstrip(" \t\r")
            if not bare.strip() or bare.lstrip().startswith("#"):
                if continued:
                    continue
                return
            continued = bare.endswith(self.escape)
            yield self.text.part(start, start + len(bare) - continued)
            if not continued:
                return

    def _heredocs(self, body: str) -> Iterator[Fragment]:
        """The heredocs that an instruction opens; one that nothing closes is no heredoc."""
        for opening in _HEREDOC.finditer(body):
            end = self._closing(opening[3], indented=bool(opening[1]))
            if end is None:
                return
            yield self.text.part(self.lines[self.at][0], self.lines[end][0])
            self.at = end + 1

    def _closing(self, delimiter: str, *, indented: bool) -> int | None:
        if delimiter in self.open:
            return None
        for index in range(self.at, len(self.lines)):
            start, end = self.lines[index]
            line = self.text.text[start:end].removesuffix("\r")
            if (line.lstrip("\t") if indented else line) == delimiter:
                return index
        self.open.add(delimiter)
        return None


def _bounds(text: str) -> Iterator[tuple[int, int]]:
    """Where lines start and end; Docker knows no other line break than this one."""
    at = 0
    while at < len(text):
        end = text.find("\n", at)
        end = end if end >= 0 else len(text)
        yield at, end
        at = end + 1
