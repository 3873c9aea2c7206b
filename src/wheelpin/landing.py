"""Edits land on a branch: committed, pushed, and derived anew when another release got there first.

Never forced, never rebased as text: on the new tip the pins are read and written again, so none gets lost.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from wheelpin.apply import apply, edit_files
from wheelpin.change import Change, Edit, Upload
from wheelpin.ci import Host
from wheelpin.commit import release_branch, release_message, release_title
from wheelpin.context import context_files
from wheelpin.definitions.azureml import read_environment
from wheelpin.errors import CheckError, Level, StalePlanError, WheelpinError
from wheelpin.git import Git
from wheelpin.git.branch import Branch, checked_out
from wheelpin.git.checkout import catch_up, own_edits, require_pushed
from wheelpin.git.destination import find_destination
from wheelpin.outcome import Outcome
from wheelpin.plan import Plan, make_plan
from wheelpin.provenance import origin
from wheelpin.pull_request import Proposal, PullRequests, open_pull_requests
from wheelpin.release import Release
from wheelpin.repository import Repository
from wheelpin.scope import read_scope
from wheelpin.versions import overlaid
from wheelpin.web.retries import Retries

RETRIES = Retries(attempts=8, base=0.5, cap=8.0)


@dataclass(kw_only=True, slots=True)
class Landing:
    """How the edits of one release come onto a branch; with `requests` they are proposed to it.

    With `approved`, a tip on which something else is to be done than in the plan at first is refused.
    """

    branch: Branch
    environ: Mapping[str, str]
    host: Host
    folder: Path
    approved: bool = False
    requests: PullRequests | None = None
    retries: Retries = RETRIES
    _own: list[str] = field(default_factory=list, init=False)

    def on_tip(self, release: Release) -> Release:
        """The release with the files of the branch, which are those that it edits and registers."""
        return replace(release, repository=Repository(self.branch.root))

    def carry_out(self, made: Plan, release: Release) -> Outcome:
        """Apply a plan of what is on the tip; what is only proposed is registered by the run after the merge.

        Raises UsageError where the user's work tree holds something else that is not committed.
        """
        here = Repository(self.branch.git.root)
        edits = _edits(made)
        watched = _watched(here, release) | _watched(release.repository, release)
        watched |= {edit.path for edit in edits}
        self._own = own_edits(self.branch.git, watched, overlaid(release.repository, edits))
        return apply(
            made,
            release,
            self.host,
            self._origin,
            write=partial(self._land, release),
            registers=self.requests is None,
        )

    def _origin(self) -> dict[str, str]:
        """Where registrations come from: the commit that is on the branch, and the run."""
        return origin(self.branch.root, self.environ)

    def _land(self, release: Release, outcome: Outcome) -> None:
        """Edit, commit and push, until it is there; what fails is part of the outcome."""
        tried = 0

        def attempt() -> None:
            nonlocal tried
            tried += 1
            if tried > 1:
                self._derive_anew(outcome, release)
            edit_files(self.on_tip(release), self.host, outcome)
            if not outcome.failed:
                self._send(outcome)

        try:
            self.retries.persist(attempt)
        except WheelpinError as error:
            outcome.settle(_edits(outcome.plan), error)
        except KeyboardInterrupt:
            _forget(outcome)
            raise
        if not outcome.failed and self.requests is None:
            self._catch_up()

    def _catch_up(self) -> None:
        """Let the user's work tree follow what has landed, where it is at that branch."""
        here, there = self.branch.destination.here, self.branch.destination
        if here and not catch_up(self.branch, self.branch.head, self._own):
            self.host.note(f"the files here are not those of {there} yet: `git pull` brings them")

    def _derive_anew(self, outcome: Outcome, release: Release) -> None:
        """Plan what is left on the tip of this moment. Raises StalePlanError."""
        if self.branch.take_over():
            self.host.note(
                f"{self.branch.destination} has moved to {self.branch.tip[:12]}: deriving pins anew"
            )
        before, made = outcome.plan, make_plan(self.on_tip(release), self.folder)
        if self.approved and _left(before) != _left(made):
            raise StalePlanError(
                f"{self.branch.destination} has moved, and what is to be done there is not what was approved",
                hint="make a new plan, and look at it again; the wheels are published already",
            )
        new = [finding for finding in made.findings if finding not in before.findings]
        for finding in new:
            self.host.finding(finding)
        if any(finding.level is Level.ERROR for finding in new):
            raise CheckError(f"{self.branch.destination} has moved to what cannot be released")
        sent = [change for change in before.changes if isinstance(change, Upload)]
        files = {upload.file for upload in sent}
        outcome.plan = replace(
            made,
            changes=(*sent, *_left(made)),
            unchanged=tuple(item for item in made.unchanged if item.subject not in files),
            wheels={**before.wheels, **made.wheels},
        )
        _forget(outcome)

    def _send(self, outcome: Outcome) -> None:
        plan = outcome.plan
        paths = list(dict.fromkeys(edit.path for edit in _edits(plan)))
        if not paths:
            self.host.note(f"{self.branch.destination} needs no edit")
            return
        wheels = {(wheel.name, wheel.version) for wheel in plan.wheels.values()}
        run = self._origin().get("wheelpin.run", "")
        message = release_message(plan.changes, sorted(wheels), plan.digest, run)
        if self.requests is None:
            with self.host.task(f"push to {self.branch.destination}"):
                commit = self.branch.commit(paths, message, [self.branch.tip])
                self.branch.push(commit, self.branch.destination.branch, self.branch.tip)
            outcome.pushed = f"{self.branch.destination}, commit {commit[:12]}"
            self.host.note(f"{self.branch.destination} is at {commit[:12]}")
        else:
            head = release_branch(plan.changes, sorted(wheels))
            self._push_apart(head, paths, message)
            title = release_title(plan.changes, sorted(wheels))
            outcome.pull_request = self._propose(self.requests, plan, head, title)

    def _push_apart(self, head: str, paths: Sequence[str], message: str) -> None:
        """Let the branch `head` hold what was derived on the tip, as a commit on top of all that it had."""
        branch = self.branch
        there = branch.fetch(head)
        commit = branch.commit(paths, message, _parents(branch, there))
        if there and branch.contains(there, branch.tip) and branch.same_files(there, commit):
            return
        with self.host.task(f"push to {head}"):
            branch.push(commit, head, there)

    def _propose(self, requests: PullRequests, plan: Plan, head: str, title: str) -> str:
        """Ask for the merge; the address where."""
        from wheelpin.report import plan_markdown

        about = (
            f"Made by `wheelpin apply --pull-request`, which writes the branch `{head}` anew when it runs "
            "again. The wheels are published. Once this is merged, `wheelpin apply` registers the "
            "environments."
        )
        shown = plan_markdown(
            plan, approvable=False, diagrams=requests.diagrams, limit=requests.longest - len(about) - 2
        )
        text = f"{about}\n\n{shown}"
        proposal = Proposal(title=title, text=text, head=head, base=self.branch.destination.branch)
        with self.host.task(f"pull request of {head}"):
            opened = requests.propose(proposal)
        self.host.outputs({"pull-request": opened.url})
        self.host.note(f"pull request {'opened' if opened.is_new else 'updated'}: {opened.url}")
        return opened.url


@contextmanager
def open_landing(  # noqa: PLR0913 - all that a landing needs to know
    root: Path,
    environ: Mapping[str, str],
    host: Host,
    folder: Path,
    *,
    branch: str | None,
    pull_request: bool,
    approved: bool,
) -> Iterator[Landing]:
    """Find the branch, and check it out below `folder` for as long as this lasts.

    What stands against it is told at once, before anything is built. Raises UsageError, SignInError,
    TargetError.
    """
    git = Git(root=root, environ=environ)
    destination = find_destination(git, environ, branch)
    how = "proposed for" if pull_request else "pushed to"
    host.note(f"edits are {how} {destination}, {destination.why}")
    address = git.ask("remote", "get-url", destination.remote)
    requests = open_pull_requests(address, environ) if pull_request else None
    if requests:
        host.mask(requests.secrets)
    with checked_out(git, destination, folder / "branch") as opened:
        require_pushed(opened)
        yield Landing(
            branch=opened,
            environ=environ,
            host=host,
            folder=folder,
            approved=approved,
            requests=requests,
        )


def _watched(repository: Repository, release: Release) -> set[str]:
    """Every file that what is registered is made of: definitions and build contexts."""
    found: set[str] = set()
    for member in read_scope(repository, release.config).environments.values():
        found |= member.files.keys()
        context = read_environment(repository, member.path).context
        found |= set(context_files(repository, context.path)) if context else set()
    return found


def _parents(branch: Branch, there: str | None) -> list[str]:
    """What a commit goes on from: the branch as it is there, and the tip unless that has it already."""
    if there is None:
        return [branch.tip]
    return [there] if branch.contains(there, branch.tip) else [there, branch.tip]


def _forget(outcome: Outcome) -> None:
    """Count edits as not made, as they are in no place but the temporary checkout."""
    outcome.ended = {change: error for change, error in outcome.ended.items() if isinstance(change, Upload)}


def _edits(plan: Plan) -> list[Edit]:
    return [change for change in plan.changes if isinstance(change, Edit)]


def _left(plan: Plan) -> list[Change]:
    """What is done after the uploads."""
    return [change for change in plan.changes if not isinstance(change, Upload)]
