"""The runner of GitHub Actions, as far as an action's steps can tell it from the real one."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]

HOSTILE = (
    '"; touch pwned #',
    "$(touch pwned)",
    "`touch pwned`",
    "first\ntouch pwned\n",
    "'; touch pwned; '",
    "\r\n::set-output name=pwned::1\n##vso[task.setvariable variable=pwned]1",
    "${{ github.token }}",
    "%PATH%",
)
"""What an input may hold that means to be a command, to the shell, the runner or the agent."""

_EXPRESSION = re.compile(r"\$\{\{(.+?)\}\}")
_NAME = re.compile(r"(\w+)((?:\.[\w-]+)+)$")


@dataclass(frozen=True, kw_only=True)
class Step:
    """What a step left behind: its exit code, its log, and its outputs."""

    code: int
    log: str
    outputs: Mapping[str, str]
    summary: str = ""


class Runner:
    """A job on a machine of its own, whose work tree is `workspace`; `temp` is what it throws away after."""

    def __init__(self, workspace: Path, temp: Path) -> None:
        self.workspace = workspace
        self.temp = temp
        self.variables: dict[str, str] = {}
        """What `env:` of the job says, and what differs from a push to main."""
        self.cancelled_by: Path | None = None
        """A file: once it is there the job is cancelled, which interrupts the process of the step."""
        self._files = workspace.parent / f"{workspace.name}.commands"
        self._files.mkdir(exist_ok=True)

    def action(self, **inputs: str) -> Step:
        """Run the steps of our action; `exit_zero` is the input exit-zero. Its outputs are the action's."""
        action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
        given = {name: str(of.get("default", "")) for name, of in action["inputs"].items()}
        told = {name.replace("_", "-"): value for name, value in inputs.items()}
        assert told.keys() <= given.keys()
        contexts: dict[str, Any] = {
            "inputs": given | told,
            "env": self.variables,
            "github": {"token": "a-token-of-the-job"},
            "steps": {},
        }
        contexts["inputs"] = {name: evaluate(value, contexts) for name, value in contexts["inputs"].items()}
        step = Step(code=0, log="", outputs={})
        for described in action["runs"]["steps"]:
            assert described["shell"] == "bash"
            env = {name: evaluate(value, contexts) for name, value in described["env"].items()}
            step = self.script(described["run"], env)
            contexts["steps"][described["id"]] = {"outputs": step.outputs}
        outputs = {name: evaluate(of["value"], contexts) for name, of in action["outputs"].items()}
        return Step(code=step.code, log=step.log, outputs=outputs, summary=step.summary)

    def script(self, script: str, env: Mapping[str, str]) -> Step:
        """Run one `run:` with bash, as the runner does, and read what it wrote to the files of commands."""
        assert "${{" not in script
        place = self._files / "step.sh"
        place.write_text(script, encoding="utf-8")
        commands = {
            f"GITHUB_{name}": self._files / name
            for name in ("OUTPUT", "ENV", "PATH", "STATE", "STEP_SUMMARY")
        }
        for file in commands.values():
            file.write_text("", encoding="utf-8")
        process = subprocess.Popen(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(place)],
            cwd=self.workspace,
            env={**self._environment(), **{name: str(file) for name, file in commands.items()}, **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        with process:
            while self.cancelled_by and not self.cancelled_by.exists() and process.poll() is None:
                time.sleep(0.05)
            if self.cancelled_by:
                process.send_signal(signal.SIGINT)
            log, _ = process.communicate()
        assert commands["GITHUB_ENV"].read_text(encoding="utf-8") == ""
        assert commands["GITHUB_PATH"].read_text(encoding="utf-8") == ""
        return Step(
            code=process.returncode,
            log=log,
            outputs=read_outputs(commands["GITHUB_OUTPUT"].read_text(encoding="utf-8")),
            summary=commands["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8"),
        )

    def _environment(self) -> dict[str, str]:
        event = self._files / "event.json"
        event.write_text("{}", encoding="utf-8")
        return {
            **os.environ,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_REPOSITORY": "acme/models",
            "GITHUB_RUN_ID": "42",
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_OS": "Linux",
            "RUNNER_TEMP": str(self.temp),
            **self.variables,
        }


def evaluate(text: str, contexts: Mapping[str, Any]) -> str:
    """A value with its expressions filled in: names of contexts, with `||` between, and no more."""
    return _EXPRESSION.sub(lambda found: _first(found[1], contexts), text)


def _first(expression: str, contexts: Mapping[str, Any]) -> str:
    """The first name that stands for something, as `||` has it."""
    values = [_value(name.strip(), contexts) for name in expression.split("||")]
    return next(filter(None, values), "")


def _value(name: str, contexts: Mapping[str, Any]) -> str:
    found = _NAME.match(name)
    assert found, name
    value: Any = contexts[found[1]]
    for key in found[2].split(".")[1:]:
        value = value.get(key, {})
    return value if isinstance(value, str) else ""


def read_outputs(text: str) -> dict[str, str]:
    """What the runner reads in the file of GITHUB_OUTPUT. It fails the step where this raises ValueError."""
    outputs: dict[str, str] = {}
    lines = iter(text.split("\n"))
    for line in lines:
        if not line:
            continue
        name, mark, rest = min(
            (line.partition(mark) for mark in ("=", "<<") if mark in line), key=lambda parts: len(parts[0])
        )
        if mark == "=":
            outputs[name] = rest
            continue
        value: list[str] = []
        while (inner := next(lines, None)) != rest:
            if inner is None:
                raise ValueError(f"{name}: no line says {rest}")
            value.append(inner)
        outputs[name] = "\n".join(value)
    return outputs


def no_command_was_run(step: Step, repository: Path) -> bool:
    """No file `pwned` was touched, and no line of the log speaks to the runner about it."""
    assert "Traceback" not in step.log
    commands = [line for line in step.log.splitlines() if line.startswith(("::", "##")) and "pwned=" in line]
    return not [*commands, *repository.parent.rglob("pwned"), *filter("pwned".__eq__, step.outputs)]
