"""docs/commands.md says of every command and option what the program knows."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.docs.pages import PAGES, ROOT, blocks, prose, read, sections
from wheelpin.cli import EXIT_CODES, cli

PAGE = read(ROOT / "docs" / "commands.md")
SECTIONS = dict(sections(PAGE))


def options(command: click.Command) -> Iterator[click.Option]:
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            yield parameter


def commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")


COMMANDS = {"Commands": cli, **dict(commands(cli, "wheelpin"))}


def told(heading: str) -> str:
    """What is said of a command: up front of all, in its own section, or in one that this points to."""
    general, own = PAGE.partition("\n## ")[0], SECTIONS[heading]
    return (
        general
        + own
        + "".join(SECTIONS[f"wheelpin {name}"] for name in re.findall(r"the options of `(\w+)`", own))
    )


@pytest.mark.parametrize("heading", COMMANDS)
def test_every_option_of_a_command_is_told(heading: str) -> None:
    for option in options(COMMANDS[heading]):
        assert re.search(rf"`(-\w`, `)?{max(option.opts, key=len)}\b", told(heading)), option.opts


@pytest.mark.parametrize("heading", COMMANDS)
def test_every_option_that_is_told_is_there(heading: str) -> None:
    own = PAGE.partition("\n## ")[0] if heading == "Commands" else SECTIONS[heading]
    known = {
        word
        for command in (cli, COMMANDS[heading], cli.commands["plan"])
        for option in options(command)
        for word in option.opts
    }
    assert set(re.findall(r"`(--[a-z-]+)", own)) <= known


@pytest.mark.parametrize(
    "option",
    {
        (option.name, option.envvar): option for command in COMMANDS.values() for option in options(command)
    }.values(),
    ids=str,
)
def test_every_option_has_a_row_with_its_variable(option: click.Option) -> None:
    rows = [row.split("|") for row in PAGE.splitlines() if row.startswith("| `")]
    long = max(option.opts, key=len)
    variables = [row[2].strip(" `") for row in rows if re.search(rf"`{long}\b|, `{long}\b", row[1])]
    assert variables.count(str(option.envvar or "")) == 1


def test_every_documented_command_is_there() -> None:
    documented = {heading for heading in SECTIONS if re.fullmatch(r"wheelpin( [a-z]+)+", heading)}
    assert documented == COMMANDS.keys() - {"Commands"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_that_pages_tell_to_type_are_there(page: Path) -> None:
    code = [*blocks(read(page)), *re.findall(r"`([^`\n]+)`", prose(read(page)))]
    typed = [
        re.findall(r"(?:^|bin/|&& )wheelpin(?: -C \S+)? ([a-z]+)\b", text, re.MULTILINE) for text in code
    ]
    assert {word for words in typed for word in words} <= cli.commands.keys()


@pytest.mark.parametrize("code", re.findall(r"(\d+) ", EXIT_CODES))
def test_every_exit_code_is_documented(code: str) -> None:
    assert re.search(rf"^\| `?{code}`? \|", PAGE, re.MULTILINE)
