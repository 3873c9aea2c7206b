"""What the inference server calls: `init` once, `run` for each request."""

import json
import os
from pathlib import Path

from acme_core import Model

model: Model


def init() -> None:
    global model
    model = Model.from_json(Path(os.environ["AZUREML_MODEL_DIR"], "model.json").read_text())


def run(body: str) -> list[float]:
    return [model.probability(row) for row in json.loads(body)["rows"]]
