"""Outcome: what happened to each change of a plan."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from wheelpin.change import Change, Registration, Revision
from wheelpin.errors import ConflictError, TargetError, WheelpinError
from wheelpin.plan import Plan


@dataclass(kw_only=True, slots=True)
class Outcome:
    """What happened to each change of a plan; `ended` maps those that did to why they failed, if they did.

    Without `registers`, registrations are left to the run after a merge. `pushed` says which branch holds the
    edits, and in which commit; `pull_request` is the address of the one that proposes them.
    """

    plan: Plan
    registers: bool = True
    ended: dict[Change, WheelpinError | None] = field(default_factory=dict)
    interrupted: bool = False
    pushed: str = ""
    pull_request: str = ""
    progress: Callable[[int, int], None] | None = None

    def settle(self, changes: Iterable[Change], error: WheelpinError | None) -> None:
        """Note that these changes are done, or why they failed."""
        self.ended |= dict.fromkeys(changes, error)
        if self.progress:
            self.progress(len(self.ended), len(self.plan.changes))

    @property
    def done(self) -> list[Change]:
        """What was carried out, in the order of the plan."""
        return [change for change in self.plan.changes if self.ended.get(change, self) is None]

    @property
    def failed(self) -> list[tuple[Change, WheelpinError]]:
        """What was not, and why, in the order of the plan."""
        ended = ((change, self.ended.get(change)) for change in self.plan.changes)
        return [(change, error) for change, error in ended if error]

    @property
    def not_started(self) -> list[Change]:
        """What was left alone, because something before it failed or the run was interrupted."""
        waiting = self.waiting
        return [change for change in self.plan.changes if change not in self.ended and change not in waiting]

    @property
    def waiting(self) -> list[Registration]:
        """What a run that went well leaves to the one after a merge."""
        if self.registers or self.interrupted or self.failed:
            return []
        return [change for change in self.plan.changes if isinstance(change, Registration)]

    @property
    def lost_race(self) -> bool:
        """Whether all that failed are versions which another run gave to other definitions first."""
        failed = self.failed
        return bool(failed) and all(
            isinstance(change, Registration | Revision) and isinstance(error, ConflictError)
            for change, error in failed
        )

    def followed_by(self, later: "Outcome") -> "Outcome":
        """What happened in both: what this one did, and all of one that was planned after it."""
        done = self.done
        changes = (*done, *(change for change in later.plan.changes if change not in done))
        plan = replace(later.plan, changes=changes, wheels={**self.plan.wheels, **later.plan.wheels})
        ended = {**dict.fromkeys(done, None), **later.ended}
        return replace(later, plan=plan, ended=ended)

    @property
    def exit_code(self) -> int:
        """0, or the code that all failures share, or 6: some targets failed."""
        codes = {error.exit_code for _, error in self.failed}
        if not codes:
            return 0
        return codes.pop() if len(codes) == 1 else TargetError.exit_code
