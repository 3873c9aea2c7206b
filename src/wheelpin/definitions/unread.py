"""What looks like a pin at a place where no reader took one: it must not be missed in silence."""

import re

from packaging.utils import canonicalize_name

from wheelpin.definitions import MAX_PINS, Form, Pin, Span
from wheelpin.definitions.collector import Collector
from wheelpin.definitions.spans import Spans

_COMMENT_OR_CLAUSE = re.compile(
    r"(?<!\S)#[^\r\n]*|(?:===?|~=|<=|>=|<|>)[ \t]*(?P<version>v?[0-9][A-Za-z0-9.+!*]{0,60})"
)
_EMAN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
"""A name, read from its end."""
_LONGEST = 200


def take_unread(found: Collector) -> None:
    """Take every name with an operator and a version behind it that is in no pin and in no comment."""
    text = found.source.text
    taken = Spans(found.pins)
    for clause in _COMMENT_OR_CLAUSE.finditer(text):
        if clause["version"] is None:
            continue
        begin = max(0, clause.start() - _LONGEST)
        before = text[begin : clause.start()].rstrip(" \t")
        bare = before[: before.rfind("[")].rstrip(" \t") if before.endswith("]") else before
        name = _EMAN.match(bare[::-1])
        if name is None:
            continue
        span = Span(begin + len(bare) - len(name[0]), clause.end())
        if not taken.meet(span):
            known = canonicalize_name(name[0][::-1])
            found.unread[span] = Pin(name=known, form=Form.UNREAD, span=span, version=None)
        if len(found.unread) >= MAX_PINS:
            return
