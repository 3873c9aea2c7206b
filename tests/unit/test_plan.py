"""A plan survives a trip through a file, and cannot be edited on the way."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelpin.change import Change, Edit, Registration, Unchanged, Upload
from wheelpin.errors import StalePlanError, UsageError
from wheelpin.plan import Plan, load_plan
from wheelpin.report import plan_json

TEXT = st.text(max_size=20)
NUMBER = st.integers(min_value=1, max_value=10**9)
CHANGES: st.SearchStrategy[Change] = st.one_of(
    st.builds(Upload, store=TEXT, file=TEXT, name=TEXT, version=TEXT, sha256=TEXT, size=NUMBER),
    st.builds(Edit, path=TEXT, line=NUMBER, column=NUMBER, name=TEXT, before=TEXT, after=TEXT),
    st.builds(
        Registration,
        registry=TEXT,
        environment=TEXT,
        version=TEXT,
        previous=st.none() | TEXT,
        digest=TEXT,
    ),
)
PLANS = st.builds(
    Plan,
    changes=st.lists(CHANGES, max_size=4).map(tuple),
    unchanged=st.lists(st.builds(Unchanged, subject=TEXT, reason=TEXT), max_size=2).map(tuple),
)


@given(plan=PLANS)
def test_saved_plan_is_the_plan(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("plan") / "plan.json"
    file.write_bytes(plan_json(plan).encode("utf-8", "surrogatepass"))
    loaded = load_plan(file)
    assert (loaded.changes, loaded.unchanged, loaded.digest) == (plan.changes, plan.unchanged, plan.digest)


def test_digest_covers_every_fact() -> None:
    edit = {"path": "a.yml", "line": 1, "column": 2, "name": "x", "before": "x==1", "after": "x==2"}
    digests = {Plan(changes=(Edit(**edit),)).digest}  # type: ignore[arg-type]
    for key, value in edit.items():
        moved = {**edit, key: value + 1 if isinstance(value, int) else f"{value}!"}
        digests.add(Plan(changes=(Edit(**moved),)).digest)  # type: ignore[arg-type]
    assert len(digests) == len(edit) + 1


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '"x"', "{}", '{"digest": "", "changes": [{}], "unchanged": []}',
     '{"digest": "", "changes": [{"kind": "format"}], "unchanged": []}',
     '{"digest": "", "changes": [{"kind": "edit", "path": "x"}], "unchanged": []}',
     '{"digest": "", "changes": [1], "unchanged": []}', "[" * 100_000],
)  # fmt: skip
def test_file_that_is_no_plan_is_a_usage_error(text: str, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text(text)
    with pytest.raises(UsageError, match="is not a plan"):
        load_plan(file)


def test_edited_plan_is_refused(tmp_path: Path) -> None:
    plan = Plan(changes=(), unchanged=(Unchanged(subject="a", reason="b"),))
    facts = json.loads(plan_json(plan))
    facts["unchanged"] = []
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(facts))
    with pytest.raises(StalePlanError, match="was edited after it was made"):
        load_plan(file)
