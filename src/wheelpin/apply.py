"""Carry a plan out: bytes, then index, then definitions, then registrations; bounded, parallel, resumable.

Nothing ever names what cannot be fetched yet, and there is no state: whatever stops a run, the next plan
finds what is left.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

from wheelpin.change import Edit, Registration, Revision, Upload
from wheelpin.ci import Host
from wheelpin.command import stop
from wheelpin.definitions.survey import survey
from wheelpin.environment import Environment
from wheelpin.errors import ConflictError, StalePlanError, TargetError, WheelpinError
from wheelpin.folder import held
from wheelpin.outcome import Outcome
from wheelpin.pin import stage_edits, stands
from wheelpin.plan import Plan
from wheelpin.provenance import packages
from wheelpin.publish import batches, reveal, send_batch
from wheelpin.register import register
from wheelpin.release import Release
from wheelpin.repository import Repository
from wheelpin.scope import Member, Scope, read_scope

if TYPE_CHECKING:
    from wheelpin.replacement import Replacement

T = TypeVar("T")

UPLOADS_AT_ONCE = 8
REGISTRATIONS_AT_ONCE = 48
"""What a service bears is for its own pace to say."""
GRACE = 4.0
"""Seconds; CI services send SIGINT, and SIGTERM 7.5 seconds later."""


def apply(  # noqa: PLR0913 - the plan, and how it is carried out
    plan: Plan,
    release: Release,
    host: Host,
    origin: Callable[[], Mapping[str, str]],
    *,
    write: Callable[[Outcome], None] | None = None,
    registers: bool = True,
) -> Outcome:
    """Carry out a plan that was just made from `release`; `origin` tells where registrations come from.

    `write` is another way to make the edits than in the files; it may put another plan in the outcome, and
    `origin` is asked after it. Without `registers`, registrations are left to a later run.

    Failures are part of the outcome, not exceptions: uploads and registrations go on beside a failed one, and
    the next stage does not start. Ctrl-C ends it within seconds.
    """
    outcome = Outcome(plan=plan, registers=registers, progress=host.progress)
    stages: list[Callable[[], None]] = [
        lambda: _publish(release, host, outcome),
        lambda: write(outcome) if write else edit_files(release, host, outcome),
    ]
    if registers:
        stages.append(lambda: _register(release, host, outcome, origin()))
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

    refused: dict[Upload, WheelpinError] = {}

    def send_some(batch: tuple[Upload, ...]) -> None:
        store = release.stores[batch[0].store]
        failed = send_batch(store, [wheels[change.file] for change in batch], host)
        refused.update((change, failed[change.file]) for change in batch if change.file in failed)

    def reveal_all(group: tuple[Upload, ...]) -> None:
        store = release.stores[group[0].store]
        reveal(store, group[0].name, [wheels[change.file] for change in group], host)

    together = [
        batch
        for name, store in release.stores.items()
        for batch in batches(store, [change for change in uploads if change.store == name])
    ]
    for batch, error in _side_by_side(together, send_some, UPLOADS_AT_ONCE):
        for change in batch:
            if failure := error or refused.get(change):
                outcome.settle([change], failure)
    shelves = (tuple(group) for _, group in groupby(sorted(uploads, key=_shelf), _shelf))
    complete = [group for group in shelves if outcome.ended.keys().isdisjoint(group)]
    for group, error in _side_by_side(complete, reveal_all, UPLOADS_AT_ONCE):
        outcome.settle(group, error)


def _shelf(change: Upload) -> tuple[str, str]:
    return change.store, change.name


def edit_files(release: Release, host: Host, outcome: Outcome) -> None:
    """Make the edits of the outcome's plan in the release's repository.

    Every file is written beside its place before the first one takes its place.

    Another run in the same work tree waits meanwhile, and finds done what it was about to do.
    """
    edits = [change for change in outcome.plan.changes if isinstance(change, Edit)]
    files = {path: tuple(of_file) for path, of_file in groupby(edits, lambda edit: edit.path)}
    staged: dict[str, Replacement] = {}
    path = ""
    try:
        with held(release.repository.root):
            for path, changes in files.items():
                if not stands(release.repository, path, changes):
                    staged[path] = stage_edits(release.repository, path, changes)
            for path, changes in files.items():
                with host.task(f"edit {path}"):
                    if path in staged:
                        staged.pop(path).commit()
                outcome.settle(changes, None)
    except WheelpinError as error:
        outcome.settle(files[path], error)
    except OSError as error:
        outcome.settle(files[path], TargetError(f"{path}: cannot be written: {error.strerror}"))
    finally:
        for replacement in staged.values():
            replacement.discard()


def _register(release: Release, host: Host, outcome: Outcome, tags: Mapping[str, str]) -> None:
    """What is registered is read anew, from the files as they are now."""
    registrations = [change for change in outcome.plan.changes if isinstance(change, Registration)]
    if not registrations:
        return
    repository = Repository(release.repository.root)
    wheels = tuple(outcome.plan.wheels.values())
    try:
        scope = read_scope(repository, release.config).joined_by(outcome.plan.residents)
    except WheelpinError as error:
        outcome.settle(registrations, error)
        return

    @cache
    def described(name: str, digest: str) -> tuple[Environment, Mapping[str, str]]:
        """An environment and its own tags, read once for all its registries."""
        member, environment = _unmoved(repository, scope, name, digest)
        pinned = {found.name: found.version for found in survey(member.home(repository), member.files)}
        return environment, {**tags, **packages(wheels, pinned)}

    def register_one(change: Registration) -> None:
        environment, own = described(change.environment, change.digest)
        register(change, environment, release.registries[change.registry], own, host)

    _first_come(registrations, register_one, outcome)
    failed = dict(outcome.failed)
    failures = {change.environment: failed.get(change) for change in registrations}
    for revision in outcome.plan.changes:
        if isinstance(revision, Revision):
            outcome.settle([revision], failures.get(revision.environment))


def _first_come(
    registrations: Sequence[Registration], work: Callable[[Registration], None], outcome: Outcome
) -> None:
    """Register in each environment's first registry, then in the others, but where another run was quicker.

    Who has a number there has it everywhere; else two runs at once could share one out between them.
    """
    first = {change.environment: change for change in reversed(registrations)}
    for change, failure in _side_by_side([*first.values()], work, REGISTRATIONS_AT_ONCE):
        outcome.settle([change], failure)
    lost = {
        change.environment
        for change, error in outcome.failed
        if isinstance(change, Registration) and isinstance(error, ConflictError)
    }
    others = [
        change for change in registrations if change not in outcome.ended and change.environment not in lost
    ]
    for change, failure in _side_by_side(others, work, REGISTRATIONS_AT_ONCE):
        outcome.settle([change], failure)


def _unmoved(repository: Repository, scope: Scope, name: str, digest: str) -> tuple[Member, Environment]:
    """The environment that a registration was planned for. Raises StalePlanError when it has moved."""
    member = scope.environments.get(name)
    if member is None:
        raise StalePlanError(f"the definition of {name} has gone since the plan was made")
    environment = member.environment(repository)
    if environment.digest != digest:
        raise StalePlanError(
            f"{member.path} has changed since the plan was made", hint="run `wheelpin apply` again"
        )
    return member, environment


def _side_by_side(
    items: Sequence[T], work: Callable[[T], None], limit: int
) -> Iterator[tuple[T, WheelpinError | None]]:
    """Do `work` for every item, at most `limit` at once; each item as it ends, with what went wrong.

    On Ctrl-C nothing more begins, what is under way gets `GRACE` seconds, and what has ended is still told.
    """
    pool = ThreadPoolExecutor(limit)
    futures = {pool.submit(work, item): item for item in items}
    waiting = set(futures)
    interrupt: KeyboardInterrupt | None = None
    while waiting:
        try:
            ended = wait(waiting, timeout=GRACE if interrupt else None, return_when=FIRST_COMPLETED).done
        except KeyboardInterrupt as error:
            interrupt = error
            pool.shutdown(wait=False, cancel_futures=True)
            # `wait` would never call them done: nobody is left to notify it of a cancelled future.
            waiting = {future for future in waiting if not future.cancelled()}
            continue
        if not ended:
            break
        waiting -= ended
        for future in ended:
            if not future.cancelled():
                yield futures[future], _failure(future)
    if interrupt:
        stop()
        raise interrupt
    pool.shutdown()


def _failure(future: Future[None]) -> WheelpinError | None:
    try:
        future.result()
    except WheelpinError as error:
        return error
    return None
