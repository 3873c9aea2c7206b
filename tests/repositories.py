"""Git repositories to release from: real ones, small, with wheels that need no build."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

CONDA = """\
name: train
channels:
  - conda-forge
dependencies:
  - python=3.11
  - pip:
      - acme-core==1.3.2   # ours
      - numpy==2.2.0
"""

FILES: Mapping[str, str] = {
    "environments/train/environment.yml": """\
$schema: https://azuremlschemas.azureedge.net/latest/environment.schema.json
name: train
image: mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04
conda_file: conda.yml
""",
    "environments/train/conda.yml": CONDA,
    "environments/score/environment.yml": """\
name: score
version: "3"
build:
  path: .
""",
    "environments/score/Dockerfile": "FROM mcr.example/base:1\nCOPY requirements.txt .\n",
    "environments/score/requirements.txt": "Acme.Core == 1.3.2\nacme-io==2.0.0\n",
    "environments/plain/environment.yml": "name: plain\nimage: mcr.example/plain:1\n",
    "jobs/train.yml": "command: python train.py\nenvironment: azureml:train:11\ncompute: azureml:cpu\n",
    "jobs/pipeline.yml": """\
type: pipeline
jobs:
  fit:
    type: command
    command: python fit.py
    environment: azureml:train:11
  rate:
    type: command
    command: python rate.py
    environment: "azureml:score:3"   # keep in step
""",
}


def write_files(root: Path, files: Mapping[str, str]) -> None:
    """Write files below a folder, byte for byte."""
    for name, text in files.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode())


def git(root: Path, *arguments: str) -> str:
    """Run git in a repository."""
    return subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@t.example", *arguments],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def commit_all(root: Path, message: str = "a change") -> None:
    """Commit whatever the work tree holds."""
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", message)


def write_repository(root: Path, files: Mapping[str, str] = FILES) -> Path:
    """A git repository with these files in its first commit."""
    root.mkdir(parents=True, exist_ok=True)
    git(root, "init", "-q")
    write_files(root, {".gitignore": "dist/\n.wheelpin/\n", **files})
    commit_all(root, "first")
    return root


def snapshot(root: Path) -> dict[str, tuple[bytes, int]]:
    """Every file below a folder with its bytes and modification time in nanoseconds, but for git's own."""
    return {
        place.relative_to(root).as_posix(): (place.read_bytes(), place.stat().st_mtime_ns)
        for place in sorted(root.rglob("*"))
        if place.is_file() and ".git" not in place.relative_to(root).parts
    }
