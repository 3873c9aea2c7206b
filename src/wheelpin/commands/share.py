"""`wheelpin share`: what was proven in a workspace goes to a shared registry."""

from collections.abc import Sequence

import click

from wheelpin import options
from wheelpin.door import command, outward
from wheelpin.session import Session


@command
@outward
@click.argument("names", nargs=-1, required=True, metavar="NAME[:VERSION]...")
@options.share_from
@options.share_to
@options.as_json
def share(session: Session, /, *, names: Sequence[str], source: str, target: str, as_json: bool) -> int:
    """Send environments of a workspace, images included, to a shared registry; they keep their versions."""
    from wheelpin.report import shared_json, shared_text
    from wheelpin.share import exit_code_of, open_road, parse_wanted
    from wheelpin.share import share as carry_out

    wanted = [parse_wanted(name) for name in dict.fromkeys(names)]
    road = open_road(session.config(), session.azure, source, target)
    ended = carry_out(road, wanted, session.host)
    for each in ended:
        if each.error:
            session.host.failure(each.error.message, each.error.hint)
    session.host.result(shared_json(ended) if as_json else shared_text(ended))
    return exit_code_of(ended)
