"""`wheelpin pins`: what is pinned and referred to where."""

from collections.abc import Sequence

import click

from wheelpin import building, options, planning
from wheelpin.door import command
from wheelpin.errors import CONVERGED, UsageError
from wheelpin.session import Session


@command
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@options.graph
@options.mermaid
@options.as_json
def pins(session: Session, /, *, paths: Sequence[str], graph: bool, mermaid: bool, as_json: bool) -> int:
    """List every pin and reference under the paths (default: here), or what follows from what."""
    from wheelpin.definitions.graph import graph_mermaid, graph_text, trace
    from wheelpin.definitions.survey import survey
    from wheelpin.report import pins_json, pins_text

    if graph + mermaid + as_json > 1:
        raise UsageError("give one of --graph, --mermaid and --json")
    repository, own = session.repository(), building.own_versions(session)
    files = planning.read_as(session, repository, paths)
    if graph or mermaid:
        cascade = trace(repository, files, own or None)
        session.host.result(graph_text(cascade) if graph else graph_mermaid(cascade))
        return CONVERGED
    found = survey(repository, files, session.host.finding)
    session.host.result(pins_json(found, own) if as_json else pins_text(found, own))
    return CONVERGED
