"""What can go wrong, in words, hints and exit codes.

    WheelpinError                 base
      UsageError             2    an option or argument cannot be meant
      ConfigError            2    every mistake of the config at once, each a finding with its line
      DefinitionError        1    a definition cannot be read, or must not be released as it stands
      BuildError             1    a project did not become a wheel
      CheckError             1    findings at level error
      ConflictError          4    a store or registry holds something else under this name
      StalePlanError         5    the world moved since the plan was approved
      TargetError            6    a store, registry or file did not take its change
      OutcomeUnknownError    7    nobody knows whether a write happened; safe to run again
      VerificationError      8    what was read back is not what was sent
      SignInError            9    who we are is unknown, or not allowed to do this

0 is converged, 3 is a `plan` with changes, 70 a bug, 130 Ctrl-C. A test holds the list and the classes
together.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

CONVERGED = 0
CHANGES = 3
BUG = 70
INTERRUPTED = 130


class Level(StrEnum):
    """How much a finding weighs: an error stops the release, a warning may, a notice only tells."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One result of a check: what was found on which thing, and what to do about it.

    `subject` is a file (relative to the repository's root, with forward slashes), a wheel's file name or
    the name of a store, registry or environment. `line` counts from 1.
    """

    level: Level
    subject: str
    message: str
    hint: str = ""
    line: int | None = None

    @property
    def place(self) -> str:
        """The subject as editors and CI logs link it: `environments/conda.yml:14`."""
        return self.subject if self.line is None else f"{self.subject}:{self.line}"

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class WheelpinError(Exception):
    """What failed on which thing, and why; `hint` is the next thing to type or look at."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "", findings: Iterable[Finding] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.findings = tuple(findings)


class UsageError(WheelpinError):
    """An option or argument cannot be meant."""

    exit_code = 2


class ConfigError(WheelpinError):
    """Every mistake of the config at once, each a finding with its line."""

    exit_code = 2


class DefinitionError(WheelpinError):
    """A definition cannot be read, or must not be released as it stands."""


class BuildError(WheelpinError):
    """A project did not become a wheel."""


class CheckError(WheelpinError):
    """Findings at level error."""


class ConflictError(WheelpinError):
    """A store or registry holds something else under this name."""

    exit_code = 4


class StalePlanError(WheelpinError):
    """The world moved since the plan was approved."""

    exit_code = 5


class TargetError(WheelpinError):
    """A store, registry or file did not take its change."""

    exit_code = 6


class OutcomeUnknownError(WheelpinError):
    """Nobody knows whether a write happened; safe to run again."""

    exit_code = 7


class VerificationError(WheelpinError):
    """What was read back is not what was sent."""

    exit_code = 8


class SignInError(WheelpinError):
    """Who we are is unknown, or not allowed to do this."""

    exit_code = 9
