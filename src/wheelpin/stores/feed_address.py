"""Where a feed of Azure Artifacts is: on the service's hosts, its older ones, or a server of one's own."""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from wheelpin.config import AzureArtifactsStore
from wheelpin.errors import UsageError

_OLDER = re.compile(r"([a-z0-9-]+)(?:\.pkgs)?\.visualstudio\.com", re.IGNORECASE)
_SERVICE = re.compile(r"(?:pkgs\.)?dev\.azure\.com", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedAddress:
    """`collection` is where REST starts, `packages` where packages do; both without a slash at the end."""

    collection: str
    packages: str
    project: str | None
    feed: str

    @property
    def title(self) -> str:
        """What a person calls the feed."""
        scope = self.collection.rpartition("/")[2]
        return "feed " + "/".join(part for part in (scope, self.project, self.feed) if part)

    @property
    def upload(self) -> str:
        """Where twine sends to; never a view, which takes nothing."""
        return f"{self._packaging()}/upload/"

    def simple(self, view: str | None = None) -> str:
        """The simple index of the feed, or of one view of it."""
        return f"{self._packaging(view)}/simple/"

    def _packaging(self, view: str | None = None) -> str:
        scope = f"/{quote(self.project, safe='')}" if self.project else ""
        suffix = f"@{quote(view, safe='')}" if view else ""
        return f"{self.packages}{scope}/_packaging/{quote(self.feed, safe='')}{suffix}/pypi"


def feed_address(name: str, config: AzureArtifactsStore) -> FeedAddress:
    """The address of the feed that a store's config names. Raises UsageError."""
    if "@" in config.feed or "/" in config.feed:
        raise UsageError(
            f"store {name}: {config.feed!r} is not a feed's name",
            hint="write the project and the view under keys of their own: `project`, `view`",
        )
    collection, packages = _hosts(config)
    return FeedAddress(collection=collection, packages=packages, project=config.project, feed=config.feed)


def _hosts(config: AzureArtifactsStore) -> tuple[str, str]:
    if config.organization is not None:
        organization = quote(config.organization, safe="")
        return f"https://dev.azure.com/{organization}", f"https://pkgs.dev.azure.com/{organization}"
    url = (config.url or "").rstrip("/")
    parts = urlsplit(url)
    if older := _OLDER.fullmatch(parts.hostname or ""):
        organization = older[1]
        return f"https://{organization}.visualstudio.com", f"https://{organization}.pkgs.visualstudio.com"
    if _SERVICE.fullmatch(parts.hostname or ""):
        return f"https://dev.azure.com{parts.path}", f"https://pkgs.dev.azure.com{parts.path}"
    return url, url
