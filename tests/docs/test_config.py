"""docs/config.md and the schema say of every key what the types of the config say."""

import json
from pathlib import Path

import jsonschema
import pytest
from pydantic import BaseModel
from yaml import safe_load

from docs.schema import SCHEMA, schema_text
from tests.docs.pages import ROOT, blocks, read, sections
from wheelpin.config import VARIANTS, Config
from wheelpin.config.file import load_config

PAGE = read(ROOT / "docs" / "config.md")
ENVIRON = {"AZURE_SUBSCRIPTION_ID": "00000000-0000-0000-0000-000000000000"}


def keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items() if name != "kind"]


def documented(part: str) -> list[str]:
    return [row.split("`")[1] for row in part.splitlines() if row.startswith("| `")]


def test_every_key_of_the_top_level_is_documented() -> None:
    assert documented(dict(sections(PAGE))["Top level"]) == keys(Config)


@pytest.mark.parametrize("table", ["stores", "registries"])
def test_every_key_of_every_kind_is_documented(table: str) -> None:
    kinds = {name: documented(text) for name, text in sections(dict(sections(PAGE))[table])}
    assert {name: sorted(found) for name, found in kinds.items()} == {
        f"kind: {kind}": sorted(keys(model)) for kind, model in VARIANTS[table].items()
    }


def test_every_key_of_environments_is_documented() -> None:
    part = dict(sections(PAGE))["environments"]
    assert documented(part) == [key for model in VARIANTS["environments"].values() for key in keys(model)]


@pytest.mark.parametrize("text", blocks(PAGE, "yaml"))
def test_every_example_is_a_config_that_is_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "wheelpin.yml").write_text(text)
    load_config(tmp_path, ENVIRON)
    jsonschema.validate(safe_load(text), json.loads(read(SCHEMA)))


def test_one_example_shows_every_key_there_is() -> None:
    shown = safe_load(blocks(PAGE, "yaml")[0])
    assert set(shown) == set(keys(Config))
    for table, models in VARIANTS.items():
        entries = shown[table].values() if isinstance(shown[table], dict) else shown[table]
        found = {key for entry in entries for key in entry} - {"kind"}
        assert found == {key for model in models.values() for key in keys(model)}


def test_the_schema_is_made_from_the_types() -> None:
    assert read(SCHEMA) == schema_text(), "python docs/schema.py writes it anew"


@pytest.mark.parametrize(
    "text",
    [
        "stors: {}",
        "stores: {}",
        "stores: {feed: {kind: nothing}}",
        "stores: {feed: {kind: index, upload: https://a.example}}",
        "stores: {'a b': {kind: directory, path: x}}",
        "versioning: last",
        "environments: [{name: a}]",
        "environments: [{path: a, from: b}]",
        "registries: {dev: {kind: azureml-workspace, subscription: a, resource_group: b, workspace: c}}",
    ],
)
def test_the_schema_refuses_what_the_types_refuse(text: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(safe_load(text), json.loads(read(SCHEMA)))
