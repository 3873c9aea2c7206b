"""`apply --pull-request`: a branch of its own, one pull request, and nothing registered before the merge."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import Ran, wheelpin
from tests.remotes import Remote
from tests.repositories import CONDA, git, write_files
from tests.servers.github import TOKEN, GitHubServer
from tests.servers.loopback import LoopbackServer
from tests.servers.messages import Request, Response
from tests.wheels import make_wheel
from wheelpin.errors import TargetError
from wheelpin.pull_request import Proposal, open_pull_requests
from wheelpin.pull_request.github import GitHub
from wheelpin.web.retries import Retries

HEAD = "wheelpin/acme-core-1.4.0"
PINNED = CONDA.replace("acme-core==1.3.2", "acme-core==1.4.0")


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    return Remote(tmp_path)


@pytest.fixture
def github() -> Iterator[GitHubServer]:
    with GitHubServer() as server:
        yield server


def propose(root: Path, server: GitHubServer, *options: str, **env: str) -> Ran:
    arguments = ("apply", "--no-build", "--pull-request", *options)
    return wheelpin(root, *arguments, env={**server.environ(), **env})


def test_edits_are_proposed_and_nothing_is_registered(remote: Remote, github: GitHubServer) -> None:
    root = remote.clone("one")
    ran = propose(root, github)
    assert ran.code == 0, ran.err
    assert "pull request opened: https://github.example/contoso/acme/pull/1" in ran.err
    assert remote.show("environments/train/conda.yml", HEAD) == PINNED
    assert remote.subjects() == ["first"]
    assert remote.versions("train") == []
    assert list((remote.folder / "wheels").rglob("*.whl"))
    pull = github.pulls[0]
    assert (pull.title, pull.head, pull.base) == ("Release acme-core 1.4.0", HEAD, "main")
    assert "wheelpin plan" in pull.body
    assert "environments/train/conda.yml" in pull.body
    assert "--expect" not in pull.body
    assert git(root, "status", "--porcelain") == ""


def test_address_is_an_output_and_the_token_is_masked_first(
    remote: Remote, github: GitHubServer, tmp_path: Path
) -> None:
    file = tmp_path / "output.txt"
    ran = propose(remote.clone("one"), github, GITHUB_ACTIONS="true", GITHUB_OUTPUT=str(file))
    assert ran.code == 0, ran.err
    assert "\nhttps://github.example/contoso/acme/pull/1\n" in file.read_text().partition("pull-request<<")[2]
    assert f"::add-mask::{TOKEN}" in ran.out + ran.err


def test_summary_leads_to_the_merge_and_calls_nothing_a_failure(
    remote: Remote, github: GitHubServer, tmp_path: Path
) -> None:
    root, page = remote.clone("one"), tmp_path / "summary.md"
    job = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(page)}
    ran = propose(root, github, **job)
    assert "not started" not in ran.out
    summary = page.read_text()
    assert summary.startswith("\n## ✅ wheelpin: 7 of 10 changes done, 3 after the merge\n")
    assert "\nPull request: <https://github.example/contoso/acme/pull/1>\n" in summary
    assert "**What to do:** merge the pull request; then `wheelpin apply` registers" in summary
    assert "Run the same command again" not in summary
    facts = propose(root, github, "--json").json
    assert (facts["failed"], facts["not_started"]) == ([], [])
    assert [change["kind"] for change in facts["after_merge"]] == ["register"] * 3
    assert facts["pull_request"] == "https://github.example/contoso/acme/pull/1"


def test_after_the_merge_apply_registers(remote: Remote, github: GitHubServer) -> None:
    root = remote.clone("one")
    assert propose(root, github).code == 0
    git(remote.bare, "update-ref", "refs/heads/main", remote.tip(HEAD))
    git(root, "pull", "-q")
    ran = wheelpin(root, "apply", "--no-build")
    assert ran.code == 0, ran.err
    assert remote.versions("train") == ["12"]
    assert git(root, "status", "--porcelain") == ""
    again = propose(root, github)
    assert (again.code, len(github.pulls)) == (0, 1)
    assert "needs no edit" in again.err


def test_second_run_updates_the_pull_request_that_is_open(remote: Remote, github: GitHubServer) -> None:
    root = remote.clone("one")
    assert propose(root, github).code == 0
    before = remote.tip(HEAD)
    github.pulls[0].body = "edited by hand"
    ran = propose(root, github)
    assert ran.code == 0, ran.err
    assert "pull request updated: " in ran.err
    assert "wheelpin plan" in github.pulls[0].body
    assert (len(github.pulls), remote.tip(HEAD)) == (1, before)


def test_wheel_that_nothing_pins_is_no_part_of_the_name(remote: Remote, github: GitHubServer) -> None:
    root = remote.clone("one")
    make_wheel(root / "dist", "acme-tools", "0.1.0")
    assert propose(root, github).code == 0
    assert propose(root, github).code == 0
    assert [pull.head for pull in github.pulls] == [HEAD]


def test_base_that_moved_is_merged_and_nothing_is_forced(remote: Remote, github: GitHubServer) -> None:
    root = remote.clone("one")
    git(remote.bare, "config", "receive.denyNonFastForwards", "true")
    assert propose(root, github).code == 0
    before = remote.tip(HEAD)
    base = remote.push({"environments/train/conda.yml": CONDA.replace("2.2.0", "2.3.0")})
    ran = propose(root, github)
    assert ran.code == 0, ran.err
    assert remote.show("environments/train/conda.yml", HEAD) == PINNED.replace("2.2.0", "2.3.0")
    parents = git(remote.bare, "log", "-1", "--format=%P", HEAD).split()
    assert parents == [before, base]
    changed = git(remote.bare, "diff", "--name-only", f"main...{HEAD}").splitlines()
    assert "environments/train/conda.yml" in changed
    assert len(github.pulls) == 1


def test_commits_of_others_on_the_branch_stay_in_its_history(remote: Remote, github: GitHubServer) -> None:
    root = remote.clone("one")
    assert propose(root, github).code == 0
    theirs = remote.push({"environments/train/conda.yml": "dependencies: []\n"}, HEAD)
    assert propose(root, github).code == 0
    assert remote.show("environments/train/conda.yml", HEAD) == PINNED
    assert git(remote.bare, "merge-base", theirs, HEAD).strip() == theirs


def test_closed_pull_request_is_followed_by_a_new_one(remote: Remote, github: GitHubServer) -> None:
    root = remote.clone("one")
    assert propose(root, github).code == 0
    github.pulls[0].state = "closed"
    assert "pull request opened: " in propose(root, github).err
    assert [pull.state for pull in github.pulls] == ["closed", "open"]


def test_lost_answer_opens_no_second_one(remote: Remote, github: GitHubServer) -> None:
    github.fail_next(502, "Server Error", stored=True)
    ran = propose(remote.clone("one"), github)
    assert ran.code == 0, ran.err
    assert len(github.pulls) == 1


@pytest.mark.parametrize(
    ("status", "message", "code", "hint"),
    [
        (
            403,
            "GitHub Actions is not permitted to create or approve pull requests.",
            9,
            "pull-requests: write",
        ),
        (404, "Not Found", 9, "pull-requests: write"),
        (422, "Validation Failed", 6, ""),
    ],
)
def test_refusal_is_told_in_githubs_words(  # noqa: PLR0917 - a table of cases
    status: int, message: str, code: int, hint: str, remote: Remote, github: GitHubServer
) -> None:
    github.fail_next(status, message)
    ran = propose(remote.clone("one"), github)
    assert ran.code == code
    assert message in ran.err
    assert hint in ran.err
    assert remote.versions("train") == []


@pytest.mark.parametrize("answer", ["[]", "{}", '"x"', "[{}]", "<html>"])
def test_answer_in_no_known_form_is_told(answer: str) -> None:
    known = GitHubServer().environ()

    def say(request: Request) -> Response:
        return Response(status=200, body=answer.encode())

    with LoopbackServer(say) as server:
        known["GITHUB_API_URL"] = server.url
        proposal = Proposal(title="t", text="x", head="h", base="b")
        requests = GitHub("contoso/acme", "https://github.example", known, retries=Retries(attempts=1))
        with pytest.raises(TargetError, match="GitHub"):
            requests.propose(proposal)


def test_repository_is_the_one_that_was_pushed_to(github: GitHubServer) -> None:
    environ = {**github.environ(), "GITHUB_REPOSITORY": "contoso/pipelines"}
    requests = open_pull_requests("https://github.example/contoso/acme.git", environ)
    opened = requests.propose(Proposal(title="t", text="x", head="wheelpin/a-1", base="main"))
    assert opened.url == "https://github.example/contoso/acme/pull/1"


def test_token_is_needed_before_anything_is_published_and_never_shown(
    remote: Remote, github: GitHubServer
) -> None:
    root = remote.clone("one")
    ran = propose(root, github, GITHUB_TOKEN="")
    assert (ran.code, "no token for GitHub" in ran.err) == (9, True)
    assert not (remote.folder / "wheels").exists()
    github.fail_next(422, f"what is {TOKEN}?")
    ran = propose(root, github)
    assert TOKEN not in ran.out + ran.err
    assert "what is ***?" in ran.err


def test_remote_of_another_kind_is_told_before_anything_is_published(remote: Remote) -> None:
    root = remote.clone("one")
    ran = wheelpin(root, "apply", "--no-build", "--pull-request")
    assert ran.code == 2
    assert "neither GitHub nor Azure Repos" in ran.err
    assert not (remote.folder / "wheels").exists()


def test_each_release_has_a_branch_of_its_own(remote: Remote, github: GitHubServer) -> None:
    one, two = remote.clone("one"), remote.clone("two")
    (two / "dist/acme_core-1.4.0-py3-none-any.whl").unlink()
    make_wheel(two / "dist", "acme-io", "2.0.1")
    assert propose(one, github).code == 0
    assert propose(two, github).code == 0
    assert [pull.head for pull in github.pulls] == [HEAD, "wheelpin/acme-io-2.0.1"]


def test_hostile_names_stay_text(remote: Remote, github: GitHubServer) -> None:
    root = remote.clone("one")
    name = "jobs/[skip ci] closes #1 @ada\u2028Signed-off-by: x.yml"
    write_files(root, {name: "command: x\nenvironment: azureml:train:11\n"})
    git(root, "add", "-A", "jobs")
    git(root, "commit", "-q", "-m", "hostile")
    git(root, "push", "-q")
    ran = propose(root, github)
    assert ran.code == 0, ran.err
    message = remote.message(HEAD)
    assert "[skip ci]" not in message
    assert "#1" not in message
    assert "@ada" not in message
    assert git(remote.bare, "log", "-1", "--format=%(trailers)", HEAD).strip() == ""
