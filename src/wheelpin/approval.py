"""What permits a plan to be applied: the digest that somebody approved, or the saved plan that they read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from wheelpin.change import Change, Edit, Registration, Revision, Upload
from wheelpin.errors import Finding, Level, StalePlanError, UsageError
from wheelpin.pin import stands
from wheelpin.plan import Plan, load_plan
from wheelpin.release import Release
from wheelpin.repository import Repository

_SHORTEST = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Approval:
    """What somebody has looked at and wants to happen; both are None where nobody was asked."""

    saved: Plan | None
    digest: str | None

    @property
    def was_asked(self) -> bool:
        """Whether somebody approved one plan, so that no other may take its place."""
        return self.saved is not None or self.digest is not None

    def check(self, made: Plan, release: Release) -> None:
        """Compare the plan of this moment with what was approved.

        A saved plan may be carried out in part already, by a run that was stopped: then what is left must be
        all that is left to do. Raises StalePlanError when the world has moved.
        """
        if self.digest is not None and not made.digest.startswith(self.digest):
            raise StalePlanError(
                f"the plan of this moment is {made.digest[:_SHORTEST]}, not {self.digest[:_SHORTEST]}",
                hint="look at it with `wheelpin plan`, and approve its digest",
            )
        if self.saved is not None:
            _compare(self.saved, made, release)


def read_approval(file: Path | None, digest: str | None) -> Approval:
    """What `apply` was told. Raises UsageError, and StalePlanError for a saved plan that was edited."""
    if digest is not None and len(digest) < _SHORTEST:
        raise UsageError(f"--expect needs at least {_SHORTEST} characters of the digest, not {digest!r}")
    return Approval(saved=load_plan(file) if file else None, digest=digest.lower() if digest else None)


def _compare(approved: Plan, made: Plan, release: Release) -> None:
    if approved.targets != made.targets:
        raise StalePlanError(
            "the saved plan was made for other stores or registries than the config names now",
            hint="make a new one with `wheelpin plan --out FILE`, and look at it again",
        )
    needed, planned = set(made.changes), set(approved.changes)
    new = [change for change in made.changes if change not in planned]
    gone = [change for change in approved.changes if change not in needed]
    edited = _edited(gone, release.repository)
    lost = [change for change in gone if not _is_done(change, edited, release)]
    if not new and not lost:
        return
    findings = [_finding(change, "is needed now, and was not planned") for change in new]
    findings += [_finding(change, "was planned, and is not what is needed now") for change in lost]
    raise StalePlanError(
        "the saved plan is stale: the world has moved since it was made",
        hint="make a new one with `wheelpin plan --out FILE`, and look at it again",
        findings=findings,
    )


def _edited(gone: Iterable[Change], repository: Repository) -> dict[str, bool]:
    """For each file with planned edits that are no longer needed, whether it reads as they would have it."""
    edits: dict[str, list[Edit]] = {}
    for change in gone:
        if isinstance(change, Edit):
            edits.setdefault(change.path, []).append(change)
    return {path: repository.is_file(path) and stands(repository, path, of) for path, of in edits.items()}


def _is_done(change: Change, edited: Mapping[str, bool], release: Release) -> bool:
    """Whether a planned change that is no longer needed has been carried out since."""
    match change:
        case Upload():
            store = release.stores.get(change.store)
            return store is not None and any(found.file == change.file for found in store.files(change.name))
        case Edit():
            return edited[change.path]
        case Revision():
            return True  # the registration that it is part of is looked at itself
        case Registration():
            registry = release.registries.get(change.registry)
            held = registry.get(change.environment, change.version) if registry else None
            return held is not None and held.digest == change.digest
        case _:
            assert_never(change)


def _finding(change: Change, message: str) -> Finding:
    match change:
        case Upload():
            subject, line = change.file, None
        case Edit():
            subject, line = change.path, change.line
        case Revision():
            subject, line = change.path, change.line
        case Registration():
            subject, line = f"{change.environment}:{change.version}", None
        case _:
            assert_never(change)
    return Finding(level=Level.ERROR, subject=subject, line=line, message=message)
