"""The directory registry: the contract of all registries, its layout, and what damage does to it."""

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.contracts.registry import (
    CONDA,
    TAGS,
    TRAIN,
    Fingerprint,
    Opener,
    RegistryContract,
    held,
    with_context,
)
from wheelpin.azureml import Azure
from wheelpin.config import DirectoryRegistry
from wheelpin.environment import Context, Environment, resource_digest
from wheelpin.errors import TargetError, VerificationError
from wheelpin.registries import open_registry
from wheelpin.registries.directory import DirectoryBackend

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "registry"


@pytest.fixture
def registry(folder: Path) -> DirectoryBackend:
    return DirectoryBackend("local", folder, now=lambda: NOON)


def version_file(folder: Path, environment: Environment, version: str) -> Path:
    return folder / "environments" / environment.name / "versions" / f"{version}.json"


def files_in(folder: Path) -> Sequence[str]:
    files = (place for place in folder.rglob("*") if place.is_file() and place.name != ".lock")
    return sorted(place.relative_to(folder).as_posix() for place in files)


class TestDirectoryRegistry(RegistryContract):
    @pytest.fixture
    def opened(self, folder: Path) -> Opener:
        return lambda: DirectoryBackend("local", folder)

    @pytest.fixture
    def fingerprint(self, folder: Path) -> Fingerprint:
        def states() -> object:
            places = [folder, *folder.rglob("*")] if folder.exists() else []
            return {place: (place.stat().st_ino, place.stat().st_mtime_ns) for place in places}

        return states


def test_a_version_is_kept_as_the_resource_of_azure_ml(registry: DirectoryBackend, folder: Path) -> None:
    environment = replace(TRAIN, description="for training", tags={"team": "ml"})
    registry.register(environment, "12", TAGS)
    assert json.loads(version_file(folder, TRAIN, "12").read_bytes()) == {
        "id": "environments/train/versions/12",
        "name": "12",
        "type": "Microsoft.MachineLearningServices/workspaces/environments/versions",
        "properties": {
            "image": "mcr.example/base:1",
            "condaFile": CONDA,
            "description": "for training",
            "tags": {"team": "ml", "wheelpin": "1"},
            "isAnonymous": False,
            "isArchived": False,
        },
        "systemData": {"createdAt": "2026-01-02T12:00:00.000000+00:00"},
    }


def test_values_that_json_lacks_are_kept_as_text(registry: DirectoryBackend, folder: Path) -> None:
    registry.register(replace(TRAIN, tags={"released": NOON.date()}), "1", {})
    resource = json.loads(version_file(folder, TRAIN, "1").read_bytes())
    assert resource["properties"]["tags"] == {"released": "2026-01-02"}


def test_latest_does_not_depend_on_the_clock(registry: DirectoryBackend, folder: Path) -> None:
    for version in ("3", "1", "2"):
        registry.register(replace(TRAIN, image=f"mcr.example/base:{version}"), version, {})
    earlier = DirectoryBackend("local", folder, now=lambda: NOON.replace(year=2020))
    earlier.register(TRAIN, "0", {})
    assert earlier.latest("train") == held(TRAIN, "0")


def test_a_context_is_copied_and_named_by_its_content(
    registry: DirectoryBackend, folder: Path, tmp_path: Path
) -> None:
    built = with_context(tmp_path / "repository")
    assert built.context is not None
    registry.register(built, "1", {})
    uri = f"LocalUpload/{built.context.digest}/image/"
    assert files_in(folder) == [
        f"{uri}Dockerfile",
        f"{uri}requirements/all.txt",
        "environments/built/versions/1.json",
    ]
    assert (folder / uri / "requirements" / "all.txt").read_text() == "acme-core==1.0\n"
    properties = json.loads(version_file(folder, built, "1").read_bytes())["properties"]
    assert properties["build"] == {"contextUri": uri}
    assert resource_digest(properties) == built.digest


def test_a_context_can_be_the_repository_itself(
    registry: DirectoryBackend, folder: Path, tmp_path: Path
) -> None:
    root = tmp_path / "repository" / "image"
    built = with_context(root.parent)
    assert built.context is not None
    whole = replace(built, context=Context(path=".", digest=built.context.digest, root=root))
    registry.register(whole, "1", {})
    assert f"LocalUpload/{built.context.digest}/image/Dockerfile" in files_in(folder)


def test_what_a_context_ignores_is_not_copied(
    registry: DirectoryBackend, folder: Path, tmp_path: Path
) -> None:
    root = tmp_path / "repository"
    (root / "image").mkdir(parents=True)
    (root / "image" / ".amlignore").write_text("*.log\n")
    (root / "image" / "big.log").write_text("x")
    registry.register(with_context(root), "1", {})
    assert [Path(file).name for file in files_in(folder)] == [".amlignore", "Dockerfile", "all.txt", "1.json"]


def test_a_context_that_changed_since_it_was_read_is_not_registered(
    registry: DirectoryBackend, folder: Path, tmp_path: Path
) -> None:
    built = with_context(tmp_path / "repository")
    (tmp_path / "repository" / "image" / "Dockerfile").write_text("FROM mcr.example/base:2\n")
    with pytest.raises(VerificationError, match="image changed while it was copied"):
        registry.register(built, "1", {})
    assert files_in(folder) == []


def test_a_run_that_was_killed_while_copying_a_context_is_finished_by_the_next(
    registry: DirectoryBackend, folder: Path, tmp_path: Path
) -> None:
    built = with_context(tmp_path / "repository")
    assert built.context is not None
    place = folder / "LocalUpload" / built.context.digest
    shutil.copytree(tmp_path / "repository" / "image", place / ".half.tmp")
    (place / ".half.tmp" / "Dockerfile").unlink()
    registry.register(built, "1", {})
    assert not (place / ".half.tmp").exists()
    assert (place / "image" / "Dockerfile").exists()


def test_a_run_that_was_killed_after_its_context_is_finished_by_the_next(
    registry: DirectoryBackend, folder: Path, tmp_path: Path
) -> None:
    built = with_context(tmp_path / "repository")
    registry.register(built, "1", {})
    version_file(folder, built, "1").unlink()
    registry.register(built, "1", {})
    assert registry.get("built", "1") == held(built, "1")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"properties": 1, "systemData": {"createdAt": "2026-01-02T12:00:00Z"}}',
        '{"properties": {"build": 1}, "systemData": {"createdAt": "2026-01-02T12:00:00Z"}}',
        '{"properties": {"condaFile": "a: ["}, "systemData": {"createdAt": "2026-01-02T12:00:00Z"}}',
        '{"properties": {}, "systemData": {"createdAt": "today"}}',
        '{"properties": {}, "systemData": {}}',
        "[" * 100_000,
    ],
)
def test_a_version_that_cannot_be_read_is_told(registry: DirectoryBackend, folder: Path, text: str) -> None:
    registry.register(TRAIN, "1", {})
    file = version_file(folder, TRAIN, "1")
    file.write_text(text)
    message = f"registry local: {file} is not an environment version"
    with pytest.raises(TargetError) as caught:
        registry.get("train", "1")
    assert caught.value.message == message
    with pytest.raises(TargetError) as caught:
        registry.latest("train")
    assert caught.value.message == message
    with pytest.raises(TargetError):
        registry.register(replace(TRAIN, image="mcr.example/base:2"), "2", {})
    assert file.read_text() == text


def test_times_of_creation_as_the_service_writes_them_are_read(
    registry: DirectoryBackend, folder: Path
) -> None:
    registry.register(TRAIN, "1", {})
    file = version_file(folder, TRAIN, "1")
    file.write_text(file.read_text().replace("12:00:00.000000+00:00", "12:00:00.1008285+00:00"))
    registry.register(TRAIN, "2", {})
    assert registry.latest("train") == held(TRAIN, "2")


def test_default_folder_is_hidden_from_git(tmp_path: Path) -> None:
    DirectoryBackend("local", tmp_path / ".wheelpin" / "registry").register(TRAIN, "1", {})
    assert (tmp_path / ".wheelpin" / ".gitignore").read_text() == "*\n"


def test_a_folder_that_cannot_be_made_is_told_in_one_sentence(folder: Path) -> None:
    folder.write_text("a file")
    registry = DirectoryBackend("local", folder)
    with pytest.raises(TargetError) as caught:
        registry.register(TRAIN, "1", {})
    versions = folder / "environments" / "train" / "versions"
    assert caught.value.message == f"registry local: {versions}: Not a directory"


def test_a_full_disk_leaves_nothing_half_written(
    registry: DirectoryBackend, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fsync(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        with pytest.raises(TargetError, match=r"^registry local: .*: No space left on device$"):
            registry.register(TRAIN, "1", {})
    assert files_in(folder) == []
    registry.register(TRAIN, "1", {})
    assert registry.latest("train") == held(TRAIN, "1")


def test_a_disk_that_swallows_writes_is_found_out(
    registry: DirectoryBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wheelpin.registries.directory.create_file", lambda _place, _chunks: None)
    with pytest.raises(VerificationError, match="registry local: train:1 is not there after it was written"):
        registry.register(TRAIN, "1", {})


def test_open_registry_starts_relative_paths_at_the_root(tmp_path: Path) -> None:
    opened = open_registry("local", DirectoryRegistry(kind="directory", path="kept"), tmp_path, Azure({}))
    assert opened == DirectoryBackend("local", tmp_path / "kept")
    assert opened.name == "local"
