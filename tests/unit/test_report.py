"""Plans and outcomes as people and scripts read them."""

import json
from pathlib import Path

from wheelpin.change import Change, Edit, Registration, Unchanged, Upload
from wheelpin.definitions import Form
from wheelpin.definitions.survey import Found
from wheelpin.errors import TargetError
from wheelpin.outcome import Outcome
from wheelpin.plan import Plan
from wheelpin.report import (
    outcome_json,
    outcome_text,
    pins_json,
    pins_text,
    plan_json,
    plan_text,
    wheels_json,
    wheels_text,
)
from wheelpin.wheel import Wheel

UPLOAD = Upload(
    store="feed",
    file="acme_core-1.4.0-py3-none-any.whl",
    name="acme-core",
    version="1.4.0",
    sha256="ab" * 32,
    size=1234,
)
EDIT = Edit(
    path="environments/train/conda.yml",
    line=14,
    column=9,
    name="acme-core",
    before="acme-core==1.3.2",
    after="acme-core==1.4.0",
)
HASHED = Edit(
    path="requirements.txt",
    line=1,
    column=1,
    name="acme-core",
    before="acme-core==1.3.2 \\\n    --hash=sha256:00",
    after="acme-core==1.4.0 \\\n    --hash=sha256:ab",
)
FIRST = Registration(registry="dev", environment="score", version="1", previous=None, digest="cd" * 32)
AGAIN = Registration(registry="prod", environment="train", version="12", previous="11", digest="ef" * 32)
CHANGES: tuple[Change, ...] = (UPLOAD, EDIT, HASHED, FIRST, AGAIN)
PLAN = Plan(
    changes=CHANGES,
    unchanged=(Unchanged(subject="acme_io-2.0.1-py3-none-any.whl", reason="feed holds the same sha256"),),
)


def test_plan_reads_at_a_glance() -> None:
    assert plan_text(PLAN).splitlines() == [
        f"plan {PLAN.digest[:8]}: 1 upload, 2 edits, 2 registrations, 1 unchanged",
        "  + upload    acme_core-1.4.0-py3-none-any.whl  feed",
        "  ~ edit      environments/train/conda.yml:14   acme-core==1.3.2 -> acme-core==1.4.0",
        "  ~ edit      requirements.txt:1                acme-core==1.3.2 … -> acme-core==1.4.0 …",
        "  + register  score:1 (new)                     dev",
        "  + register  train:12 (was 11)                 prod",
        "  = unchanged acme_io-2.0.1-py3-none-any.whl    feed holds the same sha256",
    ]


def test_empty_plan_says_so() -> None:
    assert plan_text(Plan(changes=())).endswith(": nothing to do")


def test_plan_json_has_the_facts() -> None:
    facts = json.loads(plan_json(PLAN))
    assert facts["digest"] == PLAN.digest
    assert facts["changes"][0] == {
        "kind": "upload",
        "store": "feed",
        "file": "acme_core-1.4.0-py3-none-any.whl",
        "name": "acme-core",
        "version": "1.4.0",
        "sha256": "ab" * 32,
        "size": 1234,
    }
    assert facts["changes"][1] == {
        "kind": "edit",
        "path": "environments/train/conda.yml",
        "line": 14,
        "column": 9,
        "name": "acme-core",
        "before": "acme-core==1.3.2",
        "after": "acme-core==1.4.0",
    }
    assert facts["changes"][4] == {
        "kind": "register",
        "registry": "prod",
        "environment": "train",
        "version": "12",
        "previous": "11",
        "digest": "ef" * 32,
    }
    assert facts["unchanged"] == [
        {"subject": "acme_io-2.0.1-py3-none-any.whl", "reason": "feed holds the same sha256"}
    ]


def test_outcome_tells_what_is_left() -> None:
    outcome = Outcome(plan=PLAN)
    outcome.settle([UPLOAD, EDIT], None)
    outcome.settle([HASHED], TargetError("requirements.txt: cannot be written: Read-only"))
    assert outcome_text(outcome).splitlines() == [
        "2 of 5 changes done, 1 failed, 2 not started",
        "  ! failed      edit requirements.txt:1     requirements.txt: cannot be written: Read-only",
        "  . not started register score:1 (new)",
        "  . not started register train:12 (was 11)",
    ]
    facts = json.loads(outcome_json(outcome))
    assert [change["kind"] for change in facts["done"]] == ["upload", "edit"]
    assert [failure["change"]["path"] for failure in facts["failed"]] == ["requirements.txt"]
    assert [change["kind"] for change in facts["not_started"]] == ["register", "register"]


def test_outcome_of_everything_is_one_line() -> None:
    outcome = Outcome(plan=PLAN)
    outcome.settle(CHANGES, None)
    assert outcome_text(outcome) == "5 of 5 changes done"
    assert outcome_text(Outcome(plan=Plan(changes=()))) == "nothing to do"


def test_names_from_files_cannot_forge_lines() -> None:
    forged = Edit(path="a\n  + upload x", line=1, column=1, name="x", before="a", after="b")
    assert len(plan_text(Plan(changes=(forged,))).splitlines()) == 2


def test_wheels_and_pins_are_lists() -> None:
    wheel = Wheel(
        path=Path("dist/acme_core-1.4.0-py3-none-any.whl"),
        name="acme-core",
        version="1.4.0",
        tags=("py3-none-any",),
        sha256="ab" * 32,
        content="",
        size=1234,
        metadata=b"",
    )
    assert wheels_text([wheel]).splitlines()[1].split() == [
        "+", "wheel", "acme_core-1.4.0-py3-none-any.whl", "1,234", "bytes,", "sha256", "abababababab",
    ]  # fmt: skip
    assert json.loads(wheels_json([wheel]))[0]["name"] == "acme-core"
    assert wheels_text([]) == "no wheels"
    found = Found(
        path="conda.yml",
        line=3,
        column=9,
        form=Form.EXACT,
        name="acme-core",
        version="1.3.2",
        text="acme-core==1.3.2",
    )
    assert pins_text([found], {}).splitlines() == ["conda.yml:3:9  ==  acme-core==1.3.2", "1 found"]
    assert (
        pins_text([found], {"acme-core": "1.4.0"}).splitlines()[0].endswith("acme-core==1.3.2  (now 1.4.0)")
    )
    assert pins_text([found], {"acme-core": "1.3.2"}).splitlines()[0].endswith("acme-core==1.3.2  (current)")
    facts = json.loads(pins_json([found], {"acme-core": "1.4.0"}))[0]
    assert (facts["version"], facts["current"]) == ("1.3.2", False)
