"""Any package index as a store: the upload API that twine speaks, and a simple page that installers read."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from wheelpin.config import IndexStore
from wheelpin.credentials import SignIn, index_credential
from wheelpin.credentials.redaction import Secret
from wheelpin.errors import ConflictError, TargetError, WheelpinError
from wheelpin.stores import Published
from wheelpin.stores.delivery import TAKEN, Delivery
from wheelpin.stores.reading import SimpleIndex
from wheelpin.stores.twine import Refusal, Twine
from wheelpin.web import Web
from wheelpin.web.retries import Retries
from wheelpin.wheel import Wheel

PATIENT = 120.0
"""Seconds until an upload must be visible: indexes with caches or replicas show it a little late."""


class IndexBackend:
    """A store behind two addresses, which may lie on different hosts, each with its own credential."""

    def __init__(
        self,
        name: str,
        config: IndexStore,
        environ: Mapping[str, str],
        *,
        retries: Retries | None = None,
        patient: float = PATIENT,
    ) -> None:
        retries = retries or Retries()
        addresses = config.upload, config.simple
        self.name = name
        self._sign_ins = tuple(SignIn(partial(index_credential, url, environ)) for url in addresses)
        sender, reader = self._sign_ins
        web = Web(name, config.simple, reader, retries, ca_bundle=environ.get("TWINE_CERT"))
        self._index = SimpleIndex(name, config.simple, web)
        self._delivery = Delivery(
            name=name,
            index=self._index,
            twine=Twine(url=config.upload, sign_in=sender, environ=environ),
            explain=self._explain,
            retries=retries,
            patient=patient,
        )

    @property
    def index_url(self) -> str:
        return self._index.url

    def secrets(self) -> Sequence[Secret]:
        """See `SignedIn.secrets`."""
        return [secret for sign_in in self._sign_ins for secret in sign_in.secrets]

    def files(self, project: str) -> Sequence[Published]:
        return self._index.files(project)

    def held(self, file: str) -> Published | None:  # noqa: ARG002 - uploads are visible at once
        return None

    def fetch(self, published: Published, folder: Path) -> Path:
        return self._index.fetch(published, folder)

    def url(self, file: str) -> str | None:  # noqa: ARG002 - addresses of files are the index's own business
        return None

    def upload(self, wheel: Wheel) -> None:
        for error in self.upload_all([wheel]).values():
            raise error

    def upload_all(self, wheels: Sequence[Wheel]) -> Mapping[str, WheelpinError]:
        """See `Batched.upload_all`."""
        return self._delivery.upload(wheels)

    def publish(self, project: str, wheels: Sequence[Wheel]) -> None:
        self._delivery.wait(project, wheels)

    def _explain(self, wheel: Wheel, refusal: Refusal) -> WheelpinError:
        place = f"store {self.name}: {wheel.file} was refused ({refusal.status}): {refusal.words}"
        if TAKEN.search(refusal.words):
            return ConflictError(
                f"{place}\n  its simple page does not show the file: it was deleted, or {self.index_url}"
                " is not the index that uploads go to",
                hint=f"raise the version of {wheel.name}, or mend `simple` in the config",
            )
        return TargetError(place, hint="twine sends there what it is given: see the index's own log")
