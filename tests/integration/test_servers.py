"""The real servers that tests use, each tried with the client that its users have."""

import socket
import sys
import time
import urllib.error
import urllib.request
from functools import partial
from pathlib import Path

import pytest
from azure.core import MatchConditions
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, ResourceExistsError, ResourceModifiedError
from azure.storage.blob import BlobServiceClient, ContainerClient

from tests.servers import HOST, Process, ServerError
from tests.servers.azurite import Azurite, token
from tests.servers.clients import pip_install, twine_upload, with_credentials
from tests.servers.index import USER, PypiServer
from tests.wheels import make_wheel
from wheelpin.command import CommandError, run

_LISTENS = f"""
import socket, time
server = socket.create_server(({HOST!r}, 0))
print(server.getsockname()[1], flush=True)
time.sleep(60)
"""

_DIES_WITHOUT_A_WORD = f"""
import os, pathlib, sys
from tests.servers import Process
process = Process([sys.executable, "-c", {_LISTENS!r}], folder=pathlib.Path(sys.argv[1]))
print(process.wait_for(lambda: process.output.strip() or None), flush=True)
os._exit(0)
"""


def _refused(port: int) -> bool:
    try:
        socket.create_connection((HOST, port)).close()
    except ConnectionError:
        return True
    return False


def test_a_process_is_there_until_it_is_stopped(tmp_path: Path) -> None:
    process = Process([sys.executable, "-c", _LISTENS], folder=tmp_path)
    port = int(process.wait_for(lambda: process.output.strip() or None))
    assert not _refused(port)
    process.stop()
    process.stop()
    assert _refused(port)


def test_a_process_ends_with_the_test_run_that_started_it(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    port = int(run([sys.executable, "-c", _DIES_WITHOUT_A_WORD, str(tmp_path)], cwd=root))
    deadline = time.monotonic() + 10
    while not _refused(port):
        assert time.monotonic() < deadline, f"port {port} is still served"
        time.sleep(0.02)


def test_a_process_that_dies_shows_what_it_said(tmp_path: Path) -> None:
    process = Process([sys.executable, "-c", "raise SystemExit('no disk')"], folder=tmp_path)
    with pytest.raises(ServerError, match="ended:\nno disk"):
        process.wait_for(lambda: None)


def test_a_process_that_never_answers_is_given_up(tmp_path: Path) -> None:
    process = Process([sys.executable, "-c", _LISTENS], folder=tmp_path)
    with pytest.raises(ServerError, match="did not answer within"):
        process.wait_for(lambda: None, seconds=0.1)
    assert not process.running


def test_azurite_creates_once_and_replaces_only_what_was_read(azurite: Azurite) -> None:
    with azurite.client(azurite.container()) as container:
        blob = container.get_blob_client("simple/acme-core/index.json")
        first = blob.upload_blob(b"{}")
        with pytest.raises(ResourceExistsError, match="BlobAlreadyExists") as refused:
            blob.upload_blob(b"other")
        assert refused.value.status_code == 409
        replace = partial(
            blob.upload_blob,
            overwrite=True,
            etag=first["etag"],
            match_condition=MatchConditions.IfNotModified,
        )
        replace(b"[]")
        with pytest.raises(ResourceModifiedError, match="ConditionNotMet") as stale:
            replace(b"lost")
        assert stale.value.status_code == 412
        assert blob.download_blob().readall() == b"[]"


def test_azurite_takes_a_connection_string(azurite: Azurite) -> None:
    name = azurite.container().rpartition("/")[2]
    with BlobServiceClient.from_connection_string(azurite.connection_string) as service:
        assert name in [container.name for container in service.list_containers()]


def test_azurite_keeps_containers_shut_but_for_a_signature(azurite: Azurite) -> None:
    url = azurite.container()
    with azurite.client(url) as container:
        container.upload_blob("a.txt", b"secret")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{url}/a.txt")
    with urllib.request.urlopen(f"{url}/a.txt?{azurite.sas(url)}") as answer:
        assert answer.read() == b"secret"
    for wrong in (azurite.sas(url, minutes=-1), azurite.sas(url, permission="l")):
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(f"{url}/a.txt?{wrong}")


def test_azurite_opens_a_public_container_to_everybody(azurite: Azurite) -> None:
    url = azurite.container(public=True)
    with azurite.client(url) as container:
        container.upload_blob("a.txt", b"open")
    with urllib.request.urlopen(f"{url}/a.txt") as answer:
        assert answer.read() == b"open"


class _Credential:
    """What azure-identity would give, for one audience."""

    def __init__(self, audience: str) -> None:
        self.token = token(audience=audience)

    def get_token(self, *_scopes: str, **_options: object) -> AccessToken:
        return AccessToken(self.token, int(time.time()) + 3600)


def test_azurite_takes_an_entra_token_over_https(azurite_tls: Azurite) -> None:
    url = azurite_tls.container()
    right, wrong = _Credential("https://storage.azure.com"), _Credential("https://management.azure.com")
    open_container = partial(
        ContainerClient.from_container_url, url, connection_verify=str(azurite_tls.ca), retry_total=0
    )
    with open_container(credential=right) as container:
        container.upload_blob("a.txt", b"mine")
    with open_container(credential=wrong) as container, pytest.raises(ClientAuthenticationError):
        container.upload_blob("b.txt", b"not mine")


def test_pypiserver_takes_from_twine_and_gives_to_pip(pypi_server: PypiServer, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "acme-core", "1.4.0")
    twine_upload(wheel, pypi_server.upload)
    assert (pypi_server.packages / wheel.name).read_bytes() == wheel.read_bytes()
    pip_install("acme-core==1.4.0", pypi_server.simple, tmp_path / "site")
    assert (tmp_path / "site" / "acme_core" / "__init__.py").exists()
    with pytest.raises(CommandError) as refused:
        twine_upload(wheel, pypi_server.upload)
    assert "400" in refused.value.output


@pytest.mark.parametrize("hashes", [True, False])
def test_pypiserver_states_hashes_when_it_is_told_to(tmp_path: Path, *, hashes: bool) -> None:
    with PypiServer(tmp_path / "server", hashes=hashes) as server:
        make_wheel(server.packages, "acme-core", "1.4.0")
        with urllib.request.urlopen(f"{server.simple}acme-core/") as page:
            assert (b"#sha256=" in page.read()) is hashes


def test_pypiserver_wants_its_password(locked_pypi_server: PypiServer, tmp_path: Path) -> None:
    server = locked_pypi_server
    assert server.password is not None
    wheel = make_wheel(tmp_path, "acme-core", "1.4.0")
    with pytest.raises(CommandError) as refused:
        twine_upload(wheel, server.upload, user=USER, password="guessed")
    assert "403" in refused.value.output
    twine_upload(wheel, server.upload, user=USER, password=server.password)
    with pytest.raises(CommandError):
        pip_install("acme-core", server.simple, tmp_path / "without")
    pip_install("acme-core", with_credentials(server.simple, server.password, user=USER), tmp_path / "with")


def test_pypiserver_never_looks_elsewhere(pypi_server: PypiServer) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{pypi_server.simple}pip/")
