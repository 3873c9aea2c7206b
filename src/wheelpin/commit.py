"""What a release's commit and pull request are called, and the commit's text; only what is ours speaks in it.

Paths and texts of the repository may be anybody's: nothing of them may end a line, mention a person, close an
issue, switch a pipeline off or pass for a trailer.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence

from wheelpin.change import Change, Edit, Registration

PREFIX = "wheelpin/"
"""Branches below this are written by releases alone."""

_LONGEST_TITLE = 70
_LONGEST_LINE = 160
_MOST_LINES = 200
_UNSAFE = re.compile(r"[^\w./=<>~!+,:;@\"' -]|@(?=\w)", re.ASCII)


def release_title(changes: Iterable[Change], wheels: Iterable[tuple[str, str]]) -> str:
    """`Release acme-core 1.4.0`: the packages whose pins move, else the environments that do."""
    subjects = _subjects(changes, wheels)
    for count in range(len(subjects), 0, -1):
        rest = len(subjects) - count
        named = subjects[:count] + ([f"{rest} more"] if rest else [])
        title = "Release " + " and ".join(filter(None, (", ".join(named[:-1]), named[-1])))
        if len(title) <= _LONGEST_TITLE:
            return title
    return f"Release of {len(subjects)} packages and environments"


def release_branch(changes: Iterable[Change], wheels: Iterable[tuple[str, str]]) -> str:
    """The branch of its own that proposes a release: the same for the same packages and versions."""
    subjects = _subjects(changes, wheels)
    words = "-".join(subjects).replace(" ", "-")
    if len(subjects) > 1 or len(words) > _LONGEST_TITLE:
        digest = hashlib.sha256("\n".join(subjects).encode()).hexdigest()[:8]
        words = f"{subjects[0].replace(' ', '-')[:_LONGEST_TITLE]}-and-{len(subjects) - 1}-more-{digest}"
    return PREFIX + re.sub(r"[^A-Za-z0-9_.-]|\.(?=\.|lock$|$)", "-", words)


def release_message(
    changes: Sequence[Change], wheels: Iterable[tuple[str, str]], digest: str, run: str
) -> str:
    """The whole message; `digest` is the plan's, and `run` the address of the CI run, if there is one."""
    edits = [change for change in changes if isinstance(change, Edit)]
    registrations = [change for change in changes if isinstance(change, Registration)]
    # In columns: whatever stands there, a line that begins with spaces is no trailer.
    rows = [f"  {_plain(edit.path)}:{edit.line}  {_plain(edit.name)} {_moved(edit)}" for edit in edits]
    environments = sorted(
        {f"  {_plain(each.environment)} {_plain(each.version)}{_was(each)}" for each in registrations}
    )
    made = f"Made by wheelpin, plan {digest[:12]}" + (f", {_plain(run)}" if run else "")
    parts = [release_title(changes, wheels), _block("Edits:", rows)]
    parts += [_block("Environments:", environments)] if environments else []
    return "\n\n".join([*parts, f"{made}."]) + "\n"


def _subjects(changes: Iterable[Change], wheels: Iterable[tuple[str, str]]) -> list[str]:
    changes, versions = list(changes), dict(wheels)
    names = {change.name for change in changes if isinstance(change, Edit)}
    pinned = sorted(f"{name} {version}" for name, version in versions.items() if name in names)
    environments = {
        f"{_plain(change.environment)} {_plain(change.version)}"
        for change in changes
        if isinstance(change, Registration)
    }
    return pinned or sorted(environments) or ["references"]


def _moved(edit: Edit) -> str:
    return f"{_plain(edit.before)} -> {_plain(edit.after)}"


def _was(change: Registration) -> str:
    return f" (was {_plain(change.previous)})" if change.previous else " (new)"


def _block(heading: str, rows: Sequence[str]) -> str:
    more = [f"  and {len(rows) - _MOST_LINES} more"] if len(rows) > _MOST_LINES else []
    return "\n".join([heading, *rows[:_MOST_LINES], *more])


def _plain(text: str) -> str:
    line = _UNSAFE.sub("?", text.partition("\n")[0].rstrip("\\ \r"))
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}..."
