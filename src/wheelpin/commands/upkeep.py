"""`wheelpin doctor`, `yank` and `store check`: whether all is well, and taking back what is not."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

import click

from wheelpin import building, options, planning
from wheelpin.commands.connect import find
from wheelpin.door import command, outward
from wheelpin.errors import CONVERGED, Finding, Level, UsageError, VerificationError
from wheelpin.session import Session

if TYPE_CHECKING:
    from wheelpin.config import Config, StoreConfig


@command
@options.as_json
def doctor(session: Session, /, *, as_json: bool) -> int:
    """Check config, definitions, sign-in, permissions and stores; say what to do. Writes nothing."""
    from wheelpin.doctor import examine
    from wheelpin.report import findings_json

    diagnosis = examine(_examination(session, session.config()), session.host)
    if as_json:
        session.host.result(findings_json(diagnosis.findings))
    else:
        for finding in diagnosis.findings:
            session.host.finding(finding)
    session.host.note("something stands against a release" if diagnosis.exit_code else "a release can begin")
    return diagnosis.exit_code


@command
@outward
@click.argument("release", metavar="NAME==VERSION")
@options.reason
@options.undo
@options.as_json
def yank(session: Session, /, *, release: str, reason: str | None, undo: bool, as_json: bool) -> int:
    """Take a version back: installers pass over it unless it is pinned exactly. Nothing is deleted."""
    from wheelpin.report import yanked_json, yanked_text
    from wheelpin.upkeep import parse_release
    from wheelpin.upkeep import yank as carry_out

    if undo == bool(reason):
        raise UsageError("give either --reason TEXT or --undo")
    project, version = parse_release(release)
    stores = session.stores(session.config())
    found = carry_out(stores.values(), project, version, None if undo else reason, session.host)
    session.host.result(yanked_json(found) if as_json else yanked_text(found, undone=undo))
    return CONVERGED


@click.group()
@options.shared
def store() -> None:
    """Look after what stores hold."""


@command
@options.rebuild_index
@options.as_json
def check(session: Session, /, *, rebuild: bool, as_json: bool) -> int:
    """Read everything in the stores again; exit 8 if anything is changed, missing or shown wrongly."""
    from wheelpin.ci.event import allow_release
    from wheelpin.report import findings_json
    from wheelpin.upkeep import audit

    if rebuild:
        allow_release("store check --rebuild", session.environ)
    stores = session.stores(session.config())
    findings = audit(stores.values(), session.host, rebuild=rebuild)
    if as_json:
        session.host.result(findings_json(findings))
    else:
        for finding in findings:
            session.host.finding(finding)
    errors = [finding for finding in findings if finding.level is Level.ERROR]
    if errors:
        raise VerificationError(f"{len(errors)} of {len(findings)} findings are errors")
    session.host.note("every file that is listed is what the index says")
    return CONVERGED


def _examination(session: Session, config: "Config") -> dict[str, Callable[[], Iterable[Finding]]]:
    """What doctor looks at, by name: the definitions, and each store and registry of the config."""
    from wheelpin import doctor

    def ask_store(name: str, described: "StoreConfig") -> Iterable[Finding]:
        return doctor.ask(
            session.store(name, config), described, sorted(building.project_names(session, config))
        )

    def look() -> Iterable[Finding]:
        planning.look(session, session.repository(), config)
        return ()

    def ask_connections() -> Iterable[Finding]:
        return doctor.ask_connections(lambda: find(session, config, quietly=True))

    steps: dict[str, Callable[[], Iterable[Finding]]] = {"definitions": look}
    steps |= {f"store {name}": partial(ask_store, name, of) for name, of in config.stores.items()}
    steps |= {
        f"registry {name}": partial(doctor.ask_registry, name, of, session.azure)
        for name, of in config.registries.items()
    }
    if any(of.kind == "azureml-workspace" for of in config.registries.values()):
        steps["connections"] = ask_connections
    return steps


store.add_command(check)
