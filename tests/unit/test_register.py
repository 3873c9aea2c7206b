"""Which version an environment gets: one for all registries, none when nothing changed."""

from dataclasses import replace

import pytest

from tests.registries import MemoryRegistry, environment
from wheelpin.register import Named, RegistrationPlan, Versioning, plan_registration, read_standings
from wheelpin.registries import Registered, Series

OLD = environment(image="mcr.example/base:1")
NEW = environment(image="mcr.example/base:2")
OTHER = environment(image="mcr.example/base:3")


UNNAMED = Named(committed=0, highest=0, edited=False, dirty=False)


def plan(
    *registries: MemoryRegistry, named: Named = UNNAMED, versioning: Versioning = "next"
) -> RegistrationPlan:
    standings = read_standings({"train": registries})["train"]
    return plan_registration(NEW, standings, versioning, lambda: named)


def naming(version: int, *, committed: int | None = None, edited: bool = False, dirty: bool = False) -> Named:
    before = version if committed is None else committed
    return Named(committed=before, highest=version, edited=edited, dirty=dirty)


def test_first_registration_is_version_1() -> None:
    made = plan(MemoryRegistry("dev"))
    assert made.version == "1"
    assert [(change.registry, change.previous) for change in made.registrations] == [("dev", None)]


def test_next_is_above_the_latest_of_all_registries() -> None:
    made = plan(MemoryRegistry("dev").hold(OLD, "11"), MemoryRegistry("prod").hold(OLD, "14"))
    assert made.version == "15"
    assert [(change.registry, change.previous) for change in made.registrations] == [
        ("dev", "11"),
        ("prod", "14"),
    ]


def test_next_is_above_what_the_repository_names() -> None:
    assert plan(MemoryRegistry("dev").hold(OLD, "11"), named=naming(20, edited=True)).version == "21"


def test_unchanged_definition_gets_no_version() -> None:
    made = plan(MemoryRegistry("dev").hold(OLD, "11").hold(NEW, "12"), named=naming(12))
    assert (made.version, made.registrations) == ("12", ())
    assert [item.subject for item in made.unchanged] == ["train:12"]


def test_unchanged_definition_keeps_a_version_that_is_no_number() -> None:
    made = plan(MemoryRegistry("dev").hold(NEW, "2024-01-blue"))
    assert (made.version, made.registrations) == ("2024-01-blue", ())


def test_registry_that_was_missed_gets_the_version_of_the_others() -> None:
    made = plan(MemoryRegistry("dev").hold(OLD, "11").hold(NEW, "12"), MemoryRegistry("prod").hold(OLD, "11"))
    assert made.version == "12"
    assert [change.registry for change in made.registrations] == ["prod"]


def test_version_taken_by_another_definition_is_left_to_it_everywhere() -> None:
    made = plan(MemoryRegistry("dev").hold(NEW, "12"), MemoryRegistry("prod").hold(OTHER, "12"))
    assert made.version == "13"
    assert [change.registry for change in made.registrations] == ["dev", "prod"]


@pytest.mark.parametrize(
    "left",
    [
        naming(11, edited=True),
        naming(11, edited=True, dirty=True),
        naming(11, dirty=True),
        naming(12, committed=11, dirty=True),
        naming(12, committed=12),
    ],
    ids=["before its edits", "amid its pins", "after its pins", "after all edits", "after its commit"],
)
@pytest.mark.parametrize("held", [(), ("9",), ("11",)])
def test_run_that_was_stopped_is_continued_with_the_same_version(left: Named, held: tuple[str, ...]) -> None:
    assert plan(MemoryRegistry("dev").hold(OLD, *held), named=left).version == "12"


def test_version_that_the_committed_definition_names_first_is_registered_as_it_is() -> None:
    assert plan(MemoryRegistry("dev"), named=naming(3)).version == "3"


def test_version_that_somebody_is_about_to_name_is_taken() -> None:
    registry = MemoryRegistry("dev").hold(OLD, "11")
    assert plan(registry, named=naming(20, committed=11, dirty=True)).version == "20"
    assert plan(registry, named=naming(20, committed=11, dirty=True, edited=True)).version == "21"


def test_version_named_by_the_repository_is_not_reused_when_it_is_taken() -> None:
    registry = MemoryRegistry("dev").hold(OTHER, "12").hold(OLD, "11")
    assert plan(registry, named=naming(12)).version == "13"


def test_version_that_an_earlier_release_was_late_to_follow_stays() -> None:
    made = plan(
        MemoryRegistry("dev").hold(OLD, "11").hold(NEW, "13").hold(OTHER, "12"),
        MemoryRegistry("prod").hold(OLD, "11").hold(OTHER, "12"),
        named=naming(13),
    )
    assert made.version == "13"
    assert [change.registry for change in made.registrations] == ["prod"]


def test_definition_that_went_back_to_an_older_one_gets_a_new_version() -> None:
    made = plan(MemoryRegistry("dev").hold(NEW, "11").hold(OLD, "12"))
    assert made.version == "13"


def test_content_version_follows_from_the_definition() -> None:
    registry = MemoryRegistry("dev").hold(OLD, "11")
    made = plan(registry, versioning="content")
    assert made.version == "c" + NEW.digest[:12]
    registry.hold(NEW, made.version)
    again = plan(registry, versioning="content")
    assert (again.version, again.registrations) == (made.version, ())


def test_content_version_that_is_held_already_is_not_registered_again() -> None:
    registry = MemoryRegistry("dev").hold(NEW, "c" + NEW.digest[:12]).hold(OLD, "c" + OLD.digest[:12])
    made = plan(registry, versioning="content")
    assert (made.version, made.registrations) == ("c" + NEW.digest[:12], ())


class Slow(MemoryRegistry):
    """Lists that have not heard of the last write."""

    def latest(self, environment: str) -> Registered | None:
        versions = list(self.held.get(environment, {}).items())[:-1]
        return Registered(version=versions[-1][0], digest=versions[-1][1]) if versions else None

    def series(self, environment: str) -> Series:
        return replace(super().series(environment), latest=MemoryRegistry.latest(self, environment))


def test_a_list_that_lags_behind_makes_no_second_version() -> None:
    made = plan(Slow("dev").hold(OLD, "11").hold(NEW, "12"), named=naming(12))
    assert (made.version, made.registrations) == ("12", ())


def test_nothing_to_change_is_known_from_one_look() -> None:
    class Quick(MemoryRegistry):
        def series(self, environment: str) -> Series:
            raise AssertionError(environment)

    made = plan(Quick("dev").hold(NEW, "12"), Quick("prod").hold(NEW, "12"))
    assert (made.version, made.registrations) == ("12", ())


def test_an_archived_environment_is_left_alone_and_told() -> None:
    dev, prod = MemoryRegistry("dev").hold(OLD, "11"), MemoryRegistry("prod").hold(OLD, "11")
    dev.archived.add("train")
    made = plan(dev, prod)
    assert [(change.registry, change.version) for change in made.registrations] == [("prod", "12")]
    assert [str(finding) for finding in made.findings] == [
        "train: is archived in dev: it gets no new version there"
    ]
