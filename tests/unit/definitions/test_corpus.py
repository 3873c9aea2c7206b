"""Real definitions, in the folder that `WHEELPIN_CORPUS` names: every exact pin follows, nothing else moves.

What must change is worked out here by other means than those under test: PyYAML's own loader, the grammar of
`packaging`, and whole texts.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from wheelpin.definitions.editing import edited
from wheelpin.errors import WheelpinError
from wheelpin.pin import PinPlan, Target, plan_pins, plan_references
from wheelpin.repository import Repository

CORPUS = os.environ.get("WHEELPIN_CORPUS", "")
NEW = "99999999.0.0"

pytestmark = pytest.mark.skipif(not CORPUS, reason="WHEELPIN_CORPUS names no folder")


@cache
def repository() -> Repository:
    return Repository(Path(CORPUS).absolute())


@cache
def stated() -> Counter[tuple[str, str]]:
    """For each file and package, how many exact pins it has."""
    found: Counter[tuple[str, str]] = Counter()
    for path in repository().files:
        found.update((path, name) for line in lines_for_pip(path) if (name := exactly_pinned(line)))
    return found


@cache
def planned() -> PinPlan:
    names = {name for _, name in stated()}
    targets = {name: Target(name=name, version=NEW) for name in names}
    return plan_pins(repository(), repository().files, targets)


def lines_for_pip(path: str) -> Iterator[str]:
    try:
        text = repository().read(path).text
    except WheelpinError:
        return
    if path.lower().endswith((".yml", ".yaml")):
        for item in pip_items(documents(text)):
            yield from item.splitlines()
    elif re.search(r"requirements[^/]*\.txt$", path):
        yield from text.splitlines()


def documents(text: str) -> list[Any]:
    try:
        return list(yaml.safe_load_all(text))
    except (yaml.YAMLError, ValueError):
        return []


def pip_items(value: Any) -> Iterator[str]:  # noqa: ANN401 - YAML
    """What stands in `pip:` lists, and in all lists of MLflow's `python_env.yaml`."""
    if isinstance(value, dict):
        everything = "build_dependencies" in value
        for key, part in value.items():
            if key == "pip" or (everything and key in ("dependencies", "build_dependencies")):
                yield from (
                    item for item in (part if isinstance(part, list) else [part]) if isinstance(item, str)
                )
            yield from pip_items(part)
    elif isinstance(value, list):
        for part in value:
            yield from pip_items(part)
    elif isinstance(value, str) and re.search(r"^ *- pip:", value, re.MULTILINE):
        yield from pip_items(documents(value))


def exactly_pinned(line: str) -> str | None:
    try:
        requirement = Requirement(re.split(r"(?:^|\s)#", line)[0].strip())
    except InvalidRequirement:
        return None
    exact = [one for one in requirement.specifier if one.operator == "==" and not one.version.endswith("*")]
    return canonicalize_name(requirement.name) if exact else None


def test_every_exact_pin_of_every_name_follows() -> None:
    assert Counter((edit.path, edit.name) for edit in planned().edits) == stated()


def test_no_other_byte_changes() -> None:
    for path in {edit.path for edit in planned().edits}:
        edits = [edit for edit in planned().edits if edit.path == path]
        before = repository().read(path).text
        after = edited(before, edits)
        assert len(after.split("\n")) == len(before.split("\n"))
        changed = [
            pair for pair in zip(before.split("\n"), after.split("\n"), strict=True) if len(set(pair)) > 1
        ]
        assert len(changed) == len(edits)
        for old, new in changed:
            start, end = new.split(NEW)
            assert old.startswith(start)
            assert old.endswith(end)
            assert re.fullmatch(r"[0-9][0-9A-Za-z.+!-]*", old[len(start) : len(old) - len(end)])


def test_a_second_run_changes_nothing() -> None:
    paths = {edit.path for edit in planned().edits}
    texts = {
        path: edited(repository().read(path).text, [edit for edit in planned().edits if edit.path == path])
        for path in paths
    }
    targets = {name: Target(name=name, version=NEW) for _, name in stated()}

    assert plan_pins(repository().with_texts(texts), paths, targets).edits == ()


def test_every_versioned_reference_follows() -> None:
    line = re.compile(r"^\s*environment:\s*azureml:([^:@/\s]+):([^\s#]+)")
    expected = Counter(
        (path, found[1])
        for path in repository().files
        if documents(text_of(path))
        for row in text_of(path).splitlines()
        if (found := line.match(row)) and not found[1].startswith("AzureML-")
    )
    names = dict.fromkeys((name for _, name in expected), "999999")

    plan = plan_references(repository(), repository().files, names)

    assert Counter((edit.path, edit.name) for edit in plan.edits) == expected


def text_of(path: str) -> str:
    return repository().read(path).text if path.lower().endswith((".yml", ".yaml")) else ""
