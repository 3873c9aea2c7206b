"""`ARG` and `ENV` of a Dockerfile: which of them gives a package its version, stage by stage."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from wheelpin.definitions import AddressKind, Form, Pin, Span
from wheelpin.definitions.collector import Collector
from wheelpin.definitions.fragment import Fragment
from wheelpin.definitions.instruction import Instruction
from wheelpin.definitions.requirement import requirement
from wheelpin.definitions.shell import commands
from wheelpin.definitions.version import version_of
from wheelpin.errors import Level

_VARIABLE = re.compile(r"\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})")
_WORDS = re.compile(r"(?<!\S)[^\s-]\S*")
_LONGEST_CHAIN = 8
_ADDRESSES = {
    "EXTRA_INDEX_URL": AddressKind.EXTRA_INDEX,
    "INDEX_URL": AddressKind.INDEX,
    "FIND_LINKS": AddressKind.LINKS,
}
"""How the names of pip's own variables end, the longest first."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A name that has a value; `span` is the whole `NAME=value`."""

    name: str
    value: Fragment
    span: Span


Scope = dict[str, Variable]


class Variables:
    """The variables that the next instruction sees."""

    def __init__(self, found: Collector) -> None:
        self.found = found
        self.everywhere: Scope = {}
        self.here: Scope | None = None
        self.stages: dict[str, Scope] = {}
        self.images: set[str] = set()

    def stage(self, body: str) -> None:
        """A `FROM`: it sees what its base defined; global ones wait for their `ARG`."""
        words = [word for word in body.split() if not word.startswith("--")]
        self.images |= {one or two for one, two in _VARIABLE.findall(body)}
        self.here = dict(self.stages.get(words[0].lower(), {})) if words else {}
        if len(words) == 3 and words[1].upper() == "AS":  # noqa: PLR2004 - FROM image AS name
            self.stages[words[2].lower()] = self.here

    def define(self, instruction: Instruction) -> None:
        """An `ARG` or `ENV`."""
        scope = self.everywhere if self.here is None else self.here
        for name, variable in _defined(instruction):
            if variable:
                scope[name] = variable
                if kind := next((_ADDRESSES[end] for end in _ADDRESSES if name.endswith(end)), None):
                    self.found.address(kind, variable.value)
            elif name in self.everywhere:
                scope[name] = self.everywhere[name]

    def requirement(self, word: Fragment) -> None:
        """Take the pin of a requirement, or of the variable that stands for it or for its version."""
        if alone := self._variable(word.text):
            word = alone.value
            if requirement(word) is None:
                for part in _WORDS.finditer(word.text):
                    self._requirement(word.part(*part.span()))
                return
        self._requirement(word)

    def _requirement(self, word: Fragment) -> None:
        pin = requirement(word) if word.text else None
        if pin is None:
            return
        variable = self._variable(pin.version or "") if pin.form is Form.PLACEHOLDER else None
        if variable is None or version_of(variable.value.text) is None or "==" not in word.text:
            self.found.pin(pin)
            return
        self._take(pin, variable)

    def _take(self, pin: Pin, variable: Variable) -> None:
        version = variable.value
        other = self.found.pins.get(variable.span)
        if variable.name in self.images or (other and other.name != pin.name):
            self.found.pins.pop(variable.span, None)
            self.images.add(variable.name)
            message = f"{variable.name} is not the version of {pin.name} alone, so it stays"
            self.found.find(
                Level.WARNING, message, variable.span.start, "give each package a variable of its own"
            )
            return
        at = (version.span(0, len(version.text)),)
        self.found.pin(Pin(name=pin.name, form=Form.EXACT, span=variable.span, version=version.text, at=at))

    def _variable(self, text: str) -> Variable | None:
        """The variable behind `$NAME`, through others that it stands for."""
        found = None
        for _ in range(_LONGEST_CHAIN):
            used = _VARIABLE.fullmatch(text)
            if used is None:
                return found
            scope = self.here or {}
            found = scope.get(used[1] or used[2])
            if found is None:
                return None
            text = found.value.text
        return None


def _defined(instruction: Instruction) -> Iterator[tuple[str, Variable | None]]:
    """The names that an instruction defines; no variable for an `ARG` without a value."""
    words = [word for command in commands(instruction.body) for word in command]
    if instruction.keyword == "ENV" and len(words) == 2 and "=" not in words[0].text:  # noqa: PLR2004
        key, given = words
        yield key.text, Variable(key.text, given, Span(key.starts[0], given.ends[-1]))
        return
    for word in words:
        name, equals, text = word.text.partition("=")
        value = word.part(len(word.text) - len(text), len(word.text))
        yield name, Variable(name, value, word.span(0, len(word.text))) if equals and text else None
