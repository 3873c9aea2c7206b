"""Releases that are about some packages, or some registries, and the one after them that is about all."""

import json
from pathlib import Path

import pytest

from tests.processes import wheelpin
from tests.repositories import write_repository
from tests.wheels import make_wheel


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = write_repository(tmp_path / "repository")
    make_wheel(root / "dist", "acme-core", "1.4.0")
    make_wheel(root / "dist", "acme-io", "2.0.1")
    registries = {name: {"kind": "directory", "path": f".wheelpin/{name}"} for name in ("dev", "prod")}
    stores = {"local": {"kind": "directory", "path": ".wheelpin/wheels"}}
    (root / "wheelpin.yml").write_text(json.dumps({"registries": registries, "stores": stores}))
    return root


def test_only_the_package_that_was_named_is_released(repository: Path) -> None:
    ran = wheelpin(repository, "apply", "--no-build", "--package", "Acme_Core", "--json")
    assert ran.code == 0, ran.err
    named = {change["name"] for change in ran.json["done"] if change["kind"] in {"upload", "edit"}}
    assert "acme-core" in named
    assert "acme-io" not in named
    assert "acme-io==2.0.0" in (repository / "environments/score/requirements.txt").read_text()


def test_variable_names_several_packages_with_spaces_between(repository: Path) -> None:
    ran = wheelpin(repository, "plan", "--no-build", "--json", env={"WHEELPIN_PACKAGE": "acme-core acme-io"})
    uploads = [change["name"] for change in ran.json["changes"] if change["kind"] == "upload"]
    assert uploads == ["acme-core", "acme-io"]


def test_unknown_package_is_refused_with_those_that_there_are(repository: Path) -> None:
    ran = wheelpin(repository, "plan", "--no-build", "--package", "acme")
    assert ran.code == 2
    assert "--package acme: no such package here\n  there is acme-core, acme-io" in ran.err


def test_a_later_run_gives_the_other_registries_the_same_version(repository: Path) -> None:
    first = wheelpin(repository, "apply", "--no-build", "--registry", "dev", "--json")
    assert first.code == 0, first.err
    assert not (repository / ".wheelpin/prod").exists()
    second = wheelpin(repository, "apply", "--no-build", "--json")
    assert second.code == 0, second.err
    assert {change["registry"] for change in second.json["done"]} == {"prod"}
    assert _versions(second.json["done"]) == _versions(first.json["done"])
    assert wheelpin(repository, "plan", "--no-build").code == 0


def _versions(changes: list[dict[str, str]]) -> set[tuple[str, str]]:
    return {(one["environment"], one["version"]) for one in changes if one["kind"] == "register"}


def test_unknown_registry_is_refused_before_anything_is_built(repository: Path) -> None:
    ran = wheelpin(repository, "plan", "--registry", "qa")
    assert ran.code == 2
    assert "--registry qa: no such registry in the config\n  it has dev, prod" in ran.err
