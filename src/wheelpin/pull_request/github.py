"""Pull requests on GitHub, by its REST; the token goes to the API's own address and nowhere else."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from wheelpin.credentials import Credential, SignIn
from wheelpin.credentials.address import LOOPBACK
from wheelpin.credentials.redaction import Secret
from wheelpin.errors import SignInError, TargetError, UsageError, WheelpinError
from wheelpin.pull_request import Opened, Proposal
from wheelpin.web.retries import Retries, TransientError
from wheelpin.web.words import retry_after, server_words

if TYPE_CHECKING:
    from requests import PreparedRequest, Response

_TIMEOUTS = (10.0, 60.0)
_PASSING = {408, 425, 429, 500, 502, 503, 504}
_PERMISSION = (
    "the token needs `permissions: pull-requests: write`, and the repository (Settings, Actions, General) "
    "has to allow GitHub Actions to create pull requests"
)
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
_SCP = re.compile(r"(?:[^@/\s]+@)?(?P<host>[^:/\s]+):(?!//)(?P<path>.+)")


def github_repository(remote: str, server: str) -> str | None:
    """`owner/name` of a remote's address on this server, by HTTPS or SSH; None for any other address."""
    scp = _SCP.fullmatch(remote) if "://" not in remote else None
    host, path = (scp["host"], scp["path"]) if scp else (urlsplit(remote).hostname, urlsplit(remote).path)
    name = path.strip("/").removesuffix(".git")
    return name if host == urlsplit(server).hostname and _REPOSITORY.fullmatch(name) else None


class GitHub:
    """The pull requests of `repository`, `owner/name`, on the server with this address."""

    longest = 65_000
    """GitHub takes 65,536 characters."""
    diagrams = True

    def __init__(
        self, repository: str, server: str, environ: Mapping[str, str], *, retries: Retries | None = None
    ) -> None:
        if not _REPOSITORY.fullmatch(repository):
            raise UsageError(f"GITHUB_REPOSITORY is {repository!r}, which is not OWNER/NAME")
        api = (environ.get("GITHUB_API_URL") or _api(server)).rstrip("/")
        parts = urlsplit(api)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise UsageError(f"GITHUB_API_URL is {api!r}, which is not an https:// address")
        name = next((name for name in ("GITHUB_TOKEN", "GH_TOKEN") if environ.get(name)), None)
        if name is None:
            raise SignInError(
                "no token for GitHub is at hand",
                hint="give the step `env: GITHUB_TOKEN: ${{ github.token }}`",
            )
        credential = Credential(user="x-access-token", password=Secret(environ[name]), source=name)
        self._sign_in = SignIn(lambda: credential)
        self._retries = retries or Retries()
        self._repository = repository
        self._pulls = f"{api}/repos/{repository}/pulls"

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What signs us in, which a CI service has to mask in its log. Raises SignInError."""
        return self._sign_in.secrets

    def propose(self, proposal: Proposal) -> Opened:
        """Open a pull request, or give the open one of this branch this title and text.

        Raises SignInError, TargetError.
        """
        return self._retries.persist(lambda: self._propose(proposal))

    def _propose(self, proposal: Proposal) -> Opened:
        """Looks first, each time: an answer that was lost may have been a success."""
        try:
            return self._open_or_update(proposal)
        except (KeyError, TypeError, ValueError) as error:
            raise TargetError(
                f"pull request in {self._repository}: the answer is in no form that GitHub's have",
                hint="check GITHUB_API_URL",
            ) from error

    def _open_or_update(self, proposal: Proposal) -> Opened:
        owner = self._repository.partition("/")[0]
        head, base = quote(f"{owner}:{proposal.head}", safe=""), quote(proposal.base, safe="")
        wanted = {"title": proposal.title, "body": proposal.text}
        found = self._ask("GET", f"{self._pulls}?state=open&head={head}&base={base}")
        if found:
            updated = self._ask("PATCH", f"{self._pulls}/{int(found[0]['number'])}", wanted)
            return Opened(url=str(updated["html_url"]), is_new=False)
        opened = self._ask("POST", self._pulls, {**wanted, "head": proposal.head, "base": proposal.base})
        return Opened(url=str(opened["html_url"]), is_new=True)

    def _ask(self, method: str, url: str, body: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401 - JSON
        import requests

        headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
        try:
            with requests.request(
                method,
                url,
                json=body,
                headers=headers,
                auth=self._authorize,
                allow_redirects=False,
                timeout=_TIMEOUTS,
            ) as response:
                if response.status_code not in {HTTPStatus.OK, HTTPStatus.CREATED}:
                    raise self._failure(response)
                return response.json()
        except requests.exceptions.RequestException as error:
            where = urlsplit(url).netloc
            raise TransientError(
                TargetError(
                    f"pull request: {where} did not answer as GitHub does",
                    hint="run the same command again: what is done stays done",
                )
            ) from error

    def _authorize(self, request: "PreparedRequest") -> "PreparedRequest":
        credential = self._sign_in.credential
        if credential is not None:
            request.headers["Authorization"] = f"Bearer {credential.password.reveal()}"
        return request

    def _failure(self, response: "Response") -> Exception:
        status, wait = response.status_code, retry_after(response.headers.get("Retry-After"))
        said = self._sign_in.redact(_words(response))
        message = f"pull request in {self._repository}: {status} {said}".rstrip()
        if status in _PASSING or wait is not None or response.headers.get("X-RateLimit-Remaining") == "0":
            return TransientError(TargetError(message, hint="run the same command again in a while"), wait)
        if status == HTTPStatus.UNPROCESSABLE_ENTITY and "already exists" in said:
            return TransientError(TargetError(message))  # another run has opened it meanwhile
        return _final(status, message, self._sign_in.source)


def _final(status: int, message: str, source: str) -> WheelpinError:
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return SignInError(message, hint=f"{source} has expired, or is a token of another server")
        case HTTPStatus.FORBIDDEN | HTTPStatus.NOT_FOUND:  # what a token must not see is not there
            return SignInError(message, hint=_PERMISSION)
        case _:
            return TargetError(message)


def _words(response: "Response") -> str:
    """GitHub's own message, with the first of the errors that stand below it."""
    said = server_words(response.content, response.reason or "")
    try:
        errors = response.json().get("errors") or []
        more = [str(error.get("message", "")) if isinstance(error, dict) else str(error) for error in errors]
    except (ValueError, AttributeError, TypeError):
        more = []
    return " ".join([said, *(server_words(text.encode()) for text in more[:1] if text)])


def _api(server: str) -> str:
    host = urlsplit(server).netloc
    return "https://api.github.com" if host == "github.com" else f"https://{host}/api/v3"
