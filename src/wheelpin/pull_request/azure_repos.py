"""Pull requests in Azure Repos, through the official client."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote, unquote, urlsplit

from wheelpin.credentials import SignIn, devops_credential, entra_token
from wheelpin.credentials.redaction import Secret
from wheelpin.pull_request import Opened, Proposal
from wheelpin.web.devops import DevOps
from wheelpin.web.retries import Retries

_HEADS = "refs/heads/"
_HINT = "{source} has expired, or lacks Contribute to pull requests on this repository"
_PLACES = (
    re.compile(r"(?P<collection>https://[^/]+/[^/]+)/(?P<project>[^/]+)/_git/(?P<repository>[^/]+)"),
    re.compile(r"(?P<collection>https://[^/.]+\.visualstudio\.com(?:/DefaultCollection)?)"
               r"/(?P<project>[^/]+)/_git/(?P<repository>[^/]+)"),
    re.compile(r"(?:ssh://)?[^@/]+@ssh\.dev\.azure\.com[:/]v3/(?P<organization>[^/]+)/(?P<project>[^/]+)"
               r"/(?P<repository>[^/]+)"),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class AzureRepository:
    """Where a repository is; `repository` is its name or its GUID."""

    collection: str
    project: str
    repository: str


def azure_repository(remote: str, environ: Mapping[str, str]) -> AzureRepository | None:
    """The repository of the job, if Azure Repos has it, else that of a remote's address; None for others."""
    names = ("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI", "SYSTEM_TEAMPROJECT", "BUILD_REPOSITORY_ID")
    if environ.get("BUILD_REPOSITORY_PROVIDER") == "TfsGit" and all(environ.get(name) for name in names):
        collection, project, repository = (environ[name] for name in names)
        return AzureRepository(collection=collection.rstrip("/"), project=project, repository=repository)
    parts = urlsplit(remote)
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if parts.scheme == "https" else ""
    for pattern in reversed(_PLACES):
        found = pattern.fullmatch(bare.rstrip("/") or remote)
        if found:
            place = {name: unquote(value) for name, value in found.groupdict().items()}
            collection = place.get("collection") or f"https://dev.azure.com/{quote(place['organization'])}"
            return AzureRepository(
                collection=collection, project=place["project"], repository=place["repository"]
            )
    return None


class AzureRepos:
    """The pull requests of one repository."""

    longest = 4_000
    """Characters; the service refuses a longer description."""
    diagrams = False

    def __init__(
        self, place: AzureRepository, environ: Mapping[str, str], *, retries: Retries | None = None
    ) -> None:
        self._place = place
        self._sign_in = SignIn(
            partial(devops_credential, place.collection, environ, partial(entra_token, environ))
        )
        self._devops = DevOps(
            title=f"pull request in {place.repository}",
            collection=place.collection,
            areas=("git",),
            sign_in=self._sign_in,
            hint=_HINT,
        )
        self._retries = retries or Retries()

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What signs us in, which a CI service has to mask in its log. Raises SignInError."""
        return self._sign_in.secrets

    def propose(self, proposal: Proposal) -> Opened:
        """Open a pull request, or give the open one of these branches this title and text.

        Raises SignInError, TargetError.
        """
        return self._retries.persist(lambda: self._propose(proposal))

    def _propose(self, proposal: Proposal) -> Opened:
        """Looks first, each time: an answer that was lost may have been a success."""
        from azure.devops.v7_1.git import models  # type: ignore[import-untyped]

        source, target = _HEADS + proposal.head, _HEADS + proposal.base
        wanted = {"title": proposal.title, "description": proposal.text}
        where = {"repository_id": self._place.repository, "project": self._place.project}
        searched = models.GitPullRequestSearchCriteria(
            source_ref_name=source, target_ref_name=target, status="active"
        )
        found = self._devops.ask(lambda clients: clients.get_git_client().get_pull_requests(
            search_criteria=searched, **where
        ))  # fmt: skip
        if found:
            number = found[0].pull_request_id
            self._devops.ask(lambda clients: clients.get_git_client().update_pull_request(
                models.GitPullRequest(**wanted), pull_request_id=number, **where
            ))  # fmt: skip
            return Opened(url=self._url(number), is_new=False)
        request = models.GitPullRequest(source_ref_name=source, target_ref_name=target, **wanted)
        opened = self._devops.ask(lambda clients: clients.get_git_client().create_pull_request(
            request, **where
        ))  # fmt: skip
        return Opened(url=self._url(opened.pull_request_id), is_new=True)

    def _url(self, number: int) -> str:
        """The page of a pull request: the service's answers name only their own REST."""
        place = self._place
        project, repository = quote(place.project), quote(place.repository)
        return f"{place.collection}/{project}/_git/{repository}/pullrequest/{int(number)}"
