"""Writes docs/wheelpin.schema.json, the JSON schema of wheelpin.yml, from the types of the config."""

import json
from pathlib import Path

from wheelpin.config import Config

SCHEMA = Path(__file__).with_name("wheelpin.schema.json")


def schema_text() -> str:
    """The schema as the file holds it."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Config.model_json_schema(by_alias=True),
        "title": "wheelpin.yml",
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA.write_text(schema_text(), encoding="utf-8")
