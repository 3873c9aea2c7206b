"""Build contexts on their way to Azure ML, each to where its registry looks for it."""

import re
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote, urlsplit

from wheelpin.azureml.datastore import Datastore
from wheelpin.azureml.place import Place
from wheelpin.azureml.shared import Shared
from wheelpin.blobs import Account, Container
from wheelpin.context import context_hash
from wheelpin.credentials.redaction import Secret
from wheelpin.credentials.storage import Proof, StorageLogin, refuse_strangers
from wheelpin.environment import Context
from wheelpin.errors import ConflictError, DefinitionError, TargetError
from wheelpin.repository import Repository
from wheelpin.web.retries import Retries, TransientError

LARGEST = 1 << 30
"""Bytes of a build context that is copied from a workspace."""

_UPLOADED = re.compile(r"/(?P<container>[^/]+)/(?P<prefix>LocalUpload/(?P<hash>[0-9a-f]{64})/[^/]+/)")


def workspace_upload(datastore: Datastore, context: Context, name: str, version: str) -> str:
    """Put a context into the workspace's own blob store, or the one that it names; its `contextUri`.

    It stands there under its hash and goes up once, so each client finds what another one left. `name` and
    `version` are those of the environment. Raises VerificationError where the folder is not what the digest
    says; TargetError, SignInError.
    """
    if context.datastore:
        datastore = datastore.beside(context.datastore)
    folder = f"LocalUpload/{context.digest}/{_folder_name(context)}"
    place = Place(container=datastore.container(), folder=folder, retries=datastore.retries)
    return place.filled(context, name, version)


def workspace_download(datastore: Datastore, uri: str, folder: Path) -> None:
    """Copy the context at a `contextUri` into `folder`, which is made.

    Raises DefinitionError for one that is elsewhere, too large, or not what its hash says.
    """
    container = datastore.container()
    found = _UPLOADED.fullmatch(unquote(urlsplit(uri).path))
    if found is None or found["container"] != container.client.container_name:
        raise DefinitionError(f"its build context is not in the workspace's own blob store: {uri}")
    folder.mkdir(parents=True)
    prefix, size = found["prefix"], 0
    for blob in _listed(container, prefix, datastore.retries):
        place = folder / _relative(blob.removeprefix(prefix))
        data = datastore.retries.persist(partial(_content, container, blob, LARGEST - size))
        size += len(data)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        except OSError as error:  # a file where another one has a folder, or a name that is too long
            raise DefinitionError(
                f"its build context cannot be copied: {blob!r}: {error.strerror}"
            ) from error
    if context_hash(Repository(folder), ".") != found["hash"]:
        raise DefinitionError(
            "its build context is not what its hash says: an empty folder is not kept there"
        )


def _listed(container: Container, prefix: str, retries: Retries) -> list[str]:
    names = partial(container.client.list_blob_names, name_starts_with=prefix)
    return retries.persist(lambda: container.ask(prefix, lambda: list(names()))) or []


def _content(container: Container, blob: str, most: int) -> bytes:
    def download() -> bytes:
        stream = container.blob(blob).download_blob(max_concurrency=1)
        if stream.size > most:
            raise DefinitionError(f"its build context has more than {LARGEST >> 20} MiB")
        return stream.readall()

    data = container.ask(blob, download)
    if data is None:
        raise DefinitionError(f"its build context has lost {blob}")
    return data


def _relative(name: str) -> PurePosixPath:
    """The path of a file in a context, as a blob's name has it. Raises DefinitionError for none of ours."""
    path = PurePosixPath(name)
    if (
        path.is_absolute()
        or not path.parts
        or {"..", ".git"} & set(path.parts)
        or "\\" in name
        or "\0" in name
    ):
        raise DefinitionError(f"its build context holds a file that cannot be copied: {name!r}")
    return path


def shared_upload(
    shared: Shared, environ: Mapping[str, str], context: Context, name: str, version: str
) -> str:
    """Put a context where the shared registry lends a place for it; its `contextUri`.

    Raises as `workspace_upload` does, and TransientError where the registry has this version by now and is to
    be looked at again.
    """
    container = _lent(shared, environ, name, version)
    retries = shared.assets.rest.link.retries
    return Place(container=container, folder=_folder_name(context), retries=retries).filled(
        context, name, version
    )


def _folder_name(context: Context) -> str:
    return PurePosixPath((context.root / context.path).resolve()).name


def _lent(shared: Shared, environ: Mapping[str, str], name: str, version: str) -> Container:
    """The container that a shared registry lends for a version; its address is the credential too."""
    assets = shared.assets
    path = f"{assets.path}/tempdatarefs/{quote(name, safe='')}/versions/{quote(version, safe='')}"
    asked = {
        "assetId": shared.asset_id(name, version),
        "temporaryDataReferenceType": "TemporaryBlobReference",
    }
    reply = assets.rest.write("PUT", path, asked, assets.query)
    subject = assets.rest.subject
    if reply.status == HTTPStatus.CONFLICT:
        raise TransientError(
            ConflictError(f"{subject}: {name}:{version} is there already, and does not show")
        )
    if reply.status == HTTPStatus.NOT_FOUND:
        raise assets.rest.refusal(reply)
    parts = urlsplit(_signed_address(reply.body))
    container = unquote(parts.path.strip("/"))
    if not parts.query or not container or "/" in container or parts.scheme != "https":
        raise TargetError(f"{subject}: lends no place for the build context of {name}:{version}")
    account = Account(url=f"https://{parts.netloc}", name=parts.netloc.partition(".")[0])
    refuse_strangers(account.url)
    login = StorageLogin(proof=Proof.SIGNATURE, source=subject, secret=Secret(parts.query))
    assets.rest.link.identity.hide(login.secret)
    return account.container(container, subject=subject, login=login, environ=environ)


def _signed_address(body: object) -> str:
    """`blobReferenceForConsumption.credential.sasUri`; empty where the answer has none."""
    for key in ("blobReferenceForConsumption", "credential", "sasUri"):
        body = body.get(key) if isinstance(body, Mapping) else None
    return body if isinstance(body, str) else ""
