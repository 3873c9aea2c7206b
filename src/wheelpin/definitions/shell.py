"""Shell command lines cut into words, each of which knows where its characters stand; nothing is ever run.

Enough of POSIX shell for `RUN` lines: quotes, escapes, continuations, separators, redirections, comments.
Expansions are kept as they are written.
"""

import re
from collections.abc import Iterator

from wheelpin.definitions.fragment import Fragment

_ORDINARY = re.compile(r"""[^\s\\'"`$;&|()<>#]+""")
_LITERAL = re.compile(r'[^"\\$`]+')
_PARENTHESIS = re.compile(r"[()]")
_SEPARATORS = ";&|()\n"
_ESCAPED_IN_QUOTES = '"\\$`'
SHELLS = {"sh", "bash", "dash", "ash", "zsh"}
_SCRIPT_OPTION = re.compile(r"-[a-z]*c[a-z]*")
_DEEPEST = 4

Words = list[Fragment]


def commands(text: Fragment, depth: int = 0) -> Iterator[Words]:
    """The simple commands of a script, those of an inner `sh -c '…'` included."""
    for words in _Scanner(text).commands():
        yield words
        script = _inner_script(words)
        if script and depth < _DEEPEST:
            yield from commands(script, depth + 1)


def program(word: Fragment) -> str:
    """The name of a program without the folder that it is in."""
    return word.text.rpartition("/")[2]


def _inner_script(words: Words) -> Fragment | None:
    for index, word in enumerate(words[:-2]):
        if program(word) in SHELLS and _SCRIPT_OPTION.fullmatch(words[index + 1].text):
            return words[index + 2]
    return None


class _Scanner:
    """Goes through a script once, from left to right."""

    def __init__(self, text: Fragment) -> None:
        self.script = text
        self.text = text.text
        self.at = 0
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.word: list[str] | None = None
        self.words: Words = []
        self.redirected = False
        self.absent: set[str] = set()

    def commands(self) -> Iterator[Words]:
        while self.at < len(self.text):
            if self.text[self.at] in _SEPARATORS:
                self._end_word()
                self.at += 1
                if self.words:
                    yield self.words
                    self.words = []
            else:
                self._step(self.text[self.at])
        self._end_word()
        if self.words:
            yield self.words

    def _step(self, char: str) -> None:
        if plain := _ORDINARY.match(self.text, self.at):
            self._take(plain.end())
        elif char.isspace():
            self._end_word()
            self.at += 1
        elif char == "#" and self.word is None:
            newline = self.text.find("\n", self.at)
            self.at = newline if newline >= 0 else len(self.text)
        elif char == "\\":
            self._escape(self.at + 1)
        elif char == "'":
            self._single()
        elif char == '"':
            self._double()
        elif char in "$`":
            self._take(self._expansion_end())
        elif char in "<>":
            self._redirect()
        else:
            self._take(self.at + 1)

    def _take(self, end: int, start: int | None = None) -> None:
        """Take characters for what they are, up to `end`, and go on there."""
        start = self.at if start is None else start
        self.word = self.word or []
        self.word.append(self.text[start:end])
        self.starts.extend(range(start, end))
        self.ends.extend(range(start + 1, end + 1))
        self.at = end

    def _escape(self, at: int) -> None:
        """A backslash: the next character for what it is; none for a line's end."""
        if self.text.startswith("\r\n", at) or self.text.startswith("\n", at):
            self.at = self.text.index("\n", at) + 1
        elif at < len(self.text):
            self._take(at + 1, at)
            self.starts[-1] = at - 1
        else:
            self.at = at

    def _single(self) -> None:
        end = self.text.find("'", self.at + 1)
        end = end if end >= 0 else len(self.text)
        self._take(end, self.at + 1)
        self.at = min(end + 1, len(self.text))

    def _double(self) -> None:
        self.word = self.word or []
        self.at += 1
        while self.at < len(self.text) and (char := self.text[self.at]) != '"':
            if literal := _LITERAL.match(self.text, self.at):
                self._take(literal.end())
            elif char == "\\" and self.text[self.at + 1 : self.at + 2] in (*_ESCAPED_IN_QUOTES, "\n", "\r"):
                self._escape(self.at + 1)
            elif char in "$`":
                self._take(self._expansion_end())
            else:
                self._take(self.at + 1)
        self.at = min(self.at + 1, len(self.text))

    def _expansion_end(self) -> int:
        """Where `$NAME`, `${…}`, `$(…)` or `` `…` `` ends; a lone mark ends at once."""
        opening = self.text[self.at : self.at + 2]
        if opening == "$(":
            return self._balanced_end(self.at + 2)
        closing = "}" if opening == "${" else "`" if opening[0] == "`" else ""
        if not closing or closing in self.absent:
            return self.at + 1
        end = self.text.find(closing, self.at + 1)
        if end < 0:
            self.absent.add(closing)
        return end + 1 if end >= 0 else self.at + 1

    def _balanced_end(self, at: int) -> int:
        depth = 1
        for found in _PARENTHESIS.finditer(self.text, at):
            depth += 1 if found[0] == "(" else -1
            if depth == 0:
                return found.end()
        return len(self.text)

    def _redirect(self) -> None:
        if self.word is not None and "".join(self.word).isdigit():
            self._drop_word()
        self._end_word()
        while self.at < len(self.text) and self.text[self.at] in "<>&":
            self.at += 1
        self.redirected = True

    def _end_word(self) -> None:
        if self.word is None:
            return
        text = "".join(self.word)
        starts = [self.script.starts[start] for start in self.starts]
        ends = [self.script.ends[end - 1] for end in self.ends]
        if not self.redirected:
            self.words.append(Fragment(text, starts, ends))
        self.redirected = False
        self._drop_word()

    def _drop_word(self) -> None:
        self.word, self.starts, self.ends = None, [], []
