"""The options that commands share; each has an environment variable named after it."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from wheelpin.ci import Verbosity
from wheelpin.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, kw_only=True, slots=True)
class Choices:
    """How a plan is made, as it was told."""

    no_build: bool
    rebuild: bool
    downgrade: bool
    ranges: bool
    packages: tuple[str, ...]
    registries: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Course:
    """How edits leave the work tree: in a commit on `branch`, or in a pull request to it.

    Without a branch it is the one that is checked out, or that of the job.
    """

    pull_request: bool
    branch: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Login:
    """What a connection signs in with, and where its secret is: in `variable`, or on standard input."""

    variable: str | None
    secret_stdin: bool
    user: str | None
    managed_identity: str | None
    expires: datetime | None


def option(*names: str, **attributes: Any) -> Callable[[F], F]:  # noqa: ANN401 - click's own signature
    """A click option that an environment variable can set too: `--no-build` is WHEELPIN_NO_BUILD."""
    long = next(name for name in names if name.startswith("--"))
    variable = "WHEELPIN_" + long.strip("-").upper().replace("-", "_")
    return click.option(*names, envvar=variable, show_envvar=True, **attributes)


def _remember(context: click.Context, parameter: click.Parameter, value: Any) -> Any:  # noqa: ANN401
    """Keep a shared option's value for the whole run, wherever it stood; what was typed beats a variable."""
    name = str(parameter.name)
    typed = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    if value and (typed or not was_typed(context, name)):
        context.find_root().meta[f"wheelpin.{name}"] = (value, typed)
    return value


def remembered(context: click.Context, name: str) -> Any:  # noqa: ANN401
    """The value of a shared option; None where it was not given."""
    return context.find_root().meta.get(f"wheelpin.{name}", (None, False))[0]


def was_typed(context: click.Context, name: str) -> bool:
    """Whether the remembered value of a shared option stood on the command line."""
    return bool(context.find_root().meta.get(f"wheelpin.{name}", (None, False))[1])


def verbosity(context: click.Context) -> Verbosity:
    """How much is said: of --verbose and --quiet the typed one. Raises UsageError for both."""
    given = [name for name in Verbosity if remembered(context, name)]
    typed = [name for name in given if was_typed(context, name)]
    match typed or given:
        case []:
            return Verbosity.NORMAL
        case [one]:
            return one
        case _:
            names = [f"--{name}" if typed else f"WHEELPIN_{name.upper()}" for name in given]
            raise UsageError(f"{' and '.join(names)} exclude each other")


def shared(command: F) -> F:
    """The options of every command, which may stand before its name or after it."""
    # Whether it is there is asked when all are known: a variable that another value beats may name anything.
    directory = click.Path(file_okay=False, path_type=Path)
    for names, attributes in (
        (("-q", "--quiet"), {"is_flag": True, "help": "Show only results, warnings and errors."}),
        (("-v", "--verbose"), {"is_flag": True, "help": "Also tell what was found and chosen on the way."}),
        (("--config",), {"metavar": "FILE", "help": "The config to read instead of wheelpin.yml."}),
        (("-C", "--directory"), {"type": directory, "help": "Run as if started there."}),
    ):
        command = option(*names, callback=_remember, expose_value=False, is_eager=True, **attributes)(command)
    return command


as_json = option(
    "--json", "as_json", is_flag=True, help="Print JSON on standard output, and nothing else there."
)
no_build = option("--no-build", is_flag=True, help="Take the wheels that an earlier job left in `output`.")
rebuild = option("--rebuild", is_flag=True, help="Build even what has not changed since it was last built.")
downgrade = option(
    "--allow-downgrade", "downgrade", is_flag=True, help="Let pins go down to an older version."
)
ranges = option("--ranges", is_flag=True, help="Raise ranges (~=, >=) to the new version too.")
out = option("--out", type=click.Path(path_type=Path), help="Save the plan, for `apply FILE`.")
package = option(
    "--package", "packages", multiple=True, metavar="NAME", help="Release only this package (repeatable)."
)
# No variables: a first pipeline is written once, by a person.
service = click.option(
    "--host",
    "service",
    type=click.Choice(["github", "azure"]),
    help="The CI service to write a pipeline for.",
)
local = click.option("--local", is_flag=True, help="Keep wheels and environments in folders, to try it out.")
matrix = option(
    "--matrix",
    type=click.Choice(["github", "azure"]),
    help="Build nothing, and print what is built on which runner, for that service's matrix.",
)
registry = option(
    "--registry", "registries", multiple=True, metavar="NAME", help="Register only there (repeatable)."
)
report = option(
    "--report",
    type=click.Path(path_type=Path),
    callback=_remember,
    expose_value=False,
    help="Write what happens as Markdown to FILE.",
    metavar="FILE",
)
exit_zero = option("--exit-zero", is_flag=True, help="Exit 0 also when the plan has changes.")
expect = option(
    "--expect", metavar="DIGEST", help="Apply only the plan with this digest, or these first 8+ digits."
)

commit = option(
    "--commit", is_flag=True, help="Commit the edits and push them, then register what was pushed."
)
pull_request = option(
    "--pull-request", is_flag=True, help="Propose the edits in a pull request; once merged, apply registers."
)
branch = option("--branch", metavar="NAME", help="The branch that --commit and --pull-request go to.")

graph = option("--graph", is_flag=True, help="Print what follows from what, as a tree of lines.")
mermaid = option("--mermaid", is_flag=True, help="Print what follows from what, as a Mermaid flowchart.")
reason = option("--reason", metavar="TEXT", help="Why, as installers will show it.")
undo = option("--undo", is_flag=True, help="Take the yank back.")
secret_from = option(
    "--secret-from", "variable", metavar="VARIABLE", help="The environment variable that holds the secret."
)
secret_stdin = option("--secret-stdin", is_flag=True, help="Read the secret from standard input.")
user = option("--user", metavar="NAME", help="The secret is this user's password, and no access token.")
managed_identity = option(
    "--managed-identity", metavar="CLIENT_ID", help="No secret: an identity, which is documented nowhere."
)
expires = option(
    "--expires",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="The last day of the secret, so that doctor can warn.",
)
share_from = option(
    "--from", "source", required=True, metavar="REGISTRY", help="The workspace, as the config calls it."
)
share_to = option(
    "--to", "target", required=True, metavar="REGISTRY", help="The shared registry, as the config calls it."
)
check = option("--check", is_flag=True, help="Only look whether each line finds a connection; exit 1 if not.")
# No variable: one that is set for builds must not rebuild what is published.
rebuild_index = click.option(
    "--rebuild", is_flag=True, help="First make the index anew from the wheels that are there."
)


def of_a_plan(command: Callable[..., int]) -> Callable[..., int]:
    """The options of every command that makes a plan; all but --json reach it as `choices`."""

    @wraps(command)
    def with_choices(*given: Any, **told: Any) -> int:  # noqa: ANN401 - click's own
        choices = Choices(**{field.name: told.pop(field.name) for field in fields(Choices)})
        return command(*given, choices=choices, **told)

    for decorate in (registry, package, ranges, downgrade, rebuild, no_build, as_json):
        with_choices = decorate(with_choices)
    return with_choices


def of_a_secret(command: Callable[..., int]) -> Callable[..., int]:
    """The options that say what a connection signs in with, which reach the command as `login`."""

    @wraps(command)
    def with_login(*given: Any, **told: Any) -> int:  # noqa: ANN401 - click's own
        login = Login(**{field.name: told.pop(field.name) for field in fields(Login)})
        return command(*given, login=login, **told)

    for decorate in (expires, managed_identity, user, secret_stdin, secret_from):
        with_login = decorate(with_login)
    return with_login


def _is_typed(name: str) -> bool:
    """Whether an option of the command that runs stood on the command line."""
    return click.get_current_context().get_parameter_source(name) is ParameterSource.COMMANDLINE


def of_a_course(command: Callable[..., int]) -> Callable[..., int]:
    """--commit, --pull-request and --branch, which reach the command as `course`; None without them."""

    @wraps(command)
    def with_course(
        *given: Any,  # noqa: ANN401 - click's own
        commit: bool,
        pull_request: bool,
        branch: str | None,
        **rest: Any,  # noqa: ANN401
    ) -> int:
        ways = {name for name, wanted in (("commit", commit), ("pull_request", pull_request)) if wanted}
        ways = {name for name in ways if _is_typed(name)} or ways
        if len(ways) > 1:
            raise UsageError("--commit and --pull-request exclude each other")
        if _is_typed("branch") and not ways:
            raise UsageError("--branch says where --commit or --pull-request goes: give one of them too")
        course = Course(pull_request="pull_request" in ways, branch=branch) if ways else None
        return command(*given, course=course, **rest)

    for decorate in (branch, pull_request, commit):
        with_course = decorate(with_course)
    return with_course
