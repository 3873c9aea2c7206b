"""Azure Artifacts' Python feeds on loopback, quirks included: what twine, pip and azure-devops meet there."""

import math
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Self

from packaging.utils import canonicalize_name, parse_wheel_filename
from typing_extensions import override

from tests.servers.artifacts import answers
from tests.servers.artifacts.feeds import Feed, File, Role
from tests.servers.artifacts.organization import Organization
from tests.servers.artifacts.repos import PullRequest
from tests.servers.artifacts.storage import Storage
from tests.servers.loopback import LoopbackServer
from tests.servers.messages import Headers, Request, Response
from tests.wheels import pack, wheel_file_name, wheel_members

METADATA_VERSIONS_OF_2024 = ("1.0", "1.1", "1.2", "2.0", "2.1")


class Operation(StrEnum):
    """What kind of request a misfortune waits for."""

    UPLOAD = "upload"
    SIMPLE = "simple"
    DOWNLOAD = "download"
    REST = "rest"


@dataclass(kw_only=True, slots=True)
class _Misfortune:
    on: Operation
    times: float
    status: int | None
    stored: bool = False
    headers: Headers = ()


class ArtifactsServer(LoopbackServer):
    """An organisation with feeds, the first of them in `feed`; with `token` one may publish there.

    Downloads lead to `storage`, which is another origin and has a log of its own.
    """

    def __init__(self, organization: str = "contoso", *, feed: str = "wheels") -> None:
        super().__init__(self._serve)
        self.storage = Storage()
        self._organization = Organization(organization, self.storage)
        self._misfortunes: list[_Misfortune] = []
        self._lock = threading.Lock()
        self.feed = self.add_feed(feed)
        self.token = self.grant(Role.CONTRIBUTOR)

    @property
    def collection(self) -> str:
        """The organisation's address; an Azure DevOps Server's collection has the same paths below it."""
        return f"{self.url}/{self._organization.name}"

    def upload_url(self, feed: Feed | None = None) -> str:
        return f"{self._packaging(feed or self.feed)}/pypi/upload"

    def simple_url(self, feed: Feed | None = None, *, view: str | None = None) -> str:
        suffix = "" if view is None else f"@{view}"
        return f"{self._packaging(feed or self.feed)}{suffix}/pypi/simple/"

    @property
    def pulls(self) -> list[PullRequest]:
        """The pull requests of all repositories, in the order in which they were opened."""
        return self._organization.repositories.pulls

    def files(self, feed: Feed | None = None) -> Mapping[str, str]:
        """What was published and not deleted, shown already or not: sha256 by file name."""
        return (feed or self.feed).hashes()

    def add_feed(self, name: str, project: str | None = None) -> Feed:
        return self._organization.add_feed(name, project)

    def grant(self, role: Role) -> str:
        """A new token: a password to Basic under any user name, and good as Bearer."""
        return self._organization.grant(role)

    def revoke(self, token: str) -> None:
        self._organization.revoke(token)

    def publish(self, wheel: Path, feed: Feed | None = None) -> None:
        """Hold a wheel as if it had been uploaded, and show it at once."""
        name, version, _, _ = parse_wheel_filename(wheel.name)
        (feed or self.feed).store(name, str(version), _file(wheel))

    def delete(self, name: str, version: str, feed: Feed | None = None) -> None:
        """Move a version to the recycle bin; it stays reserved."""
        (feed or self.feed).delete(name, version)

    def add_upstream(self, feed: Feed | None = None) -> None:
        """Give the feed a public upstream; what it does not serve yet, it may serve tomorrow."""
        (feed or self.feed).add_upstream()

    def upstream(self, name: str, version: str, feed: Feed | None = None, *, saved: bool = False) -> str:
        """Let a public upstream serve a wheel, and give its file name.

        `saved` when somebody has installed it through the feed already.
        """
        feed = feed or self.feed
        file = File(name=wheel_file_name(name, version), content=pack(wheel_members(name, version)))
        offered = feed.offer(name, version, file)
        if saved:
            feed.save(name, offered)
        return file.name

    def allow_external(self, name: str, feed: Feed | None = None) -> None:
        """Show the upstream's versions of a package beside those that were published."""
        (feed or self.feed).allows_external.add(canonicalize_name(name))

    def lag(self, seconds: float = math.inf) -> None:
        """Show uploads from now on so much later; by default not before `catch_up`."""
        self._organization.rules.lag = seconds

    def catch_up(self) -> None:
        """Show all uploads so far, and those to come at once."""
        self.lag(0)
        for feed in self._organization.feeds:
            feed.show_all()

    def refuse_metadata_versions(self) -> None:
        """Take only the metadata versions that the service named in March 2024."""
        self._organization.rules.metadata_versions = METADATA_VERSIONS_OF_2024

    def limit_size(self, size: int) -> None:
        """Refuse uploads of more bytes."""
        self._organization.rules.size_limit = size

    def hide_hashes(self) -> None:
        """Give links without fragments."""
        self._organization.rules.hashes = False

    def show_sign_in_page(self) -> None:
        """Answer bad credentials with 203 and a page everywhere, also to those who asked for a 401."""
        self._organization.always_sign_in_page = True

    def be_on_premises(self) -> None:
        """Be an Azure DevOps Server, whose `collection` knows no resource areas."""
        self._organization.on_premises = True

    def fail_next(
        self, status: int, *, on: Operation = Operation.UPLOAD, stored: bool = False, times: float = 1
    ) -> None:
        """Answer the next such requests with an error; `stored` when they have their effect all the same."""
        self._misfortunes.append(_Misfortune(on=on, times=times, status=status, stored=stored))

    def throttle(
        self, seconds: int, *, on: Operation = Operation.REST, blocked: bool = False, times: float = 1
    ) -> None:
        """Ask to wait after the next such requests: with their answer, or with 429 when `blocked`."""
        headers = (
            ("Retry-After", str(seconds)),
            ("X-RateLimit-Resource", "packaging"),
            ("X-RateLimit-Delay", str(seconds)),
            ("X-RateLimit-Limit", "200"),
            ("X-RateLimit-Remaining", "0"),
            ("X-RateLimit-Reset", str(int(time.time()) + seconds)),
        )
        status = 429 if blocked else None
        self._misfortunes.append(_Misfortune(on=on, times=times, status=status, headers=headers))

    @override
    def start(self) -> Self:
        self.storage.start()
        return super().start()

    @override
    def stop(self) -> None:
        self.storage.stop()
        super().stop()

    def _packaging(self, feed: Feed) -> str:
        root = self.collection if feed.project is None else f"{self.collection}/{feed.project.name}"
        return f"{root}/_packaging/{feed.name}"

    def _serve(self, request: Request) -> Response:
        with self._lock:
            misfortune = self._meet(_operation(request))
            return self._spoiled(request, misfortune) if misfortune else self._organization.answer(request)

    def _spoiled(self, request: Request, misfortune: _Misfortune) -> Response:
        if misfortune.status is None:
            answer = self._organization.answer(request)
            return replace(answer, headers=(*answer.headers, *misfortune.headers))
        if misfortune.stored:
            self._organization.answer(request)
        return answers.unavailable(misfortune.status, misfortune.headers)

    def _meet(self, operation: Operation) -> _Misfortune | None:
        for misfortune in self._misfortunes:
            if misfortune.on is operation and misfortune.times > 0:
                misfortune.times -= 1
                return misfortune
        return None


def _file(wheel: Path) -> File:
    return File(name=wheel.name, content=wheel.read_bytes())


def _operation(request: Request) -> Operation:
    if "/_apis" in request.path:
        return Operation.REST
    return next(
        (operation for operation in Operation if f"/pypi/{operation}" in request.path), Operation.REST
    )
