"""wheels -> findings: what an index, an installer or a reader would trip over once they are published.

Only looks; what makes a file no valid wheel has been refused when it was read.
"""

import re
import sys
from collections.abc import Iterator, Sequence

from packaging.utils import canonicalize_name
from packaging.version import Version

from wheelpin.command import CommandError, run
from wheelpin.errors import CheckError, Finding, Level
from wheelpin.wheel import Wheel
from wheelpin.wheel.distinfo import requirements

_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_REPORT = re.compile(r"^Checking ", re.MULTILINE)
# What rich does to a log line: the level, blanks, and a margin before each line that it wraps.
_MESSAGE = re.compile(r"(?:^|: )(?:WARNING|ERROR) +(.*(?:\n {9}.*)*)", re.MULTILINE)

_README_HINT = "`readme` under [project] in pyproject.toml gives the description and its type"
_METADATA_HINT = "correct the metadata in pyproject.toml, or install a newer twine that knows it"


def check_wheels(wheels: Sequence[Wheel], *, python: str = sys.executable) -> tuple[Finding, ...]:
    """Everything found, in the order of the wheels; nothing on a healthy wheel.

    `python` is the interpreter that has twine, which costs half a second however many wheels there are.
    Raises CheckError when twine itself does not work.
    """
    found = [
        *_described(wheels, python),
        *(finding for wheel in wheels for finding in _local_version(wheel)),
        *_same_file(wheels),
        *(finding for wheel in wheels for finding in _siblings(wheel, wheels)),
    ]
    order = {wheel.file: number for number, wheel in enumerate(wheels)}
    return tuple(sorted(found, key=lambda finding: order[finding.subject]))


def _described(wheels: Sequence[Wheel], python: str) -> Iterator[Finding]:
    """What `twine check --strict` says of each wheel; it stops at one it cannot read, so go on after that."""
    rest = list(wheels)
    while rest:
        reports = _reports(rest, python)
        for wheel, report in zip(rest, reports, strict=False):
            yield from _twine_finding(wheel, report)
        rest = rest[len(reports) :]


def _reports(wheels: Sequence[Wheel], python: str) -> list[str]:
    """The part of twine's output for each wheel, as far as it got; twine keeps the order of its arguments."""
    # -P: a file in the folder where this runs must not pass for a module of twine.
    argv = [python, "-P", "-m", "twine", "--no-color", "check", "--strict"]
    argv += [str(wheel.path.absolute()) for wheel in wheels]
    try:
        # With `show` both streams are one, in order.
        run(argv, cwd=wheels[0].path.parent, show=lambda _: None)
    except CommandError as error:
        _, *reports = _REPORT.split(_STYLE.sub("", error.output))
        if not reports:
            raise CheckError(
                f"twine check: {error.message}: {error.output.strip()}",
                hint="`python -m twine check` must work where wheelpin is installed",
            ) from error
        return reports
    return [""] * len(wheels)


def _twine_finding(wheel: Wheel, report: str) -> Iterator[Finding]:
    status = " ".join(report.split())
    message = " ".join(" ".join(_MESSAGE.findall(report)).split())
    if message or ": FAILED" in status:
        yield Finding(
            level=Level.WARNING if "FAILED due to warnings" in status else Level.ERROR,
            subject=wheel.file,
            message=f"twine check: {message or status}",
            hint=_METADATA_HINT if "InvalidDistribution" in message else _README_HINT,
        )


def _local_version(wheel: Wheel) -> Iterator[Finding]:
    local = Version(wheel.version).local
    if local:
        yield Finding(
            level=Level.WARNING,
            subject=wheel.file,
            message=f"version {wheel.version} has a local part, which PyPI and Azure Artifacts refuse",
            hint=f"build it without `+{local}`, which tools that take versions from git add between tags",
        )


def _same_file(wheels: Sequence[Wheel]) -> Iterator[Finding]:
    seen: dict[str, Wheel] = {}
    for wheel in wheels:
        first = seen.setdefault(wheel.file, wheel)
        if first.sha256 != wheel.sha256:
            yield Finding(
                level=Level.ERROR,
                subject=wheel.file,
                message=f"two wheels have this name: in {first.path.parent} and in {wheel.path.parent}",
                hint="give the projects different names: case and the kind of `-`, `_`, `.` do not count",
            )


def _siblings(wheel: Wheel, wheels: Sequence[Wheel]) -> Iterator[Finding]:
    """Requirements on wheels beside this one that those do not meet: pinned both, nothing installs."""
    versions: dict[str, list[str]] = {}
    for sibling in wheels:
        if sibling.name != wheel.name:
            versions.setdefault(sibling.name, []).append(sibling.version)
    for requirement in requirements(wheel.metadata):
        here = versions.get(canonicalize_name(requirement.name), [])
        # Extras may well exclude each other, and no pin asks for them.
        optional = "extra ==" in str(requirement.marker)
        met = any(requirement.specifier.contains(version, prereleases=True) for version in here)
        if here and not met and not optional:
            yield Finding(
                level=Level.WARNING,
                subject=wheel.file,
                message=f"requires {requirement}, but {requirement.name} is {' and '.join(here)} here",
                hint="change the requirement, or raise the version of the other one",
            )
