"""One page of a simple index in all its forms: JSON that decides what is listed, and HTML made from it.

Any number of writers change it at once and none loses what another wrote: a form is only ever replaced as it
was when it was read, and only by one that lists as much or more. There is no lock that could be left behind.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

from wheelpin.errors import VerificationError
from wheelpin.stores import simple_html, simple_json
from wheelpin.stores.simple import Page, PageError, Root, project_name
from wheelpin.stores.static.bucket import Body, Bucket, Stored
from wheelpin.web.races import LostRaceError, win
from wheelpin.web.retries import Retries

SIMPLE = "simple/"
JSON = "index.json"

T = TypeVar("T", Page, Root)


@dataclass(slots=True)
class _Trail:
    """What a change has come to: what each form should be, and which etags our writes took the place of."""

    wanted: dict[str, bytes] = field(default_factory=dict)
    replaced: dict[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing(Generic[T]):
    """The page of the folder `folder`, which ends in a slash; `names` are what it must never lose."""

    bucket: Bucket
    folder: str
    empty: T
    parse: Callable[[bytes], T]
    json: Callable[[T], bytes]
    html: Callable[[T], bytes]
    names: Callable[[T], Iterable[str]]
    retries: Retries

    @property
    def json_key(self) -> str:
        """Where the form stands that decides."""
        return self.folder + JSON

    @property
    def html_keys(self) -> list[str]:
        """Where installers look."""
        return [self.folder + name for name in self.bucket.index_names]

    def read(self) -> T | None:
        """What is listed; None where there certainly is no page. Raises PageError."""
        stored = self.retries.persist(partial(self.bucket.read, self.json_key))
        return self._parsed(stored) if stored else None

    def read_html(self, parse: Callable[[bytes], T]) -> list[T]:
        """What each HTML form shows. A broken one shows nothing, because it is made anew."""
        return [
            _shown(self.retries.persist(partial(self.bucket.read, key)), parse, self.empty)
            for key in self.html_keys
        ]

    def change(self, make: Callable[[T], T]) -> None:
        """Replace what is listed by what `make` makes of it, and see in a fresh look that all forms show it.

        `make` is called again whenever somebody else was quicker. Raises PageError, and VerificationError for
        a page that would lose a name, or that a write did not change.
        """
        trail = _Trail()

        def attempt() -> None:
            while self._mended(make, trail):
                pass

        win(attempt, self.retries, self._told(self.json_key))

    def _mended(self, make: Callable[[T], T], trail: "_Trail") -> bool:
        """Whether anything had to be written. Raises LostRaceError, TransientError."""
        # HTML is read before the JSON that it is made from. Whoever replaced it since knew a later JSON, and
        # then the condition fails; so it never goes back, however late a writer is.
        stood = {key: self._observed(key, trail) for key in (*self.html_keys, self.json_key)}
        found = {key: was.data for key, was in stood.items() if was}
        if trail.wanted and trail.wanted == found:
            return False
        stored = stood[self.json_key]
        old = self._parsed(stored) if stored else self.empty
        new = make(old)
        if lost := set(self.names(old)).difference(self.names(new)):
            raise VerificationError(
                f"{self._told(self.json_key)} would lose {', '.join(sorted(lost))}: it is left as it is"
            )
        json = stored.data if stored and new == old else self.json(new)
        html = self.html(new)
        trail.wanted = {self.json_key: json, **dict.fromkeys(self.html_keys, html)}
        stale = [key for key, data in trail.wanted.items() if found.get(key) != data]
        for key in stale:
            was = stood[key]
            write(self.bucket, key, was, trail.wanted[key])
            trail.replaced[key] = was.etag if was else None
        return bool(stale)

    def _observed(self, key: str, trail: "_Trail") -> Stored | None:
        """What stands there. Raises VerificationError when it is what a write of ours took the place of."""
        stored = self.bucket.read(key)
        if key in trail.replaced and trail.replaced.pop(key) == (stored.etag if stored else None):
            raise VerificationError(f"{self._told(key)} is as it was before it was written")
        return stored

    def _parsed(self, stored: Stored) -> T:
        try:
            return self.parse(stored.data)
        except PageError as error:
            raise PageError(f"{self.bucket.place(self.json_key)}: {error}") from error

    def _told(self, key: str) -> str:
        return f"store {self.bucket.name}: {self.bucket.place(key)}"


def write(bucket: Bucket, key: str, was: Stored | None, data: bytes) -> None:
    """Write a key that still is as it `was`. Raises LostRaceError, TransientError."""
    body = Body.of_bytes(data)
    if was is None:
        bucket.create(key, body)
    else:
        bucket.replace(key, body, was.etag)


def put(bucket: Bucket, key: str, data: bytes, retries: Retries) -> None:
    """Have these bytes under a key, whatever stands there; they follow from another key, and never change."""

    def attempt() -> None:
        try:
            write(bucket, key, None, data)
        except LostRaceError:
            stored = bucket.read(key)
            if stored is None or stored.data != data:
                write(bucket, key, stored, data)

    win(attempt, retries, f"store {bucket.name}: {bucket.place(key)}")


def project_listing(bucket: Bucket, project: str, retries: Retries) -> Listing[Page]:
    """The page of a project. Raises PageError for what is no name of one."""

    def parse(text: bytes) -> Page:
        page = simple_json.parse(text)
        if page.project != project:
            raise PageError(f"is the page of {page.project}")
        return page

    return Listing(
        bucket=bucket,
        folder=f"{SIMPLE}{project_name(project)}/",
        empty=Page(project=project),
        parse=parse,
        json=simple_json.render,
        html=simple_html.render,
        names=lambda page: page.by_name,
        retries=retries,
    )


def root_listing(bucket: Bucket, retries: Retries) -> Listing[Root]:
    """The page that lists the projects."""
    return Listing(
        bucket=bucket,
        folder=SIMPLE,
        empty=Root(),
        parse=simple_json.parse_root,
        json=simple_json.render_root,
        html=simple_html.render_root,
        names=lambda root: root.projects,
        retries=retries,
    )


def _shown(stored: Stored | None, parse: Callable[[bytes], T], nothing: T) -> T:
    try:
        return parse(stored.data) if stored else nothing
    except PageError:
        return nothing
