"""Build contexts in workspaces and shared registries; the official client finds what we left, and we its."""

import hashlib
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.servers import system_environment
from tests.servers.azureml import SUBSCRIPTION, AzureMl, Credentials, Workspace
from tests.servers.azurite import ACCOUNT, Azurite
from tests.servers.faults import Fault, FaultProxy
from tests.servers.judge import Judge
from tests.servers.names import RESOLVING
from wheelpin.azureml import Azure
from wheelpin.azureml.contexts import shared_upload, workspace_upload
from wheelpin.azureml.datastore import Datastore
from wheelpin.azureml.place import CHEAP, Place
from wheelpin.blobs import Account, Container
from wheelpin.config import SharedRegistry, WorkspaceRegistry
from wheelpin.context import context_hash
from wheelpin.credentials.redaction import Secret
from wheelpin.credentials.storage import Proof, StorageLogin
from wheelpin.definitions.azureml import read_environment
from wheelpin.environment import Context
from wheelpin.errors import OutcomeUnknownError, TargetError, VerificationError
from wheelpin.repository import Repository
from wheelpin.web.retries import Retries, TransientError

QUICK = Retries(attempts=12, base=0.02, cap=0.1, obeyed=0.02, deadline=20)
FOLDER = "docker context"
FILES = {
    "Dockerfile": "FROM x\n",
    "b.txt": "",
    "B/50% #1?.txt": "odd name\n",
    "a/z": "1",
    "a.txt": "acme-core==1.0\n",
    "ignored.log": "no\n",
    ".amlignore": "*.log\n",
}
DEFINITION = f"name: docker\nbuild: {{path: {FOLDER}}}\n"

Upload = Callable[[Context], str]
Blob = tuple[bytes, bytes | None, dict[str, str]]
"""Its bytes, MD5 and metadata."""


@pytest.fixture
def server(judge: Judge) -> AzureMl:
    return judge.server


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return written(tmp_path)


def written(root: Path, files: dict[str, str] = FILES) -> Context:
    """A build context, and the definition that names it."""
    for name, text in files.items():
        path = root / FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (root / "environment.yml").write_text(DEFINITION)
    return as_it_is(root)


def as_it_is(root: Path) -> Context:
    return Context(path=FOLDER, digest=context_hash(Repository(root), FOLDER), root=root)


@dataclass(frozen=True, kw_only=True, slots=True)
class Here:
    """An empty workspace of the test's own, and what we see and do of it."""

    server: AzureMl
    blobs: Azurite
    workspace: Workspace

    def upload(self, context: Context) -> str:
        """Upload into the workspace, each time as a run of its own."""
        config = WorkspaceRegistry.model_validate(
            {
                "kind": "azureml-workspace",
                "subscription": SUBSCRIPTION,
                "resource-group": "ml",
                "workspace": self.workspace.name,
                "endpoint": self.server.url,
            }
        )
        azure = Azure({"WHEELPIN_AZURE_TOKEN": self.server.token}, QUICK)
        assets = azure.workspace("dev", config)
        datastore = Datastore(assets, azure.environ, assets.rest.subject)
        return workspace_upload(datastore, context, "docker", "1")

    def beside(self) -> "Here":
        """Another workspace."""
        return opened_at(self.server, self.blobs)

    def states(self) -> object:
        """What changes with every write."""
        return self.workspace.datastores.blob_states()

    def held(self) -> dict[str, Blob]:
        """What is in the workspace's own blob store."""
        return held(self.blobs, self.workspace.datastores.container)

    def is_whole(self, context: Context) -> bool:
        """Whether the context that `written` makes is there, with nothing beside it, and marked as whole."""
        found = self.held()
        statuses = [metadata["upload_status"] for _, _, metadata in found.values() if metadata]
        return contents(found) == files_of(context) and statuses == ["completed"]


def opened_at(server: AzureMl, blobs: Azurite) -> Here:
    return Here(server=server, blobs=blobs, workspace=server.workspace(f"dev-{uuid.uuid4().hex[:8]}"))


@pytest.fixture
def here(server: AzureMl, azurite_tls: Azurite) -> Here:
    return opened_at(server, azurite_tls)


def held(azurite: Azurite, container: str) -> dict[str, Blob]:
    """What a container holds."""
    with azurite.client(f"{azurite.account_url}/{container}") as client:
        found = {}
        for blob in client.list_blobs(include=["metadata"]):
            md5 = blob.content_settings.content_md5
            data = client.download_blob(blob.name).readall()
            found[blob.name] = (data, bytes(md5) if md5 else None, dict(blob.metadata or {}))
        return found


def contents(found: dict[str, Blob]) -> dict[str, bytes]:
    return {name: data for name, (data, _, _) in found.items()}


def files_of(context: Context) -> dict[str, bytes]:
    """What is to stand in a workspace for the context that `written` makes."""
    place = f"LocalUpload/{context.digest}/{FOLDER}"
    return {f"{place}/{name}": text.encode() for name, text in FILES.items() if name != "ignored.log"}


@pytest.mark.parametrize("credentials", [Credentials.ACCOUNT_KEY, Credentials.SAS])
def test_what_we_upload_is_what_the_official_client_uploads(
    judge: Judge, here: Here, context: Context, credentials: Credentials
) -> None:
    theirs = here.beside()
    here.workspace.datastores.credentials = credentials
    sent = judge.register(theirs.workspace, context.root / "environment.yml")
    uri = here.upload(context)
    assert sent.resource["properties"] == {
        "build": {"contextUri": uri.replace(here.workspace.guid, theirs.workspace.guid)},
        "isAnonymous": False,
        "isArchived": False,
    }
    ours = here.held()
    assert contents(ours) == files_of(context)
    for name, (data, md5, metadata) in theirs.held().items():
        assert ours[name] == (data, md5, metadata)
        assert md5 == hashlib.md5(data).digest()


def test_a_datastore_that_the_definition_names_is_taken(judge: Judge, here: Here, context: Context) -> None:
    theirs = here.beside()
    name = "workspaceartifactstore"
    (context.root / "environment.yml").write_text(f"{DEFINITION}datastore: azureml:{name}\n")
    sent = judge.register(theirs.workspace, context.root / "environment.yml")
    found = read_environment(Repository(context.root), "environment.yml").context
    assert found is not None
    uri = here.upload(found)
    assert f"/azureml-{here.workspace.guid}/LocalUpload/" in uri
    assert sent.resource["properties"] == {
        "build": {"contextUri": uri.replace(here.workspace.guid, theirs.workspace.guid)},
        "isAnonymous": False,
        "isArchived": False,
    }
    assert here.held() == {}
    assert contents(held(here.blobs, f"azureml-{here.workspace.guid}")) == files_of(context)


def test_a_link_is_followed_and_counts_where_it_leads(judge: Judge, here: Here, context: Context) -> None:
    (context.root / "0.txt").write_text("linked\n")
    (context.root / FOLDER / "zz.txt").symlink_to("../0.txt")
    changed = as_it_is(context.root)
    theirs = here.beside()
    judge.register(theirs.workspace, context.root / "environment.yml")
    here.upload(changed)
    assert here.held() == theirs.held()


def test_a_context_goes_up_once(here: Here, context: Context) -> None:
    uri = here.upload(context)
    before = here.states()
    assert here.upload(context) == uri
    assert here.states() == before


def test_the_official_client_finds_ours(judge: Judge, here: Here, context: Context) -> None:
    uri = here.upload(context)
    before = here.states()
    sent = judge.register(here.workspace, context.root / "environment.yml")
    assert sent.resource["properties"] == {
        "build": {"contextUri": uri},
        "isAnonymous": False,
        "isArchived": False,
    }
    assert here.states() == before


def test_we_find_the_official_clients(judge: Judge, here: Here, context: Context) -> None:
    judge.register(here.workspace, context.root / "environment.yml")
    before = here.states()
    here.upload(context)
    assert here.states() == before


LEFT: dict[str, Callable[[dict[str, bytes]], dict[str, bytes]]] = {
    "all but the word": lambda files: files,
    "some": lambda files: dict(list(files.items())[::2]),
    "other content": lambda files: dict.fromkeys(files, b"other"),
    "cut off": lambda files: {name: data[:-1] for name, data in files.items()},
}


@pytest.mark.parametrize("left", LEFT)
def test_what_was_left_in_part_is_put_right(here: Here, context: Context, left: str) -> None:
    with here.blobs.client(f"{here.blobs.account_url}/{here.workspace.datastores.container}") as client:
        for name, data in LEFT[left](files_of(context)).items():
            client.upload_blob(name, data)
    here.upload(context)
    assert here.is_whole(context)


def test_what_the_official_client_finds_begun_it_completes(
    judge: Judge, here: Here, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Place, "_complete", _killed)
        with pytest.raises(KeyboardInterrupt):
            here.upload(context)
    judge.register(here.workspace, context.root / "environment.yml")
    assert here.is_whole(context)


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_uploads_at_once_do_not_disturb_each_other(here: Here, context: Context) -> None:
    with ThreadPoolExecutor(6) as pool:
        uris = set(pool.map(here.upload, [context] * 6))
    assert len(uris) == 1
    assert here.is_whole(context)


def test_a_folder_that_changed_is_not_uploaded(here: Here, context: Context) -> None:
    (context.root / FOLDER / "a.txt").write_text("acme-core==2.0\n")
    with pytest.raises(VerificationError, match=f"{FOLDER} is not what it was"):
        here.upload(context)
    assert here.workspace.datastores.blob_names() == []


def test_a_file_that_changes_meanwhile_leaves_nothing_that_counts(
    here: Here,
    context: Context,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    look = Place._look

    def change_and_look(place: Place, file: object) -> object:
        (context.root / FOLDER / "a.txt").write_text("acme-core==2.0\n")
        return look(place, file)  # type: ignore[arg-type]

    monkeypatch.setattr(Place, "_look", change_and_look)
    with pytest.raises(VerificationError, match=rf"{FOLDER}/a\.txt is not what it was"):
        here.upload(context)
    found = here.held()
    assert not any(metadata for _, _, metadata in found.values())
    assert not any(name.endswith("/a.txt") for name in found)


def test_a_run_that_is_killed_amid_an_upload_is_completed_by_the_next(here: Here, tmp_path: Path) -> None:
    files = {"Dockerfile": "FROM x\n", **{f"f{number:03}": f"{number}\n" for number in range(300)}}
    context = written(tmp_path, files)
    (tmp_path / "wheelpin.yml").write_text(
        f"registries: {{dev: {{kind: azureml-workspace, subscription: {SUBSCRIPTION}, resource-group: ml, "
        f"workspace: {here.workspace.name}, endpoint: '{here.server.url}'}}}}\nprojects: []\n"
    )
    env = {
        **system_environment(),
        **RESOLVING,
        "WHEELPIN_AZURE_TOKEN": here.server.token,
        "WHEELPIN_AZURE_ENDPOINT": here.server.url,
        "REQUESTS_CA_BUNDLE": str(here.server.ca_bundle),
    }
    run = partial(
        subprocess.Popen,
        [sys.executable, "-m", "wheelpin", "apply"],
        cwd=tmp_path,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with run() as first:
        while first.poll() is None and not here.workspace.datastores.blob_names():
            time.sleep(0.01)
        first.kill()
    left = len(here.workspace.datastores.blob_names())
    assert 0 < left < len(files)
    assert here.workspace.environments.versions("docker") == []
    with run() as second:
        said, _ = second.communicate()
    assert second.returncode == 0, said
    found = here.held()
    place = f"LocalUpload/{context.digest}/{FOLDER}/"
    assert {name.removeprefix(place): data.decode() for name, (data, _, _) in found.items()} == files
    assert [metadata["version"] for _, _, metadata in found.values() if metadata] == ["1"]
    assert here.workspace.environments.versions("docker") == ["1"]


def shared_in(server: AzureMl, name: str) -> Upload:
    """Upload into the shared registry, as version 1 of an environment."""
    config = SharedRegistry(kind="azureml-registry", name=name, endpoint=server.url)
    azure = Azure({"WHEELPIN_AZURE_TOKEN": server.token}, QUICK)
    shared = azure.shared("shared", config)
    return lambda context: shared_upload(shared, azure.environ, context, "docker", "1")


def test_a_shared_registry_lends_a_place(
    judge: Judge, server: AzureMl, azurite_tls: Azurite, context: Context
) -> None:
    from azure.ai.ml import load_environment

    registry = server.registry(f"shared-{uuid.uuid4().hex[:8]}")
    uri = shared_in(server, registry.name)(context)
    assert "sig=" not in uri
    start, _, container = uri.removesuffix(f"/{FOLDER}/").rpartition("/")
    assert start == azurite_tls.service_url
    definition = context.root / "environment.yml"
    definition.write_text(f"{DEFINITION}version: '1'\n")
    judge.registry_client(registry).environments.create_or_update(load_environment(definition))
    build = registry.environments.resource("docker", "1")["properties"]["build"]  # type: ignore[index,call-overload]
    theirs = build["contextUri"].removesuffix(f"/{FOLDER}/")  # type: ignore[index,call-overload,union-attr]
    assert theirs.rpartition("/")[0] == start
    assert held(azurite_tls, container) == held(azurite_tls, theirs.rpartition("/")[2])


def test_a_version_that_a_shared_registry_has_by_now_is_to_be_looked_at(
    server: AzureMl, context: Context
) -> None:
    registry = server.registry(f"shared-{uuid.uuid4().hex[:8]}")
    registry.environments.register("docker", "1", {"image": "base:1"})
    with pytest.raises(TransientError, match="docker:1 is there already"):
        shared_in(server, registry.name)(context)


@pytest.fixture
def faulty(azurite: Azurite, proxy: Callable[[str], FaultProxy]) -> FaultProxy:
    made = proxy(azurite.account_url)
    made.slowness = made.downtime = 0.05
    return made


def place_in(azurite: Azurite, faulty: FaultProxy, url: str) -> Place:
    """The place of a context in the container at a URL, by way of the proxy."""
    login = StorageLogin(proof=Proof.KEY, source="the test", secret=Secret(azurite.key))
    account = Account(url=faulty.through(azurite.account_url), name=ACCOUNT)
    container: Container = account.container(
        url.rpartition("/")[2], subject="registry dev", login=login, environ={}
    )
    return Place(container=container, folder=f"LocalUpload/{FOLDER}", retries=QUICK)


SMALL = {"Dockerfile": "FROM x\n", "a.txt": "acme-core==1.0\n"}
REQUESTS = 4
"""Of a context with two files: look, two files, the word that they are all there."""
FAULTS = [
    Fault.REFUSED,
    Fault.RESET_BEFORE,
    Fault.RESET_AFTER,
    Fault.UNAVAILABLE_AFTER,
    Fault.REPEATED,
    Fault.CONFLICT,
    Fault.PRECONDITION_FAILED,
    Fault.THROTTLED,
    Fault.INTERNAL_ERROR,
    Fault.HTML,
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_survived_at_every_request(
    azurite: Azurite, faulty: FaultProxy, tmp_path: Path, fault: Fault
) -> None:
    context = written(tmp_path, SMALL)
    for request in range(1, REQUESTS + 1):
        url = azurite.container()
        faulty.clear()
        faulty.fail(fault, nth=request)
        place_in(azurite, faulty, url).filled(context, "docker", "1")
        assert faulty.dealt == [fault]
        found = held(azurite, url.rpartition("/")[2])
        assert sorted(data.decode() for data, _, _ in found.values()) == sorted(SMALL.values())
        assert [metadata["version"] for _, _, metadata in found.values() if metadata] == ["1"]


def test_a_large_file_that_is_there_is_not_sent_again(
    azurite: Azurite, faulty: FaultProxy, tmp_path: Path
) -> None:
    context = written(tmp_path, {"Dockerfile": "FROM x\n", "large": "x" * (CHEAP + 1)})
    url = azurite.container()
    place = place_in(azurite, faulty, url)
    place.filled(context, "docker", "1")
    with azurite.client(url) as client:
        client.get_blob_client(f"{place.folder}/Dockerfile").set_blob_metadata({})
    faulty.clear()
    place.filled(context, "docker", "2")
    assert [f"{seen.method} {seen.target.rpartition('/')[2]} {seen.status}" for seen in faulty.requests] == [
        "HEAD Dockerfile 200",
        "PUT Dockerfile 409",
        "HEAD Dockerfile 200",
        "HEAD large 200",
        "PUT Dockerfile?comp=metadata 200",
    ]


def test_a_blob_service_that_does_not_come_back_is_told_without_its_key(
    azurite: Azurite, faulty: FaultProxy, tmp_path: Path
) -> None:
    faulty.fail(Fault.UNAVAILABLE, forever=True)
    with pytest.raises(TargetError, match=r"registry dev: .*answered 503") as caught:
        place_in(azurite, faulty, azurite.container()).filled(written(tmp_path, SMALL), "docker", "1")
    assert azurite.key not in caught.value.message


def test_others_who_always_are_quicker_are_told(azurite: Azurite, faulty: FaultProxy, tmp_path: Path) -> None:
    faulty.fail(Fault.CONFLICT, forever=True, when=lambda request: request.method == "PUT")
    place = place_in(azurite, faulty, azurite.container())
    impatient = Place(container=place.container, folder=place.folder, retries=Retries(deadline=0.1))
    with pytest.raises(OutcomeUnknownError, match="others kept changing it"):
        impatient.filled(written(tmp_path, SMALL), "docker", "1")
