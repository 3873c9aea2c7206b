"""`apply --commit`: what lands on the branch of a real remote, and what stands against it."""

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.processes import Ran, wheelpin
from tests.remotes import Remote
from tests.repositories import CONDA, FILES, git, snapshot, write_files
from tests.wheels import make_wheel
from wheelpin.folder import in_use

PINNED = CONDA.replace("acme-core==1.3.2", "acme-core==1.4.0")


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    return Remote(tmp_path)


def land(root: Path, *options: str, env: dict[str, str] | None = None) -> Ran:
    return wheelpin(root, "apply", "--no-build", "--commit", *options, env=env)


def assert_landed(remote: Remote, branch: str = "main") -> None:
    assert remote.show("environments/train/conda.yml", branch) == PINNED
    assert "azureml:train:12" in remote.show("jobs/train.yml", branch)
    assert remote.versions("train") == ["12"]


def two_releases(remote: Remote) -> list[Path]:
    """Two clones that release different packages, which one file pins."""
    roots = [remote.clone("core"), remote.clone("io")]
    (roots[1] / "dist/acme_core-1.4.0-py3-none-any.whl").unlink()
    make_wheel(roots[1] / "dist", "acme-io", "2.0.1")
    return roots


def definitions(remote: Remote) -> dict[str, str]:
    return {path: remote.show(path) for path in FILES}


def test_edits_are_pushed_and_what_was_pushed_is_registered(remote: Remote) -> None:
    root = remote.clone("one")
    ran = land(root)
    assert ran.code == 0, ran.err
    assert_landed(remote)
    registered = (remote.registry / "environments/train/versions/12.json").read_text()
    assert f'"wheelpin.commit": "{remote.tip()}"' in registered
    assert remote.subjects() == ["Release acme-core 1.4.0", "first"]


def test_the_work_tree_follows_and_nothing_is_left_to_do(remote: Remote) -> None:
    root = remote.clone("one")
    assert land(root).code == 0
    assert git(root, "rev-parse", "HEAD").strip() == remote.tip()
    assert git(root, "status", "--porcelain") == ""
    assert wheelpin(root, "plan", "--no-build").code == 0
    again = land(root)
    assert (again.code, len(remote.subjects())) == (0, 2)
    assert "needs no edit" in again.err


def test_nothing_of_ours_is_left_in_the_repository(remote: Remote) -> None:
    root = remote.clone("one")
    assert land(root).code == 0
    assert len(git(root, "worktree", "list").splitlines()) == 1
    assert "wheelpin" not in git(root, "for-each-ref", "--format=%(refname)")


def test_what_killed_runs_have_left_is_removed_and_nothing_else(remote: Remote, tmp_path: Path) -> None:
    root = remote.clone("one")
    dead, gone, alive = (tmp_path / f"wheelpin-{name}" / "branch" for name in ("dead", "gone", "alive"))
    own = tmp_path / "my-own"
    for folder in (dead, gone, alive, own):
        git(root, "worktree", "add", "-q", "--detach", str(folder))
    dead.with_name("branch.lock").touch()
    shutil.rmtree(gone)
    shutil.rmtree(own)  # on a disk that is not there now
    git(root, "update-ref", "refs/wheelpin/0123", "HEAD")
    with in_use(alive.with_name("branch.lock")):
        assert land(root).code == 0
    assert work_trees(root) == {root, alive, own}
    assert git(root, "for-each-ref", "refs/wheelpin")  # may be of the one that goes on
    assert land(root).code == 0
    assert work_trees(root) == {root, own}
    assert not git(root, "for-each-ref", "refs/wheelpin")


def work_trees(root: Path) -> set[Path]:
    lines = git(root, "worktree", "list", "--porcelain").splitlines()
    return {Path(line.removeprefix("worktree ")) for line in lines if line.startswith("worktree ")}


def test_message_tells_what_moved_and_which_plan_it_was(remote: Remote) -> None:
    root = remote.clone("one")
    digest = wheelpin(root, "plan", "--no-build", "--json").json["digest"]
    assert land(root).code == 0
    message = remote.message()
    assert "  environments/train/conda.yml:7  acme-core acme-core==1.3.2 -> acme-core==1.4.0\n" in message
    assert "  train 12 (new)\n" in message
    assert digest[:12] in message


def test_only_the_edited_files_are_committed(remote: Remote) -> None:
    root = remote.clone("one")
    write_files(root, {"notes.txt": "mine", "README.md": "staged"})
    git(root, "add", "README.md")
    assert land(root).code == 0
    changed = git(remote.bare, "diff", "--name-only", "main~1", "main").splitlines()
    assert "notes.txt" not in changed
    assert "README.md" not in changed
    assert git(root, "status", "--porcelain").splitlines() == ["A  README.md", "?? notes.txt"]


def test_hooks_are_not_run_and_identity_of_the_user_is_kept(remote: Remote) -> None:
    root = remote.clone("one")
    for name in ("pre-commit", "pre-push", "post-checkout"):
        hook = root / ".git/hooks" / name
        hook.write_text("#!/bin/sh\ntouch ran-a-hook\nexit 1\n")
        hook.chmod(0o755)
    assert land(root).code == 0
    assert git(remote.bare, "log", "-1", "--format=%an <%ae>", "main").strip() == "Ada <ada@example.org>"
    assert not list(remote.folder.rglob("ran-a-hook"))


def test_without_an_identity_a_robot_commits(remote: Remote) -> None:
    root = remote.clone("one")
    ran = land(root, env={"GIT_CONFIG_GLOBAL": str(remote.folder / "none"), "HOME": str(remote.folder)})
    assert ran.code == 0, ran.err
    assert git(remote.bare, "log", "-1", "--format=%an", "main").strip() == "wheelpin"


def test_push_that_lost_the_race_is_derived_anew_on_the_new_tip(remote: Remote) -> None:
    root = remote.clone("one")
    moved = CONDA.replace("numpy==2.2.0", "numpy==2.3.0\n      - acme-io==2.0.0")
    # The remote moves between our look and our push, once.
    other = remote.folder / "script"
    other.write_text(moved)
    remote.hook(
        "pre-receive",
        f"""\
[ -e {remote.folder}/raced ] && exit 0
touch {remote.folder}/raced
unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES
export GIT_INDEX_FILE={remote.folder}/index
git read-tree main
blob=$(git hash-object -w {other})
git update-index --cacheinfo 100644,$blob,environments/train/conda.yml
commit=$(echo raced | git -c user.name=o -c user.email=o@o.example commit-tree $(git write-tree) -p main)
git update-ref refs/heads/main $commit
exit 0""",
    )
    ran = land(root)
    assert ran.code == 0, ran.err
    assert "main of origin has moved to" in ran.err
    assert remote.show("environments/train/conda.yml") == moved.replace("1.3.2", "1.4.0")
    assert remote.subjects() == ["Release acme-core 1.4.0", "raced", "first"]
    assert "numpy==2.3.0" in (remote.registry / "environments/train/versions/12.json").read_text()


def test_two_releases_into_one_branch_keep_both_pins(tmp_path: Path) -> None:
    in_a_row = Remote(tmp_path / "in-a-row")
    assert [land(root).code for root in two_releases(in_a_row)] == [0, 0]
    for number in range(3):
        remote = Remote(tmp_path / str(number))
        roots = two_releases(remote)
        with ThreadPoolExecutor(2) as pool:
            ran = list(pool.map(land, roots))
        assert [one.code for one in ran] == [0, 0], "\n".join(one.err for one in ran)
        assert definitions(remote) == definitions(in_a_row)
        assert remote.versions("score") == ["4", "5"]
        score = remote.show("environments/score/requirements.txt")
        assert score == "Acme.Core == 1.4.0\nacme-io==2.0.1\n"
        assert remote.show("environments/train/conda.yml") == PINNED
        assert 'version: "5"' in remote.show("environments/score/environment.yml")
        assert sorted(remote.subjects()) == ["Release acme-core 1.4.0", "Release acme-io 2.0.1", "first"]
        git(roots[0], "pull", "-q")
        assert wheelpin(roots[0], "plan", "--no-build").code == 0


def test_two_runs_in_one_work_tree_land_once(remote: Remote) -> None:
    root = remote.clone("one")
    with ThreadPoolExecutor(2) as pool:
        ran = list(pool.map(land, (root, root)))
    assert [one.code for one in ran] == [0, 0], "\n".join(one.err for one in ran)
    assert_landed(remote)
    assert len(git(root, "worktree", "list").splitlines()) == 1
    assert land(root).code == 0
    assert remote.subjects() == ["Release acme-core 1.4.0", "first"]


def test_branch_that_moved_meanwhile_is_taken_over(remote: Remote) -> None:
    root = remote.clone("one")
    remote.push({"environments/train/conda.yml": CONDA.replace("2.2.0", "2.3.0"), "new.txt": "new\n"})
    ran = land(root)
    assert ran.code == 0, ran.err
    assert remote.show("environments/train/conda.yml") == PINNED.replace("2.2.0", "2.3.0")
    assert git(root, "rev-parse", "HEAD").strip() == remote.tip()
    assert (root / "new.txt").exists()


def test_branch_that_was_rewritten_is_told_and_left(remote: Remote) -> None:
    root = remote.clone("one")
    git(
        remote.bare,
        "update-ref",
        "refs/heads/main",
        git(remote.bare, "commit-tree", "main^{tree}", "-m", "x").strip(),
    )
    before = remote.tip()
    ran = land(root)
    assert ran.code == 2
    assert "not on main of origin" in ran.err
    assert remote.tip() == before
    assert not (remote.folder / "wheels").exists()


def test_commits_that_are_not_pushed_are_told(remote: Remote) -> None:
    root = remote.clone("one")
    git(root, "commit", "-q", "--allow-empty", "-m", "mine alone")
    ran = land(root)
    assert ran.code == 2
    assert "push it first" in ran.err


def test_saved_plan_is_refused_when_the_branch_has_moved(remote: Remote) -> None:
    root = remote.clone("one")
    assert wheelpin(root, "plan", "--no-build", "--out", "dist/plan.json").code == 3
    remote.push({"environments/train/conda.yml": "# longer\n" + CONDA})
    assert land(root, "dist/plan.json").code == 5
    assert remote.subjects()[0] == "somebody else's"


def test_saved_plan_lands_on_a_branch_that_moved_elsewhere(remote: Remote) -> None:
    root = remote.clone("one")
    assert wheelpin(root, "plan", "--no-build", "--out", "dist/plan.json").code == 3
    remote.push({"README.md": "hello\n"})
    ran = land(root, "dist/plan.json")
    assert ran.code == 0, ran.err
    assert_landed(remote)


def test_dirty_definition_is_refused_and_named(remote: Remote) -> None:
    root = remote.clone("one")
    write_files(
        root,
        {
            "environments/train/conda.yml": CONDA.replace("2.2.0", "2.9.9"),
            "environments/new/environment.yml": "name: new\nimage: mcr.example/new:1\n",
            "environments/score/Dockerfile": "FROM scratch\n",
        },
    )
    before = snapshot(root)
    ran = land(root)
    assert ran.code == 2
    for path in (
        "environments/train/conda.yml",
        "environments/new/environment.yml",
        "environments/score/Dockerfile",
    ):
        assert f"{path}: is not committed" in ran.err
    assert "git restore" in ran.err
    assert remote.subjects() == ["first"]
    assert not (remote.folder / "wheels").exists()
    assert snapshot(root) == before


def test_edits_of_a_run_that_was_stopped_are_taken_for_our_own(remote: Remote) -> None:
    root = remote.clone("one")
    write_files(root, {"environments/train/conda.yml": PINNED})
    ran = land(root)
    assert ran.code == 0, ran.err
    assert_landed(remote)
    assert git(root, "status", "--porcelain") == ""


def test_release_of_a_folder_of_the_repository_lands_there(tmp_path: Path) -> None:
    remote = Remote(tmp_path, {f"ml/{path}": text for path, text in FILES.items()})
    root = remote.clone("one")
    (root / "dist").rename(root / "ml/dist")
    (root / "wheelpin.yml").rename(root / "ml/wheelpin.yml")
    ran = land(root / "ml")
    assert ran.code == 0, ran.err
    assert remote.show("ml/environments/train/conda.yml") == PINNED
    assert (root / "ml/environments/train/conda.yml").read_text() == PINNED


def test_shallow_clone_is_enough_and_stays_shallow(remote: Remote) -> None:
    remote.push({"a.txt": "1"})
    root = remote.clone("one", "--depth", "1")
    remote.push({"a.txt": "2"})
    ran = land(root)
    assert ran.code == 0, ran.err
    assert_landed(remote)
    assert remote.subjects() == ["Release acme-core 1.4.0", "somebody else's", "somebody else's", "first"]
    assert git(root, "rev-parse", "--is-shallow-repository").strip() == "true"
    assert git(root, "rev-parse", "HEAD").strip() == remote.tip()


JOBS = {
    "github_branch": ({"GITHUB_REF": "refs/heads/main"}, "as the job's ref says", True),
    "azure_branch": ({"BUILD_SOURCEBRANCH": "refs/heads/main"}, "as the job's ref says", True),
    "github_tag": (
        {"GITHUB_REF": "refs/tags/v1.4.0"},
        "its default branch, as this is a job for the tag",
        False,
    ),
    "azure_pull_request": (
        {
            "BUILD_SOURCEBRANCH": "refs/pull/7/merge",
            "SYSTEM_PULLREQUEST_SOURCEBRANCH": "refs/heads/main",
            "SYSTEM_PULLREQUEST_ISFORK": "False",
        },
        "where this pull request comes from",
        False,
    ),
}


@pytest.mark.parametrize("job", JOBS)
def test_detached_checkout_lands_on_the_branch_of_the_job(job: str, remote: Remote) -> None:
    env, why, follows = JOBS[job]
    root = remote.clone("one")
    git(root, "checkout", "-q", "--detach", "HEAD")
    before = git(root, "rev-parse", "HEAD")
    ran = land(root, env=env)
    assert ran.code == 0, ran.err
    assert why in ran.err
    assert_landed(remote)
    assert (git(root, "rev-parse", "HEAD") != before) == follows


def test_detached_checkout_without_a_branch_is_told(remote: Remote) -> None:
    root = remote.clone("one")
    git(root, "checkout", "-q", "--detach", "HEAD")
    ran = land(root)
    assert ran.code == 2
    assert "--branch NAME" in ran.err


def test_tag_that_lies_behind_still_lands_on_the_tip(remote: Remote) -> None:
    root = remote.clone("one")
    git(root, "checkout", "-q", "--detach", "HEAD")
    remote.push({"environments/train/conda.yml": CONDA.replace("2.2.0", "2.3.0")})
    ran = land(root, "--branch", "main")
    assert ran.code == 0, ran.err
    assert remote.show("environments/train/conda.yml") == PINNED.replace("2.2.0", "2.3.0")
    assert (root / "environments/train/conda.yml").read_text() == CONDA


def test_branch_of_a_fork_never_becomes_one_of_ours(remote: Remote, tmp_path: Path) -> None:
    root = remote.clone("one")
    git(root, "checkout", "-q", "--detach", "HEAD")
    event = tmp_path / "event.json"
    event.write_text('{"pull_request": {"head": {"repo": {"full_name": "mallory/acme"}}}}')
    env = {
        "GITHUB_REF": "refs/pull/7/merge",
        "GITHUB_HEAD_REF": "main",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_REPOSITORY": "contoso/acme",
    }
    ran = land(root, env=env)
    assert ran.code == 2
    assert "not known to be one of this repository" in ran.err
    assert remote.subjects() == ["first"]


@pytest.mark.parametrize("name", ["--upload-pack=touch pwned", "a b", "x:y", "+main", ""])
def test_what_is_no_name_of_a_branch_is_refused(name: str, remote: Remote) -> None:
    ran = land(remote.clone("one"), f"--branch={name}")
    assert ran.code == 2
    assert not list(remote.folder.rglob("pwned"))


def test_branch_that_the_remote_does_not_have_is_told(remote: Remote) -> None:
    ran = land(remote.clone("one"), "--branch", "nowhere")
    assert (ran.code, "has no branch nowhere" in ran.err) == (2, True)


def test_repository_without_a_remote_is_told(remote: Remote) -> None:
    root = remote.clone("one")
    git(root, "remote", "remove", "origin")
    ran = land(root)
    assert ran.code == 2
    assert "no git remote" in ran.err
    assert not (remote.folder / "wheels").exists()


def test_folder_that_is_no_repository_is_told(tmp_path: Path) -> None:
    make_wheel(tmp_path / "dist", "acme-core", "1.4.0")
    ran = land(tmp_path)
    assert (ran.code, "no git commit here" in ran.err) == (2, True)


def test_protected_branch_is_told_with_the_servers_words(remote: Remote) -> None:
    root = remote.clone("one")
    remote.hook("pre-receive", 'echo "GH006: Protected branch update failed. ##vso[task.complete]"; exit 1')
    ran = land(root)
    assert ran.code == 6
    assert "GH006: Protected branch update failed" in ran.err
    assert "--pull-request" in ran.err
    assert remote.subjects() == ["first"]
    assert remote.versions("train") == []
    assert (root / "environments/train/conda.yml").read_text() == CONDA
    assert git(root, "status", "--porcelain") == ""


def test_remote_that_is_gone_is_told_before_anything_is_published(remote: Remote) -> None:
    root = remote.clone("one")
    remote.bare.rename(remote.folder / "gone")
    ran = land(root)
    assert ran.code == 6
    assert "cannot be fetched" in ran.err
    assert not (remote.folder / "wheels").exists()


def test_passwords_in_a_remotes_address_are_not_shown(remote: Remote) -> None:
    root = remote.clone("one")
    git(root, "remote", "set-url", "origin", "http://ada:tops3cret@127.0.0.1:9/x.git")
    ran = land(root)
    assert ran.code in {6, 9}
    assert "tops3cret" not in ran.err + ran.out


def test_files_here_that_stand_in_the_way_are_told(remote: Remote) -> None:
    root = remote.clone("one")
    remote.push({"notes.txt": "theirs\n"})
    write_files(root, {"notes.txt": "mine\n"})
    ran = land(root)
    assert ran.code == 0, ran.err
    assert "`git pull` brings them" in ran.err
    assert (root / "notes.txt").read_text() == "mine\n"
    assert_landed(remote)


def test_options_exclude_each_other(remote: Remote) -> None:
    root = remote.clone("one")
    assert land(root, "--pull-request").code == 2
    assert wheelpin(root, "apply", "--no-build", "--branch", "main").code == 2
    assert remote.subjects() == ["first"]


def test_what_is_typed_beats_variables(remote: Remote) -> None:
    root = remote.clone("one")
    assert land(root, env={"WHEELPIN_PULL_REQUEST": "1", "WHEELPIN_BRANCH": "main"}).code == 0
    assert_landed(remote)
    assert wheelpin(root, "apply", "--no-build", env={"WHEELPIN_BRANCH": "main"}).code == 0


def test_without_the_options_files_are_edited_and_nothing_is_committed(remote: Remote) -> None:
    root = remote.clone("one")
    assert wheelpin(root, "apply", "--no-build").code == 0
    assert remote.subjects() == ["first"]
    assert re.search(r"^ M environments/train/conda.yml$", git(root, "status", "--porcelain"), re.MULTILINE)
