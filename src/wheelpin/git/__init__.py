"""Git as a release runs it: without a prompt, without hooks, for a bounded time; what it says is untrusted.

Credentials stay where the checkout keeps them, in git's own configuration: they are neither read nor shown.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wheelpin.command import CommandError, run
from wheelpin.credentials.redaction import MASK, Redactor, Secret
from wheelpin.errors import SignInError, TargetError, WheelpinError

LOCAL = 300.0
"""Seconds for what needs no network; the checkout of a large repository takes its time."""
NETWORK = 600.0

_SETTINGS = (
    # Hooks may be files of the repository (core.hooksPath), which anyone can change, and would run with the
    # right to push. The server's own hooks judge what arrives.
    f"core.hooksPath={os.devnull}",
    "core.fsmonitor=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "advice.detachedHead=false",
)
_OF_ANOTHER = {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_NAMESPACE"}
"""Set where git itself has started us, as in a hook: they would lead every folder to that repository."""
_SECRETS = ("GITHUB_TOKEN", "GH_TOKEN", "SYSTEM_ACCESSTOKEN", "AZURE_DEVOPS_EXT_PAT")
_IN_ADDRESS = re.compile(r"(?<=://)[^/\s@]+(?=@)")
_IN_HEADER = re.compile(r"(?i)(authorization:\s*(?:\w+\s+)?)\S+")
_LONGEST = 600
_NOT_LET_IN = re.compile(
    r"(?i)could not read (?:username|password)|terminal prompts disabled|authentication failed"
    r"|permission to .+ denied|permission denied|returned error: 40[13]|TF401027|TF401019|access denied"
    r"|invalid username or"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Git:
    """Runs git for the repository that `root` lies in."""

    root: Path
    environ: Mapping[str, str]

    def run(self, *arguments: str, timeout: float = LOCAL) -> str:
        """What git prints on standard output. Raises CommandError, whose output may hold secrets."""
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        env = {name: value for name, value in self.environ.items() if name not in _OF_ANOTHER}
        # Git's messages are told apart in English alone.
        env |= {"GIT_TERMINAL_PROMPT": "0", "GCM_INTERACTIVE": "never", "LC_ALL": "C"}
        return run(["git", *settings, *arguments], cwd=self.root, env=env, timeout=timeout)

    def must(self, *arguments: str) -> str:
        """The same for what only fails where something is wrong with the repository. Raises TargetError."""
        try:
            return self.run(*arguments)
        except CommandError as error:
            raise TargetError(f"git {arguments[0]}: {self.words(error)}") from error

    def ask(self, *arguments: str) -> str:
        """One line that git knows, and nothing where it says no. Raises WheelpinError without git."""
        try:
            return self.run(*arguments).strip()
        except CommandError as error:
            if error.code is None:
                raise
            return ""

    def says(self, *arguments: str) -> bool:
        """Whether git agrees, by its exit code. Raises WheelpinError without git."""
        try:
            self.run(*arguments)
        except CommandError as error:
            if error.code is None:
                raise
            return False
        return True

    def words(self, error: CommandError) -> str:
        """What git said, on one line and without credentials."""
        redact = Redactor([Secret(value) for name in _SECRETS if (value := self.environ.get(name))])
        lines = [line.strip() for line in error.output.splitlines()]
        told = [line for line in lines if line and not line.startswith(("hint:", "To ", "Done"))]
        text = redact(" / ".join(told)) or error.message
        text = _IN_HEADER.sub(rf"\1{MASK}", _IN_ADDRESS.sub(MASK, text))
        text = "".join(char if char.isprintable() else " " for char in text)
        return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"

    def failure(self, what: str, error: CommandError) -> WheelpinError:
        """The error that tells of a remote which did not do `what`."""
        message = f"{what}: {self.words(error)}"
        if _NOT_LET_IN.search(error.output):
            return SignInError(message, hint=PERMISSION)
        return TargetError(message, hint="check the remote and the network, and run the same command again")


PERMISSION = (
    "let the job push: on GitHub `permissions: contents: write`, and persist-credentials at checkout; on "
    "Azure Repos persistCredentials at checkout, and Contribute for the build service; elsewhere `git push "
    "--dry-run` has to work"
)
