"""Workshop: where one run makes wheels, one project at a time in each thread.

What goes wrong with a project is that project's failure alone, and only a valid wheel leaves the workshop.
"""

import hashlib
import json
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

from wheelpin import __version__
from wheelpin.build.frontend import Frontend
from wheelpin.build.installer import choose_installer
from wheelpin.build.isolation import build_settings, source_epoch
from wheelpin.build.project import Project
from wheelpin.build.snapshot import Edited, Snapshot, take_snapshot
from wheelpin.build.stamp import Stamps
from wheelpin.ci import Host
from wheelpin.errors import BuildError, UsageError, WheelpinError
from wheelpin.replacement import replace_file
from wheelpin.repository import Repository
from wheelpin.wheel import Wheel, read_wheel


@dataclass(frozen=True, kw_only=True, slots=True)
class Built:
    project: Project
    wheel: Wheel
    key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Failed:
    project: Project
    error: WheelpinError
    output: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Workshop:
    """What all builds of one run have in common; each works in a folder of its own below `folder`."""

    repository: Repository
    output: Path
    folder: Path
    frontend: Frontend
    host: Host
    stamps: Stamps
    edited: Edited
    rebuild: bool

    def wheel_of(self, project: Project) -> Built | Failed:
        """The wheel of an earlier run, else a new one; what goes wrong is this project's failure alone."""
        printed: list[str] = []
        try:
            snapshot = take_snapshot(self.repository, project, self.output, self.edited)
            epoch = source_epoch(self.repository.root / project.path, self.frontend.environ)
            key = _key(snapshot, epoch, self.frontend.environ)
            wheel = None if self.rebuild else self.stamps.wheel(project, key, self.output)
            if wheel is None:
                with self.host.task(f"build {project.title}"):
                    wheel = self._build(project, snapshot, epoch, printed)
            else:
                self.host.detail(f"{project.title}: nothing has changed since {wheel.file} was built")
        except UsageError:
            raise
        except WheelpinError as error:
            return Failed(project=project, error=error, output="".join(printed))
        except OSError as error:
            reason = BuildError(f"{error.filename}: {error.strerror}")
            return Failed(project=project, error=reason, output="".join(printed))
        return Built(project=project, wheel=wheel, key=key)

    def put(self, built: Built) -> Wheel:
        """Move a new wheel into `output`; the same bytes there already are left untouched, times and all.

        Raises BuildError.
        """
        place = self.output / built.wheel.file
        wheel = replace(built.wheel, path=place)
        if built.wheel.path == place:
            return wheel
        try:
            data = built.wheel.path.read_bytes()
            if not (place.is_file() and place.read_bytes() == data):
                replace_file(place, data)
        except OSError as error:
            raise unwritable(self.output, error) from error
        self.stamps.keep(built.project, built.key, wheel)
        return wheel

    def _build(self, project: Project, snapshot: Snapshot, epoch: int, printed: list[str]) -> Wheel:
        folder = Path(mkdtemp(dir=self.folder))
        wheel = read_wheel(self.frontend.build(snapshot, folder, epoch, printed.append))
        if project.name not in {None, wheel.name}:
            raise BuildError(f"the build backend made a wheel of {wheel.name}, not of {project.name}")
        return wheel


def _key(snapshot: Snapshot, epoch: int, environ: Mapping[str, str]) -> str:
    """The digest of what decides a wheel's bytes, but for the versions of build requirements."""
    python = (sys.implementation.cache_tag, sys.version, sysconfig.get_platform())
    facts = [snapshot.digest(), epoch, python, __version__, sorted(build_settings(environ).items())]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


@contextmanager
def open_workshop(  # noqa: PLR0913 - what builds need to know, named at the only call
    repository: Repository,
    output: Path,
    host: Host,
    environ: Mapping[str, str],
    edited: Edited,
    *,
    rebuild: bool,
) -> Iterator[Workshop]:
    """A workshop with an empty folder, which goes with all that builds have left in it."""
    installer = choose_installer(environ, repository.root)
    host.detail(f"{installer.name} installs what builds require")
    with TemporaryDirectory(prefix="wheelpin-", ignore_cleanup_errors=True) as temporary:
        yield Workshop(
            repository=repository,
            output=output,
            folder=Path(temporary),
            frontend=Frontend(installer=installer, environ=environ),
            host=host,
            stamps=Stamps(repository.root),
            edited=edited,
            rebuild=rebuild,
        )


def unwritable(output: Path, error: OSError) -> BuildError:
    hint = "`output:` in wheelpin.yml names the folder for wheels"
    return BuildError(f"{output}: wheels cannot be written there: {error.strerror}", hint=hint)
