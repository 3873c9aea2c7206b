"""Doctor: whether a release could begin: what is found here, who answers, who may publish; writes nothing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wheelpin.ci import Host
from wheelpin.errors import CONVERGED, CheckError, Finding, Level, WheelpinError
from wheelpin.stores import Preflighted, Store

if TYPE_CHECKING:
    from wheelpin.config import StoreConfig

Step = Callable[[], Iterable[Finding]]

PRIVATE_CONTAINER = (
    "a definition that installs from a private container needs a network that lets image builds in, "
    "or the wheel in its build context: no credential belongs into a definition"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Diagnosis:
    """What was found, and the exit code for it: 0 where nothing stands against a release."""

    findings: Sequence[Finding]
    exit_code: int


def examine(steps: Mapping[str, Step], host: Host) -> Diagnosis:
    """Take every step by its name; one that fails is a finding and does not lose the others."""
    findings: list[Finding] = []
    codes: set[int] = set()
    for name, step in steps.items():
        try:
            with host.task(name):
                found = list(step())
        except WheelpinError as error:
            codes.add(error.exit_code)
            found = list(error.findings) or [_failed(name, error)]
        findings += found
    if any(finding.level is Level.ERROR for finding in findings):
        return Diagnosis(
            findings=findings, exit_code=codes.pop() if len(codes) == 1 else CheckError.exit_code
        )
    return Diagnosis(findings=findings, exit_code=CONVERGED)


def ask(store: Store, described: "StoreConfig", names: Sequence[str]) -> list[Finding]:
    """Whether a store answers, what it holds of these projects, and what it would refuse."""
    found = list(store.preflight(names)) if isinstance(store, Preflighted) else []
    held = sum(len(store.files(name)) for name in names)
    told = [_notice(f"store {store.name}", f"answers, and holds {held} files of the projects here")]
    if described.kind in {"azure-blob", "workspace"}:
        told.append(replace(_notice(f"store {store.name}", PRIVATE_CONTAINER), hint="see docs/stores.md"))
    return told + found


def _failed(name: str, error: WheelpinError) -> Finding:
    return Finding(level=Level.ERROR, subject=name, message=error.message, hint=error.hint)


def _notice(subject: str, message: str) -> Finding:
    return Finding(level=Level.NOTICE, subject=subject, message=message)
