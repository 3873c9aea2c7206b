"""What every registry promises, whatever kind it is.

A backend runs the suite by a class that inherits it and gives the two fixtures.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from wheelpin.context import context_hash
from wheelpin.environment import Context, Environment
from wheelpin.errors import ConflictError, DefinitionError
from wheelpin.registries import Registered, Registry, Series
from wheelpin.repository import Repository

WRITERS = 8
TAGS = {"wheelpin": "1"}
CONDA = """# what training needs
name: train
dependencies:
  - python=3.11   # not 3.12
  - pip:
      - 'acme-core==1.0'
"""
TRAIN = Environment(name="train", path="train.yml", image="mcr.example/base:1", conda=CONDA)

Opener = Callable[[], Registry]
Fingerprint = Callable[[], object]


def with_context(root: Path, *, text: str = "acme-core==1.0\n") -> Environment:
    """An environment that is built from the folder `image` of the repository at `root`."""
    folder = root / "image" / "requirements"
    folder.mkdir(parents=True, exist_ok=True)
    (root / "image" / "Dockerfile").write_text("FROM mcr.example/base:1\n")
    (folder / "all.txt").write_text(text)
    digest = context_hash(Repository(root), "image")
    return Environment(
        name="built", path="built.yml", context=Context(path="image", digest=digest, root=root)
    )


def held(environment: Environment, version: str) -> Registered:
    return Registered(version=version, digest=environment.digest)


class RegistryContract:
    """Inherit, and give `opened` and `fingerprint`."""

    @pytest.fixture
    def opened(self) -> Opener:
        """Open the one registry of this test anew, as another process would."""
        raise NotImplementedError

    @pytest.fixture
    def fingerprint(self) -> Fingerprint:
        """What changes with every write to the registry, even one that changes nothing."""
        raise NotImplementedError

    @pytest.fixture
    def registry(self, opened: Opener) -> Registry:
        return opened()

    def test_an_unknown_environment_has_no_version(self, registry: Registry) -> None:
        assert registry.latest("train") is None
        assert registry.series("train") == Series(latest=None, highest=0)
        assert registry.get("train", "1") is None

    def test_looking_writes_nothing(self, registry: Registry, fingerprint: Fingerprint) -> None:
        before = fingerprint()
        registry.latest("train")
        registry.series("train")
        registry.get("train", "1")
        assert fingerprint() == before

    @pytest.mark.parametrize(
        "environment",
        [
            TRAIN,
            replace(TRAIN, conda=None, description="for training", tags={"team": "ml", "year": 2026}),
            replace(TRAIN, os_type="Windows", inference_config={"livenessRoute": {"port": 80, "path": "/"}}),
            replace(TRAIN, name="a.b-c_D1"),
        ],
        ids=["conda", "image", "inference", "name"],
    )
    def test_a_registered_version_is_there_with_its_definition(
        self, opened: Opener, environment: Environment
    ) -> None:
        opened().register(environment, "1", TAGS)
        assert opened().get(environment.name, "1") == held(environment, "1")
        assert opened().latest(environment.name) == held(environment, "1")

    def test_a_build_context_is_part_of_the_definition(self, opened: Opener, tmp_path: Path) -> None:
        first = with_context(tmp_path / "one")
        second = with_context(tmp_path / "two", text="acme-core==2.0\n")
        opened().register(first, "1", TAGS)
        opened().register(second, "2", TAGS)
        assert opened().get("built", "1") == held(first, "1")
        assert opened().latest("built") == held(second, "2")
        assert first.digest != second.digest

    def test_registering_the_same_again_writes_nothing(
        self, opened: Opener, tmp_path: Path, fingerprint: Fingerprint
    ) -> None:
        built = with_context(tmp_path / "repository")
        for environment in (TRAIN, built):
            opened().register(environment, "1", TAGS)
        before = fingerprint()
        for environment in (TRAIN, built):
            opened().register(environment, "1", TAGS)
        assert fingerprint() == before

    def test_conda_that_says_the_same_in_other_words_is_the_same(
        self, opened: Opener, fingerprint: Fingerprint
    ) -> None:
        opened().register(TRAIN, "1", TAGS)
        before = fingerprint()
        opened().register(replace(TRAIN, conda=CONDA.replace("# not 3.12", "")), "1", TAGS)
        assert fingerprint() == before

    @pytest.mark.parametrize(
        "other",
        [
            replace(TRAIN, image="mcr.example/base:2"),
            replace(TRAIN, conda=CONDA.replace("1.0", "2.0")),
            replace(TRAIN, os_type="Windows"),
        ],
        ids=["image", "conda", "os"],
    )
    def test_another_definition_under_one_version_is_a_conflict_that_changes_nothing(
        self, opened: Opener, fingerprint: Fingerprint, other: Environment
    ) -> None:
        opened().register(TRAIN, "1", TAGS)
        before = fingerprint()
        with pytest.raises(ConflictError, match="train:1"):
            opened().register(other, "1", TAGS)
        assert fingerprint() == before
        assert opened().get("train", "1") == held(TRAIN, "1")

    def test_latest_is_the_last_created_and_highest_the_highest_integer(self, opened: Opener) -> None:
        for version in ("9", "10", "2", "c0ffee", "1.5"):
            opened().register(replace(TRAIN, image=f"mcr.example/base:{version}"), version, TAGS)
        latest = opened().latest("train")
        assert latest is not None
        assert latest.version == "1.5"
        assert opened().series("train") == Series(latest=latest, highest=10)

    def test_environments_do_not_mix(self, opened: Opener) -> None:
        other = replace(TRAIN, name="train-gpu", image="mcr.example/gpu:1")
        opened().register(TRAIN, "1", TAGS)
        opened().register(other, "7", TAGS)
        assert opened().latest("train") == held(TRAIN, "1")
        assert opened().latest("train-gpu") == held(other, "7")

    @pytest.mark.parametrize(
        "name", ["AzureML-train", "Microsoft", "", ".", "..", "a/b", "a\\b", "a\0b", "x" * 256]
    )
    def test_a_name_that_the_service_refuses_is_refused(
        self, registry: Registry, name: str, fingerprint: Fingerprint
    ) -> None:
        before = fingerprint()
        with pytest.raises(DefinitionError, match="cannot be used"):
            registry.latest(name)
        with pytest.raises(DefinitionError, match="cannot be used"):
            registry.register(replace(TRAIN, name=name), "1", TAGS)
        assert fingerprint() == before

    @pytest.mark.parametrize("version", ["", ".", "..", "../1", "a\\b", "1\n", "a\0b", "1" * 256])
    def test_a_version_is_no_path(self, registry: Registry, version: str, fingerprint: Fingerprint) -> None:
        before = fingerprint()
        with pytest.raises(DefinitionError, match="cannot be used"):
            registry.get("train", version)
        with pytest.raises(DefinitionError, match="cannot be used"):
            registry.register(TRAIN, version, TAGS)
        assert fingerprint() == before

    def test_many_can_register_the_same_at_once(self, opened: Opener, tmp_path: Path) -> None:
        built = with_context(tmp_path / "repository")
        assert register_side_by_side(opened, [built] * WRITERS) == [None] * WRITERS
        assert opened().get("built", "1") == held(built, "1")

    def test_of_many_with_different_definitions_one_wins(self, opened: Opener) -> None:
        environments = [replace(TRAIN, image=f"mcr.example/base:{number}") for number in range(WRITERS)]
        outcomes = register_side_by_side(opened, environments)
        winners = [each for each, failure in zip(environments, outcomes, strict=True) if failure is None]
        assert len(winners) == 1
        assert opened().get("train", "1") == held(winners[0], "1")


def register_side_by_side(opened: Opener, environments: Sequence[Environment]) -> list[ConflictError | None]:
    """Register each as version 1, all at once; for each its conflict, if it had one."""

    def attempt(environment: Environment) -> ConflictError | None:
        try:
            opened().register(environment, "1", TAGS)
        except ConflictError as error:
            return error
        return None

    with ThreadPoolExecutor(len(environments)) as pool:
        return list(pool.map(attempt, environments))
