"""What a feed would refuse, or should: found before anything is built or sent, each with the way round."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from packaging.version import Version as Pep440

from wheelpin.errors import Finding, Level, SignInError
from wheelpin.stores.feed import FeedService, FeedSettings, Version
from wheelpin.stores.reading import SimpleIndex
from wheelpin.wheel import Wheel

MAX_SIZE = 500 << 20
"""Bytes of one file."""
MAX_VERSION = 127
"""Characters of a version."""
MAX_VERSIONS = 5_000
"""Of one package, deleted ones not counted."""
NEARLY = 4_900

ASKED_AT_ONCE = 8

_TAKEN = (
    "choose a name that nobody has there, and register it there as well, with an empty package; if the public"
    " one is yours, delete its saved versions from the feed and publish the first version by hand with twine:"
    " from then on the feed shows only what is published to it"
)


def check_names(
    service: FeedService, index: SimpleIndex, names: Sequence[str], *, title: str
) -> list[Finding]:
    """What stands against publishing under these names. Raises SignInError when nothing may be published."""
    settings = service.settings()
    if not service.may_publish(settings):
        raise SignInError(
            f"{title}: we may read it, but not publish to it",
            hint="give this identity the role Feed Publisher (Contributor) in the feed's settings; in Azure"
            " Pipelines that is '{project} Build Service'",
        )
    with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
        found = pool.map(lambda name: list(_check(service, settings, index, name)), names)
        return [finding for of_name in found for finding in of_name]


def check_wheels(wheels: Sequence[Wheel]) -> Iterator[Finding]:
    """What no feed takes."""
    for wheel in wheels:
        local = Pep440(wheel.version).local
        if local:
            yield _error(
                wheel.file,
                f"version {wheel.version} has a local part, which Azure Artifacts refuses",
                f"build it without `+{local}`, which tools that take versions from git add between tags",
            )
        if len(wheel.version) > MAX_VERSION:
            yield _error(
                wheel.file,
                f"its version has {len(wheel.version)} characters, Azure Artifacts takes {MAX_VERSION}",
                "give it a shorter version",
            )
        if wheel.size > MAX_SIZE:
            yield _error(
                wheel.file,
                f"has {wheel.size / (1 << 20):,.0f} MiB, Azure Artifacts takes {MAX_SIZE >> 20}",
                "leave out what is not code, or publish it to a blob container (kind: azure-blob)",
            )


def _check(service: FeedService, settings: FeedSettings, index: SimpleIndex, name: str) -> Iterator[Finding]:
    versions = service.versions(name)
    yield from _number(name, versions)
    if not settings.public:
        return
    upstream = ", ".join(settings.public)
    saved = [version.version for version in versions if version.external and not version.deleted]
    if not any(not version.external for version in versions):
        yield from _first_publication(name, upstream, saved, index)
        return
    if saved:
        yield Finding(
            level=Level.WARNING,
            subject=name,
            message=f"the feed still shows versions that came from {upstream}: {', '.join(saved[:5])}",
            hint="installers may choose them: an administrator of the feed can delete them",
        )
    if service.allows_external(name):
        yield Finding(
            level=Level.WARNING,
            subject=name,
            message=f"the feed lets versions from {upstream} stand beside those that are published",
            hint="unless that is meant, switch off 'Allow external versions' of the package in the feed",
        )


def _first_publication(
    name: str, upstream: str, saved: Sequence[str], index: SimpleIndex
) -> Iterator[Finding]:
    """A feed keeps public versions away from a name once something was published under it, not before."""
    served = saved or [published.file for published in index.files(name)]
    if served:
        yield _error(
            name,
            f"was never published to the feed, and {upstream} serves somebody's package of that name:"
            f" {', '.join(served[:3])}",
            _TAKEN,
        )
    else:
        yield Finding(
            level=Level.NOTICE,
            subject=name,
            message=f"is published for the first time; {upstream} knows no such name today",
            hint="from now on the feed serves nobody else's; register the name there too, for installs that"
            " do not go through the feed",
        )


def _number(name: str, versions: Sequence[Version]) -> Iterator[Finding]:
    held = sum(not version.deleted for version in versions)
    if held >= MAX_VERSIONS:
        yield _error(
            name,
            f"the feed holds {held:,} versions of it, and takes no more than {MAX_VERSIONS:,}",
            "delete old versions, or let a retention policy of the feed do it",
        )
    elif held >= NEARLY:
        yield Finding(
            level=Level.WARNING,
            subject=name,
            message=f"the feed holds {held:,} versions of it, of {MAX_VERSIONS:,} that it takes",
            hint="a retention policy of the feed deletes old ones",
        )


def _error(subject: str, message: str, hint: str) -> Finding:
    return Finding(level=Level.ERROR, subject=subject, message=message, hint=hint)
