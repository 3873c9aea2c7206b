"""A folder as a registry: keeps each environment version as the resource that Azure ML would keep.

    environments/NAME/versions/VERSION.json    a version, never written twice
    LocalUpload/HASH/FOLDER/…                  a build context, complete or not there

Names that the service refuses are refused here too: what works here is to work there.
"""

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any

from wheelpin.context import context_files, context_hash
from wheelpin.environment import Context, Environment, resource_digest
from wheelpin.errors import ConflictError, DefinitionError, TargetError, VerificationError
from wheelpin.folder import create_file, locked, make_folder, new_folder
from wheelpin.registries import Definition, Registered, Series
from wheelpin.registries.names import checked_name, checked_version
from wheelpin.repository import Repository

TYPE = "Microsoft.MachineLearningServices/workspaces/environments/versions"


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Version:
    """What the file of a version says, as far as we need it."""

    registered: Registered
    created: datetime
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DirectoryBackend:
    """A registry in a folder, for the processes of one machine: its writers wait for each other."""

    name: str
    path: Path
    now: Callable[[], datetime] = _now

    def latest(self, environment: str) -> Registered | None:
        newest = self._newest(environment)
        return newest.registered if newest else None

    def series(self, environment: str) -> Series:
        with self._translated():
            names = [place.stem for place in self._versions(environment)]
        numbers = (int(name) for name in names if name.isascii() and name.isdigit())
        return Series(latest=self.latest(environment), highest=max(numbers, default=0))

    def get(self, environment: str, version: str) -> Registered | None:
        place = self._place(environment, version)
        with self._translated():
            return self._read(place).registered if place.exists() else None

    def register(self, environment: Environment, version: str, tags: Mapping[str, str]) -> None:
        if self._holds(environment, version):
            return
        place = self._place(environment.name, version)
        with self._translated():
            make_folder(place.parent)
            uri = self._copied(environment.context) if environment.context else None
            with locked(place.parent), suppress(FileExistsError):
                resource = self._resource(environment, version, environment.resource(tags, uri))
                text = json.dumps(resource, indent=2, default=str) + "\n"
                create_file(place, iter([text.encode()]))
        if not self._holds(environment, version):
            raise VerificationError(f"{self._title(environment, version)} is not there after it was written")

    def names(self) -> Iterable[str]:
        with self._translated():
            return sorted(place.name for place in (self.path / "environments").glob("*") if place.is_dir())

    def definition(self, environment: str) -> Definition | None:
        newest = self._newest(environment)
        return Definition(registered=newest.registered, properties=newest.properties) if newest else None

    def download(self, uri: str, folder: Path) -> None:
        place = (self.path / uri).resolve()
        if not place.is_relative_to((self.path / "LocalUpload").resolve()) or not place.is_dir():
            raise DefinitionError(f"its build context {uri} is not in the registry")
        with self._translated():
            shutil.copytree(place, folder)

    def _holds(self, environment: Environment, version: str) -> bool:
        """Whether the version is there already. Raises ConflictError when it is another one."""
        found = self.get(environment.name, version)
        if found and found.digest != environment.digest:
            raise ConflictError(
                f"{self._title(environment, version)} is another definition",
                hint="a registered version never changes: register this definition under a new one",
            )
        return found is not None

    def _title(self, environment: Environment, version: str) -> str:
        return f"registry {self.name}: {environment.name}:{version}"

    def _resource(self, environment: Environment, version: str, properties: Mapping[str, object]) -> object:
        """The whole resource; the caller holds the folder, so that no two have one time of creation."""
        created, newest = self.now(), self._newest(environment.name)
        if newest:
            created = max(created, newest.created + timedelta(microseconds=1))
        return {
            "id": f"environments/{environment.name}/versions/{version}",
            "name": version,
            "type": TYPE,
            "properties": properties,
            "systemData": {"createdAt": created.isoformat(timespec="microseconds")},
        }

    def _copied(self, context: Context) -> str:
        """Copy a build context, unless it is there; its `contextUri`, relative to the registry's folder."""
        folder = PurePosixPath(context.path).name or context.root.resolve().name
        uri = f"LocalUpload/{context.digest}/{folder}/"
        place = self.path / uri
        if not place.exists():
            make_folder(place.parent)
            with locked(place.parent):
                if not place.exists():
                    _copy(context, place)
        return uri

    def _newest(self, environment: str) -> _Version | None:
        with self._translated():
            versions = [self._read(place) for place in self._versions(environment)]
        return max(versions, key=lambda version: version.created, default=None)

    def _versions(self, environment: str) -> list[Path]:
        return list(self._folder(environment).glob("*.json"))

    def _folder(self, environment: str) -> Path:
        return self.path / "environments" / checked_name(environment) / "versions"

    def _place(self, environment: str, version: str) -> Path:
        return self._folder(environment) / f"{checked_version(environment, version)}.json"

    def _read(self, place: Path) -> _Version:
        try:
            resource = json.loads(place.read_bytes())
            return _Version(
                registered=Registered(version=place.stem, digest=resource_digest(resource["properties"])),
                created=datetime.fromisoformat(resource["systemData"]["createdAt"]).astimezone(UTC),
                properties=resource["properties"],
            )
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError, DefinitionError) as error:
            raise TargetError(
                f"registry {self.name}: {place} is not an environment version",
                hint="restore the file: wheelpin never replaces one that it cannot read",
            ) from error

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Tell what the operating system says in our words."""
        try:
            yield
        except OSError as error:
            raise TargetError(
                f"registry {self.name}: {error.filename or self.path}: {error.strerror}"
            ) from error


def _copy(context: Context, place: Path) -> None:
    repository = Repository(context.root)
    with new_folder(place) as copy:
        for path in context_files(repository, context.path):
            target = copy / PurePosixPath(path).relative_to(context.path)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(context.root / path, target)
        if context_hash(repository, context.path) != context.digest:
            raise VerificationError(
                f"{context.path} changed while it was copied", hint="run the command again"
            )
