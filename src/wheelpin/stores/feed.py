"""A feed as Azure DevOps' REST tells of it, asked through the official client: what no simple page shows.

Never its batch of promotions: azure-devops 7.1 loses the view's name on the way (it sends `"data": {}`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from wheelpin.credentials import SignIn
from wheelpin.stores.feed_address import FeedAddress
from wheelpin.web.devops import DevOps
from wheelpin.web.retries import Retries, TransientError

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """A version that the feed holds or has held; `external` when it was saved from a public upstream."""

    version: str
    external: bool
    deleted: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedSettings:
    """What matters of a feed's own settings; `public` names the upstreams that anybody can publish to."""

    guid: str
    public: tuple[str, ...]


class FeedService:
    """Asks, and promotes, for the store `name`; finds the service's addresses when it is first used."""

    def __init__(self, name: str, address: FeedAddress, sign_in: SignIn, retries: Retries) -> None:
        self._address = address
        self._retries = retries
        self._devops = DevOps(
            title=f"store {name}: {address.title}",
            collection=address.collection,
            areas=("feed", "py_pi_api"),
            sign_in=sign_in,
            hint="{source} has expired, or lacks the role Feed Publisher (Contributor)",
        )

    def settings(self) -> FeedSettings:
        """Raises SignInError, and TargetError for a feed that does not exist."""
        feed = self._ask(lambda clients: clients.get_feed_client().get_feed(**self._place))
        public = [
            source.name for source in feed.upstream_sources or () if source.upstream_source_type == "public"
        ]
        return FeedSettings(guid=feed.id, public=tuple(public))

    def may_publish(self, settings: FeedSettings) -> bool:
        """Whether we have a role on the feed that includes publishing."""
        feeds = self._ask(
            lambda clients: clients.get_feed_client().get_feeds(
                project=self._address.project, feed_role="contributor"
            )
        )
        return settings.guid in {feed.id for feed in feeds}

    def check_view(self, view: str) -> None:
        """Raises TargetError when the feed has no such view."""
        self._ask(lambda clients: clients.get_feed_client().get_feed_view(view_id=view, **self._place))

    def versions(self, project: str) -> tuple[Version, ...]:
        """All versions of a project that are or were there, and none when its name is unknown."""
        packages = self._ask(
            lambda clients: clients.get_feed_client().get_packages(
                protocol_type="PyPi",
                normalized_package_name=project,
                include_all_versions=True,
                include_deleted=True,
                **self._place,
            )
        )
        return tuple(
            Version(
                version=version.version,
                external=bool(version.is_cached_version or version.direct_upstream_source_id),
                deleted=bool(version.is_deleted),
            )
            for package in packages
            for version in package.versions or ()
        )

    def allows_external(self, project: str) -> bool:
        """Whether an administrator lets public versions stand beside those that were published."""
        found = self._ask(
            lambda clients: clients.get_py_pi_api_client().get_upstreaming_behavior(
                package_name=project, **self._place
            )
        )
        return str(found.versions_from_external_upstreams).lower() == "allowexternalversions"

    def deleted_on(self, project: str, version: str) -> datetime | None:
        """When a version was deleted; None while it is there. Raises TargetError where none ever was."""
        found = self._ask(
            lambda clients: clients.get_py_pi_api_client().get_package_version(
                package_name=project, package_version=version, show_deleted=True, **self._place
            )
        )
        gone = found.deleted_date or found.permanently_deleted_date
        return gone if isinstance(gone, datetime) else None

    def promote(self, project: str, version: str, view: str) -> None:
        """Show a version in a view; once more does no harm.

        The client takes a sign-in page (203) for a success, because it reads no answer: look whether it
        happened.
        """
        from azure.devops.v7_1.py_pi_api import models  # type: ignore[import-untyped]

        added = models.JsonPatchOperation(op="add", path="/views/-", value=view)
        details = models.PackageVersionDetails(views=added)
        self._retries.persist(
            lambda: self._devops.ask(
                lambda clients: clients.get_py_pi_api_client().update_package_version(
                    details, package_name=project, package_version=version, **self._place
                )
            )
        )

    @property
    def _place(self) -> dict[str, str | None]:
        return {"feed_id": self._address.feed, "project": self._address.project}

    def _ask(self, ask: Callable[[Any], T]) -> T:
        # The client itself repeats reads, and obeys Retry-After.
        try:
            return self._devops.ask(ask)
        except TransientError as error:
            raise error.error from error
