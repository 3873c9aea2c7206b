"""Upkeep: stores between releases: versions taken back, files read again, indexes made anew."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from packaging.utils import InvalidName, canonicalize_name
from packaging.version import InvalidVersion, Version

from wheelpin.ci import Host
from wheelpin.errors import Finding, UsageError
from wheelpin.stores import Auditable, Store, Yankable


def parse_release(text: str) -> tuple[str, Version]:
    """The normalised name and the version in NAME==VERSION. Raises UsageError."""
    name, _, version = text.partition("==")
    try:
        return canonicalize_name(name.strip(), validate=True), Version(version)
    except (InvalidName, InvalidVersion) as error:
        raise UsageError(f"{text!r} is not a release", hint="write NAME==VERSION") from error


def yank(
    stores: Iterable[Store], project: str, version: Version, reason: str | None, host: Host
) -> Mapping[str, Sequence[str]]:
    """Yank a version in every store that can, or with None take the yank back; the files of it in each store.

    Raises UsageError where no store can, or none has the version.
    """
    opened = list(stores)
    found = {}
    for store in opened:
        if isinstance(store, Yankable):
            with host.task(
                f"{'yank' if reason is not None else 'unyank'} {project} {version} in {store.name}"
            ):
                found[store.name] = store.yank(project, version, reason)
        else:
            host.note(f"store {store.name} cannot yank: do it there, if it has a way")
    if not found:
        raise UsageError("none of the stores can yank", hint="blob containers and folders can")
    if not any(found.values()):
        raise UsageError(f"{project} {version} is not published in {', '.join(found)}")
    return found


def audit(stores: Iterable[Store], host: Host, *, rebuild: bool) -> Sequence[Finding]:
    """All that is wrong in the stores that can tell, with `rebuild` after their indexes were made anew.

    Raises UsageError where no store can tell.
    """
    findings: list[Finding] = []
    checked = False
    for store in stores:
        if not isinstance(store, Auditable):
            host.note(f"store {store.name} keeps its files itself: there is nothing to check")
            continue
        checked = True
        if rebuild:
            with host.task(f"rebuild the index of {store.name}"):
                store.rebuild()
        with host.task(f"read everything in {store.name}"):
            found = store.audit()
        findings += [replace(each, subject=f"{store.name}: {each.subject}") for each in found]
    if not checked:
        raise UsageError("none of the stores can be checked", hint="blob containers and folders can")
    return findings
