"""The options that commands share; each has an environment variable named after it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def option(*names: str, **attributes: Any) -> Callable[[F], F]:  # noqa: ANN401 - click's own signature
    """A click option that an environment variable can set too: `--no-build` is WHEELPIN_NO_BUILD."""
    long = next(name for name in names if name.startswith("--"))
    variable = "WHEELPIN_" + long.strip("-").upper().replace("-", "_")
    return click.option(*names, envvar=variable, show_envvar=True, **attributes)


def _remember(context: click.Context, parameter: click.Parameter, value: Any) -> Any:  # noqa: ANN401
    """Keep a shared option's value for the whole run, wherever it stood."""
    if value:
        context.find_root().meta[f"wheelpin.{parameter.name}"] = value
    return value


def remembered(context: click.Context, name: str) -> Any:  # noqa: ANN401
    """The value of a shared option; None where it was not given."""
    return context.find_root().meta.get(f"wheelpin.{name}")


def shared(command: F) -> F:
    """The options of every command, which may stand before its name or after it."""
    directory = click.Path(exists=True, file_okay=False, path_type=Path)
    for names, attributes in (
        (("-q", "--quiet"), {"is_flag": True, "help": "Say nothing but results and errors."}),
        (("-v", "--verbose"), {"is_flag": True, "help": "Say more."}),
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
out = option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Save the plan, for `apply FILE`."
)
expect = option(
    "--expect", metavar="DIGEST", help="Apply only the plan with this digest, or these first 8+ digits."
)

reason = option("--reason", metavar="TEXT", help="Why, as installers will show it.")
undo = option("--undo", is_flag=True, help="Take the yank back.")
# No variable: one that is set for builds must not rebuild what is published.
rebuild_index = click.option(
    "--rebuild", is_flag=True, help="First make the index anew from the wheels that are there."
)


def of_a_plan(command: F) -> F:
    """The options of every command that makes a plan."""
    for decorate in (ranges, downgrade, rebuild, no_build, as_json):
        command = decorate(command)
    return command
