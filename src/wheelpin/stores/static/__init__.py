"""A store made of static files, with a simple index around the wheels, that installers read as it stands.

    simple/index.html                      the projects
    simple/index.json                      the same, and what the HTML page is made from
    simple/PROJECT/index.html              the files of a project
    simple/PROJECT/index.json              the same; this page decides what is published
    simple/PROJECT/NAME-….whl              a wheel, never written twice
    simple/PROJECT/NAME-….whl.metadata     its METADATA, so that installers need not open it (PEP 658)

A page never lists what is not there yet. Where a bucket has no index documents, a folder's HTML stands under
the folder's own name as well. Only `audit` and `rebuild` ever list what a bucket holds.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from threading import Lock

from packaging.version import Version

from wheelpin.credentials.redaction import Secret
from wheelpin.errors import Finding, TargetError, VerificationError
from wheelpin.stores import Clash, Published, conflict, simple_html
from wheelpin.stores.simple import File, Page, PageError, project_name
from wheelpin.stores.static.audit import audit, rebuild
from wheelpin.stores.static.bucket import Body, Bucket, Held, digest
from wheelpin.stores.static.listing import SIMPLE, Listing, project_listing, put, root_listing
from wheelpin.web.races import LostRaceError, win
from wheelpin.web.retries import Retries
from wheelpin.wheel import Wheel

_BROKEN = "restore the page, or have it made anew: `wheelpin store check --rebuild`"

RETRIES = Retries(attempts=12)
"""Waits of up to two minutes in all: a storage service that moves a partition is away for about that long."""

CHEAP = 1 << 20
"""Bytes that may as well be sent as looked for: the condition refuses them where they stand already."""


@dataclass(frozen=True, slots=True)
class StaticStore:
    """A store in a bucket; any number of processes on any number of machines write it at once."""

    bucket: Bucket
    retries: Retries = RETRIES
    _enrolled: set[str] = field(default_factory=set, init=False, repr=False, compare=False)
    _waiting: set[str] = field(default_factory=set, init=False, repr=False, compare=False)
    _at_root: Lock = field(default_factory=Lock, init=False, repr=False, compare=False)

    @property
    def name(self) -> str:
        return self.bucket.name

    @property
    def index_url(self) -> str:
        return self.bucket.url(SIMPLE)

    def secrets(self) -> Sequence[Secret]:
        """See `SignedIn.secrets`."""
        return self.bucket.secrets()

    def url(self, file: str) -> str:
        return self.bucket.url(_key(file))

    def files(self, project: str) -> Sequence[Published]:
        """See `Store.files`: what the JSON page lists, as far as HTML and the root show it too.

        A run that was killed between two pages has not published, and the next one mends them.
        """
        with self._told():
            listing = self._listing(project)
            page = listing.read()
            if page is None or not self._is_enrolled(project):
                return []
            shown = [each.by_name for each in listing.read_html(partial(simple_html.parse, project=project))]
            return [
                Published(file=file.name, sha256=file.sha256, url=self.url(file.name))
                for file in page.files
                if all(each.get(file.name) == file.in_html() for each in shown)
            ]

    def held(self, file: str) -> Published | None:
        with self._told():
            key = _key(file)
            held = self._look(key)
            if held is None:
                return None
            return Published(file=file, sha256=held.sha256 or self._digest(key), url=self.url(file))

    def fetch(self, published: Published, folder: Path) -> Path:
        copy = folder / published.file
        with self._told():
            found = self._digest(_key(published.file), copy)
        if published.sha256 not in {None, found}:
            raise VerificationError(
                f"store {self.name}: {published.file} has sha256 {found}, its index says {published.sha256}",
                hint="someone changed a published file: restore it before anything installs it",
            )
        return copy

    def upload(self, wheel: Wheel) -> None:
        with self._told():
            key = _key(wheel.file)
            found = self._created(key, wheel)
            if found != wheel.sha256:
                raise conflict([Clash(store=self.name, wheel=wheel, held=found)])
            put(self.bucket, f"{key}.metadata", wheel.metadata, self.retries)

    def publish(self, project: str, wheels: Sequence[Wheel]) -> None:
        with self._told():
            entries = [self._entry(wheel) for wheel in wheels]

            def grown(page: Page) -> Page:
                self._refuse_clashes(page, wheels)
                return page.with_files(entries)

            self._listing(project).change(grown)
            self._enrol(project)

    def yank(self, project: str, version: Version, reason: str | None) -> Sequence[str]:
        """See `Yankable.yank`."""

        def marked(page: Page) -> Page:
            files = (replace(file, yanked=reason) if file.version == version else file for file in page.files)
            return replace(page, files=tuple(files))

        with self._told():
            listing = self._listing(project)
            page = listing.read()
            files = [file.name for file in page.files if file.version == version] if page else []
            if files:
                listing.change(marked)
        return files

    def audit(self) -> Sequence[Finding]:
        """See `Auditable.audit`."""
        with self._told():
            return audit(self.bucket, self.retries)

    def rebuild(self) -> None:
        """See `Auditable.rebuild`."""
        with self._told():
            rebuild(self.bucket, self.retries)

    def _listing(self, project: str) -> Listing[Page]:
        return project_listing(self.bucket, project, self.retries)

    def _look(self, key: str) -> Held | None:
        return self.retries.persist(partial(self.bucket.look, key))

    def _created(self, key: str, wheel: Wheel) -> str:
        """Write a wheel unless something stands there; the sha256 of what stands there then.

        After a write without an answer the condition refuses the next one, and what stands there is looked
        at, so that none of our own is ever taken for somebody else's.
        """
        body = Body.of_wheel(wheel)

        def attempt() -> str:
            held = self.bucket.look(key) if body.size > CHEAP else None
            if held is None:
                try:
                    self.bucket.create(key, body)
                except LostRaceError:
                    held = self.bucket.look(key)
                    if held is None:
                        raise
                else:
                    return wheel.sha256
            return self._sha256(key, held, wheel)

        return win(attempt, self.retries, f"store {self.name}: {wheel.file}")

    def _is_enrolled(self, project: str) -> bool:
        """Whether the root lists a project in all its forms; what it listed once, it never loses."""
        with self._at_root:
            if project not in self._enrolled:
                root = root_listing(self.bucket, self.retries)
                forms = [root.read() or root.empty, *root.read_html(simple_html.parse_root)]
                self._enrolled.update(set(forms[0].projects).intersection(*(each.projects for each in forms)))
            return project in self._enrolled

    def _enrol(self, project: str) -> None:
        """Have the root list a project; threads that wait for each other are served by one change."""
        self._waiting.add(project)
        with self._at_root:
            waiting = self._waiting - self._enrolled
            if project in waiting:
                root_listing(self.bucket, self.retries).change(lambda root: root.with_projects(waiting))
                self._enrolled.update(waiting)

    def _entry(self, wheel: Wheel) -> File:
        key = _key(wheel.file)
        held = self._look(key)
        if held is None or self._sha256(key, held, wheel) != wheel.sha256:
            raise VerificationError(
                f"store {self.name}: {wheel.file} was not uploaded before it is published"
            )
        return File.of(wheel, held.modified)

    def _refuse_clashes(self, page: Page, wheels: Sequence[Wheel]) -> None:
        listed = {file.name: file.sha256 for file in page.files}
        clashes = [
            Clash(store=self.name, wheel=wheel, held=listed[wheel.file] or "unknown")
            for wheel in wheels
            if listed.get(wheel.file, wheel.sha256) != wheel.sha256
        ]
        if clashes:
            raise conflict(clashes)

    def _sha256(self, key: str, held: Held, wheel: Wheel) -> str:
        """What stands there: by what its writer stated, unless that cannot be, or there is nothing stated."""
        believed = held.sha256 != wheel.sha256 or held.size == wheel.size
        return held.sha256 if held.sha256 and believed else self._digest(key)

    def _digest(self, key: str, copy: Path | None = None) -> str:
        """The sha256 of the bytes themselves, and perhaps a copy of them."""
        return self.retries.persist(partial(digest, self.bucket, key, copy))

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell in our words what pages say, and what this machine says of its own files."""
        try:
            yield
        except PageError as error:
            raise TargetError(f"store {self.name}: {error}", hint=_BROKEN) from error
        except OSError as error:
            raise TargetError(f"store {self.name}: {error.filename}: {error.strerror}") from error


def _key(file: str) -> str:
    return f"{SIMPLE}{project_name(file.partition('-')[0])}/{file}"
