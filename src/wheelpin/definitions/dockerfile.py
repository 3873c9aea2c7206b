"""Dockerfiles: what `RUN pip install` installs, the `ARG` and `ENV` versions it uses, what is copied in."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from yaml import ScalarNode, SequenceNode

from wheelpin.definitions import MAX_PINS, AddressKind, Definition, LinkKind
from wheelpin.definitions.collector import Collector, collector
from wheelpin.definitions.formats import recognisable
from wheelpin.definitions.fragment import Fragment
from wheelpin.definitions.instruction import Instruction, instructions
from wheelpin.definitions.location import wheel_path
from wheelpin.definitions.marks import apply_marks
from wheelpin.definitions.pip_command import Installed, installed
from wheelpin.definitions.requirement import requirement
from wheelpin.definitions.requirements import read_requirements
from wheelpin.definitions.scalar import scalar_fragment
from wheelpin.definitions.shell import SHELLS, Words, commands, program
from wheelpin.definitions.variables import Variables
from wheelpin.document import compose, invalid
from wheelpin.errors import DefinitionError
from wheelpin.source import Source

_FLAG = re.compile(r"--[a-z]+(?:=\S*)?[ \t]*")
_FROM_STAGE = re.compile(r"(?:--[a-z]+(?:=\S*)?[ \t]+)*--from=")
_MOUNTED = re.compile(r"\b(source|src|target|dst|destination)=([^,\s]+)")
_WRITTEN_TO = re.compile(r">[ \t]*([^\s<>;&|]+)")


def read(source: Source) -> Definition:
    """The pins and links of a Dockerfile."""
    found = collector(source)
    read_dockerfile(found.text, found)
    apply_marks(found, alone=True, continued=(one.span for one in instructions(found.text)))
    return found.definition()


def read_dockerfile(text: Fragment, found: Collector) -> None:
    """Take the pins and links of a Dockerfile, or of one that stands in another file."""
    reader = _Reader(found)
    for instruction in instructions(text):
        reader.take(instruction)


class _Reader:
    """What a Dockerfile has copied and defined so far."""

    def __init__(self, found: Collector) -> None:
        self.found = found
        self.variables = Variables(found)
        self.copies: list[tuple[str, str]] = []

    def take(self, instruction: Instruction) -> None:
        match instruction.keyword:
            case "FROM":
                self.variables.stage(instruction.body.text)
            case "ARG" | "ENV":
                self.variables.define(instruction)
            case "COPY" | "ADD":
                self._copy(instruction)
            case "RUN":
                self._run(instruction)
            case _:
                pass

    def _copy(self, instruction: Instruction) -> None:
        body = self._without_flags(instruction.body)
        words = [word for command in _commands(body) for word in command]
        if _FROM_STAGE.match(instruction.body.text) or not words:
            return
        *paths, target = words
        for path in paths:
            self.copies.append((path.text, target.text))
            remote = path.text.startswith(("http://", "https://"))
            pin = requirement(path) if remote else wheel_path(path, 0, len(path.text))
            if pin:
                self.found.pin(pin)
            elif recognisable(path.text) and not remote:
                self.found.link(LinkKind.REQUIREMENTS, path.text, path.starts[0])
        for body in instruction.heredocs if recognisable(target.text) else ():
            read_requirements(body, self.found)

    def _run(self, instruction: Instruction) -> None:
        body = self._without_flags(instruction.body)
        for words in _commands(body):
            self._command(words)
        for heredoc in instruction.heredocs:
            written = _WRITTEN_TO.search(body.text)
            if written and recognisable(written[1]):
                read_requirements(heredoc, self.found)
            elif _is_script(body, heredoc):
                for words in commands(heredoc):
                    self._command(words)

    def _without_flags(self, body: Fragment) -> Fragment:
        at = 0
        while flag := _FLAG.match(body.text, at):
            at = flag.end()
            ends = dict(_MOUNTED.findall(flag[0]))
            source = ends.get("source") or ends.get("src")
            target = ends.get("target") or ends.get("dst") or ends.get("destination")
            if source and target:
                self.copies.append((source, target))
        return body.part(at, len(body.text))

    def _command(self, words: Words) -> None:
        if len(words) > MAX_PINS:
            raise invalid(self.found.path, f"has a command of more than {MAX_PINS:,} words", None)
        for argument in installed(words):
            self._argument(argument)

    def _argument(self, argument: Installed) -> None:
        value = argument.value
        match argument.option:
            case "-r":
                for path in self._sources(value.text):
                    self.found.link(LinkKind.REQUIREMENTS, path, value.starts[0])
            case "":
                self.variables.requirement(value)
            case option:
                self.found.address(AddressKind(option), value)

    def _sources(self, path: str) -> Iterator[str]:
        """Where in the context a file of the image may come from."""
        for source, target in self.copies:
            if PurePosixPath(path).name in (PurePosixPath(source).name, PurePosixPath(target).name):
                yield source
            if PurePosixPath(source).suffix:
                continue
            rest = path.removeprefix(target.rstrip("/") + "/")
            yield f"{source}/{PurePosixPath(path).name if rest.startswith('/') else rest}"


def _commands(body: Fragment) -> Iterator[Words]:
    """The commands of an instruction in exec form, which is JSON, or else in shell form."""
    words = _exec_form(body) if body.text.startswith("[") else None
    if words is None:
        yield from commands(body)
        return
    yield words
    for index, word in enumerate(words[:-1]):
        if program(words[0]) in SHELLS and word.text.startswith("-"):
            yield from commands(words[index + 1])


def _exec_form(body: Fragment) -> Words | None:
    try:
        documents = compose(body.text, "")
    except DefinitionError:
        return None
    if len(documents) != 1 or not isinstance(documents[0], SequenceNode):
        return None
    words: Words = []
    for node in documents[0].value:
        quoted = isinstance(node, ScalarNode) and node.style == '"'
        word = scalar_fragment(node, body) if quoted else None
        if word is None:
            return None
        words.append(word)
    return words


def _is_script(body: Fragment, heredoc: Fragment) -> bool:
    """Whether a shell runs a heredoc: no other program reads it, and it names none itself."""
    first = heredoc.text.split("\n", 1)[0]
    if first.startswith("#!"):
        return first.rstrip().endswith(tuple(SHELLS))
    words = [word for command in commands(body) for word in command]
    return not words or program(words[0]) in SHELLS
