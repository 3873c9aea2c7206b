"""Stamp: what a wheel was built from, kept so that the next command does not build it again.

A stamp only ever saves time: without it, or when anything differs, the wheel is built.
"""

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from wheelpin.build.project import Project
from wheelpin.command import CommandError, git
from wheelpin.errors import CheckError
from wheelpin.replacement import replace_file
from wheelpin.wheel import Wheel, read_wheel

_FOLDER = ".wheelpin"


@dataclass(frozen=True, kw_only=True, slots=True)
class Stamp:
    """The wheel in `file`, with this sha256, was built from what `key` is the digest of."""

    key: str
    file: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Stamps:
    """The stamps of a repository, one file a project under `.wheelpin/builds`, which git does not see."""

    root: Path

    def wheel(self, project: Project, key: str, output: Path) -> Wheel | None:
        """The wheel in `output` that was built from this very state, if it still stands there."""
        stamp = self._read(project)
        if stamp is None or stamp.key != key or Path(stamp.file).name != stamp.file:
            return None
        with suppress(CheckError, OSError):
            wheel = read_wheel(output / stamp.file)
            return wheel if wheel.sha256 == stamp.sha256 else None
        return None

    def keep(self, project: Project, key: str, wheel: Wheel) -> None:
        """Remember what `wheel` was built from; if that cannot be written, the next run builds again."""
        stamp = Stamp(key=key, file=wheel.file, sha256=wheel.sha256)
        place = self._place(project)
        with suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            ignored = self.root / _FOLDER / ".gitignore"
            if not ignored.exists():
                replace_file(ignored, b"*\n")
            replace_file(place, json.dumps(asdict(stamp)).encode())

    def _place(self, project: Project) -> Path:
        name = hashlib.sha256(project.path.encode()).hexdigest()[:16]
        return self.root / _FOLDER / "builds" / f"{name}.json"

    def _read(self, project: Project) -> Stamp | None:
        place = self._place(project)
        try:
            stamp = json.loads(place.read_text(encoding="utf-8"))
            key, file, sha256 = (str(stamp[field]) for field in ("key", "file", "sha256"))
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return None
        return None if self._came_along(place) else Stamp(key=key, file=file, sha256=sha256)

    def _came_along(self, place: Path) -> bool:
        """Whether git knows the file: a committed stamp could pass off any wheel as built from here."""
        try:
            return bool(git("ls-files", "--", str(place), cwd=self.root))
        except CommandError:
            return False
