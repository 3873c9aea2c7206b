"""What started the pipeline: whether the code in the checkout is that of people who may release it."""

import json
from collections.abc import Mapping
from pathlib import Path

from wheelpin.errors import UsageError

_LONGEST = 4 * 1024 * 1024
"""Bytes; GitHub's events are at most some 100 kB."""

HINT = "run `wheelpin plan` here, and release once this is merged"


def allow_release(command: str, environ: Mapping[str, str]) -> None:
    """Raises UsageError in a pipeline run that was started by a pull request from a fork.

    Anyone can open one, so its code must not decide what is published with our credentials. What cannot be
    found out counts as a fork. Pull requests from the repository itself are its writers' own decision.
    """
    if why := is_of_strangers(environ):
        raise UsageError(f"wheelpin {command} is refused here: {why}", hint=HINT)


def is_of_strangers(environ: Mapping[str, str]) -> str:
    """Why the code in the checkout counts as that of strangers; empty where it does not."""
    return _github(environ) if environ.get("GITHUB_ACTIONS") == "true" else _azure(environ)


def _azure(environ: Mapping[str, str]) -> str:
    fork = environ.get("SYSTEM_PULLREQUEST_ISFORK", "").lower()
    of_pull_request = environ.get("BUILD_REASON", "").lower() == "pullrequest"
    if fork == "true" or (of_pull_request and fork != "false"):
        return "this run is for a pull request from a fork"
    return ""


def _github(environ: Mapping[str, str]) -> str:
    """Why not, from the name of the event and the file with its payload, which its sender has written."""
    event = environ.get("GITHUB_EVENT_NAME", "")
    if event == "pull_request_target":
        return "pull_request_target runs with the secrets of this repository for pull requests of anybody"
    if event.startswith("pull_request"):
        payload = _payload(environ.get("GITHUB_EVENT_PATH", ""))
        head = _repository(payload, "pull_request", "head", "repo")
    elif event == "workflow_run":
        payload = _payload(environ.get("GITHUB_EVENT_PATH", ""))
        head = _repository(payload, "workflow_run", "head_repository")
    else:
        return ""
    own = environ.get("GITHUB_REPOSITORY", "").lower()
    if head and head == own:
        return ""
    return "this run is for code from a fork" if head else "nobody says which repository its code is from"


def _payload(file: str) -> object:
    try:
        with Path(file).open("rb") as opened:
            return json.loads(opened.read(_LONGEST))
    except (OSError, ValueError, RecursionError):
        return None


def _repository(payload: object, *keys: str) -> str:
    """The full name of a repository in a payload; empty where there is none."""
    for key in (*keys, "full_name"):
        payload = payload.get(key) if isinstance(payload, dict) else None
    return payload.lower() if isinstance(payload, str) else ""
