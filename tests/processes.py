"""wheelpin as its users run it: a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Ran:
    """What a run of wheelpin left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - tests look at what they expect
        return json.loads(self.out)


def wheelpin(root: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Ran:
    """Run wheelpin in a folder; its streams apart, its exit code not judged."""
    done = subprocess.run(
        [sys.executable, "-m", "wheelpin", *arguments],
        cwd=root,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)
