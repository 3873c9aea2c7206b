"""Pull requests: one file a service, bound by `PullRequests`, which none of them imports; one a branch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from wheelpin.credentials import is_service
from wheelpin.credentials.redaction import Secret
from wheelpin.errors import UsageError

_GITHUB = "https://github.com"


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """What somebody is asked to merge: the branch `head` into the branch `base`; `text` is Markdown."""

    title: str
    text: str
    head: str
    base: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """The pull request as a person opens it, and whether it is new."""

    url: str
    is_new: bool


class PullRequests(Protocol):
    """What every service can do."""

    @property
    def longest(self) -> int:
        """How many characters the text of a pull request may have."""

    @property
    def diagrams(self) -> bool:
        """Whether Mermaid in it is shown as a picture."""

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What signs us in, which a CI service has to mask in its log. Raises SignInError."""

    def propose(self, proposal: Proposal) -> Opened:
        """Open a pull request of these branches, or give the open one this title and text.

        Raises SignInError, TargetError.
        """


def open_pull_requests(remote: str, environ: Mapping[str, str]) -> PullRequests:
    """The pull requests of the repository at a remote's address, else of the one that runs this job.

    On GitHub, that is: a job may have checked out another repository than its own, and pushed there.

    Raises UsageError for an address of neither GitHub nor Azure Repos, SignInError without a token.
    """
    from wheelpin.pull_request.azure_repos import AzureRepos, azure_repository
    from wheelpin.pull_request.github import GitHub, github_repository

    azure = azure_repository(remote, environ)
    if azure is not None:
        return AzureRepos(azure, environ)
    server = environ.get("GITHUB_SERVER_URL") or _GITHUB
    own = github_repository(remote, server) or environ.get("GITHUB_REPOSITORY")
    if own:
        return GitHub(own, server, environ)
    host = urlsplit(remote).hostname or "the remote's address"
    known = "an Azure DevOps Server" if is_service(remote) else host
    raise UsageError(
        f"no pull request can be opened: {known} is neither GitHub nor Azure Repos",
        hint="use --commit; or, for a GitHub of your own, set GITHUB_SERVER_URL and GITHUB_API_URL",
    )
