"""What the agent of Azure Pipelines reads in a step's log: its parser, written again from its rules."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.runner import without_weight


@dataclass(frozen=True)
class Command:
    name: str
    data: str
    properties: Mapping[str, str] = field(default_factory=dict)


def commands(log: str) -> list[Command]:
    """All that a log makes the agent do."""
    return [command for line in re.split(r"\r\n|\r|\n", log) if (command := parse(line))]


def parse(line: str) -> Command | None:
    """One line: `##vso[area.event key=value;]data` anywhere in it."""
    return _command(line) or _command(without_weight(line))


def _command(line: str) -> Command | None:
    _, prefix, after = line.partition("##vso[")
    head, bracket, data = after.partition("]")
    if not prefix or not bracket:
        return None
    name, _, told = head.partition(" ")
    if len([part for part in name.split(".") if part]) != 2:
        return None
    properties = {}
    for pair in told.split(";"):
        key, _, value = pair.partition("=")
        if key and value:
            properties[key.lower()] = _unescaped(value)
    return Command(name, _unescaped(data), properties)


def formatting(log: str) -> list[str]:
    """The words that colour or fold lines, `group` and `error` among them; they stand at a line's start."""
    return re.findall(r"^\s*##\[(\w+)\]", log, re.MULTILINE)


def masked(log: str) -> str:
    """The log as people see it."""
    secrets: set[str] = set()
    shown = []
    for line in log.split("\n"):
        command = parse(line)
        if command and command.name == "task.setsecret":
            secrets.add(command.data)
            continue
        for secret in sorted(secrets, key=len, reverse=True):
            line = line.replace(secret, "***")  # noqa: PLW2901
        shown.append(line)
    return "\n".join(shown)


def _unescaped(text: str) -> str:
    """Percent signs last, as the agent does."""
    for written, char in (("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%AZP25", "%")):
        text = text.replace(written, char)
    return text
