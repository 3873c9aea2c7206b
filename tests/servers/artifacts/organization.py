"""An Azure DevOps organisation: who may come in, which feeds it has, and where each path leads."""

import base64
import binascii
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

from tests.servers.artifacts import answers, discovery, pypi, rest
from tests.servers.artifacts.feeds import Feed, Project, Role
from tests.servers.artifacts.pypi import Call, Rules
from tests.servers.artifacts.repos import Repositories
from tests.servers.artifacts.storage import Storage
from tests.servers.messages import Request, Response


@dataclass(frozen=True, kw_only=True, slots=True)
class _Place:
    """What a path names; `root` is all that stands before project and area."""

    root: str
    project: str | None
    area: Literal["_packaging", "_apis"]
    rest: tuple[str, ...]


class Organization:
    """Answers for the service's hosts, its legacy hosts (no organisation in the path) and a server alike."""

    def __init__(self, name: str, storage: Storage) -> None:
        self.name = name
        self.rules = Rules()
        self.feeds: list[Feed] = []
        self.repositories = Repositories()
        self.always_sign_in_page = False
        self.on_premises = False
        self._storage = storage
        self._projects: dict[str, Project] = {}
        self._roles: dict[str, Role] = {}

    def add_feed(self, name: str, project: str | None = None) -> Feed:
        home = None if project is None else self._projects.setdefault(project.lower(), Project(name=project))
        self.feeds.append(Feed(name, home))
        return self.feeds[-1]

    def grant(self, role: Role) -> str:
        token = secrets.token_urlsafe(39)
        self._roles[token] = role
        return token

    def revoke(self, token: str) -> None:
        del self._roles[token]

    def answer(self, request: Request) -> Response:
        place = self._place(request)
        if place is None:
            return answers.not_found("VssResourceNotFoundException", "The page cannot be found.")
        if request.method == "OPTIONS" and not place.rest:
            return answers.collection(discovery.locations())
        role = self._roles.get(_token(request), Role.NOBODY)
        if role is Role.NOBODY:
            return self._turn_away(request, place)
        if place.area == "_packaging":
            return self._packaging(request, place, role)
        return self._apis(request, place, role)

    def _place(self, request: Request) -> _Place | None:
        segments = [unquote(segment) for segment in request.path.split("/") if segment]
        root = f"http://{request.header('Host')}"
        if segments and segments[0].lower() == self.name.lower():
            root = f"{root}/{segments.pop(0)}"
        project = segments.pop(0) if segments and not segments[0].startswith("_") else None
        match segments:
            case [("_packaging" | "_apis") as area, *rest]:
                return _Place(root=root, project=project, area=area, rest=tuple(rest))
            case _:
                return None

    def _turn_away(self, request: Request, place: _Place) -> Response:
        """REST without the header that forbids it answers with the sign-in page; packaging with 401."""
        suppressed = request.header("X-TFS-FedAuthRedirect").lower() == "suppress"
        if self.always_sign_in_page or (place.area == "_apis" and not suppressed):
            return answers.sign_in_page()
        return answers.unauthorized()

    def _find(self, place: _Place, wanted: str) -> Feed | None:
        for feed in self._feeds_at(place):
            if wanted.lower() in {feed.name.lower(), feed.guid}:
                return feed
        return None

    def _feeds_at(self, place: _Place) -> Sequence[Feed]:
        if place.project is None:
            return [feed for feed in self.feeds if feed.project is None]
        project = place.project.lower()
        return [
            feed
            for feed in self.feeds
            if feed.project is not None and project in {feed.project.name.lower(), feed.project.guid}
        ]

    def _call(self, request: Request, place: _Place, wanted: str, role: Role) -> Call | Response:
        name, _, view_name = wanted.partition("@")
        feed = self._find(place, name)
        if feed is None:
            return answers.not_found("FeedIdNotFoundException", f"The feed with ID '{name}' doesn't exist.")
        view = feed.view(view_name) if view_name else None
        if view_name and view is None:
            return answers.no_view(view_name)
        root = place.root if feed.project is None else f"{place.root}/{feed.project.guid}"
        return Call(request=request, feed=feed, view=view, role=role, root=root)

    def _packaging(self, request: Request, place: _Place, role: Role) -> Response:
        call = self._call(request, place, place.rest[0] if place.rest else "", role)
        if isinstance(call, Response):
            return call
        match (request.method, *place.rest[1:]):
            case ("POST", "pypi", "upload"):
                return pypi.upload(call, self.rules)
            case ("GET" | "HEAD", "pypi", "simple"):
                return pypi.root()
            case ("GET" | "HEAD", "pypi", "simple", name):
                return pypi.simple(call, self.rules, name)
            case (_, "pypi", "download", name, version, file):
                return pypi.download(call, self._storage, name, version, file)
            case _:
                message = f"The requested resource does not support http method '{request.method}'."
                return answers.error(405, "VssRequestMethodNotAllowedException", message)

    def _apis(self, request: Request, place: _Place, role: Role) -> Response:
        match [segment.lower() for segment in place.rest]:
            case ["resourceareas"]:
                areas = [] if self.on_premises else discovery.areas(f"{place.root}/")
                return answers.collection(areas)
            case ["packaging", "feeds"]:
                wanted = request.query.get("feedRole", "reader").upper()
                enough = wanted in Role.__members__ and role >= Role[wanted]
                return rest.feeds(self._feeds_at(place) if enough else [])
            case ["git", "repositories", *path]:
                return self.repositories.answer(request, path, role)
            case ["packaging", "feeds", _, *_]:
                call = self._call(request, place, place.rest[2], role)
                return call if isinstance(call, Response) else rest.answer(call, "/".join(place.rest[3:]))
            case _:
                return answers.not_found("VssResourceNotFoundException", f"There is no {request.path}.")


def _token(request: Request) -> str:
    """The password of Basic, whatever the user's name, or the token of Bearer; nothing without either."""
    scheme, _, value = request.header("Authorization").partition(" ")
    if scheme.lower() == "bearer":
        return value
    try:
        return base64.b64decode(value).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
