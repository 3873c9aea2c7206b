"""Install wheelpin into a virtual environment of its own and run one command there.

What the action, the step template and the task have in common. It needs Python 3.11 and nothing else. All
that it is told stands in environment variables: no value can be an option of another program, or a script.
"""

import hashlib
import os
import shlex
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCK = HERE / "requirements.txt"


def main() -> int:
    """Run `wheelpin COMMAND -- ARGUMENTS`, both split at spaces and lines; quotes keep a word together."""
    folder = os.environ.get("RUNNER_TEMP") or os.environ.get("AGENT_TEMPDIRECTORY")
    if not folder:
        return fail(
            "neither RUNNER_TEMP nor AGENT_TEMPDIRECTORY names a folder: is this a runner or an agent?"
        )
    home = Path(folder, "wheelpin")
    try:
        install(home, source())
    except (OSError, subprocess.CalledProcessError) as error:
        return fail(f"wheelpin could not be installed, its log says why: {error}")
    try:
        # What stands behind `--` can be no option, whatever it is.
        told = [*words("WHEELPIN_COMMAND"), "--", *words("WHEELPIN_ARGUMENTS")]
    except ValueError as error:
        return fail(f"the command or its arguments cannot be split into words: {error}")
    # -P: the folder that a step runs in is no place to import from.
    return start([str(python_in(home)), "-P", "-m", "wheelpin", *told])


def words(variable: str) -> list[str]:
    """The words of a variable. Raises ValueError for a quote that is not closed."""
    lexer = shlex.shlex(os.environ.get(variable, ""), posix=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    lexer.escape = ""  # a backslash stands in paths of Windows
    return list(lexer)


def source() -> Path:
    """What is installed: the wheel beside this file, as in the task, or the checkout that it lies in."""
    return next(HERE.glob("wheelpin-*.whl"), HERE.parent)


def install(home: Path, wanted: Path) -> None:
    """Install `wanted` with what the lock names, unless an earlier step of the job did."""
    mark = home / "installed"
    told = f"{wanted} {hashlib.sha256(LOCK.read_bytes()).hexdigest()}"
    if mark.is_file() and mark.read_text(encoding="utf-8") == told:
        return
    venv.create(home, clear=True, with_pip=True)
    # Wheels alone: nothing that comes from an index is run while it is installed.
    pip(home, "--require-hashes", "--only-binary=:all:", "--requirement", str(LOCK))
    # The build backend is one of what the lock names, so that a build brings nothing else.
    pip(home, "--no-deps", "--no-index", "--no-build-isolation", str(wanted))
    mark.write_text(told, encoding="utf-8")


def pip(home: Path, *options: str) -> None:
    command = ["-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *options]
    done = subprocess.run(
        [str(python_in(home)), *command],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    for line in done.stdout.splitlines():
        # Words of an index are among these: no line begins with `::` or has `##` in it, where a runner and an
        # agent look for commands.
        told = line.encode("ascii", "backslashreplace").decode()
        print("pip:", told.replace("#", "# "))
    done.check_returncode()


def python_in(home: Path) -> Path:
    return home / "Scripts" / "python.exe" if os.name == "nt" else home / "bin" / "python"


def start(command: list[str]) -> int:
    """Become that program, so that it hears at once when a job is cancelled."""
    sys.stdout.flush()
    # An input that is not given is an empty variable here, which azure-identity takes for one that is set.
    env = {name: value for name, value in os.environ.items() if value or not name.startswith("AZURE_")}
    if os.name == "nt":  # there `exec` ends the step at once, and the program goes on behind its back
        return subprocess.run(command, check=False, env=env).returncode
    return os.execve(command[0], command, env)


def fail(message: str) -> int:
    """Say it so that the page of the run shows it; the text is ours, so that nothing in it is a command."""
    if os.environ.get("GITHUB_ACTIONS"):
        print(f"::error title=wheelpin::{message}")
    elif os.environ.get("TF_BUILD"):
        print(f"##vso[task.logissue type=error]{message}")
    else:
        print(f"wheelpin: {message}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
