"""Which branch of which remote a commit goes to: told by the checkout or the CI job, never guessed."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wheelpin.command import CommandError
from wheelpin.errors import TargetError, UsageError
from wheelpin.git import NETWORK, Git

_HEADS = "refs/heads/"
_TAGS = "refs/tags/"
_DEFAULT = re.compile(rf"^ref: {_HEADS}(\S+)\tHEAD$", re.MULTILINE)
_NAME_IT = "name the branch with --branch NAME"


@dataclass(frozen=True, kw_only=True, slots=True)
class Destination:
    """A branch of a remote, and why it is this one; `here` when the work tree is what this branch held."""

    remote: str
    branch: str
    why: str
    here: bool

    def __str__(self) -> str:
        return f"{self.branch} of {self.remote}"


def find_destination(git: Git, environ: Mapping[str, str], branch: str | None) -> Destination:
    """Where commits go: `branch` if it is given, else the branch that is checked out, else the job's.

    Checkouts of CI services are detached, so their variables tell the branch; a job for a tag has none, and
    means the remote's default branch. Raises UsageError, and TargetError for a remote that does not answer.
    """
    try:
        git.run("rev-parse", "--verify", "HEAD^{commit}")
    except CommandError as error:
        raise UsageError(
            f"{git.root}: there is no git commit here to go on from: {git.words(error)}",
            hint="without --commit and --pull-request files are edited, and nothing is committed",
        ) from error
    own = git.ask("symbolic-ref", "-q", "HEAD").removeprefix(_HEADS)
    remote = _remote(git, own)
    if branch is not None:
        found = Destination(remote=remote, branch=branch, why="as --branch says", here=branch == own)
    elif own:
        merged = git.ask("config", f"branch.{own}.merge").removeprefix(_HEADS)
        found = Destination(remote=remote, branch=merged or own, why="which is checked out", here=True)
    else:
        found = _of_job(git, environ, remote)
    if not git.says("check-ref-format", _HEADS + found.branch):
        raise UsageError(f"{found.branch!r} cannot be the name of a branch", hint=_NAME_IT)
    return found


def _remote(git: Git, branch: str) -> str:
    """The upstream's remote, else `origin`, else the only one. Raises UsageError."""
    upstream = git.ask("config", f"branch.{branch}.remote") if branch else ""
    remotes = git.ask("remote").split()
    if upstream in remotes:
        return upstream
    if "origin" in remotes:
        return "origin"
    if len(remotes) == 1:
        return remotes[0]
    listed = f"none of {', '.join(remotes)} is named origin" if remotes else "there is none"
    raise UsageError(
        f"no git remote to push to: {listed}", hint="add one: `git remote add origin ADDRESS`, and push to it"
    )


def _of_job(git: Git, environ: Mapping[str, str], remote: str) -> Destination:
    """The branch of the CI job that runs. Raises UsageError for none, and for a fork's pull request."""
    ref, of_request = environ.get("GITHUB_REF") or environ.get("BUILD_SOURCEBRANCH", ""), ""
    if ref.startswith("refs/pull/"):
        of_request = _of_pull_request(environ)
    if of_request:
        why = "where this pull request comes from"
        return Destination(remote=remote, branch=of_request, why=why, here=False)
    if ref.startswith(_HEADS):
        return Destination(
            remote=remote, branch=ref.removeprefix(_HEADS), why="as the job's ref says", here=True
        )
    if ref.startswith(_TAGS):
        why = f"its default branch, as this is a job for the tag {ref.removeprefix(_TAGS)}"
        return Destination(remote=remote, branch=_default(git, remote), why=why, here=False)
    raise UsageError("HEAD is detached, and nothing tells which branch is meant", hint=_NAME_IT)


def _of_pull_request(environ: Mapping[str, str]) -> str:
    """The source branch of the pull request, which is one of this repository. Raises UsageError.

    A fork names its branches as it likes: its `main` must not become ours.
    """
    if environ.get("GITHUB_HEAD_REF"):
        branch, own = environ["GITHUB_HEAD_REF"], _is_own(environ)
    else:
        branch = environ.get("SYSTEM_PULLREQUEST_SOURCEBRANCH", "").removeprefix(_HEADS)
        own = environ.get("SYSTEM_PULLREQUEST_ISFORK", "").lower() == "false"
    if branch and not own:
        raise UsageError(
            f"this pull request's branch {branch!r} is not known to be one of this repository",
            hint="a fork's pull request gets a plan: `wheelpin plan`",
        )
    return branch


def _is_own(environ: Mapping[str, str]) -> bool:
    try:
        event = json.loads(Path(environ.get("GITHUB_EVENT_PATH", "")).read_text(encoding="utf-8"))
        head = event["pull_request"]["head"]["repo"]["full_name"]
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return False
    return isinstance(head, str) and head.lower() == environ.get("GITHUB_REPOSITORY", "").lower()


def _default(git: Git, remote: str) -> str:
    try:
        told = git.run("ls-remote", "--symref", "--", remote, "HEAD", timeout=NETWORK)
    except CommandError as error:
        raise git.failure(f"{remote} does not tell its default branch", error) from error
    found = _DEFAULT.search(told)
    if found is None:
        raise TargetError(f"{remote} has no default branch", hint=_NAME_IT)
    return found[1]
