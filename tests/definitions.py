"""Definitions as tests write them down: what is found in a text, and what it says once it is pinned."""

from collections.abc import Sequence
from pathlib import Path

from wheelpin.change import Edit
from wheelpin.definitions import Definition
from wheelpin.definitions.editing import edited
from wheelpin.definitions.formats import read_definition
from wheelpin.errors import Finding
from wheelpin.pin import PinPlan, Target, plan_pins, plan_references
from wheelpin.repository import Repository
from wheelpin.source import Source
from wheelpin.wheel import Wheel

CORE = Target(name="acme-core", version="1.4.0")
"""What most tests pin to: no wheel and no store is known."""


def make_target(
    name: str = "acme-core",
    version: str = "1.4.0",
    *,
    tags: Sequence[str] = ("py3-none-any",),
    stores: Sequence[str] = (),
) -> Target:
    """A target with one wheel a tag, whose sha256 is made of the tag's number, in every store."""
    wheels = [
        Wheel(
            path=Path(f"{name.replace('-', '_')}-{version}-{tag}.whl"),
            name=name,
            version=version,
            tags=(tag,),
            sha256=str(number) * 64,
            content="0" * 64,
            size=1,
            metadata=b"",
        )
        for number, tag in enumerate(tags, 1)
    ]
    urls = {wheel.file: [store + wheel.file for store in stores] for wheel in wheels}
    return Target(name=name, version=version, wheels=wheels, urls=urls)


def read(text: str, path: str = "requirements.txt") -> Definition:
    """All that is seen in a text."""
    return read_definition(Source(path, text))


def pins(text: str, path: str = "requirements.txt") -> list[tuple[str, str, str | None]]:
    """Name, form and version of each pin in a text."""
    return [(pin.name, pin.form.value, pin.version) for pin in read(text, path).pins]


def references(text: str, path: str = "job.yml") -> list[tuple[str, str, str | None]]:
    """Name, form and version of each reference in a text."""
    return [(one.name, one.form.value, one.version) for one in read(text, path).references]


def plan(
    text: str,
    path: str = "requirements.txt",
    target: Target = CORE,
    *,
    downgrade: bool = False,
    ranges: bool = False,
) -> PinPlan:
    """The plan that pins one package in a text."""
    repository = Repository(Path("/nowhere"), {path: text})
    return plan_pins(repository, [path], {target.name: target}, downgrade=downgrade, ranges=ranges)


def pinned(
    text: str,
    path: str = "requirements.txt",
    target: Target = CORE,
    *,
    downgrade: bool = False,
    ranges: bool = False,
) -> str:
    """The text once a package is pinned in it."""
    return edited(text, plan(text, path, target, downgrade=downgrade, ranges=ranges).edits)


def referred(text: str, path: str = "job.yml", **versions: str) -> str:
    """The text once it refers to some environments by other versions."""
    repository = Repository(Path("/nowhere"), {path: text})
    return edited(text, plan_references(repository, [path], versions).edits)


def told(findings: Sequence[Finding]) -> list[str]:
    """Findings as people read them."""
    return [f"{finding.level}: {finding}" for finding in findings]


def shown(edits: Sequence[Edit]) -> list[str]:
    """Edits as people read them."""
    return [f"{edit.path}:{edit.line}:{edit.column} {edit.before} -> {edit.after}" for edit in edits]
