"""Mistakes in wheelpin.yml, in words: each at its line, with its key path and the near miss."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from pydantic_core import ErrorDetails
from yaml import MappingNode, Node, ScalarNode, SequenceNode

from wheelpin.document import line
from wheelpin.errors import ConfigError, Finding, Level

Location = tuple[str | int, ...]
"""The keys and positions that lead to a value: `("environments", 0, "path")`."""

_WORDS = {
    "string_type": "must be text: put it in quotes",
    "string_too_short": "must not be empty",
    "string_pattern_mismatch": "is no name: letters and digits, and '.', '_' and '-' between them",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "tuple_type": "must be a list",
    "too_short": "must name at least one",
}


class Mistake(NamedTuple):
    """What is wrong at a place in the config."""

    at: Location
    text: str


def explain(detail: ErrorDetails, legal_keys: Callable[[Location, str | None], Sequence[str]]) -> Mistake:
    """One of pydantic's complaints in our words; `legal_keys` gives those of a table of a given variant."""
    at, variant = _place(detail["loc"])
    context = detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            word = str(at[-1])
            return Mistake(at, f"unknown key {word!r}{near(word, legal_keys(at, variant))}")
        case "missing":
            return Mistake(at[:-1], f"the key {at[-1]!r} is missing")
        case "union_tag_not_found":
            return Mistake(at, "the key 'kind' is missing")
        case "union_tag_invalid":
            word, kinds = str(context["tag"]), str(context["expected_tags"])
            known = [kind.strip("'") for kind in kinds.split(", ")]
            return Mistake((*at, "kind"), f"unknown kind {word!r}{near(word, known)}")
        case "literal_error":
            return Mistake(at, f"must be {context['expected']}")
        case kind:
            return Mistake(at, _WORDS.get(kind) or detail["msg"].removeprefix("Value error, "))


def near(word: str, known: Sequence[str]) -> str:
    """The end of a sentence about an unknown word: the near miss, else all that it can be."""
    close = get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f": it is one of {', '.join(sorted(known))}"


def repeated_keys(node: Node, at: Location = ()) -> Iterator[Mistake]:
    """Keys that stand twice in one table: YAML keeps the last one and says nothing."""
    match node:
        case MappingNode():
            seen: dict[str, int] = {}
            for key, value in node.value:
                if isinstance(key, ScalarNode):
                    if key.value in seen:
                        lines = f"in lines {seen[key.value]} and {line(key)}"
                        yield Mistake((*at, key.value), f"stands twice, {lines}")
                    seen[key.value] = line(key)
                    yield from repeated_keys(value, (*at, key.value))
        case SequenceNode():
            for index, item in enumerate(node.value):
                yield from repeated_keys(item, (*at, index))
        case _:
            pass


def config_error(path: str, root: Node, mistakes: Iterable[Mistake]) -> ConfigError:
    """All mistakes as one error, in the order of the file."""
    findings = [_finding(path, root, mistake) for mistake in mistakes]
    ordered = sorted(findings, key=lambda finding: finding.line or 0)
    message = "\n".join(str(finding) for finding in ordered)
    return ConfigError(message, hint="docs/config.md lists every key", findings=ordered)


def _place(at: Location) -> tuple[Location, str | None]:
    """Where the user sees it: pydantic puts the variant of a table into the path, and marks bad keys."""
    match at:
        case ("stores" | "registries", name, "[key]"):
            return (at[0], name), None
        case ("stores" | "registries" | "environments", item, variant, *rest):
            return (at[0], item, *rest), str(variant)
        case _:
            return at, None


def _finding(path: str, root: Node, mistake: Mistake) -> Finding:
    """The mistake at the line of the deepest part of its place that stands in the file."""
    at, node, words = line(root), root, []
    for part in mistake.at:
        if (found := _step(node, part)) is None:
            break
        at, node = found
        words.append(str(part))
    key = ".".join(words)
    named = mistake.text if not key or mistake.text.startswith("unknown key") else f"{key}: {mistake.text}"
    return Finding(level=Level.ERROR, subject=path, line=at, message=named)


def _step(node: Node, part: str | int) -> tuple[int, Node] | None:
    match node:
        case MappingNode():
            for key, value in node.value:
                if isinstance(key, ScalarNode) and key.value == str(part):
                    return line(key), value
            return None
        case SequenceNode() if isinstance(part, int) and part < len(node.value):
            return line(node.value[part]), node.value[part]
        case _:
            return None
