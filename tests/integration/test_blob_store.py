"""A blob container as a store: the contract, what goes over the wire, sign-in, and real installers."""

import base64
import hashlib
import json
import os
import stat
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.version import Version

import wheelpin.blobs
from tests.contracts.store import Fingerprint, Opener, StoreContract, listed, put, wheel
from tests.servers.azurite import ACCOUNT, Azurite, token
from tests.servers.clients import pip_install, uv_install
from tests.servers.faults import FaultProxy
from tests.wheels import make_wheel
from wheelpin.cli import run
from wheelpin.command import CommandError
from wheelpin.config import AzureBlobStore
from wheelpin.errors import Level, SignInError, TargetError
from wheelpin.stores import open_store
from wheelpin.stores.azure_blob import open_container
from wheelpin.stores.static import StaticStore
from wheelpin.wheel import read_wheel

NAME = "AZURE_STORAGE_CONNECTION_STRING"
INSTALLERS = {"pip": pip_install, "uv": uv_install}


def opened_at(azurite: Azurite, url: str) -> StaticStore:
    return StaticStore(open_container("blobs", url, {NAME: azurite.connection_string}))


@pytest.mark.parametrize("prefix", ["", "/team a/wheels"], ids=["container", "prefix"])
class TestBlobStore(StoreContract):
    @pytest.fixture
    def url(self, azurite: Azurite, prefix: str) -> str:
        return azurite.container() + prefix.replace(" ", "%20")

    @pytest.fixture
    def opened(self, azurite: Azurite, url: str, tmp_path: Path) -> Opener:
        config = AzureBlobStore(kind="azure-blob", url=url)
        return lambda: open_store("blobs", config, tmp_path, {NAME: azurite.connection_string})

    @pytest.fixture
    def fingerprint(self, azurite: Azurite, url: str) -> Fingerprint:
        container = "/".join(url.split("/")[:5])

        def states() -> object:
            with azurite.client(container) as client:
                return {blob.name: (blob.etag, blob.last_modified) for blob in client.list_blobs()}

        return states


@pytest.fixture
def url(azurite: Azurite) -> str:
    """The URL of a container that anybody may read from."""
    return azurite.container(public=True)


@pytest.fixture
def store(azurite: Azurite, url: str) -> StaticStore:
    return opened_at(azurite, url)


def test_layout(azurite: Azurite, store: StaticStore, url: str, tmp_path: Path) -> None:
    ours = wheel(tmp_path)
    put(store, ours)
    with azurite.client(url) as container:
        assert sorted(container.list_blob_names()) == [
            "simple/",
            "simple/acme-core/",
            f"simple/acme-core/{ours.file}",
            f"simple/acme-core/{ours.file}.metadata",
            "simple/acme-core/index.html",
            "simple/acme-core/index.json",
            "simple/index.html",
            "simple/index.json",
        ]


@pytest.mark.parametrize(
    ("name", "kind", "cached"),
    [
        ("", "text/html; charset=utf-8", "no-cache"),
        ("index.html", "text/html; charset=utf-8", "no-cache"),
        ("index.json", "application/vnd.pypi.simple.v1+json", "no-cache"),
        ("acme_core-1.0-py3-none-any.whl", "application/zip", "immutable, max-age=31536000"),
        (
            "acme_core-1.0-py3-none-any.whl.metadata",
            "text/plain; charset=utf-8",
            "immutable, max-age=31536000",
        ),
    ],
)
def test_readers_are_told_what_a_blob_is_and_how_long_it_lasts(
    store: StaticStore, tmp_path: Path, name: str, kind: str, cached: str
) -> None:
    put(store, wheel(tmp_path))
    with urllib.request.urlopen(f"{store.index_url}acme-core/{name}") as answer:
        data = answer.read()
        assert answer.headers["Content-Type"] == kind
        assert answer.headers["Cache-Control"] == cached
        assert base64.b64decode(answer.headers["Content-MD5"]) == hashlib.md5(data).digest()
        assert answer.headers["x-ms-meta-sha256"] == hashlib.sha256(data).hexdigest()


def test_every_write_has_a_condition(
    azurite: Azurite, proxy: Callable[[str], FaultProxy], tmp_path: Path
) -> None:
    before, url = proxy(azurite.account_url), azurite.container()
    login = azurite.connection_string.replace(azurite.account_url, before.through(azurite.account_url))
    store = StaticStore(open_container("blobs", before.through(url), {NAME: login}))
    put(store, wheel(tmp_path))
    put(store, wheel(tmp_path, "2.0"))
    writes = [seen for seen in before.requests if seen.writes]
    assert all(seen.header("If-None-Match") == "*" or seen.header("If-Match") for seen in writes)
    assert all(seen.header("Content-MD5") for seen in writes)
    assert sum(bool(seen.header("If-Match")) for seen in writes) == 3


def test_a_large_wheel_goes_up_in_blocks_that_are_committed_once(
    azurite: Azurite, proxy: Callable[[str], FaultProxy], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wheelpin.blobs, "LARGEST_PUT", 1 << 18)
    monkeypatch.setattr(wheelpin.blobs, "BLOCK", 1 << 18)
    before, url = proxy(azurite.account_url), azurite.container()
    login = azurite.connection_string.replace(azurite.account_url, before.through(azurite.account_url))
    store = StaticStore(open_container("blobs", before.through(url), {NAME: login}))
    files = {"acme.bin": os.urandom(1 << 20)}
    large = read_wheel(make_wheel(tmp_path, "acme-core", "1.0", files=files))
    put(store, large)
    blocks = [seen for seen in before.requests if seen.writes and "comp=block" in seen.target]
    assert [seen.header("If-None-Match") for seen in blocks] == ["", "", "", "", "", "*"]
    assert "comp=blocklist" in blocks[-1].target
    with azurite.client(url) as container:
        properties = container.get_blob_client(f"simple/acme-core/{large.file}").get_blob_properties()
    stored = bytes(properties.content_settings.content_md5 or b"")
    assert stored == hashlib.md5(large.path.read_bytes()).digest()
    before.clear()
    store.upload(large)
    assert [seen.method for seen in before.requests] == ["HEAD", "PUT", "GET"]
    assert [seen.status for seen in before.requests] == [200, 409, 206]  # of the metadata beside it


def test_bytes_that_stand_there_without_a_stated_hash_are_read(
    azurite: Azurite, store: StaticStore, url: str, tmp_path: Path
) -> None:
    ours = wheel(tmp_path)
    with azurite.client(url) as container:
        container.upload_blob(f"simple/acme-core/{ours.file}", ours.path.read_bytes())
    put(store, ours)
    assert listed(store) == [(ours.file, ours.sha256)]


def test_bytes_that_were_changed_are_found(
    azurite: Azurite, store: StaticStore, url: str, tmp_path: Path
) -> None:
    ours = wheel(tmp_path)
    put(store, ours)
    with azurite.client(url) as container:
        data = bytearray(ours.path.read_bytes())
        data[100] ^= 1
        metadata = {"sha256": ours.sha256}
        container.upload_blob(f"simple/acme-core/{ours.file}", bytes(data), overwrite=True, metadata=metadata)
        container.upload_blob("simple/notes.txt", b"foreign")
    found = {(finding.level, finding.subject) for finding in store.audit()}
    assert found == {(Level.ERROR, ours.file), (Level.WARNING, "simple/notes.txt")}


def test_an_index_is_made_anew_from_a_container(
    azurite: Azurite, store: StaticStore, url: str, tmp_path: Path
) -> None:
    wheels = [wheel(tmp_path, version) for version in ("1.0", "2.0")]
    put(store, *wheels)
    with azurite.client(url) as container:
        for name in ("simple/index.json", "simple/acme-core/index.json", "simple/acme-core/"):
            container.delete_blob(name)
    assert listed(store) == []
    store.rebuild()
    assert listed(store) == [(each.file, each.sha256) for each in wheels]
    assert store.audit() == []


def test_a_wheel_that_is_gone_is_told(store: StaticStore, tmp_path: Path) -> None:
    ours = wheel(tmp_path)
    ours.path.unlink()
    with pytest.raises(TargetError) as caught:
        store.upload(ours)
    assert caught.value.message == f"store blobs: {ours.path}: No such file or directory"


def test_urls_are_never_signed(azurite: Azurite, tmp_path: Path) -> None:
    url, ours = azurite.container(), wheel(tmp_path, "1.0+linux.1")
    login = {"AZURE_STORAGE_SAS_TOKEN": azurite.sas(url, permission="rcwl")}
    store = StaticStore(open_container("blobs", url, login))
    put(store, ours)
    assert store.index_url == f"{url}/simple/"
    assert store.url(ours.file) == f"{url}/simple/acme-core/acme_core-1.0%2Blinux.1-py3-none-any.whl"
    assert [published.url for published in store.files("acme-core")] == [store.url(ours.file)]


def test_an_account_key_signs_in(azurite: Azurite, tmp_path: Path) -> None:
    login = {"AZURE_STORAGE_KEY": azurite.key, "AZURE_STORAGE_ACCOUNT": ACCOUNT}
    store = StaticStore(open_container("blobs", azurite.container(), login))
    put(store, wheel(tmp_path))
    assert len(listed(store)) == 1


def test_entra_signs_in_by_way_of_what_the_job_has(
    azurite_tls: Azurite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = {"accessToken": token(), "expiresOn": "2099-01-01 00:00:00.000000", "expires_on": 4070908800}
    program = tmp_path / "bin" / "az"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\nprint({json.dumps(answer)!r})\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "AzureCliCredential")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(azurite_tls.ca))
    store = StaticStore(open_container("blobs", azurite_tls.container(), {}))
    put(store, wheel(tmp_path))
    assert len(listed(store)) == 1


def test_a_certificate_that_is_not_trusted_is_told(azurite_tls: Azurite) -> None:
    with pytest.raises(TargetError, match="shows a certificate that is not trusted") as caught:
        opened_at(azurite_tls, azurite_tls.container()).files("acme-core")
    assert "REQUESTS_CA_BUNDLE" in caught.value.hint


def test_nobody_is_told_how_to_sign_in(azurite_tls: Azurite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
    url = azurite_tls.container()
    store = StaticStore(open_container("blobs", url, {}))
    with pytest.raises(SignInError) as caught:
        store.files("acme-core")
    assert caught.value.message == (
        f"store blobs: {url}/simple/acme-core/index.json cannot be asked: nobody is signed in;"
        " who we are comes from Entra"
    )
    assert caught.value.hint.startswith("set AZURE_STORAGE_CONNECTION_STRING or AZURE_STORAGE_SAS_TOKEN")


@pytest.mark.parametrize("minutes", [-1, 60])
def test_a_signature_that_is_not_enough_is_told_without_showing_it(
    azurite: Azurite, tmp_path: Path, minutes: int
) -> None:
    url = azurite.container()
    signature = azurite.sas(url, permission="rl", minutes=minutes)
    store = StaticStore(open_container("blobs", url, {"AZURE_STORAGE_SAS_TOKEN": f"?{signature}"}))
    with pytest.raises(SignInError) as caught:
        store.upload(wheel(tmp_path))
    assert "answered 403 Auth" in caught.value.message
    assert "who we are comes from AZURE_STORAGE_SAS_TOKEN" in caught.value.message
    assert "sig=" not in caught.value.message
    assert [secret.reveal() for secret in store.secrets()] == [signature]


def test_a_container_that_is_not_there_is_told(azurite: Azurite) -> None:
    store = opened_at(azurite, f"{azurite.account_url}/missing")
    with pytest.raises(TargetError, match="answered 404 ContainerNotFound") as caught:
        store.files("acme-core")
    assert caught.value.hint == "make the container first: az storage container create"


@pytest.mark.parametrize("installer", INSTALLERS)
def test_installs_by_version_and_reads_metadata_apart(
    azurite: Azurite,
    store: StaticStore,
    proxy: Callable[[str], FaultProxy],
    tmp_path: Path,
    installer: str,
) -> None:
    for version in ("1.0", "2.0+linux.1"):
        put(store, wheel(tmp_path, version))
    before = proxy(azurite.account_url)
    index = before.through(store.index_url)
    INSTALLERS[installer]("acme-core==1.0", index, tmp_path / "there")
    assert (tmp_path / "there" / "acme.py").exists()
    asked = [seen.target.rpartition("/")[2] for seen in before.requests]
    assert "acme_core-1.0-py3-none-any.whl.metadata" in asked
    INSTALLERS[installer]("Acme.Core", index, tmp_path / "latest")
    assert list((tmp_path / "latest").glob("acme_core-2.0+linux.1.dist-info"))


@pytest.mark.parametrize("installer", INSTALLERS)
def test_a_yanked_version_is_passed_over(store: StaticStore, tmp_path: Path, installer: str) -> None:
    for version in ("1.0", "2.0"):
        put(store, wheel(tmp_path, version))
    store.yank("acme-core", Version("2.0"), "broken")
    INSTALLERS[installer]("acme-core", store.index_url, tmp_path / "there")
    assert list((tmp_path / "there").glob("acme_core-1.0.dist-info"))


@pytest.mark.parametrize("installer", INSTALLERS)
def test_installs_by_hash_and_refuses_another(
    azurite: Azurite, store: StaticStore, url: str, tmp_path: Path, installer: str
) -> None:
    ours = wheel(tmp_path)
    put(store, ours)
    install = INSTALLERS[installer]
    install(f"acme-core @ {store.url(ours.file)}#sha256={ours.sha256}", store.index_url, tmp_path / "there")
    assert (tmp_path / "there" / "acme.py").exists()
    other = wheel(tmp_path, text="# changed")
    with azurite.client(url) as container:
        container.upload_blob(f"simple/acme-core/{ours.file}", other.path.read_bytes(), overwrite=True)
    with pytest.raises(CommandError) as caught:
        install("acme-core==1.0", store.index_url, tmp_path / "refused")
    assert "hash" in caught.value.output.lower()


def test_the_commands_of_a_release(
    azurite: Azurite,
    url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ours = make_wheel(tmp_path / "dist", "acme-core", "1.0")
    (tmp_path / "wheelpin.yml").write_text(f"stores: {{blobs: {{kind: azure-blob, url: '{url}'}}}}\n")
    (tmp_path / "environment.yml").write_text("name: train\nimage: ubuntu:24.04\nconda_file: conda.yml\n")
    conda = f"dependencies:\n- pip:\n  - acme-core @ {url}/simple/acme-core/{{}}\n"
    (tmp_path / "conda.yml").write_text(conda.format("acme_core-0.9-py3-none-any.whl"))
    monkeypatch.setenv(NAME, azurite.connection_string)
    here = ["-C", str(tmp_path)]
    assert run([*here, "publish"]) == 0
    assert run([*here, "plan", "--no-build"]) == 3
    assert run([*here, "apply", "--no-build"]) == 0
    assert (tmp_path / "conda.yml").read_text() == conda.format(ours.name)
    assert run([*here, "plan", "--no-build"]) == 0
    assert run([*here, "yank", "acme-core==1.0", "--reason", "broken"]) == 0
    assert f"yanked {ours.name} in blobs" in capsys.readouterr().out
    assert run([*here, "plan", "--no-build"]) == 0
    assert run([*here, "store", "check"]) == 0
    assert azurite.key not in "".join(capsys.readouterr())
