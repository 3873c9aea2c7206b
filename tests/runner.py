"""What GitHub's runner reads in a step's log and files: its parsers, written again from their rules."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

COMMANDS = {
    "add-mask",
    "add-matcher",
    "add-path",
    "debug",
    "echo",
    "endgroup",
    "error",
    "group",
    "notice",
    "remove-matcher",
    "save-state",
    "set-env",
    "set-output",
    "stop-commands",
    "warning",
}
"""What the runner has registered; other words between the colons are no commands."""

_WEIGHTLESS = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\U000e0000-\U000e0fff]"
)
"""What .NET passes over when it looks for a string without being told to compare ordinally."""


@dataclass(frozen=True)
class Command:
    name: str
    data: str
    properties: Mapping[str, str] = field(default_factory=dict)


def commands(log: str) -> list[Command]:
    """All that a log makes the runner do; a line ends where .NET's readers end it."""
    return [command for line in re.split(r"\r\n|\r|\n", log) if (command := parse(line))]


def parse(line: str) -> Command | None:
    """One line: `::name key=value::data` at its start, else `##[name key=value]data` anywhere in it."""
    light = without_weight(line)
    return _second_form(line) or _first_form(line) or _second_form(light) or _first_form(light)


def without_weight(line: str) -> str:
    """The line as .NET sees it where it compares strings by their meaning."""
    return _WEIGHTLESS.sub("", line)


def _second_form(line: str) -> Command | None:
    line = line.lstrip()
    if not line.startswith("::"):
        return None
    head, separator, data = line[2:].partition("::")
    if not separator:
        return None
    name, _, told = head.partition(" ")
    if name not in COMMANDS:
        return None
    properties = dict(_properties(told.strip(), ",", _property))
    return Command(name, _data(data), properties)


def _first_form(line: str) -> Command | None:
    _, prefix, after = line.partition("##[")
    head, bracket, data = after.partition("]")
    if not prefix or not bracket:
        return None
    name, _, told = head.partition(" ")
    if name not in COMMANDS:
        return None
    return Command(name, _old(data), dict(_properties(told, ";", _old)))


def _properties(told: str, separator: str, unescape: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    for pair in told.split(separator):
        name, _, value = pair.partition("=")
        if name and value:
            yield name.lower(), unescape(value)


def _data(text: str) -> str:
    for written, char in (("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(written, char)
    return text


def _property(text: str) -> str:
    for written, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(written, char)
    return text


def _old(text: str) -> str:
    for written, char in (("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%25", "%")):
        text = text.replace(written, char)
    return text


def file_command(text: str) -> list[tuple[str, str]]:
    """The records of GITHUB_OUTPUT. Raises ValueError for what makes the runner fail the step."""
    rows = text.split("\n")
    if rows[-1]:
        raise ValueError("ends within a line")
    rows.pop()
    records = []
    while rows:
        row = rows.pop(0)
        if not row:
            continue
        equals, heredoc = row.find("="), row.find("<<")
        if equals >= 0 and (heredoc < 0 or equals < heredoc):
            name, _, value = row.partition("=")
        elif heredoc >= 0:
            name, _, delimiter = row.partition("<<")
            if not delimiter or delimiter not in rows:
                raise ValueError(f"no end of {name}")
            end = rows.index(delimiter)
            value = "\n".join(rows[:end])
            del rows[: end + 1]
        else:
            raise ValueError(f"neither = nor << in {row!r}")
        if not name:
            raise ValueError("no name")
        records.append((name, value))
    return records


def masked(log: str) -> str:
    """The log as people see it: what has been masked is hidden from there on, and its lines too."""
    secrets: set[str] = set()
    shown = []
    for line in re.split(r"\r\n|\r|\n", log):
        command = parse(line)
        if command and command.name == "add-mask":
            secrets |= {part for part in (command.data, *command.data.splitlines()) if part.strip()}
            continue
        for secret in sorted(secrets, key=len, reverse=True):
            line = line.replace(secret, "***")  # noqa: PLW2901
        shown.append(line)
    return "\n".join(shown)
