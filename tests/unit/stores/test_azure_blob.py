"""Addresses of containers, and what a store there says before anybody is asked."""

from pathlib import Path

import pytest

from wheelpin.config import AzureBlobStore
from wheelpin.errors import SignInError, UsageError
from wheelpin.stores import open_store
from wheelpin.stores.azure_blob import Address

ACCOUNT = "https://contoso.blob.core.windows.net"


@pytest.mark.parametrize(
    ("url", "account_url", "account", "container", "prefix"),
    [
        (f"{ACCOUNT}/wheels", ACCOUNT, "contoso", "wheels", ""),
        (f"{ACCOUNT}/wheels/", ACCOUNT, "contoso", "wheels", ""),
        (f"{ACCOUNT}/wheels/ml/cpu/", ACCOUNT, "contoso", "wheels", "ml/cpu/"),
        (f"{ACCOUNT}/$web/a%20b", ACCOUNT, "contoso", "$web", "a b/"),
        ("http://127.0.0.1:10000/devacc/w/x", "http://127.0.0.1:10000/devacc", "devacc", "w", "x/"),
    ],
)
def test_a_url_names_account_container_and_prefix(
    url: str, account_url: str, account: str, container: str, prefix: str
) -> None:
    found = Address.of("blobs", url)
    assert (found.account.url, found.account.name, found.container, found.prefix) == (
        account_url,
        account,
        container,
        prefix,
    )


@pytest.mark.parametrize("url", [ACCOUNT, f"{ACCOUNT}/", "http://127.0.0.1:10000/devacc"])
def test_a_url_without_a_container_is_told(url: str) -> None:
    with pytest.raises(UsageError, match=f"store blobs: {url} names no container"):
        Address.of("blobs", url)


def test_urls_are_those_of_blobs(tmp_path: Path) -> None:
    environ = {"AZURE_STORAGE_KEY": "a2V5"}
    config = AzureBlobStore(kind="azure-blob", url=f"{ACCOUNT}/wheels/ml")
    store = open_store("blobs", config, tmp_path, environ)
    assert store.name == "blobs"
    assert store.index_url == f"{ACCOUNT}/wheels/ml/simple/"
    assert store.url("acme_core-1.0+cpu-py3-none-any.whl") == (
        f"{ACCOUNT}/wheels/ml/simple/acme-core/acme_core-1.0%2Bcpu-py3-none-any.whl"
    )


def test_a_stranger_in_the_config_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    config = AzureBlobStore(kind="azure-blob", url="https://evil.example/wheels")
    with pytest.raises(SignInError, match=r"evil\.example is not a host of Azure storage"):
        open_store("blobs", config, tmp_path, {"AZURE_STORAGE_SAS_TOKEN": "sig=geheim"})


def test_a_mistyped_identity_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"TENANT_ID": "bad tenant!", "CLIENT_ID": "c", "CLIENT_SECRET": "s"}.items():
        monkeypatch.setenv(f"AZURE_{name}", value)
    config = AzureBlobStore(kind="azure-blob", url=f"{ACCOUNT}/wheels")
    with pytest.raises(SignInError, match="Invalid tenant ID") as caught:
        open_store("blobs", config, tmp_path, {})
    assert "check AZURE_TENANT_ID" in caught.value.hint
