"""What a release looks at: the environments, the files that define them, and the files that refer to them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from wheelpin.config import Config, RepositoryEnvironment
from wheelpin.definitions import Format
from wheelpin.definitions.azureml import find_environments, read_environment
from wheelpin.definitions.links import definition_files, followed
from wheelpin.definitions.survey import survey
from wheelpin.document import invalid
from wheelpin.environment import Environment
from wheelpin.errors import ConfigError, DefinitionError
from wheelpin.repository import Repository


@dataclass(frozen=True, kw_only=True, slots=True)
class Resident:
    """Where an environment that lives only in a registry is copied to, and what goes along unchanged."""

    repository: Repository
    kept: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """One environment of the release: its definition, every file it is made of, and where it goes."""

    path: str
    files: Mapping[str, Format]
    registries: tuple[str, ...]
    resident: Resident | None = None

    def home(self, repository: Repository) -> Repository:
        """Where its files are: in the repository, or in its copy."""
        return repository if self.resident is None else self.resident.repository

    def environment(self, repository: Repository) -> Environment:
        """The environment as it stands there. Raises DefinitionError."""
        environment = read_environment(self.home(repository), self.path)
        return environment if self.resident is None else replace(environment, kept=self.resident.kept)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """All environments by name, and the files whose references to them follow."""

    environments: Mapping[str, Member]
    references: Mapping[str, Format | None]

    @property
    def files(self) -> dict[str, Format | None]:
        """Every file that may hold a pin of a package, and what it is read as where something leads to it."""
        files = dict(self.references)
        for member in self.environments.values():
            if member.resident is None:
                files |= member.files
        return files

    def joined_by(self, residents: Mapping[str, Member]) -> "Scope":
        """The same with environments that live only in a registry."""
        return replace(self, environments={**self.environments, **residents})


def read_scope(repository: Repository, config: Config) -> Scope:
    """Find the environments that the config selects.

    Raises DefinitionError with everything that is wrong with any of them, ConfigError.
    """
    environments: dict[str, Member] = {}
    errors: list[DefinitionError] = []
    for path, registries in _selected(repository, config):
        try:
            name = read_environment(repository, path).name
            files = definition_files(repository, path)
            if name in environments:
                other = environments[name].path
                raise invalid(path, f"defines the environment {name}, as {other} does too", None)
        except DefinitionError as error:
            errors.append(error)
        else:
            environments[name] = Member(path=path, files=files, registries=registries)
    if errors:
        raise DefinitionError(
            "\n".join(error.message for error in errors),
            hint="mend them, or choose those to release with `environments:` in wheelpin.yml",
            findings=[finding for error in errors for finding in error.findings],
        )
    return Scope(
        environments=environments, references=followed(repository, repository.matching(config.references))
    )


def editable_files(repository: Repository, config: Config) -> frozenset[str]:
    """The files that a release may edit. Raises DefinitionError, ConfigError."""
    scope = read_scope(repository, config)
    referring = {found.path for found in survey(repository, scope.references)}
    return frozenset(referring.union(*(member.files for member in scope.environments.values())))


def _selected(repository: Repository, config: Config) -> list[tuple[str, tuple[str, ...]]]:
    every = tuple(config.registries)
    if config.environments is None:
        return [(path, every) for path in find_environments(repository)]
    selected: dict[str, tuple[str, ...]] = {}
    for entry in config.environments:
        if not isinstance(entry, RepositoryEnvironment):
            continue
        matching = repository.matching([entry.path])
        if not matching:
            raise ConfigError(f"environments: no file matches {entry.path!r}")
        selected |= dict.fromkeys(matching, entry.registries or every)
    return list(selected.items())
