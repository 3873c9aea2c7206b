"""Pull requests of one GitHub repository on loopback: the part of the REST that releases use."""

import json
from dataclasses import dataclass

from tests.servers.loopback import LoopbackServer
from tests.servers.messages import Headers, Request, Response

TOKEN = "ghs_0123456789abcdefghijklmnopqrstuvwxyz"
LONGEST = 65_536


@dataclass(kw_only=True, slots=True)
class PullRequest:
    """One pull request, as it stands."""

    number: int
    title: str
    body: str
    head: str
    base: str
    state: str = "open"


class GitHubServer(LoopbackServer):
    """`contoso/acme`, which knows `TOKEN` alone; answers as api.github.com does."""

    repository = "contoso/acme"

    def __init__(self) -> None:
        super().__init__(self._serve)
        self.pulls: list[PullRequest] = []
        self._failures: list[tuple[str, Response, bool]] = []

    def environ(self) -> dict[str, str]:
        """What a step of a workflow has."""
        return {
            "GITHUB_API_URL": self.url,
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_REPOSITORY": self.repository,
            "GITHUB_TOKEN": TOKEN,
        }

    def fail_next(
        self, status: int, message: str, *, on: str = "POST", stored: bool = False, headers: Headers = ()
    ) -> None:
        """Answer the next request with this method so; `stored` when it has its effect all the same."""
        answer = _error(status, message)
        answer = Response(status=status, body=answer.body, headers=(*answer.headers, *headers))
        self._failures.append((on, answer, stored))

    def _serve(self, request: Request) -> Response:
        if request.header("Authorization") != f"Bearer {TOKEN}":
            return _error(401, "Bad credentials")
        for failure in self._failures:
            on, answer, stored = failure
            if on == request.method:
                self._failures.remove(failure)
                if stored:
                    self._answer_pulls(request)
                return answer
        return self._answer_pulls(request)

    def _answer_pulls(self, request: Request) -> Response:
        pulls = f"/repos/{self.repository}/pulls"
        match request.method:
            case "GET" if request.path == pulls:
                return _json([self._shown(pull) for pull in self.pulls if _matches(pull, request.query)])
            case "POST" if request.path == pulls:
                return self._open(json.loads(request.body))
            case "PATCH" if request.path.startswith(f"{pulls}/"):
                return self._update(int(request.path.rpartition("/")[2]), json.loads(request.body))
            case _:
                return _error(404, "Not Found")

    def _open(self, wanted: dict[str, str]) -> Response:
        owner = self.repository.partition("/")[0]
        known = {(pull.head, pull.base) for pull in self.pulls if pull.state == "open"}
        if (wanted["head"], wanted["base"]) in known:
            said = f"A pull request already exists for {owner}:{wanted['head']}."
            return _error(422, "Validation Failed", said)
        if len(wanted["body"]) > LONGEST:
            return _error(422, "Validation Failed", f"body is too long (maximum is {LONGEST} characters)")
        pull = PullRequest(
            number=len(self.pulls) + 1,
            title=wanted["title"],
            body=wanted["body"],
            head=wanted["head"],
            base=wanted["base"],
        )
        self.pulls.append(pull)
        return _json(self._shown(pull), 201)

    def _update(self, number: int, wanted: dict[str, str]) -> Response:
        pull = self.pulls[number - 1]
        pull.title, pull.body = wanted["title"], wanted["body"]
        return _json(self._shown(pull))

    def _shown(self, pull: PullRequest) -> dict[str, object]:
        return {
            "number": pull.number,
            "state": pull.state,
            "html_url": f"https://github.example/{self.repository}/pull/{pull.number}",
            "title": pull.title,
            "body": pull.body,
            "head": {"ref": pull.head},
            "base": {"ref": pull.base},
        }


def _matches(pull: PullRequest, query: dict[str, str]) -> bool:
    """GitHub ignores a `head` without its owner, and shows all."""
    head = query.get("head", "")
    return (
        pull.state == query.get("state", "open")
        and (":" not in head or head == f"contoso:{pull.head}")
        and query.get("base", pull.base) == pull.base
    )


def _json(value: object, status: int = 200) -> Response:
    headers = (("Content-Type", "application/json; charset=utf-8"),)
    return Response(status=status, headers=headers, body=json.dumps(value).encode())


def _error(status: int, message: str, detail: str = "") -> Response:
    errors = [{"resource": "PullRequest", "code": "custom", "message": detail}] if detail else []
    return _json({"message": message, "errors": errors, "status": str(status)}, status)
