"""The Python side of a feed as package clients see it: upload, simple page, download."""

import html
import io
import time
import zipfile
from dataclasses import dataclass
from email import message_from_bytes
from urllib.parse import quote

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from tests.servers.artifacts import answers, feeds
from tests.servers.artifacts.feeds import AlreadyThereError, Feed, File, Role
from tests.servers.artifacts.storage import Storage
from tests.servers.messages import Request, Response


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """A request that has found its feed: who asks, and where the answer's links start (with the project)."""

    request: Request
    feed: Feed
    view: str | None
    role: Role
    root: str


@dataclass(kw_only=True, slots=True)
class Rules:
    """What differs from day to day: `size_limit` in bytes, `lag` in seconds until an upload is shown.

    `metadata_versions` are those accepted; None accepts all. Without `hashes` links carry no fragment.
    """

    metadata_versions: tuple[str, ...] | None = None
    size_limit: int = 500 * 1024 * 1024
    lag: float = 0.0
    hashes: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class _Form:
    fields: dict[str, str]
    file: str
    content: bytes


def upload(call: Call, rules: Rules) -> Response:
    """POST …/pypi/upload: one file for good, or the service's words why not."""
    if call.role < Role.CONTRIBUTOR:
        return answers.forbidden("AddPackage")
    if call.view is not None:
        return answers.error(
            400,
            "ReadOnlyViewOperationException",
            f"The view '{call.view}' is read-only; publish to the feed.",
        )
    if len(call.request.body) > rules.size_limit:
        return answers.error(413, "InvalidPackageException", "The package is larger than a feed takes.")
    form = _form(call.request)
    refusal = _refusal(form, rules)
    if refusal is not None:
        return answers.error(400, "InvalidPackageException", refusal)
    name, version = form.fields["name"], form.fields["version"]
    file = File(
        name=form.file,
        content=form.content,
        requires_python=form.fields.get("requires_python", ""),
        visible=time.monotonic() + rules.lag,
    )
    try:
        call.feed.store(name, version, file)
    except AlreadyThereError:
        message = (
            f"The feed '{call.feed.name}' already contains file '{file.name}' in package '{name} {version}'."
        )
        return answers.error(409, "PackageAlreadyExistsException", message)
    return Response(status=202)


def simple(call: Call, rules: Rules, name: str) -> Response:
    """GET …/pypi/simple/{name}/: absolute links by the feed's GUID, trailing zeros dropped."""
    name = canonicalize_name(name)
    collaborates = call.role >= Role.COLLABORATOR
    found = list(call.feed.listing(name, call.view, upstream=collaborates))
    if not found and call.view is None and not collaborates and call.feed.external(name):
        return answers.unauthorized(
            f"No local versions of package '{name}'; please provide authentication to access versions"
            " from upstream that have not yet been saved to your feed."
        )
    if not found:
        return answers.not_found("PackageNotFoundException", f"Cannot find the package '{name}'.")
    links = [_link(call, rules, name, version, file) for version, file in found]
    return _page(f"Links for {name}", "".join(f"{link}<br>\n" for link in links))


def root() -> Response:
    """GET …/pypi/simple/: a page that lists nothing, however much the feed holds."""
    return _page("Simple index", "")


def download(call: Call, storage: Storage, name: str, version: str, file: str) -> Response:
    """GET …/pypi/download/…: away to storage; a version of the upstream is saved on its first download."""
    if call.request.method != "GET":
        return answers.error(
            405, "HttpMethodNotAllowed", "The requested resource does not support this method."
        )
    held = call.feed.version(name, version)
    if held is None:
        wanted = feeds.normalized(version)
        held = next((found for found in call.feed.external(name) if found.normalized == wanted), None)
        if held is not None and call.role < Role.COLLABORATOR:
            return answers.unauthorized()
        if held is not None:
            call.feed.save(name, held)
    if held is None or held.deleted is not None or file not in held.files:
        return answers.not_found("PackageNotFoundException", f"Cannot find the file '{file}'.")
    return Response(status=303, headers=(("Location", storage.address(held.files[file])),))


def _form(request: Request) -> _Form:
    """The fields and the one file of a multipart form; repeated fields keep their last value."""
    kind = message_from_bytes(b"Content-Type: " + request.header("Content-Type").encode() + b"\n\n")
    boundary = b"--" + str(kind.get_param("boundary")).encode()
    fields: dict[str, str] = {}
    file, content = "", b""
    for part in request.body.split(boundary)[1:-1]:
        head, _, value = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        headers = message_from_bytes(head)
        value = value.removesuffix(b"\r\n")
        if headers.get_filename() is None:
            fields[str(headers.get_param("name", header="Content-Disposition"))] = value.decode()
        else:
            file, content = str(headers.get_filename()), value
    return _Form(fields=fields, file=file, content=content)


def _refusal(form: _Form, rules: Rules) -> str | None:
    """Why the service says 400; the last words are ours, it also looks whether the file is sound."""
    metadata, accepted = form.fields.get("metadata_version", ""), rules.metadata_versions
    if accepted is not None and metadata not in accepted:
        return f"Metadata version '{metadata}' is unsupported. Supported versions are: {','.join(accepted)}."
    try:
        version = Version(form.fields.get("version", ""))
    except InvalidVersion:
        version = None
    if version is None or len(form.fields["version"]) >= 128:
        return (
            "The package version provided is invalid. Versions should conform to the format described in"
            " PEP 440 and be under 128 characters."
        )
    if version.local is not None:
        return "The package version provided is invalid. Local version segments are not allowed."
    if form.file.endswith(".whl") and not zipfile.is_zipfile(io.BytesIO(form.content)):
        return f"The file '{form.file}' is not a valid package."
    return None


def _link(call: Call, rules: Rules, name: str, version: feeds.Version, file: File) -> str:
    place = f"{call.root}/_packaging/{call.feed.guid}/pypi/download/{name}/{version.normalized}"
    fragment = f"#sha256={file.sha256}" if rules.hashes else ""
    requires = f' data-requires-python="{html.escape(file.requires_python)}"' if file.requires_python else ""
    return f'<a href="{place}/{quote(file.name)}{fragment}"{requires}>{html.escape(file.name)}</a>'


def _page(title: str, body: str) -> Response:
    head = f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1>\n"
    text = f"{head}{body}</body></html>"
    return Response(headers=(("Content-Type", "text/html; charset=utf-8"),), body=text.encode())
