"""Puts together what the extension is packed from: the manifest and the task, with wheelpin as a wheel in it.

`python pipelines/extension/pack.py FOLDER`, and then `tfx extension create --root FOLDER` makes the .vsix.
"""

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def gather(folder: Path) -> None:
    """Fill a folder that there is not yet."""
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    shutil.copy(ROOT / "LICENSE", folder)
    task = folder / "wheelpin"
    for file in ("run.py", "requirements.txt"):
        shutil.copy(ROOT / "pipelines" / file, task)
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(task), str(ROOT)], check=True, cwd=folder
    )


if __name__ == "__main__":
    gather(Path(sys.argv[1]))
