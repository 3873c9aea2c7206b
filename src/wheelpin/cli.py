"""The tool: its commands and exit codes. The main path is `apply`: release, plan, approve, carry out."""

import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from wheelpin import __version__, building, options, planning
from wheelpin.ci import Verbosity, detect_host
from wheelpin.ci.streams import hush_libraries, open_streams
from wheelpin.commands.connect import connect
from wheelpin.commands.init import init
from wheelpin.commands.pins import pins
from wheelpin.commands.share import share
from wheelpin.commands.upkeep import doctor, store, yank
from wheelpin.door import command, outward
from wheelpin.ending import RESUME, exit_code
from wheelpin.errors import CHANGES, CONVERGED, INTERRUPTED, UsageError, WheelpinError
from wheelpin.session import Session

if TYPE_CHECKING:
    from wheelpin.landing import Landing
    from wheelpin.plan import Plan
    from wheelpin.release import Release

EXIT_CODES = (
    "Exit codes: 0 converged, 1 a build or a check failed, 2 usage or config, 3 plan has changes, "
    "4 conflict with published content, 5 stale plan, 6 some targets failed, 7 outcome unknown (safe to run "
    "again), 8 verification failed, 9 sign-in, 70 a bug, 130 interrupted."
)


RACES = 5
"""How often a run that was not approved plans anew because others were quicker."""


class _InOrder(click.Group):
    """Lists commands in the order of a release, not of the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self.commands)


@click.group(
    cls=_InOrder,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog=EXIT_CODES,
)
@click.version_option(__version__, message="%(prog)s %(version)s")
@options.shared
def cli() -> None:
    """Build and publish wheels, pin their versions in Azure ML environments, register the environments."""


@command
@options.out
@options.report
@options.exit_zero
@options.of_a_plan
def plan(
    session: Session, /, *, out: Path | None, exit_zero: bool, as_json: bool, choices: options.Choices
) -> int:
    """Show what a release would change; exit 3 if anything.

    Builds and checks, and writes nothing outward.
    """
    from wheelpin.replacement import replace_file, try_place
    from wheelpin.report import plan_json, plan_markdown, plan_outputs, plan_text

    if out:
        with _writing(out):
            # Often the folder of the wheels, which the build will make.
            (session.root / out).parent.mkdir(parents=True, exist_ok=True)
            try_place(session.root / out)
    made = planning.plan_as_known(session, choices)
    if out:
        with _writing(out):
            replace_file(session.root / out, plan_json(made).encode() + b"\n")
    session.host.result(plan_json(made) if as_json else plan_text(made))
    session.hand_on(plan_outputs(made), out)
    session.summarise(plan_markdown(made, diagrams=session.host.diagrams))
    return CHANGES if made.changes and not exit_zero else CONVERGED


@command
@outward
@click.argument("file", required=False, type=click.Path(path_type=Path))
@options.expect
@options.report
@options.of_a_course
@options.of_a_plan
def apply(  # noqa: PLR0913 - one for each thing to say
    session: Session,
    /,
    *,
    file: Path | None,
    expect: str | None,
    course: options.Course | None,
    as_json: bool,
    choices: options.Choices,
) -> int:
    """The main job: build, check, publish, pin and register.

    Applies the plan of this moment, or the one saved in FILE, which is refused (exit 5) when the world has
    moved.
    """
    from wheelpin.approval import read_approval

    approval = read_approval(session.root / file if file else None, expect)
    with planning.landing(session, course, approved=bool(file or expect)) as landing:
        release = planning.release(session, choices)

        def derive() -> "tuple[Release, Plan]":
            as_it_is = planning.as_it_is(session, release, landing)
            return as_it_is, planning.plan(session, as_it_is)

        current, made = derive()
        approval.check(made, current)
        again = None if approval.was_asked else derive
        return _carry_out(session, current, made, as_json=as_json, landing=landing, again=again)


@command
@options.matrix
@options.package
@options.as_json
@options.rebuild
def build(
    session: Session, /, *, matrix: str | None, packages: Sequence[str], as_json: bool, rebuild: bool
) -> int:
    """Build the projects into `output`, and check the wheels."""
    from wheelpin.build.matrix import Service, make_matrix, matrix_json
    from wheelpin.report import wheels_json, wheels_text

    if matrix:
        repository, service = session.repository(), Service(matrix)
        projects = building.projects(repository, session.config(), packages)
        text = matrix_json(make_matrix(repository, projects, service), service)
        session.host.outputs({"matrix": text})
        session.host.result(text)
        return CONVERGED
    wheels = building.build(session, session.config(), rebuild=rebuild, packages=packages)
    building.check_wheels(session, wheels)
    session.host.result(wheels_json(wheels) if as_json else wheels_text(wheels))
    return CONVERGED


@command
@outward
@options.as_json
def publish(session: Session, /, *, as_json: bool) -> int:
    """Send the wheels in `output` to the stores, and nothing else."""
    from wheelpin.release import Release

    config = session.config()
    wheels, stores = building.wheels(session, config), session.stores(config)
    planning.preflight(session, stores.values(), config, wheels)
    release = Release(repository=session.repository(), config=config, wheels=wheels, stores=stores)
    return _carry_out(session, release, planning.plan_uploads(session, release), as_json=as_json)


@command
@outward
@options.as_json
def register(session: Session, /, *, as_json: bool) -> int:
    """Register the environments as their definitions stand, and let references follow."""
    from wheelpin.release import Release

    config, repository = session.config(), session.repository()
    planning.look(session, repository, config)
    release = Release(repository=repository, config=config, registries=session.registries(config))
    # Not part of the release, which would pin and send them; registrations name those that are pinned.
    wheels = {wheel.file: wheel for wheel in building.wheels_if_any(session, config)}

    def derive() -> "tuple[Release, Plan]":
        as_it_is = planning.as_it_is(session, release, None)
        return as_it_is, replace(planning.plan(session, as_it_is), wheels=wheels)

    current, made = derive()
    return _carry_out(session, current, made, as_json=as_json, again=derive)


@command
@click.argument("arguments", nargs=-1, required=True, metavar="NAME==VERSION... [PATH]...")
@options.downgrade
@options.ranges
@options.as_json
def pin(
    session: Session, /, *, arguments: Sequence[str], as_json: bool, downgrade: bool, ranges: bool
) -> int:
    """Write versions into every definition under the paths (default: here); needs no config."""
    from wheelpin.config import Config
    from wheelpin.pin import parse_targets
    from wheelpin.release import Release

    targets, paths = parse_targets(arguments)
    release = Release(repository=session.repository(), config=Config(), downgrade=downgrade, ranges=ranges)
    return _carry_out(session, release, planning.plan_pins(session, release, paths, targets), as_json=as_json)


def _carry_out(  # noqa: PLR0913 - the plan, and how it is carried out
    session: Session,
    release: "Release",
    made: "Plan",
    *,
    as_json: bool,
    landing: "Landing | None" = None,
    again: "Callable[[], tuple[Release, Plan]] | None" = None,
) -> int:
    """Show the plan, apply it, and say what happened; with `again`, plan anew where a race was lost."""
    from wheelpin.report import outcome_json, outcome_markdown, outcome_outputs, outcome_text, plan_text

    if not as_json:
        session.host.result(plan_text(made))
    outcome = planning.apply(session, made, release, landing)
    for _ in range(RACES):
        if again is None or not outcome.lost_race:
            break
        session.host.note("another run registered something else first: planning anew")
        try:
            release, made = again()
        except WheelpinError as stopped:  # what has happened so far is still told
            session.host.failure(stopped.message, stopped.hint)
            break
        outcome = outcome.followed_by(planning.apply(session, made, release, landing))
    for error in dict.fromkeys(error for _, error in outcome.failed):
        session.host.failure(error.message, error.hint)
    session.host.result(outcome_json(outcome) if as_json else outcome_text(outcome))
    session.hand_on(outcome_outputs(outcome))
    session.summarise(outcome_markdown(outcome, diagrams=session.host.diagrams))
    if outcome.interrupted:
        session.host.note(RESUME)
    return INTERRUPTED if outcome.interrupted else outcome.exit_code


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error


for each in (plan, apply, build, publish, register, pin, pins, share, connect, init, doctor, yank, store):
    cli.add_command(each)


def main() -> NoReturn:
    """Run, say what went wrong in one place, and exit."""
    for name in ("SIGTERM", "SIGHUP"):  # who cancels a job or closes a terminal gets what Ctrl-C gets
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)
    hush_libraries()
    # Imports make a hundred thousand objects that stay: to look for garbage among them is a tenth of a run.
    gc.set_threshold(100_000)
    code = run(sys.argv[1:])
    if code == INTERRUPTED:
        # A request that hangs in a thread must not keep an interrupted run alive until CI kills it.
        os._exit(code)
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run one command; its exit code."""
    open_streams()
    host = detect_host(os.environ, Verbosity.NORMAL, Path())
    main_of = partial(cli.main, prog_name="wheelpin", standalone_mode=False, obj=os.environ)
    return exit_code(partial(main_of, list(arguments)), host)
