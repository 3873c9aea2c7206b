"""A registry in memory, and environments to put into it."""

from collections.abc import Mapping

from wheelpin.environment import Environment
from wheelpin.registries import Registered, Series


class MemoryRegistry:
    """Holds definitions by name and version, newest last."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.held: dict[str, dict[str, str]] = {}
        self.archived: set[str] = set()

    def hold(self, environment: Environment, *versions: str) -> "MemoryRegistry":
        for version in versions:
            self.register(environment, version, {})
        return self

    def latest(self, environment: str) -> Registered | None:
        versions = self.held.get(environment)
        if not versions:
            return None
        version = list(versions)[-1]
        return Registered(version=version, digest=versions[version])

    def series(self, environment: str) -> Series:
        numbers = [int(version) for version in self.held.get(environment, {}) if version.isdigit()]
        return Series(
            latest=self.latest(environment),
            highest=max(numbers, default=0),
            archived=environment in self.archived,
        )

    def get(self, environment: str, version: str) -> Registered | None:
        digest = self.held.get(environment, {}).get(version)
        return None if digest is None else Registered(version=version, digest=digest)

    def register(self, environment: Environment, version: str, tags: Mapping[str, str]) -> None:  # noqa: ARG002
        self.held.setdefault(environment.name, {})[version] = environment.digest


def environment(name: str = "train", image: str = "mcr.example/base:1") -> Environment:
    """An environment that differs from another one by its image."""
    return Environment(name=name, path=f"environments/{name}.yml", image=image)
