"""The door: commands and exit codes. The main path is `plan` and `apply`, on what `_release` prepares."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NoReturn

import click

from wheelpin import __version__, options
from wheelpin.ci import Host, Verbosity, detect_host
from wheelpin.errors import (
    BUG,
    CHANGES,
    CONVERGED,
    INTERRUPTED,
    CheckError,
    Finding,
    Level,
    UsageError,
    WheelpinError,
)

if TYPE_CHECKING:
    from wheelpin.config import Config
    from wheelpin.plan import Plan
    from wheelpin.release import Release
    from wheelpin.wheel import Wheel

EXIT_CODES = (
    "Exit codes: 0 converged, 1 a build or a check failed, 2 usage or config, 3 plan has changes, "
    "4 conflict with published content, 5 stale plan, 6 some targets failed, 7 outcome unknown (safe to run "
    "again), 8 verification failed, 9 sign-in, 70 a bug, 130 interrupted."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """Where we run, what we were told, and who listens."""

    root: Path
    config_file: str | None
    environ: Mapping[str, str]
    host: Host

    def config(self) -> "Config":
        from wheelpin.config_file import load_config

        return load_config(self.root, self.environ, self.config_file)


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
@options.directory
@options.config
@options.verbose
@options.quiet
@click.pass_context
def cli(context: click.Context, *, directory: Path, config: str | None, verbose: bool, quiet: bool) -> None:
    """Build and publish wheels, pin their versions in Azure ML environments, register the environments."""
    if verbose and quiet:
        raise UsageError("--verbose and --quiet exclude each other")
    verbosity = Verbosity.VERBOSE if verbose else Verbosity.QUIET if quiet else Verbosity.NORMAL
    host = detect_host(os.environ, verbosity)
    context.obj = Session(root=directory.resolve(), config_file=config, environ=os.environ, host=host)


@cli.command()
@options.out
@options.of_a_plan
@click.pass_obj
def plan(session: Session, /, *, out: Path | None, as_json: bool, **how: bool) -> int:
    """Show what a release would change; exit 3 if anything.

    Builds and checks, and writes nothing outward.
    """
    from wheelpin.report import plan_json, plan_text

    made = _plan(session, _release(session, **how))
    if out:
        _save(out, plan_json(made))
    session.host.result(plan_json(made) if as_json else plan_text(made))
    return CHANGES if made.changes else CONVERGED


@cli.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@options.expect
@options.of_a_plan
@click.pass_obj
def apply(session: Session, /, *, file: Path | None, expect: str | None, as_json: bool, **how: bool) -> int:
    """The main job: build, check, publish, pin and register.

    Applies the plan of this moment, or the one saved in FILE, which is refused (exit 5) when the world has
    moved.
    """
    from wheelpin.approval import approve

    release = _release(session, **how)
    made = _plan(session, release)
    approve(made, release, saved=file, expected=expect)
    return _carry_out(session, release, made, as_json=as_json)


@cli.command()
@options.as_json
@options.rebuild
@click.pass_obj
def build(session: Session, /, *, as_json: bool, rebuild: bool) -> int:
    """Build the projects into `output`, and check the wheels."""
    from wheelpin.report import wheels_json, wheels_text

    wheels = _wheels(session, session.config(), no_build=False, rebuild=rebuild)
    session.host.result(wheels_json(wheels) if as_json else wheels_text(wheels))
    return CONVERGED


@cli.command()
@options.as_json
@click.pass_obj
def publish(session: Session, /, *, as_json: bool) -> int:
    """Send the wheels in `output` to the stores, and nothing else."""
    from dataclasses import replace

    release = _release(session, no_build=True)
    nothing = release.config.model_copy(update={"environments": (), "references": ()})
    release = replace(release, config=nothing)
    return _carry_out(session, release, _plan(session, release), as_json=as_json)


@cli.command()
@options.as_json
@click.pass_obj
def register(session: Session, /, *, as_json: bool) -> int:
    """Register the environments as their definitions stand, and let references follow."""
    release = _release(session, wheels=False)
    return _carry_out(session, release, _plan(session, release), as_json=as_json)


@cli.command()
@click.argument("arguments", nargs=-1, required=True, metavar="NAME==VERSION... [PATH]...")
@options.downgrade
@options.ranges
@options.as_json
@click.pass_obj
def pin(session: Session, /, *, arguments: Sequence[str], as_json: bool, **how: bool) -> int:
    """Write versions into every definition under the paths (default: here); needs no config."""
    from wheelpin.config import Config
    from wheelpin.pin import parse_targets, plan_pins
    from wheelpin.plan import Plan
    from wheelpin.release import Release
    from wheelpin.repository import Repository

    targets, paths = parse_targets(arguments)
    repository = Repository(session.root)
    found = plan_pins(repository, repository.below(paths), targets, **how)
    made = Plan(changes=found.edits, findings=found.findings)
    _tell(session.host, made.findings)
    return _carry_out(session, Release(repository=repository, config=Config()), made, as_json=as_json)


@cli.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@options.as_json
@click.pass_obj
def pins(session: Session, /, *, paths: Sequence[str], as_json: bool) -> int:
    """List every pin and reference under the paths (default: here)."""
    from wheelpin.pin import survey
    from wheelpin.report import pins_json, pins_text
    from wheelpin.repository import Repository

    repository = Repository(session.root)
    found = survey(repository, repository.below(paths))
    session.host.result(pins_json(found) if as_json else pins_text(found))
    return CONVERGED


def _release(
    session: Session, *, no_build: bool = False, rebuild: bool = False, wheels: bool = True, **how: bool
) -> "Release":
    """The main path up to the plan: read the config, open what it names, build, check."""
    from wheelpin.registries import open_registry
    from wheelpin.release import Release
    from wheelpin.repository import Repository
    from wheelpin.stores import open_store

    config = session.config()
    return Release(
        repository=Repository(session.root),
        config=config,
        stores={name: open_store(name, of, session.root) for name, of in config.stores.items()}
        if wheels
        else {},
        registries={name: open_registry(name, of, session.root) for name, of in config.registries.items()},
        wheels=_wheels(session, config, no_build=no_build, rebuild=rebuild) if wheels else (),
        **how,
    )


def _wheels(session: Session, config: "Config", *, no_build: bool, rebuild: bool) -> tuple["Wheel", ...]:
    """The wheels of this release, built now or found in `output`, and checked. Raises CheckError."""
    from wheelpin.build import build_projects, wheels_in
    from wheelpin.check import check_wheels
    from wheelpin.project import find_projects
    from wheelpin.repository import Repository

    repository = Repository(session.root)
    output = session.root / config.output
    if no_build:
        wheels = wheels_in(output)
    else:
        projects = find_projects(repository, config.projects)
        wheels = build_projects(
            repository, projects, output, host=session.host, environ=session.environ, rebuild=rebuild
        )
    with session.host.task(f"check {len(wheels)} wheels"):
        findings = check_wheels(wheels)
    _tell(session.host, findings)
    return wheels


def _plan(session: Session, release: "Release") -> "Plan":
    from wheelpin.plan import make_plan

    folder = click.get_current_context().with_resource(TemporaryDirectory(prefix="wheelpin-"))
    with session.host.task("plan"):
        made = make_plan(release, Path(folder))
    _tell(session.host, made.findings)
    return made


def _carry_out(session: Session, release: "Release", made: "Plan", *, as_json: bool) -> int:
    """Show the plan, apply it, and say what happened."""
    from wheelpin.apply import apply as carry_out
    from wheelpin.provenance import origin
    from wheelpin.report import outcome_json, outcome_text, plan_text

    if not as_json:
        session.host.result(plan_text(made))
    outcome = carry_out(made, release, session.host, origin(session.root, session.environ))
    for error in dict.fromkeys(error for _, error in outcome.failed):
        session.host.failure(error.message, error.hint)
    session.host.result(outcome_json(outcome) if as_json else outcome_text(outcome))
    if outcome.interrupted:
        session.host.note("interrupted: nothing is lost, run the same command again")
    return INTERRUPTED if outcome.interrupted else outcome.exit_code


def _tell(host: Host, findings: Sequence[Finding]) -> None:
    """Show findings; errors among them end the command."""
    for finding in findings:
        host.finding(finding)
    errors = [finding for finding in findings if finding.level is Level.ERROR]
    if errors:
        raise CheckError(f"{len(errors)} of {len(findings)} findings must be mended first")


def _save(path: Path, text: str) -> None:
    from wheelpin.repository import replace_file

    try:
        replace_file(path.absolute(), text.encode() + b"\n")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error


def main() -> NoReturn:
    """Run, say what went wrong in one place, and exit."""
    sys.exit(_run(sys.argv[1:]))


def _run(arguments: list[str]) -> int:
    host = detect_host(os.environ, Verbosity.NORMAL)
    try:
        code = cli.main(arguments, prog_name="wheelpin", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        host.note("interrupted: nothing is lost, run the same command again")
        return INTERRUPTED
    except WheelpinError as error:
        for finding in error.findings:
            host.finding(finding)
        host.failure(error.message, error.hint)
        return error.exit_code
    except Exception:  # noqa: BLE001 - the last resort: a bug is told as a bug
        host.failure(_bug(), "please report it with all of the above")
        return BUG
    return code if isinstance(code, int) else CONVERGED


def _bug() -> str:
    import platform
    import traceback

    return (
        f"{traceback.format_exc()}wheelpin {__version__}, Python {platform.python_version()}, {sys.platform}"
    )
