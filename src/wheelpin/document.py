"""YAML read as nodes with positions, within limits: definitions are untrusted text.

Nothing is ever dumped back: edits are made in the text at a node's position. Offsets count characters of the
text that was given, and so do the marks of libyaml's parser.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import yaml
from yaml import MappingNode, Node, ScalarNode, SequenceNode
from yaml.constructor import SafeConstructor
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from yaml.resolver import Resolver

from wheelpin.errors import DefinitionError, Finding, Level

MAX_DEPTH = 64
MAX_NODES = 200_000
"""Both are counted on the expanded tree: 480 bytes of nested aliases can stand for two million nodes."""
MAX_NUMBER = 400
"""Characters of a number or time: PyYAML takes quadratic time for `1:1:1:…`, and nobody writes longer."""

_CHARACTERS_A_NODE = 32
"""A text counts as one node for so many characters, or aliases could multiply one long text instead."""
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
STRING = "tag:yaml.org,2002:str"
_MERGE = "tag:yaml.org,2002:merge"
_BINARY = "tag:yaml.org,2002:binary"
_SCALARS = {f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "timestamp", "binary")}


@lru_cache(maxsize=4)
def compose(text: str, path: str) -> list[Node]:
    """The documents in `text` as nodes; an alias is the very node that its anchor names.

    Raises DefinitionError with the line for text that is not YAML, and for nesting, node counts or aliases
    that no honest definition has. The last few texts are kept: planning, checking and writing an edit all
    look at the same ones.
    """
    composer = _Composer(path)
    if text.startswith("\ufeff"):  # libyaml skips it without counting it, which moves every position by one
        raise invalid(path, "not YAML: a second byte order mark at the start", 1)
    try:
        for event in yaml.parse(text, Loader=_Loader):
            composer.take(event)
    except yaml.YAMLError as error:
        mark: Any = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
        raise invalid(path, f"not YAML: {problem}", mark.line + 1 if mark else None) from error
    except UnicodeEncodeError as error:
        raise invalid(path, "not YAML: half of a surrogate pair", None) from error
    return composer.documents


def plain(node: Node, path: str) -> Any:  # noqa: ANN401 - YAML holds anything; callers narrow it
    """The data that a node stands for, merge keys applied, the last of equal keys kept as PyYAML does."""
    match node:
        case ScalarNode():
            return scalar(node, path)
        case SequenceNode():
            return [plain(item, path) for item in node.value]
        case MappingNode():
            return _mapping(node, path)
        case _:
            raise invalid(path, "not YAML that wheelpin knows", line(node))


def scalar(node: ScalarNode, path: str) -> Any:  # noqa: ANN401
    """The value of a scalar by YAML 1.1's rules, as Azure ML's own loader reads it."""
    if node.tag not in _SCALARS:
        return node.value
    if len(node.value) > MAX_NUMBER and node.tag != _BINARY:
        raise invalid(path, f"not a value: {node.value[:40]!r}… is too long", line(node))
    try:
        return SafeConstructor().construct_object(node)
    except (ValueError, OverflowError, LookupError, AttributeError, yaml.YAMLError) as error:
        # PyYAML: KeyError for `!!bool x`, IndexError for `!!int ''`, AttributeError for `!!timestamp x`.
        raise invalid(path, f"not a value: {node.value[:40]!r}", line(node)) from error


def items(node: Node) -> Iterator[tuple[ScalarNode, Node]]:
    """The plain keys of a mapping with their values; nothing for other nodes.

    In the order of the text, but what merge keys (<<) bring comes first, so that own keys override it.
    """
    if not isinstance(node, MappingNode):
        return
    for key, value in node.value:
        if key.tag == _MERGE:
            for merged in reversed(value.value) if isinstance(value, SequenceNode) else [value]:
                yield from items(merged)
    for key, value in node.value:
        if isinstance(key, ScalarNode) and key.tag != _MERGE:
            yield key, value


def entries(node: Node) -> Iterator[tuple[str, Node]]:
    """The keys of a mapping as text with their values, in the order of `items`."""
    for key, value in items(node):
        yield key.value, value


def nodes(root: Node) -> Iterator[Node]:
    """Every node below and including `root`, each once, however many aliases lead to it."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        match node:
            case SequenceNode():
                waiting.extend(reversed(node.value))
            case MappingNode():
                waiting.extend(part for pair in reversed(node.value) for part in reversed(pair))
            case _:
                pass


def child(node: Node, *keys: str) -> Node | None:
    """The node below a mapping at these keys; None where one is missing."""
    found: Node | None = node
    for key in keys:
        found = dict(entries(found)).get(key) if found else None
    return found


def line(node: Node) -> int:
    """The line that a node starts on, counted from 1."""
    return int(node.start_mark.line) + 1 if node.start_mark else 1


def invalid(path: str, message: str, at: int | None) -> DefinitionError:
    """The one way in which a definition is refused: file, line, reason."""
    finding = Finding(level=Level.ERROR, subject=path, message=message, line=at)
    return DefinitionError(str(finding), findings=[finding])


def _mapping(node: MappingNode, path: str) -> dict[Any, Any]:
    merged: dict[Any, Any] = {}
    own: dict[Any, Any] = {}
    for key, value in node.value:
        if key.tag == _MERGE:
            sources = value.value if isinstance(value, SequenceNode) else [value]
            for source in reversed(sources):
                if not isinstance(source, MappingNode):
                    raise invalid(path, "a merge key (<<) takes mappings only", line(key))
                merged |= _mapping(source, path)
            continue
        name = plain(key, path)
        if isinstance(name, list | dict):
            raise invalid(path, "a key must be a plain value", line(key))
        own[name] = plain(value, path)
    return merged | own


class _Composer:
    """Builds nodes from parser events without recursion, so that no input can exhaust the stack."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.documents: list[Node] = []
        self.open: list[SequenceNode | MappingNode] = []
        self.keys: list[Node | None] = []
        self.anchors: dict[str, Node] = {}
        self.sizes: dict[int, int] = {}
        self.heights: dict[int, int] = {}
        self.total = 0
        self.resolver = Resolver()

    def take(self, event: Event) -> None:
        start, end = _marks(event)
        match event:
            case AliasEvent():
                self._alias(event, start.line + 1)
            case ScalarEvent():
                tag = self._tag(ScalarNode, event.tag, event.value, event.implicit)
                node = ScalarNode(tag, event.value, start, end, style=event.style)
                self._anchor(event, node)
                self.sizes[id(node)] = 1 + len(event.value) // _CHARACTERS_A_NODE
                self.heights[id(node)] = 0
                self._add(node, line(node))
            case SequenceStartEvent():
                tag = self._tag(SequenceNode, event.tag, None, event.implicit)
                self._enter(event, SequenceNode(tag, [], start, flow_style=event.flow_style))
            case MappingStartEvent():
                tag = self._tag(MappingNode, event.tag, None, event.implicit)
                self._enter(event, MappingNode(tag, [], start, flow_style=event.flow_style))
            case SequenceEndEvent() | MappingEndEvent():
                self.keys.pop()
                done = self.open.pop()
                done.end_mark = end
                self._add(done, line(done))
            case DocumentEndEvent():
                self.anchors.clear()
            case _:
                pass

    def _tag(self, kind: type[Node], tag: str | None, value: str | None, implicit: Any) -> str:  # noqa: ANN401
        if tag is not None and tag != "!":
            return tag
        return str(self.resolver.resolve(kind, value, implicit))  # type: ignore[no-untyped-call]

    def _anchor(self, event: NodeEvent, node: Node) -> None:
        if event.anchor is not None:
            self.anchors[event.anchor] = node

    def _alias(self, event: AliasEvent, at: int) -> None:
        node = self.anchors.get(event.anchor or "")
        if node is None:
            raise invalid(self.path, f"not YAML: the alias *{event.anchor} has no anchor before it", at)
        if any(node is parent for parent in self.open):
            raise invalid(self.path, f"the alias *{event.anchor} contains itself", at)
        self._add(node, at)

    def _enter(self, event: NodeEvent, node: SequenceNode | MappingNode) -> None:
        if len(self.open) >= MAX_DEPTH:
            raise invalid(self.path, f"nested deeper than {MAX_DEPTH} levels", line(node))
        self._anchor(event, node)
        self.open.append(node)
        self.keys.append(None)
        self.sizes[id(node)] = 1
        self.heights[id(node)] = 1

    def _add(self, node: Node, at: int) -> None:
        self._measure(node, at)
        if not self.open:
            self.documents.append(node)
            return
        parent = self.open[-1]
        if isinstance(parent, SequenceNode):
            parent.value.append(node)
        elif (key := self.keys[-1]) is None:
            self.keys[-1] = node
        else:
            parent.value.append((key, node))
            self.keys[-1] = None

    def _measure(self, node: Node, at: int) -> None:
        """Count a finished node, or one that an alias repeats, where it is going to stand."""
        size, height = self.sizes[id(node)], self.heights[id(node)]
        if len(self.open) + height > MAX_DEPTH:
            raise invalid(self.path, f"nested deeper than {MAX_DEPTH} levels once aliases are expanded", at)
        if self.open:
            parent = id(self.open[-1])
            self.sizes[parent] += size
            self.heights[parent] = max(self.heights[parent], height + 1)
            size = self.sizes[parent]
        else:
            self.total += size
        if max(size, self.total, len(self.sizes)) > MAX_NODES:
            raise invalid(self.path, f"more than {MAX_NODES:,} values once aliases are expanded", at)


def _marks(event: Event) -> tuple[Any, Any]:
    """Where an event starts and ends, untyped: the stubs do not know that nodes take libyaml's marks too."""
    return event.start_mark, event.end_mark
