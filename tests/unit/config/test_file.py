"""Each mistake in wheelpin.yml is told at its line, all of them at once, with the near miss."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from wheelpin.config import (
    Config,
    DirectoryStore,
    IndexStore,
    SharedRegistry,
    WorkspaceEnvironment,
    WorkspaceRegistry,
)
from wheelpin.config.file import load_config
from wheelpin.errors import ConfigError

FULL = """\
projects: [packages/*]
output: wheels
stores:
  feed: {kind: azure-artifacts, organization: contoso, project: ml, feed: wheels, view: Release}
  server: {kind: azure-artifacts, url: "https://devops.example.org/tfs/Main", feed: wheels}
  nexus:
    kind: index
    upload: https://nexus.example.org/repository/pypi/
    simple: https://nexus.example.org/repository/pypi/simple/
  blobs: {kind: azure-blob, url: "https://contosoml.blob.core.windows.net/wheels/${STAGE}"}
  default: {kind: workspace, registry: dev}
  local: {kind: directory, path: .wheelpin/wheels}
registries:
  dev:
    kind: azureml-workspace
    subscription: 00000000-0000-0000-0000-000000000000
    resource-group: ml-dev
    workspace: dev
    endpoint: http://127.0.0.1:8080
  shared: {kind: azureml-registry, name: contoso-shared}
  local: {kind: directory, path: /mnt/registry}
environments:
  - path: environments/*/environment.yml
    registries: [dev, shared]
  - {name: "train-*", from: dev}
references: ["jobs/**/*.yml"]
versioning: content
"""


def load(root: Path, text: str, environ: Mapping[str, str] | None = None) -> Config:
    (root / "wheelpin.yml").write_text(text)
    return load_config(root, environ or {})


def mistakes(root: Path, text: str, environ: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(root, text, environ)
    assert caught.value.message == "\n".join(str(finding) for finding in caught.value.findings)
    return caught.value.message.splitlines()


def test_without_a_file_the_embedded_default_holds(tmp_path: Path) -> None:
    config = load_config(tmp_path, {})
    assert config == Config()
    assert config.stores == {"local": DirectoryStore(kind="directory", path=".wheelpin/wheels")}
    assert (config.projects, config.environments, config.output, config.versioning) == (
        None,
        None,
        "dist",
        "next",
    )


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n", "{}"])
def test_an_empty_file_is_the_embedded_default(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, text) == Config()


def test_every_kind_of_table_is_read(tmp_path: Path) -> None:
    config = load(tmp_path, FULL, {"STAGE": "prod"})
    assert isinstance(config.stores["nexus"], IndexStore)
    assert config.stores["blobs"].model_dump()["url"] == "https://contosoml.blob.core.windows.net/wheels/prod"
    assert isinstance(config.registries["dev"], WorkspaceRegistry)
    assert config.registries["dev"].resource_group == "ml-dev"
    assert isinstance(config.registries["shared"], SharedRegistry)
    assert config.environments is not None
    assert config.environments[1] == WorkspaceEnvironment.model_validate({"name": "train-*", "from": "dev"})


def test_a_file_of_another_name_is_read_where_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "ci").mkdir()
    (tmp_path / "ci" / "release.yml").write_text("output: wheels\n")
    assert load_config(tmp_path, {}, "ci/release.yml").output == "wheels"


def test_a_file_that_a_user_names_may_lie_outside(tmp_path: Path) -> None:
    (tmp_path / "release.yml").write_text("output: wheels\n")
    assert load_config(tmp_path / "repository", {}, "../release.yml").output == "wheels"


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("none.yml", "none.yml: cannot be read: No such file or directory"),
        ("../none.yml", "../none.yml: cannot be read: No such file or directory"),
        (".", ".: is not a regular file"),
    ],
)
def test_a_named_file_that_cannot_be_read_is_said(tmp_path: Path, file: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path, {}, file)
    assert caught.value.message == expected


@pytest.mark.parametrize("name", ["wheelpin.yaml", ".wheelpin.yml", ".wheelpin.yaml"])
def test_a_misnamed_file_is_not_passed_over(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path, {})
    assert caught.value.message == f"{name}: the config is read from wheelpin.yml"
    assert caught.value.hint == "rename it to wheelpin.yml"


def test_all_mistakes_are_told_at_once_each_at_its_line(tmp_path: Path) -> None:
    text = """\
stors: {}
output: ../dist
stores:
  feed:
    kind: azure-artifact
  nexus:
    kind: index
    uplaod: https://nexus.example.org/
    simple: http://nexus.example.org/simple/
  blobs:
    kind: azure-blob
    url: https://${ACCOUNT}.blob.core.windows.net/wheels
registries:
  dev: {kind: azureml-workspace, subscription: s, resource_group: g, workspace: w}
environments:
- name: train-*
  from: dve
- environments/*.yml
versioning: nxt
output: wheels
"""
    assert mistakes(tmp_path, text) == [
        "wheelpin.yml:1: unknown key 'stors'; did you mean 'stores'?",
        "wheelpin.yml:2: output: stands twice, in lines 2 and 20",
        "wheelpin.yml:5: stores.feed.kind: unknown kind 'azure-artifact'; did you mean 'azure-artifacts'?",
        "wheelpin.yml:6: stores.nexus: the key 'upload' is missing",
        "wheelpin.yml:8: unknown key 'uplaod'; did you mean 'upload'?",
        "wheelpin.yml:9: stores.nexus.simple: must be an https:// address (http:// only on this machine)",
        "wheelpin.yml:12: stores.blobs.url: the environment variable ACCOUNT is not set",
        "wheelpin.yml:14: registries.dev: the key 'resource-group' is missing",
        "wheelpin.yml:14: unknown key 'resource_group'; did you mean 'resource-group'?",
        "wheelpin.yml:17: environments.0.from: 'dve' is not one of the registries; did you mean 'dev'?",
        "wheelpin.yml:18: environments.1: must be a table",
        "wheelpin.yml:19: versioning: must be 'next' or 'content'",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- a\n", "wheelpin.yml:1: must be a table of settings"),
        ("just text\n", "wheelpin.yml:1: must be a table of settings"),
        ("output: a\n---\noutput: b\n", "wheelpin.yml:3: must be one YAML document"),
        ("a: [\n", "wheelpin.yml:2: not YAML: did not find expected node content"),
        ("\n\nprojects: packages/*\n", "wheelpin.yml:3: projects: must be a list"),
        ("projects: [1]\n", "wheelpin.yml:1: projects.0: must be text: put it in quotes"),
        ("projects: ['[z-a]']\n", "wheelpin.yml:1: projects.0: is not a glob pattern"),
        ("output: ''\n", "wheelpin.yml:1: output: must not be empty"),
        ("output:\n", "wheelpin.yml:1: output: must be text: put it in quotes"),
        ("stores:\n", "wheelpin.yml:1: stores: must be a table"),
        ("stores: {}\n", "wheelpin.yml:1: stores: must name at least one"),
        ("stores:\n  feed:\n", "wheelpin.yml:2: stores.feed: must be a table"),
        ("stores:\n  feed: {}\n", "wheelpin.yml:2: stores.feed: the key 'kind' is missing"),
        (
            "stores:\n  'a b': {kind: directory, path: x}\n",
            "wheelpin.yml:2: stores.a b: is no name: letters and digits, and '.', '_' and '-' between them",
        ),
        (
            "stores:\n  7: {kind: directory, path: x}\n",
            "wheelpin.yml:2: stores.7: must be text: put it in quotes",
        ),
        (
            "stores:\n  feed:\n    kind: azure-artifacts\n    feed: f\n",
            "wheelpin.yml:2: stores.feed: give either 'organization' or 'url'",
        ),
        (
            "stores:\n  w: {kind: workspace, registry: dev}\n",
            "wheelpin.yml:2: stores.w.registry: 'dev' is not one of the registries: it is one of local",
        ),
        (
            "stores:\n  w: {kind: workspace, registry: x}\nregistries: {x: {kind: directory, path: x}}\n",
            "wheelpin.yml:2: stores.w.registry: 'x' is no workspace: its kind is directory",
        ),
        (
            "environments:\n- name: a\n  from: dev\n",
            "wheelpin.yml:3: environments.0.from: 'dev' is not one of the registries: it is one of local",
        ),
        ("environments:\n- {name: a}\n", "wheelpin.yml:2: environments.0: the key 'path' is missing"),
        (
            "environments:\n- path: a\n  registries: local\n",
            "wheelpin.yml:3: environments.0.registries: must be a list",
        ),
        (
            "stores:\n  index: {kind: index, upload: 'https://a.example', simple: 'https://'}\n",
            "wheelpin.yml:2: stores.index.simple: must be an https:// address",
        ),
        ("output: ${OUT}/x\n", "wheelpin.yml:1: output: the environment variable OUT is not set"),
    ],
)
def test_a_mistake_is_told_in_words(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in mistakes(tmp_path, text)


@pytest.mark.parametrize(
    "key", ["output: {}", "projects: ['{}']", "references: ['{}']", "environments: [{{path: '{}'}}]"]
)
@pytest.mark.parametrize("path", ["/etc", "../up", "a/../../b", "C:/x", "~/x", "..\\x", "\\\\host\\x"])
def test_paths_stay_inside_the_repository(tmp_path: Path, key: str, path: str) -> None:
    (mistake,) = mistakes(tmp_path, key.format(path))
    assert mistake.endswith("must stay inside the repository: no absolute path, no '..', no '~'")


def test_a_directory_store_may_be_a_mounted_share_but_no_home(tmp_path: Path) -> None:
    text = "stores: {share: {kind: directory, path: /mnt/share}, up: {kind: directory, path: ../wheels}}\n"
    assert load(tmp_path, text).stores["share"] == DirectoryStore(kind="directory", path="/mnt/share")
    (mistake,) = mistakes(tmp_path, "stores: {home: {kind: directory, path: ~/wheels}}\n")
    assert mistake == "wheelpin.yml:1: stores.home.path: must be a path as it stands: no '~'"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://nexus.example.org/", "must be an https:// address (http:// only on this machine)"),
        ("http://localhost.example.org/", "must be an https:// address (http:// only on this machine)"),
        ("http://127.0.0.1.example.org/", "must be an https:// address (http:// only on this machine)"),
        ("file:///srv/wheels", "must be an https:// address"),
        ("nexus.example.org", "must be an https:// address"),
        ("https://[::1", "Invalid IPv6 URL"),
        ("https://nexus.example.org/a b", "must be an https:// address"),
        (r"https://evil.example\.blob.core.windows.net/a", "must be an https:// address"),
        ("https://ada@nexus.example.org/", "must hold no user, password or query"),
        ("https://ada:secret@nexus.example.org/", "must hold no user, password or query"),
        ("https://a.blob.core.windows.net/wheels?sig=secret", "must hold no user, password or query"),
        ("https://nexus.example.org/#secret", "must hold no user, password or query"),
    ],
)
def test_an_address_is_https_and_holds_no_secret(tmp_path: Path, url: str, expected: str) -> None:
    (mistake,) = mistakes(tmp_path, f"stores:\n  blobs:\n    kind: azure-blob\n    url: '{url}'\n")
    assert mistake.startswith(f"wheelpin.yml:4: stores.blobs.url: {expected}")
    assert "secret" not in mistake


@pytest.mark.parametrize(
    "url", ["http://localhost:8080/", "http://127.0.0.1/x", "http://[::1]:1/", "https://a.example"]
)
def test_an_address_on_this_machine_may_be_http(tmp_path: Path, url: str) -> None:
    config = load(tmp_path, f"stores: {{blobs: {{kind: azure-blob, url: '{url}'}}}}\n")
    assert config.stores["blobs"].model_dump()["url"] == url


def test_a_variable_is_filled_in_where_it_is_named_and_nowhere_else(tmp_path: Path) -> None:
    config = load(tmp_path, "output: ${A}-${B}/$A/${}\n", {"A": "x", "B": "${A}", "C": "z"})
    assert config.output == "x-${A}/$A/${}"


def test_a_name_that_is_still_to_be_filled_in_is_told(tmp_path: Path) -> None:
    text = "stores:\n  feed: {kind: azure-artifacts, organization: contoso, project: ml, feed: YOUR-FEED}\n"
    (told,) = mistakes(tmp_path, text)
    assert told == "wheelpin.yml:2: stores.feed.feed: YOUR-FEED stands for a name of yours: fill it in"


def test_a_variable_cannot_smuggle_in_what_the_file_may_not_say(tmp_path: Path) -> None:
    (mistake,) = mistakes(tmp_path, "output: ${OUT}\n", {"OUT": "/etc/secret"})
    assert mistake == (
        "wheelpin.yml:1: output: must stay inside the repository: no absolute path, no '..', no '~'"
    )


def test_a_mistake_under_a_merged_key_is_told_where_the_table_stands(tmp_path: Path) -> None:
    text = "stores:\n  a: &a {kind: directory, path: x}\n  b:\n    <<: *a\n    pth: y\n"
    assert mistakes(tmp_path, text) == ["wheelpin.yml:5: unknown key 'pth'; did you mean 'path'?"]
