"""What every command passes on its way in and out: shared options, a session, words for how it ended."""

from collections.abc import Callable, Mapping
from functools import partial, wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from wheelpin import options
from wheelpin.ci import detect_host
from wheelpin.ending import exit_code
from wheelpin.errors import UsageError, WheelpinError
from wheelpin.session import Session


def command(function: Callable[..., int]) -> click.Command:
    """A command that takes the shared options on either side of its name, and a session first."""

    @wraps(function)
    def with_session(**arguments: Any) -> int:  # noqa: ANN401 - click's own
        session = _session(click.get_current_context())
        return exit_code(partial(function, session, **arguments), session.host, partial(_sum_up, session))

    return click.command()(options.shared(with_session))


def outward(function: Callable[..., int]) -> Callable[..., int]:
    """A command that changes what others use: never for the pull request of a stranger."""

    @wraps(function)
    def if_allowed(session: Session, /, **arguments: Any) -> int:  # noqa: ANN401 - click's own
        from wheelpin.ci.event import allow_release

        allow_release(function.__name__, session.environ)
        return function(session, **arguments)

    return if_allowed


def _sum_up(session: Session, error: WheelpinError) -> None:
    """The report of a command that stopped."""
    from wheelpin.report import failure_markdown

    session.summarise(failure_markdown(error))


def _session(context: click.Context) -> Session:
    environ: Mapping[str, str] = context.find_root().obj
    root = options.remembered(context, "directory") or Path()
    if not root.is_dir():
        raise UsageError(f"{root}: no such folder to run in")
    root = root.resolve()
    return Session(
        root=root,
        config_file=options.remembered(context, "config"),
        environ=environ,
        host=detect_host(environ, options.verbosity(context), root),
        report=options.remembered(context, "report"),
        workspace=Path(context.with_resource(TemporaryDirectory(prefix="wheelpin-"))),
    )
