"""The REST of a feed: its settings, views and packages, and what can be done to a Python version."""

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from packaging.utils import canonicalize_name

from tests.servers.artifacts import answers, shapes
from tests.servers.artifacts.feeds import Feed, Package, Role, Version
from tests.servers.artifacts.pypi import Call
from tests.servers.messages import Response

_Found = dict[str, str]


def answer(call: Call, path: str) -> Response:
    """Answer for the part of the path that follows the feed."""
    for method, pattern, handler in _ROUTES:
        found = pattern.fullmatch(path)
        if found is not None and method == call.request.method:
            return handler(call, found.groupdict())
    return answers.not_found("VssResourceNotFoundException", f"There is no {call.request.method} {path}.")


def feeds(found: Sequence[Feed]) -> Response:
    return answers.collection([shapes.feed(feed) for feed in found])


def _settings(call: Call, found: _Found) -> Response:
    return answers.data(shapes.feed(call.feed))


def _views(call: Call, found: _Found) -> Response:
    return answers.collection([shapes.view(call.feed, name) for name in call.feed.views])


def _view(call: Call, found: _Found) -> Response:
    name = call.feed.view(found["view"])
    return answers.no_view(found["view"]) if name is None else answers.data(shapes.view(call.feed, name))


def _permissions(call: Call, found: _Found) -> Response:
    return answers.collection([shapes.permission(call.role)])


def _packages(call: Call, found: _Found) -> Response:
    query = {key.lower(): value for key, value in call.request.query.items()}
    exact, part = query.get("normalizedpackagename"), query.get("packagenamequery", "")
    packages = [
        package
        for name, package in sorted(call.feed.packages.items())
        if (exact is None or name == exact) and part.lower() in package.name.lower()
    ]
    if query.get("protocoltype", "pypi").lower() != "pypi":
        packages = []
    skip, top = int(query.get("$skip", 0)), int(query.get("$top", 1000))
    deleted = query.get("includedeleted") == "true"
    return answers.collection(
        [
            shapes.package(
                call.feed, package, all_versions=query.get("includeallversions") == "true", deleted=deleted
            )
            for package in packages[skip : skip + top]
            if deleted or package.live()
        ]
    )


def _package(call: Call, found: _Found) -> Response:
    package = _by_guid(call.feed, found["package"])
    if package is None:
        return _no_package(found["package"])
    return answers.data(shapes.package(call.feed, package, all_versions=True, deleted=False))


def _versions(call: Call, found: _Found) -> Response:
    package = _by_guid(call.feed, found["package"])
    if package is None:
        return _no_package(found["package"])
    return answers.collection([shapes.full_version(call.feed, held) for held in package.versions.values()])


def _version(call: Call, found: _Found) -> Response:
    package = _by_guid(call.feed, found["package"])
    versions = () if package is None else package.versions.values()
    for version in versions:
        if version.guid == found["version"]:
            return answers.data(shapes.full_version(call.feed, version))
    return _no_package(found["package"])


def _by_guid(feed: Feed, guid: str) -> Package | None:
    """The feed's own REST knows packages by GUID, not by name."""
    return next((package for package in feed.packages.values() if package.guid == guid), None)


def _python_version(call: Call, found: _Found) -> Response:
    version = call.feed.version(found["name"], found["version"])
    deleted = call.request.query.get("showDeleted") == "true"
    if version is None or (version.deleted is not None and not deleted):
        return _no_package(found["name"])
    return answers.data(shapes.protocol_version(call.feed, found["name"], version))


def _promote(call: Call, found: _Found) -> Response:
    change = json.loads(call.request.body)["views"]
    if (change.get("op"), change.get("path")) != ("add", "/views/-"):
        return answers.error(400, "InvalidPatchException", "Only adding a view is supported.")
    return _promote_to(call, found["name"], found["version"], str(change.get("value")))


def _promote_to(call: Call, name: str, version: str, wanted: str) -> Response:
    if call.role < Role.CONTRIBUTOR:
        return answers.forbidden("PromotePackage")
    held, view = call.feed.version(name, version), call.feed.view(wanted)
    if view is None:
        return answers.no_view(wanted)
    if held is None or held.deleted is not None:
        return _no_package(name)
    if view not in held.views:
        held.views.append(view)
    return Response()


def _delete(call: Call, found: _Found) -> Response:
    if call.role < Role.ADMINISTRATOR:
        return answers.forbidden("DeletePackage")
    version = call.feed.version(found["name"], found["version"])
    if version is None or version.deleted is not None:
        return _no_package(found["name"])
    version.deleted = datetime.now(UTC)
    return answers.data(shapes.protocol_version(call.feed, found["name"], version))


def _content(call: Call, found: _Found) -> Response:
    version = call.feed.version(found["name"], found["version"])
    if version is None or version.deleted is not None or found["file"] not in version.files:
        return _no_package(found["name"])
    kind = (("Content-Type", "application/octet-stream"),)
    return Response(headers=kind, body=version.files[found["file"]].content)


def _batch(call: Call, found: _Found) -> Response:
    batch = json.loads(call.request.body)
    view = batch.get("data", {}).get("viewId")
    if batch["operation"] != "promote" or view is None:
        return answers.error(400, "InvalidUserRequestException", "The batch says not what to do.")
    results = [_promote_to(call, package["id"], package["version"], view) for package in batch["packages"]]
    return next((result for result in results if result.status != 200), Response())


def _upstreaming(call: Call, found: _Found) -> Response:
    allowed = canonicalize_name(found["name"]) in call.feed.allows_external
    return answers.data({"versionsFromExternalUpstreams": "allowExternalVersions" if allowed else "auto"})


def _set_upstreaming(call: Call, found: _Found) -> Response:
    if call.role < Role.ADMINISTRATOR:
        return answers.forbidden("AdministerFeed")
    wanted = str(json.loads(call.request.body)["versionsFromExternalUpstreams"]).lower()
    if wanted not in {"auto", "allowexternalversions"}:
        return answers.error(400, "InvalidUserRequestException", f"'{wanted}' is no upstreaming behavior.")
    change = call.feed.allows_external.discard if wanted == "auto" else call.feed.allows_external.add
    change(canonicalize_name(found["name"]))
    return Response()


def _deleted(call: Call, found: _Found) -> Version | None:
    version = call.feed.version(found["name"], found["version"])
    gone = version is None or version.deleted is None or version.permanently_deleted is not None
    return None if gone else version


def _recycled(call: Call, found: _Found) -> Response:
    version = _deleted(call, found)
    if version is None:
        return _no_package(found["name"])
    return answers.data(shapes.protocol_version(call.feed, found["name"], version))


def _restore_or_destroy(call: Call, found: _Found) -> Response:
    if call.role < Role.ADMINISTRATOR:
        return answers.forbidden("DeletePackage")
    version = _deleted(call, found)
    if version is None:
        return _no_package(found["name"])
    if call.request.method == "DELETE":
        version.permanently_deleted = datetime.now(UTC)
        version.files.clear()
    elif json.loads(call.request.body).get("deleted") is False:
        version.deleted = None
    return Response()


def _no_package(wanted: str) -> Response:
    return answers.not_found("PackageNotFoundException", f"Cannot find the package '{wanted}'.")


_NAMED = r"packages/(?P<name>[^/]+)"
_ONE = rf"{_NAMED}/versions/(?P<version>[^/]+)"

_ROUTES: tuple[tuple[str, re.Pattern[str], Callable[[Call, _Found], Response]], ...] = tuple(
    (method, re.compile(pattern, re.IGNORECASE), handler)
    for method, pattern, handler in (
        ("GET", "", _settings),
        ("GET", "views", _views),
        ("GET", "views/(?P<view>[^/]+)", _view),
        ("GET", "permissions", _permissions),
        ("GET", "packages", _packages),
        ("GET", "packages/(?P<package>[^/]+)", _package),
        ("GET", "packages/(?P<package>[^/]+)/versions", _versions),
        ("GET", "packages/(?P<package>[^/]+)/versions/(?P<version>[^/]+)", _version),
        ("GET", f"pypi/{_ONE}", _python_version),
        ("PATCH", f"pypi/{_ONE}", _promote),
        ("DELETE", f"pypi/{_ONE}", _delete),
        ("GET", f"pypi/{_ONE}/(?P<file>[^/]+)/content", _content),
        ("POST", "pypi/packagesbatch", _batch),
        ("GET", f"pypi/{_NAMED}/upstreaming", _upstreaming),
        ("PATCH", f"pypi/{_NAMED}/upstreaming", _set_upstreaming),
        ("GET", f"pypi/RecycleBin/{_ONE}", _recycled),
        ("PATCH", f"pypi/RecycleBin/{_ONE}", _restore_or_destroy),
        ("DELETE", f"pypi/RecycleBin/{_ONE}", _restore_or_destroy),
    )
)
