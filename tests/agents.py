"""The agent of Azure Pipelines and what makes its jobs of templates, as far as ours need them."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.runners import ROOT, Step

_WHOLE = re.compile(r"\$\{\{ (.+?) \}\}$")
_INNER = re.compile(r"\$\{\{ (.+?) \}\}")
_CALL = re.compile(r"(eq|lower|ne|trim)\((.*)\)$")
_MACRO = re.compile(r"\$\(([\w.]+)\)")
_OUTPUT = re.compile(r"##vso\[task\.setvariable ([^\]]*)\](.*)")


def expand(file: Path, **parameters: object) -> dict[str, Any]:
    """A template or pipeline with these parameters, as the service makes it: no template, no `${{` is left.

    Raises ValueError for a parameter that there is not, or a value of another type.
    """
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    scope = _scope(file, document.pop("parameters", []), parameters)
    expanded = _expand(document, scope, file)
    assert isinstance(expanded, dict)
    outer = expanded.pop("extends", None)
    if outer:
        expanded |= expand(_place(outer["template"], file), **outer.get("parameters", {}))
    assert "${{" not in str(expanded)
    return expanded


def _scope(file: Path, declared: list[dict[str, Any]], given: Mapping[str, object]) -> dict[str, object]:
    scope = {one["name"]: given.get(one["name"], one.get("default")) for one in declared}
    if unknown := given.keys() - scope.keys():
        raise ValueError(f"{file.name} has no parameter {', '.join(unknown)}")
    for one in declared:
        value = scope[one["name"]]
        kind = {"string": str, "boolean": bool, "object": dict}[one["type"]]
        if not isinstance(value, kind) or value not in one.get("values", [value]):
            raise ValueError(f"{file.name}: {one['name']} cannot be {value!r}")
    return scope


def _expand(node: object, scope: Mapping[str, object], file: Path) -> object:
    match node:
        case str():
            whole = _WHOLE.match(node)
            if whole:
                return evaluate(whole[1], scope)
            return _INNER.sub(lambda found: str(evaluate(found[1], scope)), node)
        case list():
            return [item for inner in node for item in _items(inner, scope, file)]
        case dict():
            return dict(_pairs(node, scope, file))
        case _:
            return node


def _items(node: object, scope: Mapping[str, object], file: Path) -> Iterator[object]:
    """What stands in a list for one of its items: a condition and a template may stand for many."""
    if isinstance(node, dict) and len(node) == 1 and (condition := _condition(next(iter(node)))):
        if evaluate(condition, scope):
            inner = _expand(next(iter(node.values())), scope, file)
            assert isinstance(inner, list)
            yield from inner
    elif isinstance(node, dict) and "template" in node:
        parameters = _expand(node.get("parameters", {}), scope, file)
        assert isinstance(parameters, dict)
        (items,) = expand(_place(node["template"], file), **parameters).values()
        yield from items
    else:
        yield _expand(node, scope, file)


def _pairs(
    node: Mapping[str, object], scope: Mapping[str, object], file: Path
) -> Iterator[tuple[str, object]]:
    for key, value in node.items():
        condition = _condition(key)
        if not condition:
            yield key, _expand(value, scope, file)
        elif evaluate(condition, scope):
            inner = _expand(value, scope, file)
            assert isinstance(inner, dict)
            yield from inner.items()


def _condition(key: object) -> str:
    found = _WHOLE.match(str(key))
    return found[1].removeprefix("if ") if found and found[1].startswith("if ") else ""


def _place(name: str, file: Path) -> Path:
    """A template of wheelpin's repository, or one beside the file."""
    path, at, repository = name.partition("@")
    assert repository == ("wheelpin" if at else "")
    return ROOT / path if at else file.parent / path


def evaluate(expression: str, scope: Mapping[str, object]) -> object:
    """The value of an expression of the few kinds that our templates hold."""
    expression = expression.strip()
    if call := _CALL.match(expression):
        values = [evaluate(part, scope) for part in call[2].split(",")]
        match call[1]:
            case "lower":
                return str(values[0]).lower()
            case "trim":
                return str(values[0]).strip()
            case name:
                return (values[0] == values[1]) == (name == "eq")
    if expression.startswith("'"):
        return expression.strip("'")
    if expression in ("true", "false"):
        return expression == "true"
    assert expression.startswith("parameters."), expression
    return scope[expression.removeprefix("parameters.")]


@dataclass
class Agent:
    """A machine that runs the steps of one job; `variables` are the pipeline's, `$(name)` in a step."""

    sources: Path
    temp: Path
    variables: dict[str, str]

    def steps(self, file: Path, **parameters: object) -> Step:
        """Run the `bash` steps of a step template."""
        return self.scripts(expand(file, **parameters)["steps"])

    def scripts(self, steps: Sequence[Mapping[str, Any]]) -> Step:
        """Run those of the steps that are `bash`, until one fails. The outputs are those of all."""
        code, log = 0, ""
        outputs: dict[str, str] = {}
        for step in steps:
            if "bash" in step and code == 0:
                env = {name: self._filled(str(value)) for name, value in step.get("env", {}).items()}
                code, out = self.run(["bash", "-c", self._filled(step["bash"])], env)
                log += out
                outputs |= read_outputs(out)
        return Step(code=code, log=log, outputs=outputs)

    def run(self, command: list[str], env: Mapping[str, str]) -> tuple[int, str]:
        """Run a program as the agent does; its exit code and all that it printed."""
        variables = {
            name if name.startswith("ENDPOINT_") else name.upper().replace(".", "_"): value
            for name, value in self.variables.items()
        }
        done = subprocess.run(
            command,
            cwd=self.sources,
            env={
                **os.environ,
                "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
                "TF_BUILD": "True",
                "AGENT_TEMPDIRECTORY": str(self.temp),
                "BUILD_SOURCESDIRECTORY": str(self.sources),
                "BUILD_SOURCEBRANCH": "refs/heads/main",
                "BUILD_REASON": "IndividualCI",
                **variables,
                **env,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def _filled(self, text: str) -> str:
        """A text with its macros; one that is no variable stays as it is."""
        return _MACRO.sub(lambda found: self.variables.get(found[1], found[0]), text)


def read_outputs(log: str) -> dict[str, str]:
    """The output variables that the agent reads in a log."""
    outputs = {}
    for properties, data in _OUTPUT.findall(log):
        told = dict(part.split("=", 1) for part in properties.split(";") if "=" in part)
        for written, meant in (("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%AZP25", "%")):
            data = data.replace(written, meant)  # noqa: PLW2901 - one after the other, as the agent
        if told.get("isoutput") == "true":
            outputs[told["variable"]] = data
    return outputs
