"""Wheel, store, environment, registry: a release as a Mermaid flowchart, which GitHub draws."""

from collections.abc import Iterable

from wheelpin.change import Change, Registration, Upload
from wheelpin.definitions.graph import mermaid_label

_MOST = 40
"""Arrows; with more of them nobody sees anything, and Mermaid stops at 500."""

_SHAPES = {"wheel": '(["{}"])', "store": '[("{}")]', "environment": '{{{{"{}"}}}}', "registry": '["{}"]'}


def picture(changes: Iterable[Change]) -> str:
    """The flowchart in its code block; empty where there is nothing to see, or too much."""
    arrows = dict.fromkeys(_arrows(list(changes)))
    if not 1 < len(arrows) <= _MOST:
        return ""
    nodes = dict.fromkeys(node for arrow in arrows for node in arrow)
    names = {node: f"n{index}" for index, node in enumerate(nodes)}
    lines = [f"  {names[node]}{_SHAPES[node[0]].format(mermaid_label(node[1]))}" for node in nodes]
    lines += [f"  {names[source]} --> {names[target]}" for source, target in arrows]
    return "\n".join(["```mermaid", "flowchart LR", *lines, "```"])


def _arrows(changes: list[Change]) -> Iterable[tuple[tuple[str, str], tuple[str, str]]]:
    uploads = [change for change in changes if isinstance(change, Upload)]
    registrations = [change for change in changes if isinstance(change, Registration)]
    for upload in uploads:
        yield ("wheel", f"{upload.name} {upload.version}"), ("store", upload.store)
    for registration in registrations:
        environment = "environment", f"{registration.environment}:{registration.version}"
        for store in dict.fromkeys(upload.store for upload in uploads):
            yield ("store", store), environment
        yield environment, ("registry", registration.registry)
