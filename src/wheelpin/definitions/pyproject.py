"""Not read yet."""

from wheelpin.definitions import Definition
from wheelpin.source import Source


def read(source: Source) -> Definition:  # noqa: ARG001 - comes with the format
    """Nothing yet."""
    return Definition()
