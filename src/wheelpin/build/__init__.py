"""Projects -> wheels, isolated and by PEP 517; what is built already is not built again.

The work tree is only read. A build gets a copy of the sources and an environment without credentials, and
only a valid wheel ever lands in the output folder.
"""

import hashlib
import json
import os
import re
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

from wheelpin import __version__
from wheelpin.build.frontend import Frontend
from wheelpin.build.installer import choose_installer
from wheelpin.build.isolation import build_settings, source_epoch
from wheelpin.build.project import Project, refuse_shared_names
from wheelpin.build.snapshot import Snapshot, take_snapshot
from wheelpin.build.stamp import Stamps
from wheelpin.ci import Host
from wheelpin.command import stop
from wheelpin.errors import BuildError, CheckError, Finding, Level, UsageError, WheelpinError
from wheelpin.replacement import replace_file
from wheelpin.repository import Repository
from wheelpin.wheel import Wheel, read_wheel

_TAIL = 5  # lines of a tool's output that a finding quotes
_COMMAND = re.compile(r"^\s*::|##\[|##vso\[")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_READERS = 8
_NO_BACKEND = (
    "it names no build-backend, so setuptools builds it; if it is no package, name those that are under "
    "`projects:` in wheelpin.yml"
)


def build_projects(  # noqa: PLR0913 - what a build needs to know, named at the only call
    repository: Repository,
    projects: Sequence[Project],
    output: Path,
    *,
    host: Host,
    environ: Mapping[str, str],
    rebuild: bool = False,
) -> tuple[Wheel, ...]:
    """The wheel of each project, in `output`; built side by side where it is not there already.

    Same sources, same bytes: SOURCE_DATE_EPOCH is the caller's or the time of the last commit on the
    project; modes, times, umask, zone, locale and hash seed are fixed. That holds for pure Python and one
    version of the build backend; compilers have ways of their own to write paths and times into files.

    A wheel is built again when its sources changed, or wheelpin, Python, the variables for compilers and
    backends, or, for projects that ask git, commit and tags; `rebuild` builds always. Projects that are build
    requirements of one another are not put in order: those come from the index.

    Raises BuildError with a finding for each project that failed, after the others are done; ConfigError when
    two wheels have one name; UsageError for a SOURCE_DATE_EPOCH that is no number.
    """
    if not projects:
        return ()
    _make_folder(output)
    with TemporaryDirectory(prefix="wheelpin-", ignore_cleanup_errors=True) as temporary:
        workshop = _Workshop(
            repository=repository,
            output=output,
            folder=Path(temporary),
            frontend=Frontend(installer=choose_installer(environ, repository.root), environ=environ),
            host=host,
            stamps=Stamps(repository.root),
            rebuild=rebuild,
        )
        outcomes = _side_by_side(workshop, projects)
        built = [outcome for outcome in outcomes if isinstance(outcome, _Built)]
        refuse_shared_names((done.wheel.name, done.project) for done in built)
        wheels = tuple(_put(done, output, workshop.stamps) for done in built)
    failed = [outcome for outcome in outcomes if isinstance(outcome, _Failed)]
    if failed:
        raise _failure(failed, len(projects), host)
    return wheels


def wheels_in(output: Path) -> tuple[Wheel, ...]:
    """The wheels that an earlier job left in `output`, in file name order.

    Raises BuildError when there are none, CheckError with the findings of all that are not valid.
    """
    files = sorted(output.glob("*.whl"))
    if not files:
        hint = "the job that builds must hand them on to this one; without --no-build they are built here"
        raise BuildError(f"{output}: there are no wheels to take", hint=hint)
    with ThreadPoolExecutor(_READERS) as pool:
        read = list(pool.map(_read_or_error, files))
    errors = [result for result in read if isinstance(result, CheckError)]
    if errors:
        findings = [finding for error in errors for finding in error.findings]
        raise CheckError(f"{len(errors)} of {len(files)} wheels in {output} are not valid", findings=findings)
    return tuple(result for result in read if isinstance(result, Wheel))


def _read_or_error(file: Path) -> Wheel | CheckError:
    try:
        return read_wheel(file)
    except CheckError as error:
        return error


@dataclass(frozen=True, kw_only=True, slots=True)
class _Built:
    project: Project
    wheel: Wheel
    key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _Failed:
    project: Project
    error: WheelpinError
    output: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _Workshop:
    """What all builds of one run have in common; each works in a folder of its own below `folder`."""

    repository: Repository
    output: Path
    folder: Path
    frontend: Frontend
    host: Host
    stamps: Stamps
    rebuild: bool

    def wheel_of(self, project: Project) -> _Built | _Failed:
        """The wheel of an earlier run, else a new one; what goes wrong is this project's failure alone."""
        printed: list[str] = []
        try:
            snapshot = take_snapshot(self.repository, project, self.output)
            epoch = source_epoch(self.repository.root / project.path, self.frontend.environ)
            key = _key(snapshot, epoch, self.frontend.environ)
            wheel = None if self.rebuild else self.stamps.wheel(project, key, self.output)
            if wheel is None:
                with self.host.task(f"build {project.title}"):
                    wheel = self._build(project, snapshot, epoch, printed)
        except UsageError:
            raise
        except WheelpinError as error:
            return _Failed(project=project, error=error, output="".join(printed))
        except OSError as error:
            reason = BuildError(f"{error.filename}: {error.strerror}")
            return _Failed(project=project, error=reason, output="".join(printed))
        return _Built(project=project, wheel=wheel, key=key)

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


def _side_by_side(workshop: _Workshop, projects: Sequence[Project]) -> list[_Built | _Failed]:
    pool = ThreadPoolExecutor(min(len(projects), os.cpu_count() or 1))
    try:
        return list(pool.map(workshop.wheel_of, projects))
    except KeyboardInterrupt:
        pool.shutdown(wait=False, cancel_futures=True)
        stop()
        raise
    finally:
        pool.shutdown()


def _put(built: _Built, output: Path, stamps: Stamps) -> Wheel:
    """Move a new wheel into `output`; the same bytes there already are left untouched, times and all."""
    place = output / built.wheel.file
    wheel = replace(built.wheel, path=place)
    if built.wheel.path == place:
        return wheel
    try:
        data = built.wheel.path.read_bytes()
        if not (place.is_file() and place.read_bytes() == data):
            replace_file(place, data)
    except OSError as error:
        raise _unwritable(output, error) from error
    stamps.keep(built.project, built.key, wheel)
    return wheel


def _make_folder(output: Path) -> None:
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(output, error) from error


def _unwritable(output: Path, error: OSError) -> BuildError:
    hint = "`output:` in wheelpin.yml names the folder for wheels"
    return BuildError(f"{output}: wheels cannot be written there: {error.strerror}", hint=hint)


def _failure(failed: Sequence[_Failed], count: int, host: Host) -> BuildError:
    for failure in failed:
        if failure.output:
            host.output(f"build {failure.project.title}", failure.output)
    names = ", ".join(failure.project.title for failure in failed)
    return BuildError(
        f"{len(failed)} of {count} projects could not be built: {names}",
        hint=next((failure.error.hint for failure in failed if failure.error.hint), ""),
        findings=[finding for failure in failed for finding in _findings(failure)],
    )


def _findings(failed: _Failed) -> list[Finding]:
    """What is wrong with the project's files, else why it failed, with the end of what its tools printed."""
    if failed.error.findings:
        return list(failed.error.findings)
    lines = [failed.error.message, *_tail(failed.output)]
    hint = failed.error.hint if failed.project.backend else _NO_BACKEND
    return [Finding(level=Level.ERROR, subject=failed.project.file, message="\n".join(lines), hint=hint)]


def _tail(output: str) -> list[str]:
    """The last lines, without what a CI system or a terminal would take for a command to it."""
    lines = [_CONTROL.sub(" ", line).rstrip() for line in output.splitlines() if not _COMMAND.search(line)]
    return ["    " + line for line in lines if line][-_TAIL:]
