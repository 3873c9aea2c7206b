"""Writes the options of the command line into the action, the template and the task; and init's copies."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from wheelpin.cli import cli

ROOT = Path(__file__).parents[1]
ACTION = ROOT / "action.yml"
TEMPLATE = ROOT / "pipelines" / "azure" / "steps.yml"
TASK = ROOT / "pipelines" / "extension" / "wheelpin" / "task.json"

INIT = ROOT / "src" / "wheelpin" / "init" / "templates"
COPIES = {
    INIT / "github" / "plan.yml": ROOT / "pipelines" / "github" / "plan.yml",
    INIT / "github" / "release.yml": ROOT / "pipelines" / "github" / "release.yml",
    INIT / "github" / "matrix.yml": ROOT / "pipelines" / "github" / "matrix.yml",
    INIT / "azure" / "azure-pipelines.yml": ROOT / "pipelines" / "azure" / "azure-pipelines.yml",
}
"""What `wheelpin init` writes, and the pipelines to copy that it is."""

DEFAULTS = {"exit-zero": "true"}
"""A plan with changes is no failure of a pipeline, which asks for the output `changed`."""

_MARKED = re.compile(r"( *)# Options: (\w+)\.\n(?:.*?\n)??\1# End of the options\.\n", re.DOTALL)


@dataclass(frozen=True, kw_only=True, order=True, slots=True)
class Option:
    """An option that pipelines have an input for; `name` is in kebab case."""

    name: str
    help: str
    flag: bool

    @property
    def variable(self) -> str:
        """The variable that the command line reads."""
        return "WHEELPIN_" + self.name.upper().replace("-", "_")

    @property
    def camel(self) -> str:
        """The name in camel case, as Azure Pipelines writes inputs and parameters."""
        first, *rest = self.name.split("-")
        return first + "".join(word.capitalize() for word in rest)

    @property
    def default(self) -> str:
        """What an input says that is not given; nothing leaves it to the job's variables."""
        return DEFAULTS.get(self.name, "")


def cli_options(command: click.Command = cli) -> Sequence[Option]:
    """Every option of every command that a variable can set, by name."""
    return sorted({option.name: option for option in _options(command)}.values())


def _options(command: click.Command) -> Iterator[Option]:
    for option in command.params:
        if isinstance(option, click.Option) and option.envvar:
            name = max(option.opts, key=len).removeprefix("--")
            told = str(option.help).replace(" (repeatable).", ", or these: names with spaces between.")
            yield Option(name=name, help=told, flag=option.is_flag)
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            yield from _options(inner)


def mirrored(text: str, options: Sequence[Option]) -> str:
    """A YAML file with its marked parts written anew."""
    parts: Mapping[str, Sequence[str]] = {
        "inputs": [line for option in options for line in _input(option)],
        "variables": [
            f"{option.variable}: ${{{{ inputs.{option.name} || env.{option.variable} }}}}"
            for option in options
        ],
        "parameters": [line for option in options for line in _parameter(option)],
        "environment": [line for option in options for line in _variable(option)],
    }

    def write(found: re.Match[str]) -> str:
        indent, name = found[1], found[2]
        lines = [f"# Options: {name}.", *parts[name], "# End of the options."]
        return "".join(f"{indent}{line}\n" for line in lines)

    return _MARKED.sub(write, text)


def _input(option: Option) -> Iterator[str]:
    yield f"{option.name}:"
    yield f"  description: {json.dumps(option.help)}"
    if option.default:
        yield f"  default: {json.dumps(option.default)}"


def _parameter(option: Option) -> Iterator[str]:
    yield f"- name: {option.camel}"
    yield f"  displayName: {json.dumps(option.help)}"
    yield f"  type: {'boolean' if option.flag else 'string'}"
    yield f"  default: {_default(option) or json.dumps('')}"


def _default(option: Option) -> str:
    return option.default or ("false" if option.flag else "")


def _variable(option: Option) -> Iterator[str]:
    """What is not given leaves out the variable, so that the pipeline's own stays."""
    given = f"parameters.{option.camel}"
    yield f"${{{{ if {given} }}}}:" if option.flag else f"${{{{ if ne({given}, '') }}}}:"
    yield f"  {option.variable}: " + ('"true"' if option.flag else f"${{{{ {given} }}}}")


def task(text: str, options: Sequence[Option]) -> str:
    """task.json with its inputs of the group `options` written anew."""
    described = json.loads(text)
    kept = [one for one in described["inputs"] if one.get("groupName") != "options"]
    described["inputs"] = kept + [
        {
            "name": option.camel,
            "type": "boolean" if option.flag else "string",
            "label": option.name,
            "defaultValue": _default(option),
            "required": False,
            "helpMarkDown": option.help,
            "groupName": "options",
        }
        for option in options
    ]
    return json.dumps(described, indent=2, ensure_ascii=False) + "\n"


def files() -> Mapping[Path, str]:
    """Each file with the text that it should have."""
    options = cli_options()
    return {
        ACTION: mirrored(ACTION.read_text(encoding="utf-8"), options),
        TEMPLATE: mirrored(TEMPLATE.read_text(encoding="utf-8"), options),
        TASK: task(TASK.read_text(encoding="utf-8"), options),
        **{copy: original.read_text(encoding="utf-8") for copy, original in COPIES.items()},
    }


if __name__ == "__main__":
    for place, text in files().items():
        place.write_text(text, encoding="utf-8")
