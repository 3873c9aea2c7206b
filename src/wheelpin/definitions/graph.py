"""What follows from what: packages, files that pin them, environments made of those, who refers to them."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from wheelpin.definitions import Form, Format
from wheelpin.definitions.azureml import environment_name, find_environments
from wheelpin.definitions.links import definition_files
from wheelpin.definitions.survey import Found, survey
from wheelpin.errors import DefinitionError
from wheelpin.repository import Repository

_UNSAFE = re.compile(r"[^A-Za-z0-9 ./_@:=~!+-]")


class Kind(StrEnum):
    """What a node of the graph is."""

    PACKAGE = "package"
    FILE = "file"
    ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True, order=True)
class Node:
    """A package, a file or an environment; files by their paths."""

    kind: Kind
    name: str


@dataclass(frozen=True, slots=True)
class Edge:
    """A new version of `source` changes `target`; `text` is what says so, at `line` of the file."""

    source: Node
    target: Node
    text: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    """The whole cascade, its edges in order."""

    edges: tuple[Edge, ...]

    def roots(self) -> list[Node]:
        """Where a change can begin: what nothing else changes, packages first."""
        targets = {edge.target for edge in self.edges}
        roots = {edge.source for edge in self.edges} - targets
        return sorted(roots, key=lambda node: (node.kind is not Kind.PACKAGE, node))


def trace(repository: Repository, paths: Iterable[str], packages: Collection[str] | None = None) -> Graph:
    """The cascade in some files and in what environments lead to.

    `packages` are the normalised names to follow; by default all that are pinned. Definitions that cannot be
    read are left out.
    """
    edges: set[Edge] = set()
    files: dict[str, Format | None] = dict.fromkeys(paths)
    for path in find_environments(repository):
        try:
            name, parts = environment_name(repository, path), definition_files(repository, path)
        except DefinitionError:
            continue
        environment = Node(Kind.ENVIRONMENT, name)
        edges |= {Edge(Node(Kind.FILE, part), environment) for part in parts}
        files |= parts
    for found in survey(repository, files):
        edges |= set(_edge(found, packages))
    return Graph(tuple(sorted(_reached(edges, packages), key=_order)))


def graph_text(graph: Graph) -> str:
    """The graph as indented lines, one tree for each root; what is shown already is not shown again."""
    leading = _by_source(graph.edges)
    shown: set[Node] = set()
    lines = []
    waiting = [(0, root.name, root) for root in reversed(graph.roots())]
    while waiting:
        depth, text, node = waiting.pop()
        again = node in shown and node in leading
        lines.append("  " * depth + text + (" (see above)" if again else ""))
        if not again:
            shown.add(node)
            waiting += [(depth + 1, _label(edge), edge.target) for edge in reversed(leading.get(node, []))]
    return "\n".join(lines)


def graph_mermaid(graph: Graph) -> str:
    """The graph as a Mermaid flowchart."""
    nodes = sorted({node for edge in graph.edges for node in (edge.source, edge.target)})
    names = {node: f"n{index}" for index, node in enumerate(nodes)}
    shapes = {Kind.PACKAGE: '(["{}"])', Kind.FILE: '["{}"]', Kind.ENVIRONMENT: '{{{{"{}"}}}}'}
    lines = [f"  {names[node]}{shapes[node.kind].format(mermaid_label(node.name))}" for node in nodes]
    pairs = dict.fromkeys((names[edge.source], names[edge.target]) for edge in graph.edges)
    return "\n".join(["flowchart LR", *lines, *(f"  {source} --> {target}" for source, target in pairs)])


def _label(edge: Edge) -> str:
    if edge.line is None:
        return edge.target.name
    return f"{edge.target.name}:{edge.line}  {' '.join(edge.text.split())}"


def _edge(found: Found, packages: Collection[str] | None) -> Iterator[Edge]:
    file = Node(Kind.FILE, found.path)
    if isinstance(found.form, Form):
        if packages is None or found.name in packages:
            yield Edge(Node(Kind.PACKAGE, found.name), file, found.text, found.line)
    elif found.name:
        yield Edge(Node(Kind.ENVIRONMENT, found.name), file, found.text, found.line)


def _reached(edges: set[Edge], packages: Collection[str] | None) -> Iterator[Edge]:
    """The edges that a change can run along; from the packages only, where some are asked for."""
    leading = _by_source(edges)
    targets = {edge.target for edge in edges}
    if packages is None:
        waiting = [node for node in leading if node.kind is not Kind.FILE or node in targets]
    else:
        waiting = [node for node in leading if node.kind is Kind.PACKAGE]
    seen = set(waiting)
    while waiting:
        for edge in leading.get(waiting.pop(), ()):
            yield edge
            if edge.target not in seen:
                seen.add(edge.target)
                waiting.append(edge.target)


def _by_source(edges: Iterable[Edge]) -> dict[Node, list[Edge]]:
    leading: dict[Node, list[Edge]] = {}
    for edge in sorted(edges, key=_order):
        leading.setdefault(edge.source, []).append(edge)
    return leading


def _order(edge: Edge) -> tuple[Node, Node, int, str]:
    return edge.source, edge.target, edge.line or 0, edge.text


def mermaid_label(text: str) -> str:
    """A label of Mermaid, whose entities are `#NUMBER;`."""
    return _UNSAFE.sub(lambda found: f"#{ord(found[0])};", text)
