"""What a release looks at: the environments, the files that define them, and the files that refer to them."""

from collections.abc import Mapping
from dataclasses import dataclass

from wheelpin.config import Config, RepositoryEnvironment
from wheelpin.definitions.azureml import definition_files, find_environments, read_environment
from wheelpin.errors import ConfigError, DefinitionError, UsageError
from wheelpin.repository import Repository


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """One environment of the release: its definition, every file it leads to, and where it is registered."""

    path: str
    files: tuple[str, ...]
    registries: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """All environments by name, and the files whose references to them follow."""

    environments: Mapping[str, Member]
    references: tuple[str, ...]

    @property
    def files(self) -> tuple[str, ...]:
        """Every file that may hold a pin of a package."""
        found = {file for member in self.environments.values() for file in member.files}
        return tuple(sorted(found.union(self.references)))


def read_scope(repository: Repository, config: Config) -> Scope:
    """Find the environments that the config selects. Raises DefinitionError, ConfigError."""
    environments: dict[str, Member] = {}
    for path, registries in _selected(repository, config):
        name = read_environment(repository, path).name
        if name in environments:
            raise DefinitionError(
                f"{environments[name].path} and {path} both define the environment {name}",
                hint="rename one, or choose between them with `environments:` in wheelpin.yml",
            )
        files = definition_files(repository, path)
        environments[name] = Member(path=path, files=tuple(files), registries=registries)
    return Scope(environments=environments, references=tuple(repository.matching(config.references)))


def _selected(repository: Repository, config: Config) -> list[tuple[str, tuple[str, ...]]]:
    every = tuple(config.registries)
    if config.environments is None:
        return [(path, every) for path in find_environments(repository)]
    selected: dict[str, tuple[str, ...]] = {}
    for entry in config.environments:
        if not isinstance(entry, RepositoryEnvironment):
            raise UsageError(
                f"environments: {entry.name!r}: definitions that live only in a registry cannot be read yet"
            )
        matching = repository.matching([entry.path])
        if not matching:
            raise ConfigError(f"environments: no file matches {entry.path!r}")
        selected |= dict.fromkeys(matching, entry.registries or every)
    return list(selected.items())
