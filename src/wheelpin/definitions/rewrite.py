"""What a pin says once it points to another version: its form stays, and all that is not the version."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import assert_never

from packaging.version import Version

from wheelpin.definitions import Form, Pin, Span
from wheelpin.definitions.location import file_name, path_of, version_places, with_digest
from wheelpin.definitions.match import same_store, wheel_like
from wheelpin.definitions.version import allows, raised, version_of
from wheelpin.errors import Level
from wheelpin.wheel import Wheel

_SPACED = re.compile(r"--hash[ \t]+")
_PIN_IT = "pin it with == so that Azure ML builds a new image"
_DOWN = "--allow-downgrade sets it back"
_RAISE = "--ranges raises lower bounds"


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """The version that the pins of a package are to have.

    `name` is normalised (PEP 503). `urls` gives, for the file name of each wheel, where it stands in every
    store that has URLs.
    """

    name: str
    version: str
    wheels: Sequence[Wheel] = ()
    urls: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kept:
    """Why a pin stays as it is."""

    level: Level
    message: str
    hint: str = ""


def rewritten(pin: Pin, text: str, target: Target, *, downgrade: bool, ranges: bool) -> str | Kept | None:
    """The pin's text with the target's version; why it stays; None where it says so already."""
    if kept := _without_version(pin, text):
        return kept
    if pin.form in (Form.RANGE, Form.COMPATIBLE) and not ranges:
        return _in_range(pin, target)
    current, wanted = version_of(pin.version or ""), Version(target.version)
    if current and current > wanted and not downgrade:
        return Kept(Level.NOTICE, f"{pin.name} is pinned to {current}, which is newer than {wanted}", _DOWN)
    if pin.address and not file_name(pin.address).endswith(".whl"):
        return None if current == wanted else _source_distribution(pin)
    new = _new(replace(pin, at=()) if current == wanted else pin, text, target)
    return None if new == pin.span.of(text) else new


def _without_version(pin: Pin, text: str) -> Kept | None:
    """Why there is nothing to change in a pin, whatever the target; None where there is something."""
    if pin.ignored:
        return Kept(Level.NOTICE, f"{pin.name} stays: its comment says 'wheelpin: ignore'")
    if pin.form is Form.UNREAD:
        reason = f"{pin.span.of(text)!r} names {pin.name} in a way that wheelpin cannot change"
        return Kept(Level.WARNING, reason, "write it as a plain pin, or change it by hand")
    if pin.form is Form.PLACEHOLDER:
        return Kept(Level.NOTICE, f"{pin.span.of(text)!r} is a placeholder, not a version")
    if pin.form is Form.UNPINNED:
        return Kept(Level.NOTICE, f"{pin.name} has no version here, so a new one changes nothing", _PIN_IT)
    if pin.version is None and pin.form is not Form.RANGE:
        return Kept(Level.WARNING, f"{pin.span.of(text)!r} states no version that wheelpin can change")
    return None


def _source_distribution(pin: Pin) -> Kept:
    reason = f"{file_name(pin.address)} is a source distribution; wheelpin only writes wheels"
    return Kept(Level.WARNING, reason, f"point to a wheel of {pin.name}, or change it by hand")


def _new(pin: Pin, text: str, target: Target) -> str | Kept | None:
    match pin.form:
        case Form.EXACT | Form.ARBITRARY:
            return _requirement(pin, text, target)
        case Form.RANGE | Form.COMPATIBLE:
            return _raised(pin, text, target)
        case Form.GIT | Form.MARKED:
            return _spliced(pin, text, [(at, target.version) for at in pin.at])
        case Form.URL:
            return _url(pin, text, target)
        case Form.WHEEL:
            return _file(pin, text, target)
        case Form.PLACEHOLDER | Form.UNPINNED | Form.UNREAD:
            return None
        case unknown:
            assert_never(unknown)


def _requirement(pin: Pin, text: str, target: Target) -> str | Kept:
    clauses = pin.range.text.split(",") if pin.range else []
    others = ",".join(clause for clause in clauses if not clause.strip().startswith("=="))
    if not allows(others, target.version):
        return Kept(Level.WARNING, f"{pin.name}: {others!r} beside its pin does not allow {target.version}")
    if pin.hashes and not target.wheels:
        reason = f"{pin.name} is pinned with hashes; those of {target.version} are unknown"
        return Kept(Level.WARNING, reason)
    changes = [(at, target.version) for at in pin.at]
    return _spliced(pin, text, [*changes, *_hashes(pin, text, target.wheels)])


def _hashes(pin: Pin, text: str, wheels: Sequence[Wheel]) -> list[tuple[Span, str]]:
    """The hash options, set apart as they were; untouched where they are the same ones."""
    new = [f"--hash=sha256:{sha}" for sha in sorted({wheel.sha256 for wheel in wheels})]
    old = sorted(_SPACED.sub("--hash=", span.of(text)) for span in pin.hashes)
    if not old or old == new:
        return []
    gaps = [text[a.end : b.start] for a, b in pairwise(pin.hashes)] or [
        _gap_before(text, pin.hashes[0].start)
    ]
    pieces = [new[0]]
    for index, one in enumerate(new[1:]):
        pieces += [gaps[min(index, len(gaps) - 1)], one]
    return [(Span(pin.hashes[0].start, pin.hashes[-1].end), "".join(pieces))]


def _gap_before(text: str, at: int) -> str:
    """The blanks, with a continuation among them, that stand before an option."""
    start = at
    while start > 0 and text[start - 1] in " \t\r\n\\":
        start -= 1
    return text[start:at] or " "


def _raised(pin: Pin, text: str, target: Target) -> str | Kept | None:
    if pin.range is None:
        return None
    new = raised(pin.range.text, target.version)
    if new is None:
        return Kept(Level.WARNING, f"{pin.name}{pin.range.text} cannot be raised to {target.version}")
    return None if new == pin.range.text else _spliced(pin, text, [(pin.range.span, new)])


def _in_range(pin: Pin, target: Target) -> Kept | None:
    if pin.range is None or raised(pin.range.text, target.version) == pin.range.text:
        return None
    if allows(pin.range.text, target.version):
        return Kept(Level.NOTICE, f"{pin.name}{pin.range.text} allows {target.version} and stays", _RAISE)
    return Kept(Level.WARNING, f"{pin.name}{pin.range.text} does not allow {target.version}", _RAISE)


def _url(pin: Pin, text: str, target: Target) -> str | Kept:
    file = file_name(pin.address)
    wheel = wheel_like(file, target.wheels)
    urls = target.urls.get(wheel.file, ()) if wheel else ()
    url = next((url for url in urls if same_store(pin.address, url, pin.version or "", target.version)), None)
    if wheel is None or url is None:
        return Kept(Level.WARNING, f"no store has a URL for {pin.name} {target.version} where {file} is")
    return _relocated(pin, text, path_of(url), target, wheel)


def _file(pin: Pin, text: str, target: Target) -> str | Kept:
    old = file_name(pin.address)
    name, _, *tags = old.split("-")
    wheel = wheel_like(old, target.wheels)
    if wheel is None and target.wheels:
        return Kept(Level.WARNING, f"no wheel of {pin.name} {target.version} has the tags of {old}")
    if wheel is None and pin.hashes:
        return Kept(Level.WARNING, f"{pin.name} is pinned with hashes; that of its new wheel is unknown")
    file = wheel.file if wheel else "-".join([name, target.version, *tags])
    folder = _with_version(path_of(pin.address), pin.version or "", target.version)
    return _relocated(pin, text, folder.removesuffix(file_name(folder)) + file, target, wheel)


def _relocated(pin: Pin, text: str, path: str, target: Target, wheel: Wheel | None) -> str:
    """The pin with another path: only its version where that is the difference, else the whole path."""
    old = path_of(pin.address)
    sha256 = wheel.sha256 if wheel else ""
    hashes = _hashes(pin, text, [wheel] if wheel else [])
    if path in (old, _with_version(old, pin.version or "", target.version)):
        digests = [(at, f"sha256={sha256}" if "=" in at.of(text) else sha256) for at in pin.digests]
        return _spliced(pin, text, [*digests, *hashes, *((at, target.version) for at in pin.at)])
    address = path + with_digest(pin.address[len(old) :], sha256)
    return _spliced(pin, text, [(pin.url or pin.span, address), *hashes])


def _with_version(path: str, old: str, new: str) -> str:
    for start, end in reversed(version_places(path, old)):
        path = path[:start] + new + path[end:]
    return path


def _spliced(pin: Pin, text: str, changes: list[tuple[Span, str]], within: Span | None = None) -> str:
    """The pin's text, or the part of it that `within` gives, with other text at some spans."""
    outer = within or pin.span
    new, end = "", outer.end
    for span, replacement in sorted(changes, key=lambda change: change[0], reverse=True):
        new = replacement + text[span.end : end] + new
        end = span.start
    return text[outer.start : end] + new
