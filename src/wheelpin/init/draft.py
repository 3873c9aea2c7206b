"""The draft of a wheelpin.yml: what was found, and marks for the names that only the user knows."""

import json
import re
from collections.abc import Iterator, Sequence

from wheelpin.init.discovery import Discovery

_LITERAL = re.compile(r"[\w@+=,. /-]+")
"""Paths that mean themselves as a pattern too."""


def config_text(discovery: Discovery, *, local: bool) -> str:
    """A config that loads once it is filled in. With `local`, wheels and environments stay in folders."""
    lines = [
        "# What a release of this repository is made of: `wheelpin plan` shows what it would change.",
        "",
        *_projects(discovery.projects),
        "stores:",
        *(_local("wheels") if local else _feed(discovery)),
        "",
        "registries:",
        *(_local("registry") if local else _workspace(discovery)),
        *_environments(discovery.environments),
    ]
    return "\n".join(lines) + "\n"


def _projects(paths: Sequence[str]) -> Iterator[str]:
    if paths and _mean_themselves(paths):
        yield "projects:"
        yield from (f"  - {_text(path)}" for path in paths)
        yield ""


def _environments(paths: Sequence[str]) -> Iterator[str]:
    if paths and _mean_themselves(paths):
        yield ""
        yield "environments:"
        yield from (f"  - path: {_text(path)}" for path in paths)


def _mean_themselves(paths: Sequence[str]) -> bool:
    """Whether none would be read as a pattern for others; what is left out is found by itself in each run."""
    return all(_LITERAL.fullmatch(path) for path in paths)


def _local(folder: str) -> Iterator[str]:
    yield "  local:"
    yield "    kind: directory"
    yield f"    path: .wheelpin/{folder}"


def _feed(discovery: Discovery) -> Iterator[str]:
    feed = discovery.feed
    yield "  feed:"
    yield "    kind: azure-artifacts"
    yield f"    organization: {_text(feed.organization if feed else 'YOUR-ORGANIZATION')}"
    if feed is None or feed.project:
        yield f"    project: {_text(feed.project if feed else 'YOUR-PROJECT')}"
    yield f"    feed: {_text(feed.feed if feed else 'YOUR-FEED')}"


def _workspace(discovery: Discovery) -> Iterator[str]:
    found = discovery.workspace
    yield "  workspace:"
    yield "    kind: azureml-workspace"
    yield f"    subscription: {_text(found.subscription if found else 'YOUR-SUBSCRIPTION-ID')}"
    yield f"    resource-group: {_text(found.resource_group if found else 'YOUR-RESOURCE-GROUP')}"
    yield f"    workspace: {_text(found.workspace if found else 'YOUR-WORKSPACE')}"


def _text(value: str) -> str:
    """A YAML scalar that is this text: plain where that is safe, else in quotes as JSON has them."""
    return value if re.fullmatch(r"[A-Za-z][\w./-]*", value) else json.dumps(value)
