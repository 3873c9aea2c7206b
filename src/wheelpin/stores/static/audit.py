"""Audit: read every file of a static store again, tell what does not fit its index, and make the index anew.

Nothing is ever deleted, and bytes that differ from what the index says of them are never listed as they are.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from wheelpin.errors import CheckError, Finding, Level
from wheelpin.stores.simple import File, Page, PageError, Root, project_name
from wheelpin.stores.static.bucket import Bucket, digest
from wheelpin.stores.static.listing import JSON, SIMPLE, Listing, T, project_listing, put, root_listing
from wheelpin.web.retries import Retries
from wheelpin.wheel import read_wheel

PROJECTS_AT_ONCE = 8

_REBUILD = "`wheelpin store check --rebuild` makes the index anew from the wheels that are there"
_RESTORE = "restore it from where it was built before anything installs it"


def audit(bucket: Bucket, retries: Retries) -> Sequence[Finding]:
    """All that is wrong."""
    folders, strangers = _folders(bucket, retries)
    findings = [_finding(Level.WARNING, key, "has no place in a simple index") for key in strangers]
    listing, root = root_listing(bucket, retries), Root()
    try:
        if stood := listing.read():
            root = stood
            findings += _of_html(listing, root)
    except PageError as error:
        findings.append(_finding(Level.ERROR, listing.json_key, str(error), _REBUILD))
    shelves = [
        _Shelf(project, folders.get(project, frozenset()), bucket, retries)
        for project in sorted(folders.keys() | root.projects.keys())
    ]
    with ThreadPoolExecutor(PROJECTS_AT_ONCE) as pool:
        for found in pool.map(lambda shelf: list(shelf.findings(root)), shelves):
            findings += found
    return findings


def rebuild(bucket: Bucket, retries: Retries) -> None:
    """Make the index anew from the wheels that are there.

    What is listed already keeps its hash, its time and its yank, and is dropped if its file is gone.
    """
    folders, _ = _folders(bucket, retries)
    shelves = [_Shelf(project, names, bucket, retries) for project, names in folders.items()]
    with ThreadPoolExecutor(PROJECTS_AT_ONCE) as pool:
        listed = list(pool.map(_Shelf.rebuild, shelves))
    projects = [shelf.project for shelf, is_page in zip(shelves, listed, strict=True) if is_page]

    if projects:
        _lenient(root_listing(bucket, retries)).change(lambda root: root.with_projects(projects))


@dataclass(frozen=True, slots=True)
class _Shelf:
    """The folder of one project, and the names of the files that were found in it."""

    project: str
    names: frozenset[str]
    bucket: Bucket
    retries: Retries

    @property
    def _listing(self) -> Listing[Page]:
        return project_listing(self.bucket, self.project, self.retries)

    def findings(self, root: Root) -> Iterator[Finding]:
        """What is wrong here."""
        listing = self._listing
        try:
            page = listing.read()
        except PageError as error:
            yield _finding(Level.ERROR, listing.json_key, str(error), _REBUILD)
            return
        yield from self._unlisted(page or listing.empty)
        if page is not None:
            yield from _of_html(listing, page)
            if self.project not in root.projects:
                yield _finding(Level.ERROR, self.project, "is not in the list of projects", _REBUILD)
            for file in page.files:
                yield from self._of_file(file)

    def rebuild(self) -> bool:
        """Make the page anew; whether there is one now."""
        listing = _lenient(self._listing)
        page = listing.read() or listing.empty
        gone = {name for name in page.by_name if not self._is_there(name)}
        found = [file for name in self.names - page.by_name.keys() if (file := self._entry(name))]
        if not page.files and not found:
            return False

        def made(old: Page) -> Page:
            kept = tuple(file for file in old.files if file.name not in gone)
            return replace(old, files=kept).with_files(found)

        listing.change(made)
        return True

    def _entry(self, name: str) -> File | None:
        """A wheel as the page lists it, its metadata beside it; None for what is no valid wheel."""
        if not name.endswith(".whl"):
            return None
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / name
            self._digest(name, copy)
            try:
                wheel = read_wheel(copy)
            except CheckError:
                return None
        held = self.retries.persist(partial(self.bucket.look, self._key(name)))
        if wheel.name != self.project or held is None:
            return None
        put(self.bucket, self._key(f"{name}.metadata"), wheel.metadata, self.retries)
        return File.of(wheel, held.modified)

    def _unlisted(self, page: Page) -> Iterator[Finding]:
        sidecars = {f"{name}.metadata" for name in self.names if name.endswith(".whl")}
        known = {JSON, *self.bucket.index_names, *page.by_name, *sidecars}
        for name in sorted(self.names - known):
            if name.endswith(".whl"):
                why = "is there and not listed: an upload that was not finished, or somebody else's file"
                hint = f"publish it again, or {_REBUILD}"
                yield _finding(Level.WARNING, name, why, hint)
            else:
                yield _finding(Level.WARNING, self._key(name), "has no place in a simple index")

    def _of_file(self, file: File) -> Iterator[Finding]:
        if not self._is_there(file.name):
            yield _finding(Level.ERROR, file.name, "is listed and not there", f"{_RESTORE}, or {_REBUILD}")
            return
        found = self._digest(file.name)
        if found != file.sha256:
            why = f"has sha256 {found}, its index says {file.sha256}"
            yield _finding(Level.ERROR, file.name, why, _RESTORE)
        if file.core_metadata is None:
            return
        name = f"{file.name}.metadata"
        if not self._is_there(name):
            yield _finding(Level.ERROR, name, "is listed and not there", _RESTORE)
        elif (stated := file.core_metadata.get("sha256")) and self._digest(name) != stated:
            yield _finding(Level.ERROR, name, "is not what its index says", _RESTORE)

    def _is_there(self, name: str) -> bool:
        """Whether a file was found, or has come since."""
        return (
            name in self.names or self.retries.persist(partial(self.bucket.look, self._key(name))) is not None
        )

    def _digest(self, name: str, copy: Path | None = None) -> str:
        return self.retries.persist(partial(digest, self.bucket, self._key(name), copy))

    def _key(self, name: str) -> str:
        return f"{SIMPLE}{self.project}/{name}"


def _folders(bucket: Bucket, retries: Retries) -> tuple[Mapping[str, frozenset[str]], list[str]]:
    """The names in each project's folder, and the keys that stand where no reader looks."""
    folders: dict[str, set[str]] = {}
    strangers = []
    for key in retries.persist(lambda: list(bucket.keys(SIMPLE))):
        project, slash, name = key.removeprefix(SIMPLE).partition("/")
        if slash and "/" not in name and _is_project(project):
            folders.setdefault(project, set()).add(name)
        elif slash or project not in {JSON, *bucket.index_names}:
            strangers.append(key)
    return {project: frozenset(names) for project, names in sorted(folders.items())}, strangers


def _is_project(folder: str) -> bool:
    try:
        return project_name(folder) == folder
    except PageError:
        return False


def _of_html(listing: Listing[T], page: T) -> Iterator[Finding]:
    wanted = listing.html(page)
    for key in listing.html_keys:
        stored = listing.retries.persist(partial(listing.bucket.read, key))
        if stored is None or stored.data != wanted:
            why = f"does not show what {JSON} says"
            yield _finding(Level.ERROR, key, why, "publish anything of it again, or " + _REBUILD)


def _lenient(listing: Listing[T]) -> Listing[T]:
    """The same page, taken for an empty one where it cannot be read, and free to lose what is gone."""

    def parse(text: bytes) -> T:
        try:
            return listing.parse(text)
        except PageError:
            return listing.empty

    return replace(listing, parse=parse, names=lambda _: ())


def _finding(level: Level, subject: str, message: str, hint: str = "") -> Finding:
    return Finding(level=level, subject=subject, message=message, hint=hint)
