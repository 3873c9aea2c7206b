"""A folder as a store: wheels with a simple index around them, which pip and uv install from as it stands.

    simple/index.html                      the projects
    simple/index.json                      the same, and what the HTML page is made from
    simple/PROJECT/index.html              the files of a project
    simple/PROJECT/index.json              the same; this page decides what is published
    simple/PROJECT/NAME-….whl              a wheel, never written twice
    simple/PROJECT/NAME-….whl.metadata     its METADATA, so that installers need not open it (PEP 658)

A page never lists what is not there yet, and is only ever replaced by one that lists as much or more.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from wheelpin.errors import TargetError, VerificationError
from wheelpin.folder import create_file, locked, make_folder
from wheelpin.replacement import replace_file
from wheelpin.stores import Clash, Published, conflict, simple_html, simple_json
from wheelpin.stores.simple import File, Page, PageError, Root, project_name
from wheelpin.wheel import Wheel

JSON = "index.json"
HTML = "index.html"

T = TypeVar("T", Page, Root)


@dataclass(frozen=True, slots=True)
class DirectoryBackend:
    """A store in a folder, for the processes of one machine: its writers wait for each other."""

    name: str
    path: Path

    @property
    def index_url(self) -> str:
        return f"{self._simple.as_uri()}/"

    def url(self, file: str) -> str:
        return self._place(file).as_uri()

    def files(self, project: str) -> Sequence[Published]:
        """See `Store.files`: what the JSON page lists, as far as HTML and the root show it too.

        A run that was killed between two pages has not published, and the next one mends them.
        """
        parse = partial(simple_html.parse, project=project)
        with self._translated():
            page, root = self._page(project), self._root()
            shown = _read_made(self._folder(project) / HTML, parse, Page(project=project)).by_name
            shown_root = _read_made(self._simple / HTML, simple_html.parse_root, Root())
            if project not in root.projects or project not in shown_root.projects:
                return []
            return [
                Published(file=file.name, sha256=file.sha256, url=self.url(file.name))
                for file in page.files
                if shown.get(file.name) == file.in_html()
            ]

    def held(self, file: str) -> Published | None:
        place = self._place(file)
        with self._translated():
            if not place.exists():
                return None
            return Published(file=file, sha256=_sha256(place), url=self.url(file))

    def fetch(self, published: Published, folder: Path) -> Path:
        copy = folder / published.file
        with self._translated():
            shutil.copyfile(self._place(published.file), copy)
            found = _sha256(copy)
        if published.sha256 not in {None, found}:
            raise VerificationError(
                f"store {self.name}: {published.file} has sha256 {found}, its index says {published.sha256}",
                hint="someone changed a published file: restore it before anything installs it",
            )
        return copy

    def upload(self, wheel: Wheel) -> None:
        place = self._place(wheel.file)
        with self._translated():
            make_folder(place.parent)
            with locked(place.parent):
                with suppress(FileExistsError):
                    create_file(place, _chunks(wheel))
                found = _sha256(place)
                if found != wheel.sha256:
                    raise conflict([Clash(store=self.name, wheel=wheel, held=found)])
                _write(place.with_name(f"{place.name}.metadata"), wheel.metadata)

    def publish(self, project: str, wheels: Sequence[Wheel]) -> None:
        with self._translated():
            entries = [self._entry(wheel) for wheel in wheels]
            with locked(self._folder(project)):
                page = self._page(project)
                self._check(page, wheels)
                self._grow(page.with_files(entries))
            with locked(self._simple):
                root = self._root().with_project(project)
                _write(self._simple / JSON, simple_json.render_root(root))
                _write(self._simple / HTML, simple_html.render_root(root))
        visible = {published.file: published.sha256 for published in self.files(project)}
        for wheel in wheels:
            if visible.get(wheel.file) != wheel.sha256:
                raise VerificationError(
                    f"store {self.name}: {wheel.file} cannot be seen after it was published"
                )

    @property
    def _simple(self) -> Path:
        return self.path.resolve() / "simple"

    def _folder(self, project: str) -> Path:
        with self._translated():
            return self._simple / project_name(project)

    def _place(self, file: str) -> Path:
        return self._folder(file.partition("-")[0]) / file

    def _page(self, project: str) -> Page:
        place = self._folder(project) / JSON
        page = _read(place, simple_json.parse) or Page(project=project)
        if page.project != project:
            raise PageError(f"{place}: is the page of {page.project}")
        return page

    def _root(self) -> Root:
        return _read(self._simple / JSON, simple_json.parse_root) or Root()

    def _entry(self, wheel: Wheel) -> File:
        place = self._place(wheel.file)
        if not place.exists() or _sha256(place) != wheel.sha256:
            raise VerificationError(
                f"store {self.name}: {wheel.file} was not uploaded before it is published"
            )
        return File.of(wheel, datetime.fromtimestamp(place.stat().st_mtime, UTC))

    def _check(self, page: Page, wheels: Sequence[Wheel]) -> None:
        listed = {file.name: file.sha256 for file in page.files}
        clashes = [
            Clash(store=self.name, wheel=wheel, held=listed[wheel.file] or "unknown")
            for wheel in wheels
            if listed.get(wheel.file, wheel.sha256) != wheel.sha256
        ]
        if clashes:
            raise conflict(clashes)

    def _grow(self, page: Page) -> None:
        """Replace a project's pages, the one that decides first."""
        lost = self._page(page.project).by_name.keys() - page.by_name.keys()
        if lost:
            raise VerificationError(
                f"store {self.name}: the new page of {page.project} lacks {', '.join(lost)}"
            )
        _write(self._folder(page.project) / JSON, simple_json.render(page))
        _write(self._folder(page.project) / HTML, simple_html.render(page))

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Tell what the folder's files and the operating system say in our words."""
        try:
            yield
        except PageError as error:
            raise TargetError(
                f"store {self.name}: {error}",
                hint="restore the page: wheelpin never replaces one it cannot read",
            ) from error
        except OSError as error:
            raise TargetError(
                f"store {self.name}: {error.filename or self.path}: {error.strerror}"
            ) from error


def _read(place: Path, parse: Callable[[bytes], T]) -> T | None:
    """A page; None where there is none, and only there."""
    try:
        return parse(place.read_bytes())
    except FileNotFoundError:
        return None
    except PageError as error:
        raise PageError(f"{place}: {error}") from error


def _read_made(place: Path, parse: Callable[[bytes], T], nothing: T) -> T:
    """A page that is made from another one; where it is broken it says nothing, because it is made anew."""
    try:
        return _read(place, parse) or nothing
    except PageError:
        return nothing


def _write(place: Path, data: bytes) -> None:
    if not place.exists() or place.read_bytes() != data:
        replace_file(place, data)


def _sha256(place: Path) -> str:
    with place.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _chunks(wheel: Wheel) -> Iterator[bytes]:
    """The bytes of a wheel. Raises VerificationError at their end when they are not those that were read."""
    digest = hashlib.sha256()
    with wheel.path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
            yield chunk
    if digest.hexdigest() != wheel.sha256:
        raise VerificationError(f"{wheel.file} has changed since it was read", hint="run the command again")
