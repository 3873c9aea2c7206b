"""Projects -> wheels, isolated and by PEP 517; what is built already is not built again.

The work tree is only read. A build gets a copy of the sources and an environment without credentials, and
only a valid wheel ever lands in the output folder.
"""

import os
import re
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

from wheelpin.build.project import Project, refuse_shared_names
from wheelpin.build.snapshot import Edited
from wheelpin.build.workshop import Built, Failed, Workshop, open_workshop, unwritable
from wheelpin.ci import Host
from wheelpin.command import stop
from wheelpin.errors import BuildError, CheckError, Finding, Level
from wheelpin.repository import Repository
from wheelpin.wheel import Wheel, read_wheel

_TAIL = 5  # lines of a tool's output that a finding quotes
_COMMAND = re.compile(r"^\s*::|##\[|##vso\[")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_READERS = 8
_GRACE = 3.0  # seconds; a CI service kills us 7.5 seconds after it interrupted us, some earlier
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
    edited: Edited = frozenset,
    rebuild: bool = False,
) -> tuple[Wheel, ...]:
    """The wheel of each project, in `output`; built side by side where it is not there already.

    Same sources, same bytes: SOURCE_DATE_EPOCH is the caller's or the time of the last commit on the
    project; modes, times, umask, zone, locale and hash seed are fixed. That holds for pure Python and one
    version of the build backend; compilers have ways of their own to write paths and times into files.

    A wheel is built again when its sources changed, or wheelpin, Python, the variables for compilers and
    backends, or, for projects that ask git, commit and tags; `rebuild` builds always. Projects that are build
    requirements of one another are not put in order: those come from the index.

    `edited` tells the files that a release edits: to a build that asks git they are as they were committed.

    Raises BuildError with a finding for each project that failed, after the others are done; ConfigError when
    two wheels have one name; UsageError for a SOURCE_DATE_EPOCH that is no number.
    """
    if not projects:
        return ()
    _make_folder(output)
    with open_workshop(repository, output, host, environ, edited, rebuild=rebuild) as workshop:
        outcomes = _side_by_side(workshop, projects)
        built = [outcome for outcome in outcomes if isinstance(outcome, Built)]
        refuse_shared_names((done.wheel.name, done.project) for done in built)
        wheels = tuple(workshop.put(done) for done in built)
    failed = [outcome for outcome in outcomes if isinstance(outcome, Failed)]
    if failed:
        raise _failure(failed, len(projects), host)
    return wheels


def wheels_in(output: Path) -> tuple[Wheel, ...]:
    """The wheels that an earlier job left in `output`, in file name order.

    Raises BuildError when there are none, CheckError with the findings of all that are not valid.
    """
    files = sorted(output.glob("*.whl"))
    if not files:
        hint = "`wheelpin build` makes them; another job that does must hand them on to this one"
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


def _side_by_side(workshop: Workshop, projects: Sequence[Project]) -> list[Built | Failed]:
    pool = ThreadPoolExecutor(min(len(projects), os.cpu_count() or 1))
    builds = [pool.submit(workshop.wheel_of, project) for project in projects]
    try:
        wait(builds)
    except KeyboardInterrupt:
        pool.shutdown(wait=False, cancel_futures=True)
        _stop([build for build in builds if not build.cancelled()])
        raise
    pool.shutdown()
    return [build.result() for build in builds]


def _stop(builds: Sequence["Future[Built | Failed]"]) -> None:
    """Kill what the builds run, until none does: one that loses a program may be about to start another."""
    until = time.monotonic() + _GRACE
    stop()
    while wait(builds, timeout=0.1).not_done and time.monotonic() < until:
        stop()


def _make_folder(output: Path) -> None:
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(output, error) from error


def _failure(failed: Sequence[Failed], count: int, host: Host) -> BuildError:
    for failure in failed:
        if failure.output:
            host.output(f"build {failure.project.title}", failure.output)
    names = ", ".join(failure.project.title for failure in failed)
    return BuildError(
        f"{len(failed)} of {count} projects could not be built: {names}",
        hint=next((failure.error.hint for failure in failed if failure.error.hint), ""),
        findings=[finding for failure in failed for finding in _findings(failure)],
    )


def _findings(failed: Failed) -> list[Finding]:
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
