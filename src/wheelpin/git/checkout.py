"""The user's own work tree beside a release that lands elsewhere: what must not differ there; catching up."""

from collections.abc import Container

from wheelpin.command import CommandError
from wheelpin.errors import Finding, Level, UsageError
from wheelpin.git import Git
from wheelpin.git.branch import Branch
from wheelpin.repository import Repository


def dirty_files(git: Git) -> set[str]:
    """The files below `git.root` that are not as in the last commit, new ones included."""
    changed = git.must("diff", "--name-only", "--relative", "-z", "HEAD")
    new = git.must("ls-files", "-o", "-z", "--exclude-standard")
    return {path for path in (changed + new).split("\0") if path}


def own_edits(git: Git, watched: Container[str], released: Repository) -> list[str]:
    """The watched files that hold already what is going to be released, and not what was committed.

    A run that was stopped may have left them. Raises UsageError for all others that are not committed: they
    would not be part of the release.
    """
    here = Repository(git.root)
    dirty = sorted(path for path in dirty_files(git) if path in watched)
    foreign = [path for path in dirty if not _alike(here, released, path)]
    if foreign:
        message = "is not committed, and a release takes what is"
        raise UsageError(
            f"{', '.join(foreign)}: not committed",
            hint="commit and push them first, or take them back: `git restore FILE`",
            findings=[Finding(level=Level.ERROR, subject=path, message=message) for path in foreign],
        )
    return dirty


def require_pushed(branch: Branch) -> None:
    """Raises UsageError when the work tree is at a commit that its branch on the remote does not have.

    Wheels are built from the work tree: what they were built from has to be there for everybody.
    """
    if branch.destination.here and not branch.contains(branch.tip, "HEAD"):
        raise UsageError(
            f"the commit that is checked out is not on {branch.destination}",
            hint="push it first; or, if the branch was rewritten, start again from what it is now",
        )


def catch_up(branch: Branch, commit: str, own: list[str]) -> bool:
    """Bring the work tree to what has landed, if nothing stands against it; whether it is there now.

    `own` are the files that a stopped run has edited: what it wrote there has landed, or is out of date.
    """
    git = branch.git
    try:
        if own:
            git.run("checkout", "-q", "HEAD", "--", *(f":(literal){path}" for path in own))
        git.run("-c", "merge.autoStash=false", "merge", "-q", "--ff-only", "--no-stat", commit)
    except CommandError:
        return False
    return True


def _alike(here: Repository, released: Repository, path: str) -> bool:
    if not here.is_file(path) or not released.is_file(path):
        return False
    return here.read_bytes(path) == released.current_bytes(path)
