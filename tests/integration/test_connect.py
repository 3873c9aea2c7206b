"""Connections in workspaces: made, refreshed, judged by the official client; no secret comes out anywhere."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.processes import Ran, wheelpin
from tests.repositories import snapshot, write_files, write_repository
from tests.servers.azureml import KINDS, SUBSCRIPTION, AzureMl
from tests.servers.azureml.answers import Json, Object
from tests.servers.judge import Judge
from tests.servers.loopback import LoopbackServer
from tests.servers.messages import Request, Response
from wheelpin.azureml import Azure
from wheelpin.azureml.connections import (
    Category,
    Connections,
    Draft,
    Login,
    ManagedIdentity,
    Pat,
    UserPassword,
)
from wheelpin.config import WorkspaceRegistry
from wheelpin.connect.steps import Action, Step, connect_one
from wheelpin.connect.supply import Supply
from wheelpin.connect.wanted import Wanted
from wheelpin.credentials.redaction import Secret, forms
from wheelpin.errors import ConflictError, SignInError, WheelpinError
from wheelpin.web.retries import Retries

CANARY = "canary/7f3a 91+xyz"
ORG = "https://pkgs.dev.azure.com/contoso"
FEED = Wanted(name="wheelpin-feed-contoso", category=Category.FEED, target=ORG, devops=True)
STEP = Step(registry="dev", wanted=FEED, action=Action.CREATE)
SUPPLY = Supply(given=Pat(Secret(CANARY)))
QUICK = Retries(base=0.01, cap=0.02, obeyed=0.02, deadline=20)

DEFINITION = f"""\
dependencies:
- pip:
  - --index-url {ORG}/_packaging/wheels/pypi/simple/
  - acme-core==1.3.2
"""


def connections_of(url: str, token: str, name: str = "dev") -> Connections:
    config = WorkspaceRegistry.model_validate(
        {
            "kind": "azureml-workspace",
            "subscription": SUBSCRIPTION,
            "resource-group": "ml",
            "workspace": name,
            "endpoint": url,
        }
    )
    return Connections(Azure({"WHEELPIN_AZURE_TOKEN": token}, QUICK).workspace(name, config))


def hold(server: AzureMl, workspace: str, name: str, **properties: Json) -> None:
    """Let a workspace have a connection that somebody else made."""
    made: Object = {"category": "PythonFeed", "target": ORG, "authType": "PAT", "credentials": {"pat": "old"}}
    server.workspace(workspace).connections.put(name, {**made, **properties})


@pytest.fixture
def dev(azureml: AzureMl) -> Connections:
    azureml.workspace("dev")
    return connections_of(azureml.url, azureml.token)


@pytest.mark.parametrize(
    ("login", "auth", "stored"),
    [
        (Pat(Secret(CANARY)), "PAT", {"pat": CANARY}),
        (
            UserPassword("a@b", Secret(CANARY)),
            "UsernamePassword",
            {"username": "a%40b", "password": "canary%2F7f3a%2091%2Bxyz"},
        ),
        (ManagedIdentity("id"), "ManagedIdentity", {"clientId": "id"}),
    ],
)
def test_a_connection_signs_in_as_it_was_told(
    azureml: AzureMl, dev: Connections, login: Login, auth: str, stored: Mapping[str, str]
) -> None:
    connect_one(dev, STEP, Supply(given=login, ends=date(2027, 6, 30)))
    (listed,) = dev.listed()
    assert (listed.target, listed.category, listed.auth) == (ORG, "PythonFeed", auth)
    assert listed.expires == datetime(2027, 6, 30, tzinfo=UTC)
    assert azureml.workspace("dev").connections.credentials(FEED.name) == stored


def test_a_refreshed_connection_keeps_who_may_use_it(azureml: AzureMl, dev: Connections) -> None:
    hold(azureml, "dev", FEED.name, isSharedToAll=False, metadata={"team": "ml"})
    connect_one(dev, STEP, SUPPLY)
    (listed,) = dev.listed()
    assert (listed.carried["isSharedToAll"], listed.carried["metadata"]) == (False, {"team": "ml"})
    assert azureml.workspace("dev").connections.credentials(FEED.name) == {"pat": CANARY}


def test_what_became_something_else_is_not_replaced(azureml: AzureMl, dev: Connections) -> None:
    hold(azureml, "dev", FEED.name, category="Git")
    with pytest.raises(ConflictError):
        connect_one(dev, STEP, SUPPLY)
    assert azureml.workspace("dev").connections.credentials(FEED.name) == {"pat": "old"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n", [0, 1, 2])
def test_every_fault_converges_on_the_rerun(azureml: AzureMl, dev: Connections, kind: str, n: int) -> None:
    azureml.slowness = azureml.downtime = 0.05
    azureml.fault(n, kind)
    told = ""
    for _ in range(2):
        try:
            connect_one(dev, STEP, SUPPLY)
            break
        except WheelpinError as error:
            told += f"{error.message} {error.hint}"
    assert azureml.dealt
    assert not shown(told)
    assert azureml.workspace("dev").connections.credentials(FEED.name) == {"pat": CANARY}


def test_a_lost_answer_is_looked_after_and_the_secret_sent_again(azureml: AzureMl, dev: Connections) -> None:
    azureml.fault(0, "reset-after", when=lambda request: request.writes)
    connect_one(dev, STEP, SUPPLY)
    assert [seen.method for seen in azureml.requests][-4:] == ["PUT", "GET", "PUT", "GET"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 500])
def test_no_error_shows_a_secret_that_the_service_echoes(status: int) -> None:
    def echo(request: Request) -> Response:
        if request.method == "GET":
            return Response(status=404)
        body = {"error": {"code": "UserError", "message": f"what is {request.body.decode()}?"}}
        return Response(status=status, body=json.dumps(body).encode())

    with LoopbackServer(echo) as server:
        draft = Draft(name="x", category=Category.FEED, target=ORG, login=UserPassword("ada", Secret(CANARY)))
        connections = connections_of(server.url, "token")
        with pytest.raises(WheelpinError) as refused:
            connections.assets.rest.link.retries.persist(lambda: connections.put(draft, None))
    assert "what is" in refused.value.message
    assert not shown(f"{refused.value.message} {refused.value.hint} {refused.value.__cause__}")


def test_who_may_not_write_is_told_what_it_takes(azureml: AzureMl, dev: Connections) -> None:
    azureml.workspace("dev").read_only = True
    with pytest.raises(SignInError) as refused:
        connect_one(dev, STEP, SUPPLY)
    assert "workspaces/connections/write" in refused.value.hint


def shown(text: str) -> list[str]:
    """The forms of the secret that a text shows."""
    return [form for form in forms(CANARY) if form in text]


class Repository:
    """A repository with two workspaces, and wheelpin run in it."""

    def __init__(self, server: AzureMl, root: Path, store: str = "") -> None:
        self.root = root
        self.env = {"WHEELPIN_AZURE_TOKEN": server.token, "REQUESTS_CA_BUNDLE": str(server.ca_bundle)}
        registries = "".join(
            f"  {name}: {{kind: azureml-workspace, subscription: {SUBSCRIPTION}, resource-group: ml,"
            f" workspace: {name}, endpoint: '{server.url}'}}\n"
            for name in ("dev", "prod")
        )
        for name in ("dev", "prod"):
            server.workspace(name)
        config = f"registries:\n{registries}{store}"
        write_files(root, {"wheelpin.yml": config, "environments/train/conda.yml": DEFINITION})

    def run(self, *arguments: str, **env: str) -> Ran:
        return wheelpin(self.root, *arguments, env={**self.env, **env})


@pytest.fixture
def repository(azureml: AzureMl, tmp_path: Path) -> Repository:
    return Repository(azureml, write_repository(tmp_path / "repository"))


def test_connect_creates_refreshes_and_checks(azureml: AzureMl, repository: Repository) -> None:
    before = snapshot(repository.root)
    unchecked = repository.run("connect", "--check")
    assert (unchecked.code, azureml.writes) == (1, 0)
    assert "environments/train/conda.yml:3: no connection of dev, prod covers" in unchecked.err
    assert "wheelpin connect wheelpin-feed-contoso --registry dev --registry prod" in unchecked.err
    assert repository.run("connect").code == 1
    for outcome in ("created", "refreshed"):
        ran = repository.run("connect", WHEELPIN_FEED_TOKEN=CANARY)
        assert (ran.code, ran.out.splitlines()[-1]) == (0, f"2 {outcome}")
    writes = azureml.writes
    kept = repository.run("connect")
    assert (kept.code, kept.out.splitlines()[-1]) == (0, "2 unchanged")
    assert repository.run("connect", "--check").code == 0
    assert azureml.writes == writes
    assert snapshot(repository.root) == before


def test_only_the_registries_that_are_named_are_connected(azureml: AzureMl, repository: Repository) -> None:
    ran = repository.run("connect", "--registry", "prod", "--json", WHEELPIN_FEED_TOKEN=CANARY)
    facts = {key: ran.json["connections"][0][key] for key in ("registry", "name", "outcome", "error")}
    assert facts == {"registry": "prod", "name": FEED.name, "outcome": "created", "error": None}
    assert [azureml.workspace(name).connections.names() for name in ("dev", "prod")] == [[], [FEED.name]]


def test_another_connection_of_that_name_is_a_conflict(azureml: AzureMl, repository: Repository) -> None:
    hold(azureml, "prod", FEED.name, category="Git")
    ran = repository.run("connect", WHEELPIN_FEED_TOKEN=CANARY)
    assert (ran.code, azureml.writes) == (4, 0)
    assert "registry prod: wheelpin-feed-contoso is a connection of category Git" in ran.err


def test_one_that_fails_does_not_stop_the_other(azureml: AzureMl, repository: Repository) -> None:
    azureml.workspace("dev").read_only = True
    ran = repository.run("connect", WHEELPIN_FEED_TOKEN=CANARY)
    assert (ran.code, ran.out.splitlines()[-1]) == (9, "1 created, 1 failed")


def test_somebody_elses_connection_is_as_good(azureml: AzureMl, repository: Repository) -> None:
    for name in ("dev", "prod"):
        hold(azureml, name, "their-feed")
    assert repository.run("connect", "--check").code == 0
    ran = repository.run("connect", WHEELPIN_FEED_TOKEN=CANARY)
    assert ran.code == 0
    assert "and so is their-feed" in ran.err


@pytest.mark.parametrize(
    ("arguments", "env", "message"),
    [
        (["--secret-from", "NOTHING"], {}, "NOTHING: holds no secret"),
        (["--secret-stdin"], {}, "standard input: holds no secret"),
        (["their-feed"], {}, "wants such a connection"),
        ([], {"WHEELPIN_FEED_TOKEN": f"{CANARY}\n{CANARY}"}, "WHEELPIN_FEED_TOKEN: a blank, a line end"),
        (["--registry", "nowhere"], {}, "no such registry"),
        ([], {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "pull_request_target"}, "is refused here"),
    ],
)
def test_what_cannot_be_meant_is_told(
    repository: Repository, arguments: list[str], env: Mapping[str, str], message: str
) -> None:
    ran = repository.run("connect", *arguments, **env)
    assert ran.code == 2
    assert message in ran.err
    assert not shown(ran.out + ran.err)


def test_a_repository_without_a_workspace_has_nothing_to_connect(tmp_path: Path) -> None:
    ran = wheelpin(write_repository(tmp_path / "repository"), "connect", "--check")
    assert ran.code == 2
    assert "names no Azure ML workspace" in ran.err


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Every git that runs leaves its arguments in a file."""
    log, bin_folder = tmp_path / "git.log", tmp_path / "bin"
    bin_folder.mkdir()
    program = bin_folder / "git"
    path = os.environ["PATH"]
    program.write_text(
        f"#!{sys.executable}\nimport os, sys\nopen({str(log)!r}, 'a').write(repr(sys.argv) + '\\n')\n"
        f"os.environ['PATH'] = {path!r}\nos.execvp('git', ['git', *sys.argv[1:]])\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{bin_folder}{os.pathsep}{path}")
    yield log
    assert log.exists()


@pytest.mark.parametrize(
    ("more", "fault"),
    [([], "html"), (["--json"], "500-kept"), (["-v", "--user", "ada"], ""), (["--json"], "409")],
)
def test_a_secret_is_in_no_output_no_file_and_no_argument(
    azureml: AzureMl, repository: Repository, recorded: Path, more: list[str], fault: str
) -> None:
    if fault:
        azureml.fault(0, fault, when=lambda request: request.writes)
    ran = repository.run("connect", *more, WHEELPIN_FEED_TOKEN=CANARY)
    assert ran.code in (0, 6, 9)
    assert azureml.workspace("prod").connections.names() == [FEED.name]
    files = "".join(
        file.read_bytes().decode(errors="replace") for file in repository.root.rglob("*") if file.is_file()
    )
    assert not shown(ran.out + ran.err + files + recorded.read_text())


def test_the_official_client_reads_what_we_wrote(judge: Judge) -> None:
    workspace = judge.server.workspace("ours")
    ours = connections_of(judge.server.url, judge.server.token, "ours")
    connect_one(ours, STEP, SUPPLY)
    found = judge.client(workspace).connections.get(FEED.name)
    assert (found.type, found.target, found.is_shared) == ("python_feed", ORG, True)
    assert found.credentials.type == "pat"


@pytest.mark.parametrize(
    ("kind", "login"),
    [("pat", Pat(Secret("secret"))), ("user", UserPassword("ada", Secret("secret")))],
)
def test_what_the_official_client_wrote_is_what_we_would(judge: Judge, kind: str, login: Login) -> None:
    from azure.ai.ml.entities import (
        PatTokenConfiguration,
        UsernamePasswordConfiguration,
        WorkspaceConnection,
    )

    workspace = judge.server.workspace(f"theirs-{kind}")
    credentials = (
        PatTokenConfiguration(pat="secret")
        if kind == "pat"
        else UsernamePasswordConfiguration(username="ada", password="secret")
    )
    theirs = WorkspaceConnection(name="theirs", type="python_feed", target=ORG, credentials=credentials)
    judge.client(workspace).connections.create_or_update(theirs)
    connections = connections_of(judge.server.url, judge.server.token, workspace.name)
    connections.put(Draft(name="ours", category=Category.FEED, target=ORG, login=login), None)
    one, other = (connections.read(name) for name in ("theirs", "ours"))
    assert one is not None
    assert other is not None
    assert (one.target, one.category, one.auth, one.carried) == (
        other.target,
        other.category,
        other.auth,
        other.carried,
    )
    written = workspace.connections.credentials
    sent = written("theirs") or {}
    assert {key: value for key, value in sent.items() if value} == written("ours")
