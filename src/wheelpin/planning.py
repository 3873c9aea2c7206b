"""The steps of a release, as commands take them: what it is made of, its plan, carrying it out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from wheelpin import building
from wheelpin.errors import ConflictError, Finding, Level, SignInError
from wheelpin.options import Choices, Course
from wheelpin.session import Session

if TYPE_CHECKING:
    from wheelpin.config import Config
    from wheelpin.definitions import Format
    from wheelpin.landing import Landing
    from wheelpin.outcome import Outcome
    from wheelpin.pin import Target
    from wheelpin.plan import Plan
    from wheelpin.release import Release
    from wheelpin.repository import Repository
    from wheelpin.stores import Store
    from wheelpin.wheel import Wheel


def release(session: Session, choices: Choices) -> "Release":
    """Everything that the config names, and the wheels, built or found in `output`.

    What is wrong with definitions or refused by a store is found before anything is built.
    """
    from wheelpin.build.project import chosen
    from wheelpin.config.narrowing import narrowed
    from wheelpin.release import Release

    whole, repository = session.config(), session.repository()
    config = narrowed(whole, choices.registries)
    look(session, repository, config)
    stores, registries = session.stores(whole), session.registries(config)
    found = building.wheels(session, config) if choices.no_build else ()
    found = chosen(found, choices.packages, lambda wheel: wheel.name) if found else ()
    preflight(session, stores.values(), config, found)
    return Release(
        repository=repository,
        config=config,
        wheels=found or building.build(session, config, rebuild=choices.rebuild, packages=choices.packages),
        stores=stores,
        registries=registries,
        downgrade=choices.downgrade,
        ranges=choices.ranges,
    )


def landing(
    session: Session, course: Course | None, *, approved: bool
) -> "AbstractContextManager[Landing | None]":
    """The branch that edits go to, if they are to leave the work tree.

    Raises UsageError, SignInError, TargetError.
    """
    if course is None:
        return nullcontext()
    from wheelpin.landing import open_landing

    return open_landing(
        session.root,
        session.environ,
        session.host,
        session.workspace,
        branch=course.branch,
        pull_request=course.pull_request,
        approved=approved,
    )


def look(session: Session, repository: "Repository", config: "Config") -> None:
    """Read the definitions that a release is about. Raises DefinitionError, ConfigError."""
    from wheelpin.scope import read_scope

    scope = read_scope(repository, config)
    session.host.detail(f"files: {len(repository.files)}, of which may refer: {len(scope.references)}")
    for name, member in scope.environments.items():
        session.host.detail(f"environment {name}: {member.path}")


def preflight(
    session: Session, stores: Iterable["Store"], config: "Config", wheels: Sequence["Wheel"]
) -> None:
    """Ask the stores what they would refuse, before what is not there is built.

    Raises ConflictError, SignInError, TargetError.
    """
    from wheelpin.stores import Preflighted

    asked = [store for store in stores if isinstance(store, Preflighted)]
    names = (
        {wheel.name for wheel in wheels} if wheels or not asked else building.project_names(session, config)
    )
    refused: list[Finding] = []
    for store in asked:
        with session.host.task(f"ask {store.name}"):
            found = store.preflight(sorted(names))
        refused += [finding for finding in found if finding.level is Level.ERROR]
        session.tell([finding for finding in found if finding.level is not Level.ERROR])
    if refused:
        subjects = ", ".join(dict.fromkeys(finding.subject for finding in refused))
        raise ConflictError(f"{subjects}: must not be published as things are", findings=refused)


def plan(session: Session, release: "Release") -> "Plan":
    """The plan of this moment, and checks of what it would publish. Raises CheckError."""
    from wheelpin.plan import make_plan

    return _planned(session, release, lambda: make_plan(release, session.workspace))


def plan_as_known(session: Session, choices: Choices) -> "Plan":
    """The plan; of a stranger's pull request, which is given nothing to sign in with, what is known without.

    That is the builds, and the pins that they would move. Raises SignInError for everybody else.
    """
    from wheelpin.ci.event import is_of_strangers

    try:
        return plan(session, release(session, choices))
    except SignInError as error:
        why = is_of_strangers(session.environ)
        if not why:
            raise
        message = f"{why}: nobody is signed in, so what stores and registries hold is not part of this plan"
        session.tell([Finding(level=Level.NOTICE, subject="plan", message=message)])
        session.host.detail(error.message)
    return _plan_unsigned(session, choices)


def _plan_unsigned(session: Session, choices: Choices) -> "Plan":
    from packaging.version import Version

    from wheelpin.pin import Target
    from wheelpin.release import Release

    config = session.config()
    built = building.wheels(session, config) if choices.no_build else ()
    built = built or building.build(session, config, rebuild=choices.rebuild, packages=choices.packages)
    building.check_wheels(session, built)
    newest = sorted(built, key=lambda wheel: Version(wheel.version))
    targets = {wheel.name: Target(name=wheel.name, version=wheel.version) for wheel in newest}
    made_of = Release(
        repository=session.repository(), config=config, downgrade=choices.downgrade, ranges=choices.ranges
    )
    return plan_pins(session, made_of, [], targets)


def plan_uploads(session: Session, release: "Release") -> "Plan":
    """The same of uploads alone: no definition is read."""
    from wheelpin.plan import Plan
    from wheelpin.publish import plan_uploads

    def make() -> Plan:
        found = plan_uploads(tuple(release.stores.values()), release.wheels, session.workspace)
        wheels = {wheel.file: found.adopted.get(wheel.file, wheel) for wheel in release.wheels}
        return Plan(changes=found.uploads, unchanged=found.unchanged, wheels=wheels)

    return _planned(session, release, make)


def plan_pins(
    session: Session, release: "Release", paths: Sequence[str], targets: Mapping[str, "Target"]
) -> "Plan":
    """The same of given versions alone, with a warning for each package that nothing here pins."""
    from wheelpin.definitions.survey import pinned
    from wheelpin.pin import plan_pins
    from wheelpin.plan import Plan

    repository = release.repository
    files = read_as(session, repository, paths)
    found = plan_pins(repository, files, targets, downgrade=release.downgrade, ranges=release.ranges)
    session.tell(found.findings)
    unknown = targets.keys() - {edit.name for edit in found.edits}
    unknown -= pinned(repository, files, unknown) if unknown else set()
    session.tell([_nowhere(name) for name in sorted(unknown)])
    return Plan(changes=found.edits)


def read_as(session: Session, repository: "Repository", paths: Sequence[str]) -> "dict[str, Format | None]":
    """The files under some paths, and what those that others of them lead to are read as."""
    from wheelpin.definitions.links import followed

    files = repository.below(paths)
    session.host.detail(f"files: {len(files)}")
    chosen = set(files)
    return {path: form for path, form in followed(repository, files).items() if path in chosen}


def _planned(session: Session, release: "Release", make: Callable[[], "Plan"]) -> "Plan":
    from wheelpin.change import Upload
    from wheelpin.stores import Preflighted

    for store in release.stores.values():
        if isinstance(store, Preflighted):
            session.tell(store.check(release.wheels))
    with session.host.task("plan"):
        made = make()
    session.tell(made.findings)
    if not made.changes and not made.unchanged:
        session.host.note("found no wheel and no environment here")
    files = {change.file for change in made.changes if isinstance(change, Upload)}
    building.check_wheels(session, [wheel for file, wheel in made.wheels.items() if file in files])
    return made


def as_it_is(session: Session, release: "Release", landing: "Landing | None") -> "Release":
    """The release with the files of this moment: those here, or those on the branch that edits go to."""
    if landing:
        return landing.on_tip(release)
    return replace(release, repository=session.repository())


def apply(session: Session, made: "Plan", release: "Release", landing: "Landing | None") -> "Outcome":
    """Carry a plan out, in the files here or onto a branch."""
    from wheelpin.apply import apply
    from wheelpin.provenance import origin

    if landing:
        return landing.carry_out(made, release)
    return apply(made, release, session.host, partial(origin, session.root, session.environ))


def _nowhere(name: str) -> Finding:
    hint = "`wheelpin pins` lists what is pinned"
    return Finding(level=Level.WARNING, subject=name, message="nothing here pins it", hint=hint)
