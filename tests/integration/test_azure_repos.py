"""Pull requests in Azure Repos, opened by the official client on the emulated organisation."""

import os
from pathlib import Path

import pytest

from tests.processes import Ran, wheelpin
from tests.remotes import Remote
from tests.servers.artifacts import ArtifactsServer, Operation
from tests.servers.artifacts.feeds import Role

HEAD = "wheelpin/acme-core-1.4.0"
GUID = "5e1f0d67-7f2b-4a3c-9d0e-2b7f3a4c5d6e"


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    return Remote(tmp_path)


def job(server: ArtifactsServer, token: str = "") -> dict[str, str]:
    """What a step of a pipeline has that mapped the job's token."""
    return {
        "TF_BUILD": "True",
        "BUILD_REPOSITORY_PROVIDER": "TfsGit",
        "BUILD_REPOSITORY_ID": GUID,
        "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": f"{server.collection}/",
        "SYSTEM_TEAMPROJECT": "ml team",
        "SYSTEM_ACCESSTOKEN": token or server.token,
        "AZURE_DEVOPS_CACHE_DIR": os.environ["AZURE_DEVOPS_CACHE_DIR"],
    }


def propose(root: Path, env: dict[str, str]) -> Ran:
    return wheelpin(root, "apply", "--no-build", "--pull-request", env=env)


def test_pull_request_is_opened_and_then_updated(remote: Remote, artifacts: ArtifactsServer) -> None:
    root = remote.clone("one")
    ran = propose(root, job(artifacts))
    assert ran.code == 0, ran.err + ran.out
    url = f"{artifacts.collection}/ml%20team/_git/{GUID}/pullrequest/1"
    assert f"pull request opened: {url}" in ran.err + ran.out
    pull = artifacts.pulls[0]
    assert (pull.source, pull.target) == (f"refs/heads/{HEAD}", "refs/heads/main")
    assert pull.title == "Release acme-core 1.4.0"
    assert "wheelpin plan" in pull.description
    assert len(pull.description) <= 4_000
    assert remote.subjects(HEAD) == ["Release acme-core 1.4.0", "first"]
    pull.description = "edited by hand"
    ran = propose(root, job(artifacts))
    assert ran.code == 0, ran.err
    assert f"pull request updated: {url}" in ran.err + ran.out
    assert "wheelpin plan" in artifacts.pulls[0].description
    assert len(artifacts.pulls) == 1
    assert remote.versions("train") == []


def test_lost_answer_opens_no_second_one(remote: Remote, artifacts: ArtifactsServer) -> None:
    root = remote.clone("one")
    artifacts.fail_next(503, on=Operation.REST, times=1)
    ran = propose(root, job(artifacts))
    assert ran.code == 0, ran.err
    assert len(artifacts.pulls) == 1


def test_permission_that_is_missing_is_named(remote: Remote, artifacts: ArtifactsServer) -> None:
    token = artifacts.grant(Role.READER)
    ran = propose(remote.clone("one"), job(artifacts, token))
    assert ran.code == 9
    assert "PullRequestContribute" in ran.err + ran.out
    assert "SYSTEM_ACCESSTOKEN has expired, or lacks Contribute to pull requests" in ran.err + ran.out
    said = (ran.err + ran.out).replace(f"##vso[task.setsecret]{token}", "")
    assert token not in said


def test_token_is_needed_before_anything_is_published(remote: Remote, artifacts: ArtifactsServer) -> None:
    env = job(artifacts)
    env["SYSTEM_ACCESSTOKEN"] = ""
    ran = propose(remote.clone("one"), env)
    assert ran.code == 9
    assert "SYSTEM_ACCESSTOKEN: $(System.AccessToken)" in ran.err + ran.out
    assert not (remote.folder / "wheels").exists()
