"""Narrowing: a config with fewer registries, for a run that is about some of them."""

from collections.abc import Sequence

from wheelpin.config import Config, EnvironmentConfig
from wheelpin.errors import UsageError


def narrowed(config: Config, registries: Sequence[str]) -> Config:
    """The config with these registries alone, or as it is for none; other environments drop out.

    Raises UsageError for a name that the config does not have.
    """
    unknown = [name for name in registries if name not in config.registries]
    if unknown:
        raise UsageError(
            f"--registry {', '.join(unknown)}: no such registry in the config",
            hint=f"it has {', '.join(config.registries)}",
        )
    if not registries:
        return config
    environments = config.environments
    return config.model_copy(
        update={
            "registries": {name: of for name, of in config.registries.items() if name in registries},
            "environments": environments and tuple(_staying(environments, registries)),
        }
    )


def _staying(
    environments: Sequence[EnvironmentConfig], registries: Sequence[str]
) -> "list[EnvironmentConfig]":
    staying = []
    for entry in environments:
        kept = tuple(name for name in entry.registries or registries if name in registries)
        if kept:
            staying.append(entry.model_copy(update={"registries": kept}))
    return staying
