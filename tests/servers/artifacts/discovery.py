"""What the official Azure DevOps client asks first: resource areas, and where each resource lives."""

from tests.servers.artifacts.answers import Json

_AREAS = {
    "packaging": "7ab4e64e-c4d8-4f50-ae73-5ef2e21642a5",
    "pypi": "92f0314b-06c5-46e0-abe7-15fd9d13276a",
    "git": "4e080c62-fa21-4fbc-8fef-2a10a2b38049",
}

_FEED = "{project}/_apis/packaging/feeds/{feedId}"
_PYPI = f"{_FEED}/pypi"
_VERSION = "packages/{packageName}/versions/{packageVersion}"

# Ids and paths are those that azure-devops 7.1.0b4 knows and asks for.
_LOCATIONS = (
    ("e81700f7-3be2-46de-8624-2eb35882fcaa", "Location", "ResourceAreas", "_apis/{resource}/{areaId}"),
    ("c65009a7-474a-4ad1-8b42-7d852107ef8c", "packaging", "feeds", _FEED),
    ("42a8502a-6785-41bc-8c16-89477d930877", "packaging", "views", f"{_FEED}/views/{{viewId}}"),
    ("be8c1476-86a7-44ed-b19d-aec0e9275cd8", "packaging", "permissions", f"{_FEED}/permissions"),
    ("7a20d846-c929-4acc-9ea2-0d5a7df1b197", "packaging", "packages", f"{_FEED}/packages/{{packageId}}"),
    (
        "3b331909-6a86-44cc-b9ec-c1834c35498f",
        "packaging",
        "versions",
        f"{_FEED}/packages/{{packageId}}/versions/{{packageVersionId}}",
    ),
    ("d146ac7e-9e3f-4448-b956-f9bb3bdf9b2e", "pypi", "versions", f"{_PYPI}/{_VERSION}"),
    ("97218bae-a64d-4381-9257-b5b7951f0b98", "pypi", "content", f"{_PYPI}/{_VERSION}/{{fileName}}/content"),
    ("4e53d561-70c1-4c98-b937-0f22acb27b0b", "pypi", "packagesBatch", f"{_PYPI}/packagesbatch"),
    (
        "21b8c9a7-7080-45be-a5ba-e50bb4c18130",
        "pypi",
        "upstreaming",
        f"{_PYPI}/packages/{{packageName}}/upstreaming",
    ),
    ("07143752-3d94-45fd-86c2-0c77ed87847b", "pypi", "recycleBinVersions", f"{_PYPI}/RecycleBin/{_VERSION}"),
    (
        "9946fd70-0d40-406e-b686-b4744cbbcc37",
        "git",
        "pullRequests",
        "{project}/_apis/git/repositories/{repositoryId}/pullRequests/{pullRequestId}",
    ),
    ("d2d89918-c69e-4ef4-b357-1c3ccb4d28d2", "pypi", "recycleBinBatch", f"{_PYPI}/RecycleBin/packagesBatch"),
)


def areas(location: str) -> list[Json]:
    """The resource areas, all of them at one location."""
    return [{"id": area, "name": name, "locationUrl": location} for name, area in _AREAS.items()]


def locations() -> list[Json]:
    """Every resource with its route; segments in braces are dropped by the client when they have no value."""
    return [
        {
            "id": guid,
            "area": area,
            "resourceName": resource,
            "routeTemplate": template,
            "resourceVersion": 1,
            "minVersion": "1.0",
            "maxVersion": "7.2",
            "releasedVersion": "0.0",
        }
        for guid, area, resource, template in _LOCATIONS
    ]
