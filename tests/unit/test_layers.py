"""The arrows of docs/design.md: what may know what. The picture there is made from FLOORS."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "wheelpin"

FLOORS: Sequence[Sequence[str]] = (
    ("__main__",),
    ("cli", "commands", "door", "planning", "building", "session", "options", "ending"),
    ("landing", "approval", "report", "apply", "outcome", "upkeep", "share", "doctor", "connect", "init"),
    ("plan", "versions", "resident", "scope", "release", "provenance"),
    ("publish", "pin", "commit", "register", "build", "check"),
    ("stores", "definitions", "registries", "pull_request", "ci"),
    ("azureml",),
    ("config",),
    ("context",),
    ("wheel", "environment"),
    (
        "git",
        "folder",
        "repository",
        "replacement",
        "source",
        "document",
        "rest",
        "blobs",
        "web",
        "credentials",
        "command",
    ),
    ("errors", "change"),
)
"""From the door to the ground: a module may import from lower floors, and what stands to its right."""

APART = (
    ("publish", "pin", "commit", "register", "build", "check"),
    ("stores", "definitions", "registries", "pull_request", "ci"),
    ("errors", "change"),
)
"""Neighbours that never know each other, in either direction."""

BACKENDS = {
    "stores": {"directory", "index", "azure_artifacts", "azure_blob", "context"},
    "registries": {"directory", "azureml"},
    "ci": {"terminal", "github", "azure"},
    "pull_request": {"github", "azure_repos"},
}
PROTOCOLS = {"stores": "Store", "registries": "Registry", "ci": "Host", "pull_request": "PullRequests"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Import:
    """One imported module or name; `deferred` ones happen inside a function or for the type checker only."""

    target: str
    line: int
    deferred: bool


def modules() -> dict[str, ast.Module]:
    """Every module of the package, by its name below `wheelpin`."""
    found = {}
    for file in sorted(SOURCE.rglob("*.py")):
        parts = file.relative_to(SOURCE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(file.read_text(encoding="utf-8"), str(file))
    return found


MODULES = modules()
NAMES = [name for name in MODULES if name]


@cache
def imports(name: str) -> Sequence[Import]:
    return tuple(_imports(MODULES[name]))


def _imports(tree: ast.Module) -> Iterator[Import]:
    first = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        deferred = id(node) not in first
        match node:
            case ast.Import():
                for alias in node.names:
                    yield Import(target=alias.name, line=node.lineno, deferred=deferred)
            case ast.ImportFrom():
                for alias in node.names:
                    yield Import(target=f"{node.module}.{alias.name}", line=node.lineno, deferred=deferred)
            case _:
                pass


def known(name: str) -> Iterator[tuple[str, Import]]:
    """The modules of the package that a module imports."""
    for item in imports(name):
        parts = item.target.split(".")
        if parts[0] != "wheelpin":
            continue
        inside = ".".join(parts[1:])
        yield (inside if inside in MODULES else ".".join(parts[1:-1])), item


def top(name: str) -> str:
    return name.partition(".")[0]


def floor(name: str) -> tuple[int, int]:
    return next((row, line.index(top(name))) for row, line in enumerate(FLOORS) if top(name) in line)


def test_every_module_has_its_place_and_every_place_its_module() -> None:
    assert sorted(name for line in FLOORS for name in line) == sorted({top(name) for name in NAMES})


@pytest.mark.parametrize("name", NAMES)
def test_arrows_point_down(name: str) -> None:
    upward = [
        f"{name}:{item.line} imports {target}"
        for target, item in known(name)
        if target and top(target) != top(name) and floor(target) <= floor(name)
    ]
    assert upward == []


@pytest.mark.parametrize("neighbours", APART, ids=" ".join)
def test_neighbours_do_not_know_each_other(neighbours: Sequence[str]) -> None:
    crossing = [
        f"{name}:{item.line} imports {target}"
        for name in NAMES
        for target, item in known(name)
        if {top(name), top(target)} <= set(neighbours) and top(name) != top(target)
    ]
    assert crossing == []


def test_there_are_no_circles() -> None:
    graph = {name: {target for target, item in known(name) if not item.deferred and target} for name in NAMES}
    while leaves := {name for name, targets in graph.items() if not targets}:
        graph = {name: targets - leaves for name, targets in graph.items() if name not in leaves}
    assert graph == {}


@pytest.mark.parametrize("shelf", BACKENDS)
def test_backends_know_neither_their_protocol_nor_each_other(shelf: str) -> None:
    backends = {f"{shelf}.{name}" for name in BACKENDS[shelf]}
    for name in backends & set(NAMES):
        assert f"wheelpin.{shelf}.{PROTOCOLS[shelf]}" not in {item.target for item in imports(name)}
        assert not {target for target, _ in known(name)} & (backends - {name})


@pytest.mark.parametrize("shelf", ["stores", "registries"])
def test_backends_know_values_and_never_changes(shelf: str) -> None:
    for name in NAMES:
        if top(name) == shelf:
            assert "change" not in {target for target, _ in known(name)}


@pytest.mark.parametrize("name", NAMES)
def test_no_module_is_a_drawer(name: str) -> None:
    assert not {"utils", "util", "common", "core", "base", "helpers", "misc", "tools", "lib"} & set(
        name.split(".")
    )


@pytest.mark.parametrize("name", MODULES)
def test_imports_are_absolute_and_named(name: str) -> None:
    for node in ast.walk(MODULES[name]):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            assert "*" not in {alias.name for alias in node.names}


def uses(name: str, pattern: str) -> list[str]:
    """The places where a module calls, names or imports what `pattern` matches."""
    words = [(item.line, item.target) for item in imports(name)]
    words += [
        (node.lineno, ast.unparse(node))
        for node in ast.walk(MODULES[name])
        if isinstance(node, ast.Attribute | ast.Name)
    ]
    return [f"{name}:{line} {word}" for line, word in words if re.fullmatch(pattern, word)]


@pytest.mark.parametrize(
    ("what", "place", "pattern"),
    [
        ("exits", "cli", r"(sys\.)?exit|quit|os\._exit|SystemExit"),
        (
            "prints",
            "ci",
            r"print|(sys\.)?(stdout|stderr|__stdout__)|click\.(echo|secho)|rich\.(print|console.*)",
        ),
        (
            "starts processes",
            "command",
            r"(subprocess|multiprocessing|pty)(\..*)?|os\.(system|popen|fork|exec\w+|\w*spawn\w*)",
        ),
        ("reads the environment", "cli", r"os\.(environb?|getenvb?)"),
    ],
)
def test_only_one_place(what: str, place: str, pattern: str) -> None:
    elsewhere = [name for name in NAMES if top(name) != place]
    assert [use for name in elsewhere for use in uses(name, pattern)] == [], f"only {place} {what}"
    assert [use for name in NAMES if top(name) == place for use in uses(name, pattern)] != []


@pytest.mark.parametrize("name", NAMES)
def test_every_module_says_what_it_is_for(name: str) -> None:
    assert ast.get_docstring(MODULES[name])


def test_the_picture_shows_every_floor() -> None:
    picture = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    rows = re.findall(r'^ *f\d+\["(.+)"\]$', picture, re.MULTILINE)
    assert [row.split(" · ") for row in rows] == [list(line) for line in FLOORS[1:]]
