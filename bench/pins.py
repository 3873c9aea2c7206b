"""Pins in 10,000 definitions: at least 20 times faster than ruamel.yaml, at most 3 times as long as reading.

One definition in a hundred holds the package. ruamel.yaml makes a round trip over the same files in the same
run. The short ones take the best of some rounds, because the first also pays for a cold cache. Exit 1: a
target is missed.
"""

import io
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from ruamel.yaml import YAML

from wheelpin.pin import Target, plan_pins, stage_edits
from wheelpin.repository import Repository

FILES = 10_000
HELD = 100
"""One file in so many holds the package."""
ROUNDS = 5
FASTER, LONGER = 20.0, 3.0

CONDA = """\
name: {name}
channels:
  - conda-forge
dependencies:
  - python=3.11
  - pip=24.0  # the one that knows our index
  - pip:
    - --index-url https://pkgs.example/simple
    - numpy==1.26.4
    - pandas==2.2.1
    - scikit-learn==1.4.1.post1
    - azureml-mlflow==1.55.0
    - mltable==1.6.1
    - {package}==1.3.2
"""
ENVIRONMENT = """\
$schema: https://azuremlschemas.azureedge.net/latest/environment.schema.json
name: {name}
version: "7"
image: mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:20250101.v1
conda_file:
  dependencies:
    - python=3.11
    - pip:
        - {package}==1.3.2  # ours
        - mlflow-skinny==2.11.3
tags:
  team: ml
"""
JOB = """\
$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
type: command
display_name: {name}
code: src
command: >-
  python train.py --data ${{{{inputs.data}}}} --package {package}
inputs:
  data: {{type: uri_folder, path: azureml://datastores/workspaceblobstore/paths/data}}
environment:
  image: mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:20250101.v1
  conda_file:
    dependencies: [python=3.11, {{pip: ["{package}==1.3.2", pandas==2.2.1]}}]
compute: azureml:cpu-cluster
"""
TARGETS = {"acme-core": Target(name="acme-core", version="1.4.0")}


def write(root: Path) -> list[str]:
    """The files, a hundred to a folder, and their paths."""
    paths = []
    for number in range(FILES):
        package = "acme-core" if number % HELD == 0 else "acme-other"
        template = (CONDA, CONDA, ENVIRONMENT, JOB)[(number // HELD) % 4]
        path = f"{number // 100:03}/definition{number % 100:02}.yml"
        place = root / path
        place.parent.mkdir(exist_ok=True)
        place.write_text(template.format(name=f"e{number}", package=package))
        paths.append(path)
    return paths


def read(root: Path, paths: Sequence[str]) -> None:
    for path in paths:
        (root / path).read_bytes()


def plan(root: Path, paths: Sequence[str]) -> None:
    found = plan_pins(Repository(root), paths, TARGETS)
    assert len(found.edits) == FILES // HELD, found


def round_trip(root: Path, paths: Sequence[str]) -> None:
    yaml = YAML()
    for path in paths:
        yaml.dump(yaml.load((root / path).read_bytes()), io.StringIO())


def best(task: Callable[[Path, Sequence[str]], None], root: Path, paths: Sequence[str], rounds: int) -> float:
    """The seconds of the quickest round."""
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        task(root, paths)
        taken.append(time.perf_counter() - start)
    return min(taken)


def write_all(root: Path, paths: Sequence[str]) -> None:
    repository = Repository(root)
    for edit in plan_pins(repository, paths, TARGETS).edits:
        stage_edits(repository, edit.path, [edit]).commit()


def main() -> int:
    with TemporaryDirectory() as folder:
        root = Path(folder)
        paths = write(root)
        reading = best(read, root, paths, ROUNDS)
        planning = best(plan, root, paths, ROUNDS)
        tripping = best(round_trip, root, paths, 1)
        writing = best(write_all, root, paths, 1)
    faster, longer = tripping / planning, planning / reading
    print(f"{FILES:,} definitions, {FILES // HELD} of them with the package")
    print(f"  reading them             {reading:8.3f} s")
    print(f"  planning their pins      {planning:8.3f} s   {longer:5.1f} x reading (at most {LONGER:g})")
    print(f"  planning and writing     {writing:8.3f} s")
    print(f"  ruamel.yaml round trip   {tripping:8.3f} s   {faster:5.1f} x planning (at least {FASTER:g})")
    return 0 if faster >= FASTER and longer <= LONGER else 1


if __name__ == "__main__":
    sys.exit(main())
