"""A feed of Azure Artifacts as a store: wheels go up by twine, and are promoted to a view if one is named."""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from http import HTTPStatus
from pathlib import Path

from packaging.utils import canonicalize_name

from wheelpin.config import AzureArtifactsStore
from wheelpin.credentials import SignIn, entra_token, feed_credential
from wheelpin.credentials.redaction import Secret
from wheelpin.errors import ConflictError, Finding, TargetError, WheelpinError
from wheelpin.stores import Published
from wheelpin.stores.delivery import TAKEN, Delivery
from wheelpin.stores.feed import FeedService
from wheelpin.stores.feed_address import feed_address
from wheelpin.stores.feed_checks import check_names, check_wheels
from wheelpin.stores.reading import SimpleIndex
from wheelpin.stores.twine import Refusal, Twine
from wheelpin.web import Web
from wheelpin.web.retries import Retries
from wheelpin.wheel import Wheel

PATIENT = 300.0
"""Seconds until an upload must be visible; how long the service takes is stated nowhere."""

_ASTRAY = re.compile(rb'"typeKey": ?"(FeedId|FeedView|Project|VssResource)\w*NotFound')

_WAYS_ROUND = (
    ("local version", "build it without a local part: what follows `+` in the version"),
    (
        "metadata version",
        "let the build backend write older metadata: `setuptools<77`, `hatchling<1.27`, `flit_core<3.11`",
    ),
    ("pep 440", "give it a version as PEP 440 has them, of at most 127 characters"),
    ("email", "write authors with a plain address, or with a name alone"),
)
_TOO_LARGE = "a feed takes files up to 500 MB: a blob container takes more (kind: azure-blob)"


class ArtifactsBackend:
    """A feed; with a view, what counts as published is what the view shows."""

    def __init__(
        self,
        name: str,
        config: AzureArtifactsStore,
        environ: Mapping[str, str],
        *,
        retries: Retries | None = None,
        patient: float = PATIENT,
    ) -> None:
        retries = retries or Retries()
        self.name = name
        self._address = feed_address(name, config)
        self._sign_in = SignIn(
            partial(feed_credential, self._address.upload, environ, partial(entra_token, environ))
        )
        web = Web(name, self._address.packages, self._sign_in, retries, ca_bundle=environ.get("TWINE_CERT"))
        self._feed = SimpleIndex(name, self._address.simple(), web, _ASTRAY)
        self._view_name = config.view
        self._view = (
            SimpleIndex(name, self._address.simple(config.view), web, _ASTRAY) if config.view else None
        )
        self._service = FeedService(name, self._address, self._sign_in, retries)
        self._delivery = Delivery(
            name=name,
            index=self._feed,
            twine=Twine(url=self._address.upload, sign_in=self._sign_in, environ=environ),
            explain=self._explain,
            retries=retries,
            patient=patient,
        )

    @property
    def index_url(self) -> str:
        return self._shown.url

    def secrets(self) -> Sequence[Secret]:
        """See `SignedIn.secrets`."""
        return self._sign_in.secrets

    def preflight(self, names: Sequence[str]) -> Sequence[Finding]:
        """See `Preflighted.preflight`."""
        if self._view_name:
            self._service.check_view(self._view_name)
        return check_names(
            self._service, self._feed, names, title=f"store {self.name}: {self._address.title}"
        )

    def check(self, wheels: Sequence[Wheel]) -> Sequence[Finding]:
        """See `Preflighted.check`."""
        return tuple(check_wheels(wheels))

    def files(self, project: str) -> Sequence[Published]:
        return self._shown.files(project)

    def held(self, file: str) -> Published | None:
        """See `Store.held`: what is in the feed, but not in the view yet."""
        if self._view is None:
            return None
        project = canonicalize_name(file.partition("-")[0])
        return next((held for held in self._feed.files(project) if held.file == file), None)

    def fetch(self, published: Published, folder: Path) -> Path:
        return self._feed.fetch(published, folder)

    def url(self, file: str) -> str | None:  # noqa: ARG002 - its downloads need a credential, which no pin holds
        return None

    def upload(self, wheel: Wheel) -> None:
        for error in self.upload_all([wheel]).values():
            raise error

    def upload_all(self, wheels: Sequence[Wheel]) -> Mapping[str, WheelpinError]:
        """See `Batched.upload_all`."""
        return self._delivery.upload(wheels)

    def publish(self, project: str, wheels: Sequence[Wheel]) -> None:
        self._delivery.wait(project, wheels)
        if self._view is None or self._view_name is None:
            return
        shown = {published.file for published in self._view.files(project)}
        for version in sorted({wheel.version for wheel in wheels if wheel.file not in shown}):
            self._service.promote(project, version, self._view_name)
        self._delivery.see(self._view, project, wheels)

    @property
    def _shown(self) -> SimpleIndex:
        return self._view or self._feed

    def _explain(self, wheel: Wheel, refusal: Refusal) -> WheelpinError | None:
        place = f"store {self.name}: {wheel.file} was refused ({refusal.status}): {refusal.words}"
        if TAKEN.search(refusal.words):
            return self._reserved(wheel, place)
        if refusal.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:  # of a gateway, it says no more than that
            return TargetError(place, hint=_TOO_LARGE)
        said = refusal.words.lower()
        ways = [way for words, way in _WAYS_ROUND if words in said]
        return TargetError(place, hint=ways[0] if ways else "")

    def _reserved(self, wheel: Wheel, place: str) -> ConflictError | None:
        """Why a file that no page shows is there already: it may only be shown late."""
        try:
            deleted = self._service.deleted_on(wheel.name, wheel.version)
        except WheelpinError as error:
            why = f"the feed knows no such version any more ({error.message})"
        else:
            if deleted is None:
                return None
            why = f"version {wheel.version} was deleted on {deleted:%Y-%m-%d}"
        return ConflictError(
            f"{place}\n  {why}; a feed keeps every version reserved for ever",
            hint=f"raise the version of {wheel.name}; within 30 days an administrator can restore a deleted"
            " version from the feed's recycle bin",
        )
