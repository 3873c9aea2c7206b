"""Who may not release: strangers' pull requests, and whatever cannot be told from them."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wheelpin.ci.event import allow_release
from wheelpin.errors import UsageError

OWN = {"full_name": "Contoso/ml"}
FORK = {"full_name": "mallory/ml"}


def github(folder: Path, event: str, payload: object) -> dict[str, str]:
    """The environment of a run that this event started."""
    file = folder / "event.json"
    file.write_text(json.dumps(payload))
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": event,
        "GITHUB_EVENT_PATH": str(file),
        "GITHUB_REPOSITORY": "contoso/ml",
    }


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("push", {}),
        ("workflow_dispatch", None),
        ("schedule", {}),
        ("release", {}),
        ("pull_request", {"pull_request": {"head": {"repo": OWN}}}),
        ("pull_request_review", {"pull_request": {"head": {"repo": OWN}}}),
        ("workflow_run", {"workflow_run": {"head_repository": OWN}}),
    ],
)
def test_people_of_the_repository_may_release(tmp_path: Path, event: str, payload: object) -> None:
    allow_release("apply", github(tmp_path, event, payload))


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("pull_request", {"pull_request": {"head": {"repo": FORK}}}),
        ("pull_request", {"pull_request": {"head": {"repo": None}}}),
        ("pull_request", {"pull_request": "mallory"}),
        ("pull_request", []),
        ("pull_request_review", {"pull_request": {"head": {"repo": FORK}}}),
        ("pull_request_target", {"pull_request": {"head": {"repo": OWN}}}),
        ("workflow_run", {"workflow_run": {"head_repository": FORK}}),
        ("workflow_run", {}),
    ],
)
def test_strangers_get_a_plan_only(tmp_path: Path, event: str, payload: object) -> None:
    with pytest.raises(UsageError, match="wheelpin apply is refused here: ") as refused:
        allow_release("apply", github(tmp_path, event, payload))
    assert refused.value.hint.startswith("run `wheelpin plan` here")


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff", b"[" * 100_000, b'{"a": ' + b"1" * 5000 + b"}", None]
)
def test_event_that_cannot_be_read_is_a_strangers(tmp_path: Path, content: bytes | None) -> None:
    environ = github(tmp_path, "pull_request", {})
    if content is None:
        environ["GITHUB_EVENT_PATH"] = ""
    else:
        (tmp_path / "event.json").write_bytes(content)
    with pytest.raises(UsageError):
        allow_release("apply", environ)


SHORT = settings(derandomize=True, deadline=None, database=None)
KEYS = st.sampled_from(["pull_request", "head", "repo", "full_name", "x"])
LEAVES = st.none() | st.booleans() | st.integers() | st.text()
JSON = st.recursive(LEAVES, lambda of: st.lists(of) | st.dictionaries(KEYS, of))


@SHORT
@given(JSON)
def test_no_payload_of_a_stranger_lets_him_in(
    tmp_path_factory: pytest.TempPathFactory, payload: object
) -> None:
    environ = github(tmp_path_factory.mktemp("event"), "pull_request", payload)
    with pytest.raises(UsageError):
        allow_release("apply", environ)


@pytest.mark.parametrize(
    ("environ", "allowed"),
    [
        ({"BUILD_REASON": "IndividualCI"}, True),
        ({"BUILD_REASON": "PullRequest", "SYSTEM_PULLREQUEST_ISFORK": "False"}, True),
        ({"BUILD_REASON": "PullRequest", "SYSTEM_PULLREQUEST_ISFORK": "True"}, False),
        ({"SYSTEM_PULLREQUEST_ISFORK": "true"}, False),
        ({"BUILD_REASON": "PullRequest"}, False),
        ({}, True),
    ],
)
def test_azure_says_what_a_fork_is(environ: dict[str, str], allowed: bool) -> None:
    if allowed:
        allow_release("apply", {"TF_BUILD": "True", **environ})
    else:
        with pytest.raises(UsageError, match="fork"):
            allow_release("apply", {"TF_BUILD": "True", **environ})
