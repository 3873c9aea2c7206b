"""Release: what a plan is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from wheelpin.config import Config
from wheelpin.registries import Registry
from wheelpin.repository import Repository
from wheelpin.stores import Store
from wheelpin.wheel import Wheel


@dataclass(frozen=True, kw_only=True)
class Release:
    """The repository, the wheels, and the places that they go to."""

    repository: Repository
    config: Config
    wheels: tuple[Wheel, ...] = ()
    stores: Mapping[str, Store] = field(default_factory=dict)
    registries: Mapping[str, Registry] = field(default_factory=dict)
    downgrade: bool = False
    ranges: bool = False
