"""What a pin says once it points to another version: its form stays, and all that is not the version."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from packaging.version import Version

from wheelpin.definitions import Form, Pin, Span
from wheelpin.definitions.match import same_store, wheel_like
from wheelpin.definitions.version import allows, raised, version_of
from wheelpin.errors import Level
from wheelpin.wheel import Wheel

_SHA = re.compile(r"([#&])(?:sha256|sha384|sha512|sha1|md5)=[0-9a-fA-F]*")
_PIN_IT = "pin it with == so that Azure ML builds a new image"
_DOWN = "--downgrade sets it back"
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
        return _in_range(pin, text, target)
    current, wanted = version_of(pin.version or ""), Version(target.version)
    if current and current > wanted and not downgrade:
        return Kept(Level.NOTICE, f"{pin.name} is pinned to {current}, which is newer than {wanted}", _DOWN)
    new = _new(pin, text, target)
    return None if new == pin.span.of(text) else new


def _without_version(pin: Pin, text: str) -> Kept | None:
    """Why there is nothing to change in a pin, whatever the target; None where there is something."""
    if pin.ignored:
        return Kept(Level.NOTICE, f"{pin.name} stays: its comment says 'wheelpin: ignore'")
    if pin.form is Form.PLACEHOLDER:
        return Kept(Level.NOTICE, f"{pin.span.of(text)!r} is a placeholder, not a version")
    if pin.form is Form.UNPINNED:
        return Kept(Level.NOTICE, f"{pin.name} has no version here, so a new one changes nothing", _PIN_IT)
    if pin.version is None and pin.form is not Form.RANGE:
        return Kept(Level.WARNING, f"{pin.span.of(text)!r} states no version that wheelpin can change")
    return None


def _new(pin: Pin, text: str, target: Target) -> str | Kept:
    version = (
        target.version if version_of(pin.version or "") != Version(target.version) else pin.version or ""
    )
    match pin.form:
        case Form.EXACT | Form.ARBITRARY:
            return _requirement(pin, text, version, target)
        case Form.RANGE | Form.COMPATIBLE:
            return _raised(pin, text, target)
        case Form.GIT | Form.MARKED:
            return _spliced(pin, text, [(at, version) for at in pin.at])
        case Form.URL:
            return _url(pin, text, target)
        case Form.WHEEL:
            return _file(pin, text, version, target)
        case Form.PLACEHOLDER | Form.UNPINNED:
            return pin.span.of(text)
        case unknown:
            assert_never(unknown)


def _requirement(pin: Pin, text: str, version: str, target: Target) -> str | Kept:
    changes = [(at, version) for at in pin.at]
    if pin.specifier and not allows(_spliced(pin, text, changes, pin.specifier), target.version):
        return Kept(
            Level.WARNING, f"{pin.specifier.of(text)!r} does not allow {target.version} beside its pin"
        )
    if pin.hashes:
        if not target.wheels:
            return Kept(
                Level.WARNING, f"{pin.name} is pinned with hashes, and those of {version} are unknown"
            )
        changes.append((Span(pin.hashes[0].start, pin.hashes[-1].end), _hashes(pin, text, target)))
    return _spliced(pin, text, changes)


def _hashes(pin: Pin, text: str, target: Target) -> str:
    """The hash options, set apart as they were; in their old order where they are the same ones."""
    new = [f"--hash=sha256:{sha}" for sha in sorted({wheel.sha256 for wheel in target.wheels})]
    old = [span.of(text) for span in pin.hashes]
    if sorted(re.sub(r"--hash[ \t]+", "--hash=", one) for one in old) == new:
        return text[pin.hashes[0].start : pin.hashes[-1].end]
    gaps = [text[a.end : b.start] for a, b in zip(pin.hashes, pin.hashes[1:], strict=False)]
    gap = gaps[-1] if gaps else _gap_before(text, pin.hashes[0].start)
    pieces = [new[0]]
    for index, one in enumerate(new[1:]):
        pieces += [gaps[index] if index < len(gaps) else gap, one]
    return "".join(pieces)


def _gap_before(text: str, at: int) -> str:
    """The blanks, with a continuation among them, that stand before an option."""
    start = at
    while start > 0 and text[start - 1] in " \t\r\n\\":
        start -= 1
    return text[start:at] or " "


def _raised(pin: Pin, text: str, target: Target) -> str | Kept:
    if pin.specifier is None:
        return pin.span.of(text)
    written = pin.specifier.of(text)
    new = raised(written, target.version)
    if new is None:
        return Kept(Level.WARNING, f"{pin.name}: {written!r} cannot be raised to {target.version}")
    return _spliced(pin, text, [(pin.specifier, new)])


def _in_range(pin: Pin, text: str, target: Target) -> Kept | None:
    if pin.specifier is None:
        return None
    written = pin.specifier.of(text)
    if raised(written, target.version) == written:
        return None
    if allows(written, target.version):
        return Kept(Level.NOTICE, f"{pin.name}{written} allows {target.version} and stays", _RAISE)
    return Kept(Level.WARNING, f"{pin.name}{written} does not allow {target.version}", _RAISE)


def _url(pin: Pin, text: str, target: Target) -> str | Kept:
    if pin.url is None or pin.file is None:
        return pin.span.of(text)
    written = pin.url.of(text)
    wheel = wheel_like(pin.file.of(text), target.wheels)
    urls = target.urls.get(wheel.file, ()) if wheel else ()
    url = next((url for url in urls if same_store(written, url, pin.version or "", target.version)), None)
    if wheel is None or url is None:
        reason = f"no store has a URL for {pin.name} {target.version} where {pin.file.of(text)} is"
        return Kept(Level.WARNING, reason)
    tail = written[len(re.split(r"[?#]", written, maxsplit=1)[0]) :]
    new = re.split(r"[?#]", url, maxsplit=1)[0] + _SHA.sub(rf"\g<1>sha256={wheel.sha256}", tail)
    return _spliced(pin, text, [(pin.url, new)])


def _file(pin: Pin, text: str, version: str, target: Target) -> str | Kept:
    if pin.file is None:
        return pin.span.of(text)
    old = pin.file.of(text)
    if target.wheels:
        wheel = wheel_like(old, target.wheels)
        if wheel is None:
            return Kept(Level.WARNING, f"no wheel of {pin.name} {version} has the tags of {old}")
        name = wheel.file
    else:
        name = "-".join([old.split("-")[0], version, *old.split("-")[2:]])
    return _spliced(pin, text, [*((at, version) for at in pin.at), (pin.file, name)])


def _spliced(pin: Pin, text: str, changes: list[tuple[Span, str]], within: Span | None = None) -> str:
    """The pin's text, or the part of it that `within` gives, with other text at some spans."""
    outer = within or pin.span
    new, end = "", outer.end
    for span, replacement in sorted(changes, key=lambda change: change[0], reverse=True):
        new = replacement + text[span.end : end] + new
        end = span.start
    return text[outer.start : end] + new
