"""The JSON shapes of feeds, views, packages and versions, as Azure DevOps' REST gives them."""

import uuid
from datetime import datetime

from packaging.utils import canonicalize_name
from packaging.version import Version as Order

from tests.servers.artifacts.answers import Json
from tests.servers.artifacts.feeds import Feed, Package, Role, Version


def feed(feed: Feed) -> Json:
    return {
        "id": feed.guid,
        "name": feed.name,
        "fullyQualifiedId": feed.guid,
        "fullyQualifiedName": feed.name,
        "defaultViewId": feed.views["Local"],
        "isReadOnly": False,
        "upstreamEnabled": True,
        "upstreamSources": _upstream_sources(feed),
        "capabilities": "defaultCapabilities",
        "view": None,
        "viewId": None,
        "viewName": None,
        "project": None
        if feed.project is None
        else {"id": feed.project.guid, "name": feed.project.name, "visibility": "private"},
    }


def view(feed: Feed, name: str) -> Json:
    kind = "implicit" if name == "Local" else "release"
    return {"id": feed.views[name], "name": name, "type": kind, "visibility": "organization", "url": None}


def permission(role: Role) -> Json:
    return {
        "role": role.name.lower(),
        "identityDescriptor": f"Microsoft.TeamFoundation.ServiceIdentity;{uuid.UUID(int=7)}:Build:1",
        "displayName": "Project Collection Build Service (contoso)",
        "isInheritedRole": False,
    }


def package(feed: Feed, package: Package, *, all_versions: bool, deleted: bool) -> Json:
    """A package as the feed's own REST lists it; the latest version alone unless all are asked for."""
    versions = [version for version in package.versions.values() if deleted or version.deleted is None]
    versions.sort(key=lambda version: Order(version.version), reverse=True)
    shown = versions if all_versions else versions[:1]
    return {
        "id": package.guid,
        "name": package.name,
        "normalizedName": canonicalize_name(package.name),
        "protocolType": "PyPi",
        "isCached": all(version.external for version in versions),
        "starCount": 0,
        "url": None,
        "versions": [minimal_version(feed, version, latest=version is versions[0]) for version in shown],
    }


def minimal_version(feed: Feed, version: Version, *, latest: bool) -> dict[str, Json]:
    return {
        "id": version.guid,
        "version": version.version,
        "normalizedVersion": version.normalized,
        "isLatest": latest,
        "isListed": True,
        "isDeleted": version.deleted is not None,
        "isCachedVersion": version.external,
        "directUpstreamSourceId": feed.upstream_guid if version.external else None,
        "publishDate": _date(version.published),
        "storageId": version.guid,
        "views": [view(feed, name) for name in ("Local", *version.views)],
    }


def full_version(feed: Feed, version: Version) -> Json:
    files: list[Json] = [
        {
            "name": file.name,
            "children": [],
            "protocolMetadata": {
                "schemaVersion": 1,
                "data": {"requiresPython": file.requires_python or None},
            },
        }
        for file in version.files.values()
    ]
    sources = _upstream_sources(feed) if version.external else []
    return {**minimal_version(feed, version, latest=False), "files": files, "sourceChain": sources}


def protocol_version(feed: Feed, name: str, version: Version) -> Json:
    """A version as the Python REST gives it."""
    source: list[Json] = [
        {
            "id": feed.upstream_guid,
            "name": "PyPI",
            "location": "https://upstream.example.org/",
            "displayLocation": "https://upstream.example.org/",
            "sourceType": "public",
        }
    ]
    return {
        "_links": {},
        "id": version.guid,
        "name": name,
        "version": version.version,
        "deletedDate": _date(version.deleted),
        "permanentlyDeletedDate": _date(version.permanently_deleted),
        "sourceChain": source if version.external else [],
    }


def _upstream_sources(feed: Feed) -> list[Json]:
    if feed.upstream_guid is None:
        return []
    return [
        {
            "id": feed.upstream_guid,
            "name": "PyPI",
            "protocol": "pypi",
            "location": "https://upstream.example.org/",
            "displayLocation": "https://upstream.example.org/",
            "upstreamSourceType": "public",
            "status": "ok",
        }
    ]


def _date(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
