"""Where a datastore is, as the workspace describes it; the description is not trusted."""

import pytest

from wheelpin.azureml.datastore import blob_address
from wheelpin.blobs import Account
from wheelpin.errors import TargetError

BLOBS = {
    "datastoreType": "AzureBlob",
    "accountName": "contosoml",
    "containerName": "azureml-blobstore-5f1c",
    "endpoint": "core.windows.net",
    "protocol": "https",
}


@pytest.mark.parametrize(
    ("told", "url"),
    [
        ({}, "https://contosoml.blob.core.windows.net"),
        ({"endpoint": None}, "https://contosoml.blob.core.windows.net"),
        ({"endpoint": "core.chinacloudapi.cn"}, "https://contosoml.blob.core.chinacloudapi.cn"),
        ({"protocol": "http"}, "https://contosoml.blob.core.windows.net"),
        ({"datastoreType": "azureblob"}, "https://contosoml.blob.core.windows.net"),
    ],
)
def test_a_datastore_names_account_and_container(told: dict[str, str | None], url: str) -> None:
    found = blob_address({**BLOBS, **told}, "registry dev: datastore workspaceblobstore")
    assert found == (Account(url=url, name="contosoml"), "azureml-blobstore-5f1c")


@pytest.mark.parametrize(
    "told",
    [
        {"accountName": "contoso.evil.example/"},
        {"accountName": ""},
        {"accountName": 7},
        {"containerName": "../other"},
        {"containerName": None},
        {"endpoint": "core.windows.net@evil.example"},
        {"endpoint": "evil.example/core.windows.net"},
        {"endpoint": "evil.example?core.windows.net"},
    ],
    ids=str,
)
def test_a_datastore_that_names_none_is_told(told: dict[str, object]) -> None:
    with pytest.raises(TargetError, match="datastore workspaceblobstore names no container"):
        blob_address({**BLOBS, **told}, "registry dev: datastore workspaceblobstore")


@pytest.mark.parametrize("kind", ["AzureFile", "AzureDataLakeGen2", ""])
def test_a_datastore_of_another_type_is_told(kind: str) -> None:
    with pytest.raises(TargetError, match=f"is of type {kind or 'none'}, and what is uploaded needs a blob"):
        blob_address({**BLOBS, "datastoreType": kind}, "registry dev: datastore workspaceblobstore")
