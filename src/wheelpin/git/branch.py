"""A branch of a remote, checked out in a folder apart: taken over, committed to, pushed; never forced.

The user's own work tree, index and branches are not involved until a release has landed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from wheelpin.command import CommandError
from wheelpin.errors import OutcomeUnknownError, TargetError, UsageError, WheelpinError
from wheelpin.folder import abandoned, in_use
from wheelpin.git import NETWORK, Git
from wheelpin.git.destination import Destination
from wheelpin.web.retries import TransientError

_QUIET_PUSH = (
    "push", "--porcelain", "--no-verify", "--no-follow-tags", "--no-signed", "--recurse-submodules=no",
)  # fmt: skip
_RACES = ("cannot lock ref", "failed to lock", "failed to update ref", "incorrect old value")
_PROTECTED = ("protected branch", "GH006", "GH013", "TF402455", "pre-receive hook declined")
_KEPT = "refs/wheelpin/"
"""What is fetched has a name below this until it is checked out, or git could throw it away."""
_OURS = re.compile(r"worktree .*[/\\]wheelpin-[^/\\]+[/\\]branch")
_AGAIN = "run the same command again: what is done stays done"


class Branch:
    """The tip of `destination`, with its files below `root`; `tip` is a commit's full name."""

    def __init__(self, git: Git, destination: Destination, folder: Path) -> None:
        self.git = git
        self.destination = destination
        self.tip = ""
        self._folder = folder
        self._prefix = git.must("rev-parse", "--show-prefix").strip()
        self._apart = Git(root=folder, environ=git.environ)

    @property
    def root(self) -> Path:
        """What `git.root` is in the checkout apart."""
        return self._folder / self._prefix

    @property
    def head(self) -> str:
        """The commit that the files below `root` belong to: the tip, or what was committed on it."""
        return self._apart.must("rev-parse", "HEAD").strip()

    def take_over(self) -> bool:
        """Check the remote's tip out, whatever was there; whether it is another one than before.

        Raises UsageError where the branch, or this folder on it, does not exist; SignInError, TargetError.
        """
        branch, remote = self.destination.branch, self.destination.remote
        tip = self.fetch(branch)
        if tip is None:
            hint = f"push it: `git push -u {remote} {branch}`; or name another: --branch NAME"
            raise UsageError(f"{remote} has no branch {branch}", hint=hint)
        moved, self.tip = tip != self.tip, tip
        self._apart.must("checkout", "-q", "--force", "--detach", tip)
        self._apart.must("clean", "-ffdxq")
        if not self.root.is_dir():
            raise UsageError(f"{self._prefix} is no folder on {self.destination}")
        return moved

    def fetch(self, branch: str) -> str | None:
        """The commit that a branch of the remote is at, fetched; None when there is no such branch.

        A shallow clone is not deepened: it gets what is new. Raises SignInError, TargetError.
        """
        remote, kept = self.destination.remote, f"{_KEPT}{uuid4().hex}"
        refspec = f"+refs/heads/{branch}:{kept}"
        options = ("-q", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no")
        try:
            # From the user's own work tree: credentials of a checkout may be meant for that folder alone.
            self.git.run("fetch", *options, "--", remote, refspec, timeout=NETWORK)
            commit = self.git.run("rev-parse", "--verify", f"{kept}^{{commit}}").strip()
        except CommandError as error:
            if "couldn't find remote ref" in error.output:
                return None
            raise self.git.failure(f"{branch} cannot be fetched from {remote}", error) from error
        self.git.must("update-ref", "-d", kept)
        return commit

    def commit(self, paths: Iterable[str], message: str, parents: Sequence[str]) -> str:
        """A commit with the tip's files, but for those at `paths`, which are as they are in `root` now.

        Its author is the user that git knows, else a name for robots. It is signed where the user's git signs
        commits. Raises TargetError.
        """
        places = [f"{self._prefix}{path}" for path in paths]
        described = [word for parent in parents for word in ("-p", parent)]
        signed = ["-S"] if self._apart.ask("config", "--type=bool", "commit.gpgSign") == "true" else []
        try:
            self._apart.run("add", "--", *(f":(top,literal){place}" for place in places))
            tree = self._apart.run("write-tree").strip()
            made = self._apart.run(
                *_identity(self._apart), "commit-tree", tree, *described, *signed, "-m", message
            )
        except CommandError as error:
            raise TargetError(f"git makes no commit: {self.git.words(error)}") from error
        self._apart.must("update-ref", "--no-deref", "HEAD", made.strip())
        return made.strip()

    def contains(self, commit: str, other: str) -> bool:
        """Whether `other` is `commit`, or one of those that it goes on from."""
        return self.git.says("merge-base", "--is-ancestor", other, commit)

    def same_files(self, one: str, other: str) -> bool:
        """Whether two commits hold the same files."""
        return self.git.says("diff", "--quiet", one, other)

    def push(self, commit: str, branch: str, tip: str | None) -> None:
        """Let a branch of the remote, which was at `tip`, go on to `commit`.

        What happened is read from the branch, not from words. Raises TransientError when somebody was quicker
        or the remote could not be reached, SignInError, TargetError for a push that is refused.
        """
        refspec, remote = f"{commit}:refs/heads/{branch}", self.destination.remote
        try:
            self.git.run(*_QUIET_PUSH, "--", remote, refspec, timeout=NETWORK)
        except CommandError as error:
            now = self._look_again(branch)
            if now is not None and self.contains(now, commit):
                return  # only the answer was lost
            raise self._refusal(error, branch, moved=now != tip) from error

    def _look_again(self, branch: str) -> str | None:
        try:
            return self.fetch(branch)
        except WheelpinError as error:
            unknown = OutcomeUnknownError(
                f"nobody knows whether {branch} was pushed: {error.message}", hint=_AGAIN
            )
            raise TransientError(unknown) from error

    def _refusal(self, error: CommandError, branch: str, *, moved: bool) -> Exception:
        words = self.git.words(error)
        if moved or any(word in error.output for word in _RACES):
            return TransientError(
                TargetError(f"{branch} moves faster than a release lands on it: {words}", hint=_AGAIN)
            )
        what = f"{self.destination.remote} does not take a push to {branch}"
        if "[remote rejected]" in error.output:
            protected = any(word in error.output for word in _PROTECTED)
            hint = "use --pull-request" if protected else "the remote's own words tell what to do"
            return TargetError(f"{what}: {words}", hint=hint)
        failure = self.git.failure(what, error)
        return TransientError(failure) if isinstance(failure, TargetError) else failure


@contextmanager
def checked_out(git: Git, destination: Destination, folder: Path) -> Iterator[Branch]:
    """The branch in `folder`, which is made for it and goes with it.

    Raises UsageError, SignInError, TargetError.
    """
    _sweep(git)
    with in_use(_mark(folder)):
        try:
            git.run("worktree", "add", "-q", "--detach", "--no-checkout", "--", str(folder), "HEAD")
        except CommandError as error:
            raise TargetError(f"git makes no work tree for the branch: {git.words(error)}") from error
        try:
            branch = Branch(git, destination, folder)
            branch.take_over()
            yield branch
        finally:
            with suppress(CommandError):
                git.run("worktree", "remove", "--force", "--", str(folder))


def _sweep(git: Git) -> None:
    """Remove what killed runs have left in the repository, and nothing of the user or of a run that goes on.

    `git worktree prune` would also forget work trees of the user that lie on a disk which is not there now.
    """
    # Before the work trees: a reference of a run that goes on is younger than its work tree.
    kept = git.ask("for-each-ref", "--format=%(refname)", _KEPT).split()
    lines = git.ask("worktree", "list", "--porcelain").splitlines()
    ours = [Path(line.removeprefix("worktree ")) for line in lines if _OURS.fullmatch(line)]
    left = [folder for folder in ours if not folder.exists() or abandoned(_mark(folder))]
    for folder in left:
        with suppress(CommandError):
            git.run("worktree", "remove", "--force", "--", str(folder))
    for name in kept if left == ours else ():
        with suppress(CommandError):
            git.run("update-ref", "-d", name)


def _mark(folder: Path) -> Path:
    """The file that says that the work tree in `folder` is in use."""
    return folder.with_name(f"{folder.name}.lock")


def _identity(git: Git) -> list[str]:
    """Settings that name an author where the user's own git names none."""
    known: Mapping[str, str] = git.environ
    configured = all(git.ask("config", f"user.{part}") for part in ("name", "email"))
    if configured or all(known.get(f"GIT_{role}_EMAIL") for role in ("AUTHOR", "COMMITTER")):
        return []
    if known.get("GITHUB_ACTIONS") == "true":
        # The account that GitHub shows for what workflows do.
        name, email = "github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com"
    else:
        name, email = "wheelpin", "wheelpin@noreply.invalid"
    return ["-c", f"user.name={name}", "-c", f"user.email={email}"]
