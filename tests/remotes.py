"""Bare git remotes, and clones of them to release from."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.repositories import FILES, git, write_repository
from tests.wheels import make_wheel


class Remote:
    """A bare repository with one branch, `main`; its clones share a folder store and a folder registry."""

    def __init__(self, folder: Path, files: Mapping[str, str] = FILES) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.bare = folder / "remote.git"
        self.registry = folder / "registry"
        config = f"""\
stores: {{local: {{kind: directory, path: {folder}/wheels}}}}
registries: {{local: {{kind: directory, path: {self.registry}}}}}
"""
        origin = write_repository(folder / "origin", {"wheelpin.yml": config, **files})
        git(folder, "clone", "-q", "--bare", str(origin), str(self.bare))
        shutil.rmtree(origin)

    def clone(self, name: str, *options: str) -> Path:
        """A clone with a wheel of acme-core 1.4.0 in `dist`."""
        root = self.folder / name
        git(self.folder, "clone", "-q", *options, self.bare.as_uri(), str(root))
        make_wheel(root / "dist", "acme-core", "1.4.0")
        return root

    def push(self, files: Mapping[str, str], branch: str = "main") -> str:
        """Let somebody else push a commit with these files; its full name."""
        other = self.folder / "other"
        shutil.rmtree(other, ignore_errors=True)
        git(self.folder, "clone", "-q", "-b", branch, str(self.bare), str(other))
        for path, text in files.items():
            (other / path).parent.mkdir(parents=True, exist_ok=True)
            (other / path).write_bytes(text.encode())
        git(other, "add", "-A")
        git(other, "commit", "-q", "-m", "somebody else's")
        git(other, "push", "-q", "origin", branch)
        return self.tip(branch)

    def tip(self, branch: str = "main") -> str:
        return git(self.bare, "rev-parse", f"refs/heads/{branch}").strip()

    def show(self, path: str, branch: str = "main") -> str:
        return git(self.bare, "show", f"refs/heads/{branch}:{path}")

    def subjects(self, branch: str = "main") -> list[str]:
        return git(self.bare, "log", "--format=%s", f"refs/heads/{branch}").splitlines()

    def message(self, branch: str = "main") -> str:
        return git(self.bare, "log", "-1", "--format=%B", f"refs/heads/{branch}")

    def versions(self, environment: str) -> list[str]:
        """The versions that the registry holds."""
        return sorted(
            place.stem for place in (self.registry / "environments" / environment / "versions").glob("*.json")
        )

    def hook(self, name: str, script: str) -> None:
        """Let the remote run a script."""
        place = self.bare / "hooks" / name
        place.parent.mkdir(exist_ok=True)
        place.write_text(f"#!/bin/sh\n{script}\n")
        place.chmod(0o755)
