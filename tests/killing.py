"""Kill a run of wheelpin at each thing it does to the world, run it again, and compare what is left.

`python tests/killing.py TEMPLATE WORK STRIDE OFFSET -- ARGUMENTS` copies the repository TEMPLATE for every
kill point (every STRIDE-th, from OFFSET on), and prints as JSON the points after which the second run did not
end where a run that nobody kills ends. Interpreter start-up is paid once: each run is a fork of this process.
"""

import json
import os
import re
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import wheelpin.check
from wheelpin.cli import run as run_command
from wheelpin.errors import Finding
from wheelpin.wheel import Wheel

_VARYING = re.compile(rb'"(?:createdAt|upload-time|wheelpin\.commit)": ?"[^"]*"')
"""Times; and a commit's name, which has the digest of the plan in it that led there."""
_GIT = {".git", "remote.git"}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_EVENTS = {"os.rename", "os.remove", "os.mkdir", "os.link", "os.rmdir", "os.truncate", "subprocess.Popen"}


class Killer:
    """An audit hook that kills its process before the n-th thing done below a folder."""

    def __init__(self, root: Path, at: int) -> None:
        self.root = str(root)
        self.left = at

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            counts = bool(flags & _WRITES) and str(path).startswith(self.root)
        else:
            counts = event in _EVENTS and (event == "subprocess.Popen" or self.root in str(arguments))
        if not counts:
            return
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def run(root: Path, arguments: list[str], kill_at: int = 0) -> int:
    """Run wheelpin in a fork; its exit code, negative for the signal that ended it."""
    child = os.fork()
    if child == 0:
        with open(root.parent / f"{root.name}.log", "ab") as log:  # noqa: PTH123
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        os.chdir(root)
        if kill_at:
            sys.addaudithook(Killer(root, kill_at))
        os._exit(run_command(arguments))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def dump(root: Path) -> dict[str, bytes]:
    """What a repository and its local backends hold, but for the time of day, for locks and for git."""
    return {
        place.relative_to(root).as_posix(): _VARYING.sub(b"", place.read_bytes())
        for place in sorted(root.rglob("*"))
        if place.is_file() and place.name != ".lock" and not _GIT.intersection(place.relative_to(root).parts)
    }


def outcome(root: Path, arguments: list[str], wanted: dict[str, bytes]) -> str:
    """What is wrong after the run that follows a kill; nothing when all is well."""
    code = run(root, arguments)
    if code != 0:
        return f"the second run ended with {code}: {(root.parent / f'{root.name}.log').read_text()[-2000:]}"
    code = run(root, ["plan", *[argument for argument in arguments if argument.startswith("-")]])
    if code != 0:
        return f"the plan after it ended with {code}"
    found = dump(root)
    differing = sorted(path for path in {*found, *wanted} if found.get(path) != wanted.get(path))
    return f"differs: {', '.join(differing)}" if differing else ""


def _unchecked(wheels: Sequence[Wheel], *, python: str = "") -> tuple[Finding, ...]:
    return ()


def main() -> None:
    """Try every kill point."""
    # Checking writes nothing, and its process costs more than all the rest of a run.
    wheelpin.check.check_wheels = _unchecked
    template, work = Path(sys.argv[1]), Path(sys.argv[2])
    stride, offset = int(sys.argv[3]), int(sys.argv[4])
    arguments = sys.argv[6:]
    whole = work / "whole"
    shutil.copytree(template, whole, symlinks=True)
    if run(whole, arguments) != 0:
        sys.exit((work / "whole.log").read_text())
    wanted = dump(whole)
    wrong: list[tuple[int, str]] = []
    point = offset
    while True:
        root = work / f"killed-{point}"
        shutil.copytree(template, root, symlinks=True)
        if run(root, arguments, kill_at=point) >= 0:
            break
        if problem := outcome(root, arguments, wanted):
            wrong.append((point, problem))
        shutil.rmtree(root)
        point += stride
    sys.stdout.write(json.dumps({"points": point - offset, "wrong": wrong}))


if __name__ == "__main__":
    main()
