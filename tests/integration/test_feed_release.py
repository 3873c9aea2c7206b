"""wheelpin as a process, releasing to a feed and an index at once; and where its secrets go: nowhere."""

import base64
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.feeds import signed_in
from tests.processes import Ran, wheelpin
from tests.repositories import commit_all, write_repository
from tests.servers.artifacts import ArtifactsServer
from tests.servers.artifacts.feeds import Role
from tests.servers.index import USER, PypiServer
from tests.servers.loopback import LoopbackServer
from tests.servers.messages import Request, Response
from tests.wheels import make_wheel

CANARY = "cAnary+0f/the=Mine&more"

RECORDER = """
import json, os, sys

def record(event, arguments):
    if event == "subprocess.Popen":
        _, argv, _, env = arguments
        with open(os.environ["RECORD"], "a") as file:
            file.write(json.dumps([[str(each) for each in argv], dict(env or os.environ)]) + "\\n")

sys.addaudithook(record)
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = write_repository(tmp_path / "repository")
    make_wheel(root / "dist", "acme-core", "1.4.0")
    make_wheel(root / "dist", "acme-io", "2.0.1")
    return root


def _configure(
    root: Path, *, feed: str | None = None, upload: str = "", simple: str = "", more: str = ""
) -> None:
    lines = ["stores:"]
    if feed:
        lines.append(f"  feed: {{kind: azure-artifacts, url: '{feed}', feed: wheels, view: Release}}")
    if upload:
        lines.append(f"  nexus: {{kind: index, upload: '{upload}', simple: '{simple}'}}")
    (root / "wheelpin.yml").write_text("\n".join([*lines, more, "projects: []", ""]))
    commit_all(root)


def _environ(home: Path, **more: str) -> dict[str, str]:
    """A home folder and a temporary folder of its own, so that all that is written there can be searched."""
    for name in ("home", "temporary"):
        (home / name).mkdir(exist_ok=True)
    return {"HOME": str(home / "home"), "TMPDIR": str(home / "temporary"), **more}


def _sources(server: ArtifactsServer, index: PypiServer) -> dict[str, str]:
    """The token of the feed as a pipeline gives it, the password of the index as uv wants it."""
    return {
        "SYSTEM_ACCESSTOKEN": server.token,
        "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": f"{server.collection}/",
        "UV_INDEX": f"nexus={index.simple}",
        "UV_INDEX_NEXUS_USERNAME": USER,
        "UV_INDEX_NEXUS_PASSWORD": str(index.password),
    }


def test_a_release_to_a_feed_and_an_index_converges(
    artifacts: ArtifactsServer, locked_pypi_server: PypiServer, repository: Path, tmp_path: Path
) -> None:
    index = locked_pypi_server
    _configure(repository, feed=artifacts.collection, upload=index.upload, simple=index.simple)
    environ = _environ(tmp_path, **_sources(artifacts, index))
    applied = wheelpin(repository, "apply", "--no-build", "--json", env=environ)
    assert applied.code == 0, applied.err
    assert applied.json["done"] == applied.json["plan"]["changes"]
    uploads = [change for change in applied.json["done"] if change["kind"] == "upload"]
    assert sorted((change["store"], change["file"].partition("-")[0]) for change in uploads) == [
        ("feed", "acme_core"),
        ("feed", "acme_io"),
        ("nexus", "acme_core"),
        ("nexus", "acme_io"),
    ]
    assert artifacts.files() == {change["file"]: change["sha256"] for change in uploads}
    assert sorted(place.name for place in index.packages.iterdir()) == sorted(artifacts.files())
    versions = [
        version for package in artifacts.feed.packages.values() for version in package.versions.values()
    ]
    assert [version.views for version in versions] == [["Release"], ["Release"]]
    writes = artifacts.writes
    again = wheelpin(repository, "apply", "--no-build", env=environ)
    assert (again.code, again.out.splitlines()[-1]) == (0, "nothing to do")
    assert artifacts.writes == writes


def test_one_store_that_fails_does_not_lose_the_others(
    artifacts: ArtifactsServer, pypi_server: PypiServer, repository: Path, tmp_path: Path
) -> None:
    _configure(repository, feed=artifacts.collection, upload=pypi_server.upload, simple=pypi_server.simple)
    environ = _environ(tmp_path, **signed_in(artifacts.token, artifacts.collection))
    artifacts.limit_size(100)
    applied = wheelpin(repository, "apply", "--no-build", "--json", env=environ)
    assert applied.code == 6
    assert len(applied.json["failed"]) == 2
    assert all(failure["change"]["store"] == "feed" for failure in applied.json["failed"])
    assert len(list(pypi_server.packages.iterdir())) == 2
    assert {change["store"] for change in applied.json["done"]} == {"nexus"}
    assert "(413)" in applied.err
    artifacts.limit_size(1 << 20)
    assert wheelpin(repository, "apply", "--no-build", env=environ).code == 0
    assert len(artifacts.files()) == 2


def test_a_name_that_may_be_somebody_else_s_stops_before_anything_is_built_or_sent(
    artifacts: ArtifactsServer, repository: Path, tmp_path: Path
) -> None:
    artifacts.upstream("acme-io", "99.0.0")
    _configure(repository, feed=artifacts.collection)
    ran = wheelpin(
        repository,
        "apply",
        "--no-build",
        env=_environ(tmp_path, **signed_in(artifacts.token, artifacts.collection)),
    )
    assert ran.code == 4
    assert "error: acme-io: was never published to the feed" in ran.err
    assert "error: acme-io: must not be published as things are" in ran.err
    assert artifacts.writes == 0


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, "no credential for 127.0.0.1 is at hand"),
        ({"AZURE_DEVOPS_EXT_PAT": "not for this host"}, "no credential for 127.0.0.1 is at hand"),
        (signed_in("expired", "{collection}"), "TF400813"),
    ],
)
def test_no_sign_in_is_exit_9_with_the_ways_to_sign_in(
    artifacts: ArtifactsServer, repository: Path, tmp_path: Path, environ: Mapping[str, str], words: str
) -> None:
    _configure(repository, feed=artifacts.collection)
    given = {name: value.format(collection=artifacts.collection) for name, value in environ.items()}
    ran = wheelpin(repository, "plan", "--no-build", env=_environ(tmp_path, **given))
    assert (ran.code, words in ran.err, "Traceback" in ran.err) == (9, True, False)


def test_a_reader_is_refused_before_the_build(
    artifacts: ArtifactsServer, repository: Path, tmp_path: Path
) -> None:
    _configure(repository, feed=artifacts.collection)
    reader = artifacts.grant(Role.READER)
    ran = wheelpin(
        repository, "apply", "--no-build", env=_environ(tmp_path, **signed_in(reader, artifacts.collection))
    )
    assert ran.code == 9
    assert "we may read it, but not publish to it" in ran.err


def _encodings(value: str) -> set[str]:
    """Each way in which the value could be written, without the ends that depend on what stands beside it."""
    found = {value, quote(value), quote(value, safe=""), json.dumps(value)[1:-1], value.encode().hex()}
    found |= {value.encode().hex().upper(), value.replace("&", "&amp;"), value[: len(value) // 2]}
    for offset in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            found.add(encode(b"x" * offset + value.encode()).decode()[4:-4])
    return found


def _echo(request: Request) -> Response:
    """A server that tells everybody who asked: in an error, as proxies and debug pages do."""
    if request.method == "GET" and request.path.endswith("/simple/acme-core/"):
        return Response(status=404)
    header = request.header("Authorization").partition(" ")[2]
    password = base64.b64decode(header).decode().partition(":")[2]
    told = [header, password, quote(password, safe=""), password.encode().hex(), json.dumps(password)]
    body = " and ".join(
        [
            *told,
            "x" * 900,
            *told,
            *(base64.b64encode(f"{'x' * at}{password}".encode()).decode() for at in range(3)),
        ]
    )
    return Response(status=400, reason=f"Bad {password}", body=body.encode())


@pytest.fixture
def echo() -> Iterator[LoopbackServer]:
    with LoopbackServer(_echo) as server:
        yield server


def _recorded(tmp_path: Path) -> list[tuple[list[str], dict[str, str]]]:
    return [tuple(json.loads(line)) for line in (tmp_path / "record.jsonl").read_text().splitlines()]


def _assert_hidden(ran: Ran, tmp_path: Path, canary: str) -> None:
    recorded = _recorded(tmp_path)
    given = [argv for argv, env in recorded if env.get("TWINE_PASSWORD") == canary and "upload" in argv]
    assert [argv[1:5] for argv in given] == [["-P", "-m", "twine", "upload"]]
    texts = {"stdout": ran.out, "stderr": ran.err, "argv": json.dumps([argv for argv, _ in recorded])}
    for place in tmp_path.rglob("*"):
        if place.is_file() and place.name != "record.jsonl":
            texts[str(place)] = place.read_bytes().decode("latin-1")
    leaks = [(where, form) for where, text in texts.items() for form in _encodings(canary) if form in text]
    assert leaks == []


def _hooked(tmp_path: Path, **more: str) -> dict[str, str]:
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook" / "sitecustomize.py").write_text(RECORDER)
    path = os.pathsep.join([str(tmp_path / "hook"), os.environ.get("PYTHONPATH", "src")])
    return _environ(tmp_path, PYTHONPATH=path, RECORD=str(tmp_path / "record.jsonl"), **more)


@pytest.mark.parametrize("how", ["--json", "--verbose"])
def test_a_secret_that_a_server_tells_in_every_form_is_shown_in_none(
    echo: LoopbackServer, repository: Path, tmp_path: Path, how: str
) -> None:
    (repository / "dist" / "acme_io-2.0.1-py3-none-any.whl").unlink()
    _configure(repository, upload=f"{echo.url}/upload/", simple=f"{echo.url}/simple/")
    hooked = _hooked(tmp_path, TWINE_USERNAME="ada", TWINE_PASSWORD=CANARY)
    ran = wheelpin(repository, "apply", "--no-build", how, env=hooked)
    assert ran.code == 6, ran.err
    assert "was refused (400): ***" in ran.err
    _assert_hidden(ran, tmp_path, CANARY)


def test_a_token_is_in_nothing_that_a_release_leaves_behind(
    artifacts: ArtifactsServer, repository: Path, tmp_path: Path
) -> None:
    _configure(repository, feed=artifacts.collection)
    hooked = _hooked(tmp_path, **signed_in(artifacts.token, artifacts.collection))
    ran = wheelpin(repository, "apply", "--no-build", "--verbose", env=hooked)
    assert ran.code == 0, ran.err
    assert len(artifacts.files()) == 2
    _assert_hidden(ran, tmp_path, artifacts.token)
