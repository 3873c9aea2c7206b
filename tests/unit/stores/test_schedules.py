"""No schedule of releases that share a store loses anything, whoever stops and whichever answer is lost."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from packaging.version import Version

from tests.contracts.store import named, wheel
from tests.schedules import Explorer, Process, World
from wheelpin.stores import simple_html, simple_json
from wheelpin.stores.static import StaticStore
from wheelpin.wheel import Wheel


def upload(of: Wheel) -> Process:
    return partial(_upload, of=of)


def publish(of: Wheel) -> Process:
    return partial(_publish, of=of)


def release(of: Wheel) -> Process:
    return partial(_release, of=of)


def _upload(store: StaticStore, of: Wheel) -> None:
    store.upload(of)


def _publish(store: StaticStore, of: Wheel) -> None:
    store.publish(of.name, [of])


def _release(store: StaticStore, of: Wheel) -> None:
    store.upload(of)
    store.publish(of.name, [of])


@dataclass
class Judge:
    """What must hold of the world that a schedule of releases leaves: nothing of theirs is missing anywhere.

    And when those that were stopped run again, all forms of all pages say the same.
    """

    wheels: Sequence[Wheel]
    again: Callable[[World], World]
    _known: dict[object, bool] = field(default_factory=dict)

    def __call__(self, world: World, finished: frozenset[int]) -> bool:
        key = (tuple(sorted(world.items())), finished)
        if key not in self._known:
            there = all(shows(world, self.wheels[number]) for number in finished)
            mended = self.again(world)
            self._known[key] = there and all(shows(mended, each) for each in self.wheels) and tidy(mended)
        return self._known[key]


def shows(world: World, of: Wheel) -> bool:
    """Whether every page of the index shows a wheel."""
    folder = f"simple/{of.name}/"
    pages = [key for key in world if key.startswith(folder) and "/index." in key]
    roots = ["simple/index.html", "simple/index.json"]
    return (
        len(pages) == 2
        and all(of.file.encode() in world[page][0] for page in pages)
        and all(root in world and f'"{of.name}'.encode() in world[root][0] for root in roots)
    )


def tidy(world: World) -> bool:
    """Whether HTML is what follows from JSON, everywhere."""
    root = simple_json.parse_root(world["simple/index.json"][0])
    pages = [(f"simple/{name}/", name) for name in root.projects]
    return world["simple/index.html"][0] == simple_html.render_root(root) and all(
        world[f"{folder}index.html"][0]
        == simple_html.render(simple_json.parse(world[f"{folder}index.json"][0]))
        for folder, _ in pages
    )


def explorer(processes: Sequence[Process], wheels: Sequence[Wheel], **limits: int) -> Explorer:
    def again(world: World) -> World:
        for process in processes:
            world = explored.run(world, process)
        return world

    explored = Explorer(processes=processes, judge=Judge(wheels, again))
    for name, value in limits.items():
        setattr(explored, name, value)
    return explored


def after(*processes: Process) -> World:
    world: World = {}
    for process in processes:
        world = explorer([], []).run(world, process)
    return world


@pytest.fixture
def wheels(tmp_path: Path) -> list[Wheel]:
    return [wheel(tmp_path, version) for version in ("1.0", "2.0", "3.0")]


@pytest.mark.parametrize("crashes", [0, 1])
def test_two_releases_of_one_project(wheels: list[Wheel], crashes: int) -> None:
    first, second, _ = wheels
    explored = explorer([publish(first), publish(second)], [first, second], crashes=crashes)
    outcomes = explored.explore(after(upload(first), upload(second)))
    assert outcomes[False] == 0
    assert outcomes[True] > 1_000_000_000


def test_without_conditions_schedules_lose_entries(wheels: list[Wheel]) -> None:
    first, second, _ = wheels
    explored = explorer([publish(first), publish(second)], [first, second], conditions=False)
    assert explored.explore(after(upload(first), upload(second)))[False] > 100_000


def test_two_releases_whose_answers_get_lost(wheels: list[Wheel]) -> None:
    old, first, second = wheels
    explored = explorer([publish(first), publish(second)], [first, second], unheard=1)
    outcomes = explored.explore(after(release(old), upload(first), upload(second)))
    assert outcomes[False] == 0
    assert outcomes[True] > 1_000_000


def test_two_releases_of_the_same_wheel(wheels: list[Wheel]) -> None:
    ours = wheels[0]
    explored = explorer([release(ours), release(ours)], [ours, ours], crashes=1)
    outcomes = explored.explore({})
    assert outcomes[False] == 0
    assert outcomes[True] > 1_000_000_000


def test_two_releases_of_new_projects_meet_at_the_root(tmp_path: Path, wheels: list[Wheel]) -> None:
    core, io = wheels[0], named("acme-io", tmp_path)
    explored = explorer([publish(core), publish(io)], [core, io], crashes=1)
    outcomes = explored.explore(after(upload(core), upload(io)))
    assert outcomes[False] == 0
    assert outcomes[True] > 1_000_000_000


def test_a_yank_and_a_release(wheels: list[Wheel]) -> None:
    old, new, _ = wheels

    def yank(store: StaticStore) -> None:
        assert store.yank("acme-core", Version("1.0"), "broken") == [old.file]

    def judge(world: World, finished: frozenset[int]) -> bool:
        page = simple_json.parse(world["simple/acme-core/index.json"][0])
        html = world["simple/acme-core/index.html"][0]
        yanked = page.by_name[old.file].yanked == "broken" and b"data-yanked" in html
        published = new.file in page.by_name and new.file.encode() in html
        return (yanked or 0 not in finished) and (published or 1 not in finished)

    explored = Explorer(processes=[yank, publish(new)], judge=judge, crashes=1)
    outcomes = explored.explore(after(release(old), upload(new)))
    assert outcomes[False] == 0
    assert outcomes[True] > 1_000_000


@pytest.mark.long
@pytest.mark.parametrize("limits", [{"crashes": 1, "unheard": 1}, {"crashes": 2}], ids=str)
def test_two_releases_of_one_project_with_all_that_can_happen(
    wheels: list[Wheel], limits: dict[str, int]
) -> None:
    first, second, _ = wheels
    explored = explorer([publish(first), publish(second)], [first, second], **limits)
    assert explored.explore(after(upload(first), upload(second)))[False] == 0


@pytest.mark.long
def test_three_releases_of_one_project(wheels: list[Wheel]) -> None:
    old, *_ = wheels
    explored = explorer([publish(each) for each in wheels], wheels)
    outcomes = explored.explore(after(*map(upload, wheels), release(old)))
    assert outcomes[False] == 0
    assert outcomes[True] > 1_000_000_000
