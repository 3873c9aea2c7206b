"""A real pypiserver as a store: the contract of all stores, passwords, pages without hashes, batches."""

import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.contracts.store import Fingerprint, Opener, StoreContract, listed, named, put, wheel
from tests.feeds import QUICK, index_config, open_index
from tests.servers import system_environment
from tests.servers.clients import pip_install, uv_install, with_credentials
from tests.servers.index import USER, PypiServer
from tests.servers.loopback import LoopbackServer
from tests.servers.messages import Request, Response
from wheelpin.command import stop
from wheelpin.errors import ConflictError, OutcomeUnknownError, SignInError, TargetError, VerificationError
from wheelpin.publish import plan_uploads
from wheelpin.stores.index import IndexBackend


def _files(server: PypiServer) -> dict[str, tuple[int, str]]:
    return {
        place.name: (place.stat().st_mtime_ns, hashlib.sha256(place.read_bytes()).hexdigest())
        for place in server.packages.iterdir()
    }


class TestIndexStore(StoreContract):
    @pytest.fixture
    def opened(self, pypi_server: PypiServer) -> Opener:
        return lambda: open_index(pypi_server)

    @pytest.fixture
    def fingerprint(self, pypi_server: PypiServer) -> Fingerprint:
        return lambda: _files(pypi_server)


def test_a_password_is_found_in_the_environment(locked_pypi_server: PypiServer, tmp_path: Path) -> None:
    ours = wheel(tmp_path)
    put(open_index(locked_pypi_server), ours)
    assert listed(open_index(locked_pypi_server)) == [(ours.file, ours.sha256)]


@pytest.mark.parametrize("environ", [{}, {"TWINE_USERNAME": USER, "TWINE_PASSWORD": "close sesame"}])
def test_without_the_right_password_nothing_is_told_or_sent(
    locked_pypi_server: PypiServer, tmp_path: Path, environ: dict[str, str]
) -> None:
    store = open_index(locked_pypi_server, environ=environ)
    with pytest.raises(SignInError) as caught:
        store.files("acme-core")
    assert caught.value.message.startswith(f"store nexus: GET {locked_pypi_server.simple}acme-core/: 40")
    with pytest.raises(SignInError):
        store.upload(wheel(tmp_path))
    assert _files(locked_pypi_server) == {}


def test_a_page_without_hashes_is_compared_by_download(tmp_path: Path) -> None:
    with PypiServer(tmp_path / "server", hashes=False) as server:
        ours, other = wheel(tmp_path), wheel(tmp_path, text="# another")
        store = open_index(server)
        put(store, ours)
        assert listed(store) == [(ours.file, None)]
        before = _files(server)
        put(open_index(server), ours)
        assert plan_uploads([open_index(server)], [ours], tmp_path).uploads == ()
        with pytest.raises(ConflictError, match=ours.sha256):
            open_index(server).upload(other)
        assert _files(server) == before


def test_many_wheels_go_up_together_and_one_conflict_loses_none(
    pypi_server: PypiServer, tmp_path: Path
) -> None:
    store = open_index(pypi_server)
    store.upload(wheel(tmp_path))
    wheels = [named(f"acme-{number}", tmp_path) for number in range(5)]
    clash = wheel(tmp_path, text="# another")
    failed = store.upload_all([*wheels[:2], clash, *wheels[2:]])
    assert {file: type(error) for file, error in failed.items()} == {clash.file: ConflictError}
    assert set(_files(pypi_server)) == {clash.file, *(each.file for each in wheels)}


def test_a_file_that_the_index_refuses_does_not_keep_others_from_going_up(
    pypi_server: PypiServer, tmp_path: Path
) -> None:
    wheels = [named(f"acme-{number}", tmp_path) for number in range(5)]
    (pypi_server.packages / wheels[2].file).mkdir()  # it is there, and no page lists it
    failed = open_index(pypi_server).upload_all(wheels)
    assert list(failed) == [wheels[2].file]
    assert set(_files_only(pypi_server)) == {each.file for each in wheels} - {wheels[2].file}


def _files_only(server: PypiServer) -> list[str]:
    return [place.name for place in server.packages.iterdir() if place.is_file()]


def test_a_wheel_that_changed_on_disk_is_not_sent(pypi_server: PypiServer, tmp_path: Path) -> None:
    ours, other = wheel(tmp_path), named("acme-io", tmp_path)
    ours.path.write_bytes(ours.path.read_bytes() + b"\0")
    failed = open_index(pypi_server).upload_all([ours, other])
    assert {file: type(error) for file, error in failed.items()} == {ours.file: VerificationError}
    assert set(_files(pypi_server)) == {other.file}


def test_a_module_beside_the_wheels_is_not_twine(pypi_server: PypiServer, tmp_path: Path) -> None:
    ours = wheel(tmp_path)
    (ours.path.parent / "twine.py").write_text("raise SystemExit('taken in')\n")
    put(open_index(pypi_server), ours)
    assert set(_files(pypi_server)) == {ours.file}


@pytest.mark.parametrize("install", [pip_install, uv_install], ids=["pip", "uv"])
def test_installers_get_what_was_published(
    locked_pypi_server: PypiServer, tmp_path: Path, install: Callable[[str, str, Path], str]
) -> None:
    store = open_index(locked_pypi_server)
    put(store, wheel(tmp_path, text="HERE = 1\n"))
    address = with_credentials(store.index_url, str(locked_pypi_server.password))
    install("acme-core==1.0", address, tmp_path / "site")
    assert (tmp_path / "site" / "acme.py").read_text() == "HERE = 1\n"


@pytest.mark.parametrize(
    ("status", "words", "taken"),
    [
        (400, "File already exists.", True),
        (409, "Package 'acme_core-1.0-py3-none-any.whl' already exists!", True),
        (400, "This filename has already been used, use a different version.", True),
        (400, "Validation failed: File name has already been taken", True),
        (400, "The repository 'wheels' does not exist.", False),
        (409, "No user with that name exists.", False),
        (409, "", False),
    ],
)
def test_only_a_name_that_is_taken_is_a_conflict(
    tmp_path: Path, status: int, words: str, taken: bool
) -> None:
    def answer(request: Request) -> Response:
        return Response(status=status if request.method == "POST" else 404, body=words.encode())

    with LoopbackServer(answer) as server:
        config = index_config(f"{server.url}/", f"{server.url}/simple/")
        store = IndexBackend("nexus", config, system_environment(), retries=QUICK)
        with pytest.raises(ConflictError if taken else TargetError) as caught:
            store.upload(wheel(tmp_path))
    assert f"was refused ({status}): {words}" in caught.value.message
    assert ("raise the version of acme-core" in caught.value.hint) == taken


def test_an_upload_that_is_interrupted_is_not_begun_again(tmp_path: Path) -> None:
    hanging = threading.Event()

    def answer(request: Request) -> Response:
        if request.method == "POST":
            hanging.set()
            released.wait(20)
        return Response(status=404)

    released = threading.Event()
    with LoopbackServer(answer) as server, ThreadPoolExecutor(1) as pool:
        store = IndexBackend(
            "nexus",
            index_config(f"{server.url}/", f"{server.url}/simple/"),
            system_environment(),
            retries=QUICK,
        )
        uploading = pool.submit(store.upload, wheel(tmp_path))
        assert hanging.wait(20)
        stop()
        with pytest.raises(OutcomeUnknownError, match="nobody knows whether it was stored"):
            uploading.result(timeout=10)
        released.set()
    assert sum(seen.method == "POST" for seen in server.requests) == 1
