"""`pyproject.toml`: dependencies of a project, its extras, groups and build, and those of the usual tools."""

from collections.abc import Sequence

from packaging.utils import canonicalize_name

from wheelpin.definitions import Definition, Form, Pin, Span
from wheelpin.definitions.collector import Collector, collector
from wheelpin.definitions.marks import apply_marks
from wheelpin.definitions.requirement import requirement
from wheelpin.definitions.toml import Text, read_toml
from wheelpin.definitions.version import version_of
from wheelpin.source import Source

_LISTS = (
    ("project", "dependencies"),
    ("project", "optional-dependencies", "*"),
    ("build-system", "requires"),
    ("dependency-groups", "*"),
    ("tool", "uv", "dev-dependencies"),
    ("tool", "uv", "constraint-dependencies"),
    ("tool", "uv", "override-dependencies"),
    ("tool", "pdm", "dev-dependencies", "*"),
    ("tool", "hatch", "envs", "*", "dependencies"),
    ("tool", "hatch", "envs", "*", "extra-dependencies"),
)
_POETRY = (
    ("tool", "poetry", "dependencies", "*"),
    ("tool", "poetry", "dev-dependencies", "*"),
    ("tool", "poetry", "group", "*", "dependencies", "*"),
)


def read(source: Source) -> Definition:
    """The pins of a `pyproject.toml`."""
    found = collector(source)
    for text in read_toml(found.text, found.path):
        if _is_one_of(_LISTS, text.keys):
            pin = requirement(text.value) if text.value.text else None
            if pin:
                found.pin(pin)
        elif _is_one_of(_POETRY, text.keys) or (
            text.keys[-1] == "version" and _is_one_of(_POETRY, text.keys[:-1])
        ):
            _poetry(text, found)
    apply_marks(found)
    return found.definition()


def _poetry(text: Text, found: Collector) -> None:
    """Poetry's own form: `name = "1.3.2"` is an exact pin."""
    value = text.value
    written = value.text.removeprefix("==")
    if version_of(written) is None:
        return
    at = value.span(len(value.text) - len(written), len(value.text))
    name = text.keys[-2] if text.keys[-1] == "version" else text.keys[-1]
    span = Span(found.text.starts[text.start], at.end + 1)
    found.pin(
        Pin(name=canonicalize_name(name), form=Form.EXACT, span=span, version=written.strip(), at=(at,))
    )


def _is_one_of(patterns: Sequence[tuple[str, ...]], keys: tuple[str, ...]) -> bool:
    return any(
        len(pattern) == len(keys) and all(one in ("*", two) for one, two in zip(pattern, keys, strict=True))
        for pattern in patterns
    )
