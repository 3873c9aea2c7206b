import pytest

from wheelpin.config import Config
from wheelpin.config.narrowing import narrowed
from wheelpin.errors import UsageError

CONFIG = Config.model_validate(
    {
        "registries": {name: {"kind": "directory", "path": name} for name in ("dev", "test", "prod")},
        "environments": [{"path": "a/*.yml"}, {"path": "b/*.yml", "registries": ["dev", "prod"]}],
    }
)


def test_no_names_leave_the_config_as_it_is() -> None:
    assert narrowed(CONFIG, ()) is CONFIG


def test_only_named_registries_stay_and_environments_go_to_no_other() -> None:
    found = narrowed(CONFIG, ("test", "prod"))
    assert list(found.registries) == ["test", "prod"]
    assert [entry.registries for entry in found.environments or ()] == [("test", "prod"), ("prod",)]


def test_environment_that_goes_elsewhere_drops_out() -> None:
    found = narrowed(CONFIG, ("test",))
    assert [entry.registries for entry in found.environments or ()] == [("test",)]


def test_environments_that_are_found_are_found_again() -> None:
    assert narrowed(CONFIG.model_copy(update={"environments": None}), ("dev",)).environments is None


def test_unknown_registry_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UsageError, match="--registry qa: no such registry") as caught:
        narrowed(CONFIG, ("dev", "qa"))
    assert caught.value.hint == "it has dev, test, prod"
