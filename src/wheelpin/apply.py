"""Carry a plan out: bytes, then index, then definitions, then registrations; bounded, parallel, resumable.

Nothing ever names what cannot be fetched yet, and there is no state: whatever stops a run, the next plan
finds what is left.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby
from typing import TypeVar

from wheelpin.change import Change, Edit, Registration, Upload
from wheelpin.ci import Host
from wheelpin.definitions.azureml import read_environment
from wheelpin.definitions.survey import survey
from wheelpin.errors import StalePlanError, TargetError, WheelpinError
from wheelpin.pin import write_edits
from wheelpin.plan import Plan
from wheelpin.provenance import packages
from wheelpin.publish import reveal, send
from wheelpin.register import register
from wheelpin.release import Release
from wheelpin.repository import Repository
from wheelpin.scope import Scope, read_scope

T = TypeVar("T")

UPLOADS_AT_ONCE = 8
REGISTRATIONS_AT_ONCE = 4


@dataclass(kw_only=True, slots=True)
class Outcome:
    """What happened to each change of a plan; what is in neither list was not started."""

    plan: Plan
    done: list[Change] = field(default_factory=list)
    failed: list[tuple[Change, WheelpinError]] = field(default_factory=list)
    interrupted: bool = False

    @property
    def not_started(self) -> list[Change]:
        """What was left alone, because something before it failed or the run was interrupted."""
        seen = {*self.done, *(change for change, _ in self.failed)}
        return [change for change in self.plan.changes if change not in seen]

    @property
    def exit_code(self) -> int:
        """0, or the code that all failures share, or 6: some targets failed."""
        codes = {error.exit_code for _, error in self.failed}
        if not codes:
            return 0
        return codes.pop() if len(codes) == 1 else TargetError.exit_code


def apply(plan: Plan, release: Release, host: Host, tags: Mapping[str, str]) -> Outcome:
    """Carry out a plan that was just made from `release`; `tags` say where registrations come from.

    Failures are part of the outcome, not exceptions: within a stage the others go on, the next stage does not
    start. Ctrl-C ends it between two changes.
    """
    outcome = Outcome(plan=plan)
    stages: Sequence[Callable[[], None]] = (
        lambda: _publish(release, host, outcome),
        lambda: _pin(release, host, outcome),
        lambda: _register(release, host, outcome, tags),
    )
    try:
        for stage in stages:
            stage()
            if outcome.failed:
                break
    except KeyboardInterrupt:
        outcome.interrupted = True
    return outcome


def _publish(release: Release, host: Host, outcome: Outcome) -> None:
    """Bytes first; a project becomes visible in a store once all its wheels are there."""
    wheels = outcome.plan.wheels
    uploads = [change for change in outcome.plan.changes if isinstance(change, Upload)]

    def send_one(change: Upload) -> None:
        send(release.stores[change.store], wheels[change.file], host)

    def reveal_all(group: tuple[Upload, ...]) -> None:
        store = release.stores[group[0].store]
        reveal(store, group[0].name, [wheels[change.file] for change in group], host)

    failed = _side_by_side(uploads, send_one, UPLOADS_AT_ONCE)
    outcome.failed.extend(failed.items())
    groups = [
        group
        for _, changes in groupby(sorted(uploads, key=_shelf), _shelf)
        if failed.keys().isdisjoint(group := tuple(changes))
    ]
    hidden = _side_by_side(groups, reveal_all, UPLOADS_AT_ONCE)
    for group in groups:
        if group in hidden:
            outcome.failed.extend((change, hidden[group]) for change in group)
        else:
            outcome.done.extend(group)


def _shelf(change: Upload) -> tuple[str, str]:
    return change.store, change.name


def _pin(release: Release, host: Host, outcome: Outcome) -> None:
    edits = [change for change in outcome.plan.changes if isinstance(change, Edit)]
    for path, of_file in groupby(edits, lambda edit: edit.path):
        changes = list(of_file)
        try:
            with host.task(f"edit {path}"):
                write_edits(Repository(release.repository.root), path, changes)
        except WheelpinError as error:
            outcome.failed.extend((change, error) for change in changes)
        else:
            outcome.done.extend(changes)


def _register(release: Release, host: Host, outcome: Outcome, tags: Mapping[str, str]) -> None:
    registrations = [change for change in outcome.plan.changes if isinstance(change, Registration)]
    repository = Repository(release.repository.root)
    scope = read_scope(repository, release.config) if registrations else Scope(environments={}, references={})

    def register_one(change: Registration) -> None:
        member = scope.environments.get(change.environment)
        if member is None:
            raise StalePlanError(f"the definition of {change.environment} has gone since the plan was made")
        environment = read_environment(repository, member.path)
        if environment.digest != change.digest:
            raise StalePlanError(
                f"{member.path} has changed since the plan was made", hint="run `wheelpin apply` again"
            )
        pinned = {found.name: found.version for found in survey(repository, member.files)}
        all_tags = {**tags, **packages(tuple(outcome.plan.wheels.values()), pinned)}
        register(change, environment, release.registries[change.registry], all_tags, host)

    failed = _side_by_side(registrations, register_one, REGISTRATIONS_AT_ONCE)
    outcome.failed.extend(failed.items())
    outcome.done.extend(change for change in registrations if change not in failed)


def _side_by_side(items: Sequence[T], work: Callable[[T], None], limit: int) -> dict[T, WheelpinError]:
    """Do `work` for every item, at most `limit` at once; what failed, and why.

    Ctrl-C drops what has not begun.
    """
    failed: dict[T, WheelpinError] = {}
    pool = ThreadPoolExecutor(limit)
    try:
        futures: dict[T, Future[None]] = {item: pool.submit(work, item) for item in items}
        for item, future in futures.items():
            try:
                future.result()
            except WheelpinError as error:
                failed[item] = error
    finally:
        pool.shutdown(cancel_futures=True)
    return failed
