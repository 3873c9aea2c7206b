"""`pyproject.toml`: dependencies of a project, its extras, groups and build, and those of the usual tools."""

from collections.abc import Sequence

from packaging.utils import canonicalize_name

from wheelpin.definitions import Definition, Form, Pin, Span
from wheelpin.definitions.collector import Collector, collector
from wheelpin.definitions.fragment import Fragment
from wheelpin.definitions.location import located
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
_SOURCES = ("tool", "uv", "sources", "*")
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
        else:
            _table(text, found)
    apply_marks(found)
    return found.definition()


def _table(text: Text, found: Collector) -> None:
    """A dependency whose name is a key, as Poetry and `tool.uv.sources` write them; also one of several."""
    if not text.value.text:
        return
    *keys, last = (key for key in text.keys if key)
    if _is_one_of(_POETRY, (*keys, last)):
        _poetry(text, last, found)
    elif _is_one_of((*_POETRY, _SOURCES), tuple(keys)):
        if last == "version":
            _poetry(text, keys[-1], found)
        elif last in ("url", "path"):
            _source(text.value, keys[-1], found)


def _poetry(text: Text, key: str, found: Collector) -> None:
    """Poetry's own form: `name = "1.3.2"` is an exact pin; its `^1.3` and `~1.3` are told."""
    value = text.value
    written = value.text.removeprefix("==")
    at = value.span(len(value.text) - len(written), len(value.text)) if written else None
    name = canonicalize_name(key)
    if at is None or name == "python":
        return
    span = Span(found.text.starts[text.start], at.end + 1)
    if version_of(written):
        found.pin(Pin(name=name, form=Form.EXACT, span=span, version=written.strip(), at=(at,)))
    elif not written.strip("* "):
        found.pin(Pin(name=name, form=Form.UNPINNED, span=span, version=None))
    else:
        found.pin(Pin(name=name, form=Form.COMPATIBLE, span=span, version=None))


def _source(value: Fragment, key: str, found: Collector) -> None:
    """Where a dependency comes from; a folder has no version."""
    pin = located(value, 0, 0, len(value.text), canonicalize_name(key))
    if pin and pin.version:
        found.pin(pin)


def _is_one_of(patterns: Sequence[tuple[str, ...]], keys: tuple[str, ...]) -> bool:
    return any(
        len(pattern) == len(keys) and all(one in ("*", two) for one, two in zip(pattern, keys, strict=True))
        for pattern in patterns
    )
