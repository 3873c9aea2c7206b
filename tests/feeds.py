"""The stores that twine sends to, opened on the test servers with little patience."""

import os
from collections.abc import Mapping

from tests.servers import system_environment
from tests.servers.artifacts import ArtifactsServer
from tests.servers.index import USER, PypiServer
from wheelpin.config import AzureArtifactsStore, IndexStore
from wheelpin.stores.azure_artifacts import ArtifactsBackend
from wheelpin.stores.index import IndexBackend
from wheelpin.web.retries import Retries

QUICK = Retries(base=0.02, cap=0.1)


def index_config(upload: str, simple: str) -> IndexStore:
    return IndexStore(kind="index", upload=upload, simple=simple)


def open_index(
    server: PypiServer,
    *,
    retries: Retries = QUICK,
    patient: float = 2,
    environ: Mapping[str, str] | None = None,
) -> IndexBackend:
    """The store `nexus` on a pypiserver, with its password at hand."""
    if environ is None:
        environ = {"TWINE_USERNAME": USER, "TWINE_PASSWORD": server.password} if server.password else {}
    config = index_config(server.upload, server.simple)
    return IndexBackend(
        "nexus", config, {**system_environment(), **environ}, retries=retries, patient=patient
    )


def feed_config(
    collection: str, *, feed: str = "wheels", project: str | None = None, view: str | None = None
) -> AzureArtifactsStore:
    return AzureArtifactsStore(kind="azure-artifacts", url=collection, feed=feed, project=project, view=view)


def feed_environ(token: str, collection: str) -> dict[str, str]:
    """What a step in a pipeline of the collection gives to the tool, beside what any program needs."""
    cache = {"AZURE_DEVOPS_CACHE_DIR": os.environ["AZURE_DEVOPS_CACHE_DIR"]}
    return {**system_environment(), **cache, **signed_in(token, collection)}


def signed_in(token: str, collection: str) -> dict[str, str]:
    """A personal access token, in a job of the collection: a token goes to no other server of one's own."""
    return {"AZURE_DEVOPS_EXT_PAT": token, "SYSTEM_COLLECTIONURI": collection}


def open_feed(
    server: ArtifactsServer,
    config: AzureArtifactsStore | None = None,
    *,
    token: str = "",
    retries: Retries = QUICK,
    patient: float = 2,
) -> ArtifactsBackend:
    """The store `feed` on the emulated service."""
    config = config or feed_config(server.collection)
    environ = feed_environ(token or server.token, config.url or "")
    return ArtifactsBackend("feed", config, environ, retries=retries, patient=patient)
