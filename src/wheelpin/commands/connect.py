"""`wheelpin connect`: what image builds read private feeds and git with."""

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from wheelpin import options
from wheelpin.door import command
from wheelpin.errors import UsageError
from wheelpin.session import Session

if TYPE_CHECKING:
    from wheelpin.config import Config
    from wheelpin.connect import Prospect
    from wheelpin.connect.supply import Supply

MOST_OF_A_SECRET = 1 << 16
"""Bytes; tokens have some thousands at the most."""


@command
@click.argument("names", nargs=-1, metavar="[NAME]...")
@options.registry
@options.check
@options.of_a_secret
@options.as_json
def connect(  # noqa: PLR0913 - one for each thing to say
    session: Session,
    /,
    *,
    names: Sequence[str],
    registries: Sequence[str],
    check: bool,
    login: options.Login,
    as_json: bool,
) -> int:
    """Give workspaces the connections that image builds read private feeds and git with, and check them."""
    from wheelpin.ci.event import allow_release
    from wheelpin.config.narrowing import narrowed
    from wheelpin.connect import carry_out, exit_code_of, look_back, plan_in
    from wheelpin.connect.supply import Supply
    from wheelpin.report.connections import connected_text, connections_json, connections_text

    if not check:
        allow_release("connect", session.environ)
    prospect = find(session, narrowed(session.config(), registries))
    supply = Supply() if check else _supply(session, login, _standard_input)
    steps = plan_in(prospect, names, supply)
    if not as_json:
        session.host.result(connections_text(steps))
    failed = carry_out(prospect, steps, supply, session.host)
    for error in dict.fromkeys(failed.values()):
        session.host.failure(error.message, error.hint)
    findings = look_back(prospect, steps, supply, needed=not check)
    for finding in () if as_json else findings:
        session.host.finding(finding)
    session.host.result(
        connections_json(steps, failed, findings) if as_json else connected_text(steps, failed)
    )
    return exit_code_of(failed.values(), findings)


def find(session: Session, config: "Config", *, quietly: bool = False) -> "Prospect":
    """The connections that the config and the definitions want, and the workspaces.

    `quietly` is for those who have told of the definitions already. Raises DefinitionError, ConfigError,
    UsageError, SignInError.
    """
    from wheelpin.connect import find_prospect

    told = (lambda _: None) if quietly else session.host.finding
    return find_prospect(session.repository(), config, session.azure, told)


def _supply(session: Session, login: options.Login, stdin: Callable[[], bytes]) -> "Supply":
    """What connections sign in with, hidden in the host's log from here on. Raises UsageError."""
    from wheelpin.connect.supply import Asked, find_supply

    asked = Asked(
        variable=login.variable,
        stdin=stdin if login.secret_stdin else None,
        user=login.user,
        managed_identity=login.managed_identity,
        ends=login.expires.date() if login.expires else None,
    )
    found = find_supply(asked, session.environ)
    session.host.mask(found.secrets)
    return found


def _standard_input() -> bytes:
    """What another program wrote there; a person's typing would be shown."""
    if sys.stdin.isatty():
        raise UsageError("--secret-stdin: nothing is piped into standard input")
    return sys.stdin.buffer.read(MOST_OF_A_SECRET)
