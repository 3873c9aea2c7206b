"""Where Azure ML's studio shows an environment version; only for the public cloud, whose address is known."""

from urllib.parse import quote

from wheelpin.change import Registration
from wheelpin.plan import Plan

_STUDIO = "https://ml.azure.com"


def page(plan: Plan, change: Registration, version: str) -> str | None:
    """The address of a version's page in the registry of `change`; None where there is none that we know."""
    registry = plan.targets.get("registries", {}).get(change.registry)
    facts = dict(registry) if isinstance(registry, dict) else {}
    if facts.get("endpoint"):
        return None
    place = f"environments/{_part(change.environment)}/version/{_part(version)}"
    match facts:
        case {
            "kind": "azureml-workspace",
            "subscription": str(subscription),
            "resource-group": str(group),
            "workspace": str(workspace),
        }:
            scope = f"/subscriptions/{_part(subscription)}/resourcegroups/{_part(group)}"
            return f"{_STUDIO}/{place}?wsid={scope}/workspaces/{_part(workspace)}"
        case {"kind": "azureml-registry", "name": str(name)}:
            return f"{_STUDIO}/registries/{_part(name)}/{place}"
        case _:
            return None


def _part(text: str) -> str:
    return quote(text, safe="", errors="replace")
