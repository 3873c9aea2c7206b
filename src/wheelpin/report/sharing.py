"""What was shared, as a person reads it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wheelpin.share import Ended

_SIGNS = {"shared": "+", "unchanged": "=", "failed": "!"}


def shared_text(ended: "Sequence[Ended]") -> str:
    """A line for each environment."""
    width = max((len(each.outcome) for each in ended), default=0)
    return "\n".join(f"  {_SIGNS[each.outcome]} {each.outcome:<{width}}  {each.title}" for each in ended)
