"""What a workspace says of itself, as far as a release depends on it."""

from collections.abc import Mapping
from dataclasses import dataclass

from wheelpin.azureml.assets import Assets


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """Where a workspace is, and how it signs in to its own datastores: with a key, or as who asks."""

    location: str
    datastores: str


def ask_workspace(assets: Assets) -> Facts:
    """The facts of a workspace. Raises TargetError where it is not there, SignInError."""
    reply = assets.rest.get(assets.path, assets.query)
    if reply is None:
        assets.check()
    found: Mapping[str, object] = reply.table if reply else {}
    properties = found.get("properties")
    table = properties if isinstance(properties, Mapping) else {}
    return Facts(
        location=str(found.get("location") or "unknown"),
        datastores=str(table.get("systemDatastoresAuthMode") or "unknown").lower(),
    )
