"""Azure Repos' pull requests, as the official client asks for them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from tests.servers.artifacts import answers
from tests.servers.artifacts.answers import Json
from tests.servers.artifacts.feeds import Role
from tests.servers.messages import Request, Response

LONGEST = 4_000
"""Characters that a description may have."""


@dataclass(kw_only=True, slots=True)
class PullRequest:
    """One pull request, as it stands; branches are full refs."""

    number: int
    repository: str
    title: str
    description: str
    source: str
    target: str
    status: str = "active"


class Repositories:
    """All pull requests of an organisation, in any repository that is asked for."""

    def __init__(self) -> None:
        self.pulls: list[PullRequest] = []

    def answer(self, request: Request, path: Sequence[str], role: Role) -> Response:
        """Answer for what follows `git/repositories` in the path."""
        match (request.method, *path):
            case ("GET", repository, "pullrequests"):
                return answers.collection([_shown(pull) for pull in self._found(repository, request.query)])
            case ("POST", repository, "pullrequests"):
                return self._write(role, None, repository, json.loads(request.body))
            case ("PATCH", repository, "pullrequests", number):
                return self._write(role, self.pulls[int(number) - 1], repository, json.loads(request.body))
            case _:
                return answers.not_found("VssResourceNotFoundException", f"There is no {request.path}.")

    def _found(self, repository: str, query: dict[str, str]) -> list[PullRequest]:
        return [
            pull
            for pull in self.pulls
            if pull.repository == repository
            and pull.status == query.get("searchCriteria.status", "active")
            and pull.source == query.get("searchCriteria.sourceRefName", pull.source)
            and pull.target == query.get("searchCriteria.targetRefName", pull.target)
        ]

    def _write(
        self, role: Role, pull: PullRequest | None, repository: str, wanted: dict[str, str]
    ) -> Response:
        if role < Role.CONTRIBUTOR:
            message = "TF401027: You need the Git 'PullRequestContribute' permission to perform this action."
            return answers.error(403, "GitNeedsPermissionException", message)
        if len(wanted["description"]) > LONGEST:
            message = "Invalid pull request argument: the description is too long."
            return answers.error(400, "InvalidArgumentValueException", message)
        if pull is None:
            known = {"sourceRefName": wanted["sourceRefName"], "targetRefName": wanted["targetRefName"]}
            if self._found(repository, {f"searchCriteria.{name}": value for name, value in known.items()}):
                message = "TF401179: An active pull request for the source and target branch already exists."
                return answers.error(409, "GitPullRequestExistsException", message)
            pull = PullRequest(
                number=len(self.pulls) + 1,
                repository=repository,
                title=wanted["title"],
                description=wanted["description"],
                source=wanted["sourceRefName"],
                target=wanted["targetRefName"],
            )
            self.pulls.append(pull)
            return answers.data(_shown(pull), 201)
        pull.title, pull.description = wanted["title"], wanted["description"]
        return answers.data(_shown(pull))


def _shown(pull: PullRequest) -> Json:
    return {
        "pullRequestId": pull.number,
        "status": pull.status,
        "title": pull.title,
        "description": pull.description,
        "sourceRefName": pull.source,
        "targetRefName": pull.target,
    }
