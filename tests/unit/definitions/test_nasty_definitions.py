"""Generated definitions: nasty ones are pinned to the byte, broken ones break nothing."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.definitions import make_target
from tests.unit.definitions.grammar import KINDS, NEW_TRAIN, STORE, Made, break_up, make
from wheelpin.definitions.editing import edited
from wheelpin.definitions.survey import survey
from wheelpin.errors import Level, WheelpinError
from wheelpin.pin import PinPlan, plan_pins, plan_references, stage_edits
from wheelpin.repository import Repository
from wheelpin.source import decode

TARGETS = {"acme-core": make_target(stores=[STORE])}
SEEDS = st.integers(0, 2**48)
SHORT = settings(max_examples=1_000, deadline=None, suppress_health_check=list(HealthCheck))
LONG = settings(SHORT, max_examples=10_000)


def planned(repository: Repository, path: str, *, downgrade: bool = False, ranges: bool = False) -> PinPlan:
    pins = plan_pins(repository, [path], TARGETS, downgrade=downgrade, ranges=ranges)
    references = plan_references(repository, [path], {"train": NEW_TRAIN}, downgrade=downgrade)
    return PinPlan(edits=pins.edits + references.edits, findings=pins.findings + references.findings)


def pinned_to_the_byte(made: Made) -> None:
    source = decode(made.path, made.before)
    repository = Repository(Path("/nowhere"), {made.path: source.text})

    plan = planned(repository, made.path)
    after = source.encode(edited(source.text, plan.edits))

    assert after == made.after
    assert not [finding for finding in plan.findings if finding.level is Level.ERROR]
    again = repository.with_texts({made.path: decode(made.path, after).text})
    assert planned(again, made.path).edits == ()


def broken_breaks_nothing(random: Random) -> None:
    path, data = break_up(random)
    try:
        text = decode(path, data).text
    except WheelpinError:
        return
    repository = Repository(Path("/nowhere"), {path: text})
    survey(repository, [path])
    for how in ({}, {"ranges": True}, {"downgrade": True}):
        plan = planned(repository, path, **how)
        after = edited(text, plan.edits)
        assert planned(repository.with_texts({path: after}), path, **how).edits == ()


@given(SEEDS)
@SHORT
def test_a_nasty_definition_is_pinned_to_the_byte(seed: int) -> None:
    pinned_to_the_byte(make(Random(seed)))


@given(SEEDS)
@SHORT
@example(759)
@example(35127)
def test_a_broken_definition_breaks_nothing(seed: int) -> None:
    broken_breaks_nothing(Random(seed))


@pytest.mark.long
@given(SEEDS)
@LONG
def test_ten_thousand_nasty_definitions(seed: int) -> None:
    pinned_to_the_byte(make(Random(seed)))


@pytest.mark.long
@given(SEEDS)
@LONG
def test_ten_thousand_broken_definitions(seed: int) -> None:
    broken_breaks_nothing(Random(seed))


def test_every_kind_of_definition_is_made() -> None:
    assert {make(Random(seed)).path for seed in range(200)} == set(KINDS)


def test_files_are_written_as_planned(tmp_path: Path) -> None:
    for seed in range(60):
        made = make(Random(seed))
        place = tmp_path / made.path
        place.write_bytes(made.before)
        repository = Repository(tmp_path)
        if edits := planned(repository, made.path).edits:
            stage_edits(repository, made.path, edits).commit()
        written = place.stat().st_mtime_ns

        assert place.read_bytes() == made.after
        assert planned(Repository(tmp_path), made.path).edits == ()
        assert place.stat().st_mtime_ns == written
