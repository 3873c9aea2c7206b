"""A feed as Azure DevOps' REST tells of it, asked through the official client: what no simple page shows.

Never its batch of promotions: azure-devops 7.1 loses the view's name on the way (it sends `"data": {}`).
"""

import importlib
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from wheelpin.credentials import SignIn
from wheelpin.errors import SignInError, TargetError, WheelpinError
from wheelpin.stores.feed_address import FeedAddress
from wheelpin.web.retries import Retries, TransientError
from wheelpin.web.words import server_words

if TYPE_CHECKING:
    from msrest.authentication import Authentication

T = TypeVar("T")

_IMPORTING = threading.Lock()
_REFUSED = ("Unauthorized", "NeedsPermissions", "AccessDenied", "AccessCheck")
_FINAL = ("NotFound", "Invalid", "ReadOnly", "AlreadyExists")


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
        self._name = name
        self._address = address
        self._sign_in = sign_in
        self._retries = retries
        self._lock = threading.Lock()

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
            lambda: self._try(
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
            return self._try(ask)
        except TransientError as error:
            raise error.error from error

    def _try(self, ask: Callable[[Any], T]) -> T:
        with self._translated():
            with self._lock:
                clients = self._clients
            return ask(clients)

    @cached_property
    def _clients(self) -> Any:  # noqa: ANN401 - the package has no types
        with _IMPORTING, warnings.catch_warnings():
            # Its docstrings hold escapes that Python warns of when it compiles them.
            warnings.simplefilter("ignore")
            try:
                from azure.devops.connection import Connection  # type: ignore[import-untyped]

                for area in ("feed", "py_pi_api"):
                    importlib.import_module(f"azure.devops.v7_1.{area}")
            except OSError as error:
                raise TargetError(
                    f"azure-devops cannot make its cache folder: {error.filename}: {error.strerror}",
                    hint="set AZURE_DEVOPS_CACHE_DIR to a folder that can be written",
                ) from error
        return Connection(self._address.collection, _authentication(self._sign_in)).clients_v7_1

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Say what the client and the service say in our words, without any secret."""
        from azure.core.exceptions import DeserializationError
        from msrest.exceptions import AuthenticationError, ClientException

        try:
            yield
        except WheelpinError:
            raise
        except AuthenticationError as error:
            raise self._refused(error) from error
        except DeserializationError as error:
            if "content-type" in str(error):  # a success that is no JSON is the sign-in page
                raise self._refused(error) from error
            raise TransientError(self._failure(error)) from error
        except (ClientException, ValueError) as error:
            kind = str(getattr(error, "type_key", ""))
            if any(word in kind for word in _REFUSED):
                raise self._refused(error) from error
            if any(word in kind for word in _FINAL):
                raise self._failure(error) from error
            raise TransientError(self._failure(error)) from error

    def _failure(self, error: Exception) -> TargetError:
        return TargetError(f"store {self._name}: {self._address.title}: {self._words(error)}")

    def _refused(self, error: Exception) -> SignInError:
        return SignInError(
            f"store {self._name}: {self._address.title}: {self._words(error)}",
            hint=f"{self._sign_in.source} has expired, or lacks the role Feed Publisher (Contributor)",
        )

    def _words(self, error: Exception) -> str:
        return self._sign_in.redact(server_words(str(error).encode()))


def _authentication(sign_in: SignIn) -> "Authentication":
    """Entra's tokens are Bearer to REST, anything else is a password."""
    from msrest.authentication import BasicAuthentication, BasicTokenAuthentication

    credential = sign_in.credential
    if credential is None:
        return BasicAuthentication("", "")
    password = credential.password.reveal()
    if credential.entra:
        return BasicTokenAuthentication({"access_token": password})
    return BasicAuthentication(credential.user, password)
