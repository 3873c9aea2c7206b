"""Connecting: what lets Azure ML build images from private feeds and repositories; looks first, then writes.

A secret cannot be read back, so one that was supplied is always written; nothing else is ever replaced.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from wheelpin.azureml import Azure
from wheelpin.azureml.connections import Connections, ManagedIdentity
from wheelpin.ci import Host
from wheelpin.config import Config, WorkspaceRegistry
from wheelpin.connect.coverage import uncovered
from wheelpin.connect.lines import Line, find_lines
from wheelpin.connect.steps import (
    Action,
    Held,
    Step,
    connect_one,
    plan_connections,
    read_held,
    twins,
)
from wheelpin.connect.supply import VARIABLES, Supply
from wheelpin.connect.wanted import Wanted, chosen, find_wanted
from wheelpin.definitions.readings import Told
from wheelpin.errors import (
    CONVERGED,
    CheckError,
    Finding,
    Level,
    TargetError,
    UsageError,
    WheelpinError,
)
from wheelpin.repository import Repository

_UNDOCUMENTED = Finding(
    level=Level.WARNING,
    subject="--managed-identity",
    message="documented nowhere: that feeds and git take a managed identity, and that image builds use it",
    hint="build an image before you rely on it; a token is the documented way",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Prospect:
    """What a repository wants of the workspaces of its config; they are asked only when told to."""

    config: Config
    lines: Sequence[Line]
    wanted: Sequence[Wanted]
    workspaces: Mapping[str, Connections]

    def held(self) -> Held:
        """What the workspaces have now. Raises TargetError, SignInError."""
        return read_held(self.workspaces)

    def uncovered(self, held: Held, level: Level) -> Sequence[Finding]:
        """The lines that will not find a connection; at `level` where that is certain."""
        return uncovered(self.lines, self.wanted, held, self.config, level)


def find_prospect(repository: Repository, config: Config, azure: Azure, told: Told) -> Prospect:
    """Read the config and the definitions; `told` hears of files that cannot be read.

    Shared registries keep no connections. Raises DefinitionError, ConfigError, UsageError, SignInError.
    """
    lines = find_lines(repository, config, told)
    return Prospect(
        config=config,
        lines=lines,
        wanted=find_wanted(config, lines),
        workspaces={
            name: Connections(azure.workspace(name, registry))
            for name, registry in config.registries.items()
            if isinstance(registry, WorkspaceRegistry)
        },
    )


def plan_in(prospect: Prospect, names: Sequence[str], supply: Supply) -> tuple[Step, ...]:
    """What is to be done for the connections of these names, or for all that need no name.

    Raises UsageError, ConflictError, SignInError, TargetError.
    """
    if not prospect.workspaces:
        raise UsageError(
            "the config names no Azure ML workspace", hint="connections are kept by `kind: azureml-workspace`"
        )
    return plan_connections(prospect.held(), chosen(prospect.wanted, names), supply)


def carry_out(
    prospect: Prospect, steps: Sequence[Step], supply: Supply, host: Host
) -> Mapping[Step, WheelpinError]:
    """Write what is to be written; those that failed, which do not stop the others."""
    failed = {}
    for step in steps:
        if not step.writes:
            continue
        try:
            with host.task(f"{step.action} {step.wanted.name} in {step.registry}"):
                connect_one(prospect.workspaces[step.registry], step, supply)
        except WheelpinError as error:
            failed[step] = error
    return failed


def look_back(
    prospect: Prospect, steps: Sequence[Step], supply: Supply, *, needed: bool
) -> Sequence[Finding]:
    """What still stands against image builds, now that all is done.

    With `needed`, a connection that is neither there nor can be made is an error. Raises TargetError.
    """
    held = prospect.held()
    absent = [_absent(step) for step in steps if needed and step.action is Action.LACK]
    identity = [_UNDOCUMENTED] if isinstance(supply.given, ManagedIdentity) else []
    return [*identity, *absent, *twins(held, steps), *prospect.uncovered(held, Level.ERROR)]


def exit_code_of(failed: Iterable[WheelpinError], findings: Sequence[Finding]) -> int:
    """The code that all failures have, else that of failed targets; without any, that of the findings."""
    codes = {error.exit_code for error in failed}
    if codes:
        return codes.pop() if len(codes) == 1 else TargetError.exit_code
    errors = any(finding.level is Level.ERROR for finding in findings)
    return CheckError.exit_code if errors else CONVERGED


def _absent(step: Step) -> Finding:
    given = "--secret-from VARIABLE or --secret-stdin"
    return Finding(
        level=Level.ERROR,
        subject=f"registry {step.registry}",
        message=f"{step.wanted.name} is not there, and there is no secret for it",
        hint=f"set {VARIABLES[step.wanted.category]}, or give {given}"
        if step.wanted.devops
        else f"give {given}",
    )
