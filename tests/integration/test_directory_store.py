"""The directory store in the hands of real installers, and of writers that get killed."""

import functools
import hashlib
import os
import re
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.contracts.store import listed, put
from tests.wheels import make_wheel
from wheelpin.command import CommandError, run
from wheelpin.publish import plan_uploads
from wheelpin.stores.directory import DirectoryBucket
from wheelpin.stores.static import StaticStore
from wheelpin.wheel import Wheel, read_wheel

PIP = (sys.executable, "-m", "pip", "--isolated", "--no-input", "install", "--no-cache-dir")
UV = (sys.executable, "-m", "uv", "--no-config", "--no-cache", "pip", "install")
INSTALLERS = {"pip": PIP, "uv": UV}
ROOT = Path(__file__).parents[2]
FOLDER = "a store & more"
WRITERS = 4


@dataclass
class Server:
    """A folder behind `python -m http.server`, and what was asked of it."""

    url: str
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def store(tmp_path: Path) -> StaticStore:
    """A store with two versions of one package, in a folder whose name needs quoting."""
    store = StaticStore(DirectoryBucket("local", tmp_path / FOLDER))
    for version in ("1.0", "2.0+linux.1"):
        put(store, _built(tmp_path, version))
    return store


@pytest.fixture
def served(store: StaticStore, tmp_path: Path) -> Iterator[Server]:
    found = Server(url="")

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002, ARG002 - inherited
            found.asked.append(self.path)

    handler = functools.partial(Handler, directory=str(tmp_path / FOLDER))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        found.url = f"http://127.0.0.1:{server.server_port}/simple/"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield found
        server.shutdown()
        thread.join()


def _built(folder: Path, version: str, text: str = "") -> Wheel:
    files = {"acme_core.py": f"VERSION = {version!r}\n{text}"}
    return read_wheel(make_wheel(folder / "built", "acme-core", version, files=files))


def _install(installer: str, folder: Path, *arguments: str) -> str:
    """Install into `folder`, in an environment that names no other index."""
    folder.mkdir(exist_ok=True)
    env = {"PATH": "", "HOME": str(folder), "NO_PROXY": "127.0.0.1", "PYTHONDONTWRITEBYTECODE": "1"}
    return run([*INSTALLERS[installer], "--target", str(folder / "target"), *arguments], cwd=folder, env=env)


def _installed(folder: Path) -> str:
    return (folder / "target" / "acme_core.py").read_text().splitlines()[0]


@pytest.mark.parametrize("installer", INSTALLERS)
@pytest.mark.parametrize(
    ("requirement", "version"), [("acme-core==1.0", "1.0"), ("Acme_Core", "2.0+linux.1")]
)
def test_installs_by_version_from_the_folder(
    store: StaticStore, tmp_path: Path, installer: str, requirement: str, version: str
) -> None:
    _install(installer, tmp_path / "there", "--index-url", store.index_url, requirement)
    assert _installed(tmp_path / "there") == f"VERSION = {version!r}"


@pytest.mark.parametrize("installer", INSTALLERS)
def test_installs_by_version_over_http_and_reads_metadata_apart(
    served: Server, tmp_path: Path, installer: str
) -> None:
    _install(installer, tmp_path / "there", "--index-url", served.url, "acme-core==1.0")
    assert _installed(tmp_path / "there") == "VERSION = '1.0'"
    assert "/simple/acme-core/acme_core-1.0-py3-none-any.whl.metadata" in served.asked


@pytest.mark.parametrize("installer", INSTALLERS)
def test_what_a_package_requires_comes_from_the_store_too(
    store: StaticStore, served: Server, tmp_path: Path, installer: str
) -> None:
    put(store, read_wheel(make_wheel(tmp_path, "acme-io", "1.0", files={}, requires=["acme-core<2"])))
    _install(installer, tmp_path / "there", "--index-url", served.url, "acme-io")
    assert _installed(tmp_path / "there") == "VERSION = '1.0'"


@pytest.mark.parametrize("installer", INSTALLERS)
def test_a_version_for_another_python_is_passed_over(
    store: StaticStore, served: Server, tmp_path: Path, installer: str
) -> None:
    put(store, read_wheel(make_wheel(tmp_path, "acme-core", "3.0", requires_python=">=99")))
    _install(installer, tmp_path / "there", "--index-url", served.url, "acme-core<4")
    assert _installed(tmp_path / "there") == "VERSION = '2.0+linux.1'"
    assert not [path for path in served.asked if "3.0" in path]


def _requirements(folder: Path, sha256: str) -> str:
    file = folder / "requirements.txt"
    file.write_text(f"acme-core==1.0 --hash=sha256:{sha256}\n")
    return str(file)


@pytest.mark.parametrize("installer", INSTALLERS)
@pytest.mark.parametrize("over_http", [False, True], ids=["file", "http"])
def test_installs_by_hash(
    store: StaticStore, served: Server, tmp_path: Path, installer: str, over_http: bool
) -> None:
    index = served.url if over_http else store.index_url
    requirements = _requirements(tmp_path, _built(tmp_path, "1.0").sha256)
    _install(installer, tmp_path / "there", "--index-url", index, "--require-hashes", "-r", requirements)
    assert _installed(tmp_path / "there") == "VERSION = '1.0'"


@pytest.mark.parametrize("installer", INSTALLERS)
@pytest.mark.parametrize("over_http", [False, True], ids=["file", "http"])
def test_another_hash_is_refused(
    store: StaticStore, served: Server, tmp_path: Path, installer: str, over_http: bool
) -> None:
    index = served.url if over_http else store.index_url
    requirements = _requirements(tmp_path, "0" * 64)
    with pytest.raises(CommandError) as caught:
        _install(installer, tmp_path / "there", "--index-url", index, "--require-hashes", "-r", requirements)
    assert "hash" in caught.value.output.lower()
    assert not (tmp_path / "there" / "target" / "acme_core.py").exists()


@pytest.mark.parametrize("installer", INSTALLERS)
@pytest.mark.parametrize("over_http", [False, True], ids=["file", "http"])
def test_a_wheel_that_was_changed_in_the_store_is_not_installed(
    store: StaticStore, served: Server, tmp_path: Path, installer: str, over_http: bool
) -> None:
    index = served.url if over_http else store.index_url
    other = _built(tmp_path / "other", "1.0", "# changed")
    (tmp_path / FOLDER / "simple" / "acme-core" / other.file).write_bytes(other.path.read_bytes())
    with pytest.raises(CommandError) as caught:
        _install(installer, tmp_path / "there", "--index-url", index, "acme-core==1.0")
    assert "hash" in caught.value.output.lower()
    assert not (tmp_path / "there" / "target" / "acme_core.py").exists()


@pytest.mark.parametrize("installer", INSTALLERS)
def test_a_url_pin_installs(store: StaticStore, tmp_path: Path, installer: str) -> None:
    url = store.url("acme_core-2.0+linux.1-py3-none-any.whl")
    _install(installer, tmp_path / "there", "--no-index", f"acme-core @ {url}")
    assert _installed(tmp_path / "there") == "VERSION = '2.0+linux.1'"


def _publishers(*arguments: object) -> str:
    return run([sys.executable, "-m", "tests.publishers", *map(str, arguments)], cwd=ROOT)


@pytest.mark.parametrize("releases", [5, pytest.param(25, marks=pytest.mark.long)])
def test_processes_that_publish_at_once_lose_nothing(tmp_path: Path, releases: int) -> None:
    versions = [[f"{writer}.{release}" for release in range(releases)] for writer in range(WRITERS)]
    wheels = [[_built(tmp_path, version) for version in of_one] for of_one in versions]
    folder = tmp_path / "store"
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(lambda of_one: _publishers(folder, *(wheel.path for wheel in of_one)), wheels))
    wanted = sorted((wheel.file, wheel.sha256) for of_one in wheels for wheel in of_one)
    assert listed(StaticStore(DirectoryBucket("local", folder))) == wanted
    for file, sha256 in wanted:
        data = (folder / "simple" / "acme-core" / file).read_bytes()
        assert hashlib.sha256(data).hexdigest() == sha256


@pytest.mark.skipif(not hasattr(os, "fork"), reason="publishers are killed in forks")
def test_wherever_a_publisher_is_killed_the_next_one_ends_where_it_would_have_ended(tmp_path: Path) -> None:
    wheels = [_built(tmp_path, "1.0"), _built(tmp_path, "2.0")]
    folder = tmp_path / "killed"
    points = int(_publishers("--killed", folder, *(wheel.path for wheel in wheels)))
    wanted = _tree(folder / f"{points + 1:03}")
    assert points > 20
    for point in range(1, points + 1):
        store = StaticStore(DirectoryBucket("local", folder / f"{point:03}" / ".wheelpin" / "wheels"))
        stopped = listed(store)
        assert stopped in [[(wheel.file, wheel.sha256) for wheel in wheels[:number]] for number in range(3)]
        plan = plan_uploads([store], wheels, tmp_path)
        for wheel in wheels:
            put(store, wheel)
        assert len(plan.uploads) == len(wheels) - len(stopped)
        assert _tree(folder / f"{point:03}") == wanted, f"killed at step {point}"


def _tree(folder: Path) -> dict[str, bytes]:
    """What a store holds, but for times and locks."""
    files = (place for place in folder.rglob("*") if place.is_file() and place.name != ".lock")
    return {
        place.relative_to(folder).as_posix(): re.sub(rb'"upload-time": ".*"', b"", place.read_bytes())
        for place in files
    }
