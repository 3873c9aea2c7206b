"""A blob container as a store: the contract, the wire, faults, writers at once, and real installers."""

from pathlib import Path

import pytest

from tests.contracts.store import Fingerprint, Opener, StoreContract
from tests.servers.azurite import Azurite
from wheelpin.config import AzureBlobStore
from wheelpin.stores import open_store


class TestBlobStore(StoreContract):
    @pytest.fixture
    def url(self, azurite: Azurite) -> str:
        return azurite.container()

    @pytest.fixture
    def opened(self, azurite: Azurite, url: str, tmp_path: Path) -> Opener:
        environ = {"AZURE_STORAGE_CONNECTION_STRING": azurite.connection_string}
        config = AzureBlobStore(kind="azure-blob", url=url)
        return lambda: open_store("blobs", config, tmp_path, environ)

    @pytest.fixture
    def fingerprint(self, azurite: Azurite, url: str) -> Fingerprint:
        def states() -> object:
            with azurite.client(url) as container:
                return {blob.name: (blob.etag, blob.last_modified) for blob in container.list_blobs()}

        return states
