"""The connections that a repository wants: one for each organisation or host, under names that stay."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from wheelpin.azureml.connections import LONGEST_NAME, Category
from wheelpin.config import AzureArtifactsStore, Config, IndexStore
from wheelpin.connect.lines import Line
from wheelpin.connect.matching import common_base, is_devops, organization_base, origin
from wheelpin.errors import UsageError
from wheelpin.stores.feed_address import feed_address

_PREFIXES = {Category.FEED: "wheelpin-feed-", Category.GIT: "wheelpin-git-"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A connection as it should be; with `devops` its target is on Azure DevOps in the cloud."""

    name: str
    category: Category
    target: str
    devops: bool


def find_wanted(config: Config, lines: Sequence[Line]) -> tuple[Wanted, ...]:
    """What the stores of the config and the lines of the definitions want.

    Other indexes than those of Azure DevOps and of the config are taken for public. Raises UsageError.
    """
    groups: dict[tuple[Category, str], list[str]] = {}
    for category, url in _urls(config, lines):
        base = organization_base(url).lower() if is_devops(url) or category is Category.GIT else origin(url)
        groups.setdefault((category, base), []).append(url)
    found: dict[str, Wanted] = {}
    for (category, _), urls in groups.items():
        made = _wanted(category, urls)
        if made.name in found:
            made = replace(made, name=_marked(made.name, made.target))
        found[made.name] = made
    return tuple(found.values())


def chosen(wanted: Sequence[Wanted], names: Sequence[str]) -> tuple[Wanted, ...]:
    """Those that are named, else all on Azure DevOps: elsewhere nobody knows who wants a secret.

    Raises UsageError for other names.
    """
    known = {each.name for each in wanted}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UsageError(
            f"{', '.join(unknown)}: neither the config nor a definition wants such a connection",
            hint=f"they want {', '.join(sorted(known)) or 'none at all'}",
        )
    return tuple(each for each in wanted if each.name in names or (not names and each.devops))


def is_private(line: Line, config: Config) -> bool:
    """Whether an address may want a secret at all, as far as its host tells."""
    if not line.known or is_devops(line.url) or line.category is Category.GIT:
        return True
    return origin(line.url) in {origin(url) for url in _stores(config)}


def _urls(config: Config, lines: Sequence[Line]) -> Iterator[tuple[Category, str]]:
    """The config's own spelling first: it is the one that is kept."""
    for url in _stores(config):
        yield Category.FEED, url
    for line in lines:
        usable = line.known and not line.baked and line.url.startswith("https://")
        if usable and is_private(line, config):
            yield line.category, line.url


def _stores(config: Config) -> Iterable[str]:
    for name, store in config.stores.items():
        match store:
            case AzureArtifactsStore():
                yield feed_address(name, store).simple(store.view)
            case IndexStore():
                yield store.simple
            case _:
                pass


def _wanted(category: Category, urls: Sequence[str]) -> Wanted:
    one = urls[0]
    devops = is_devops(one)
    target = organization_base(one) if devops or category is Category.GIT else common_base(urls)
    return Wanted(name=_name(category, target), category=category, target=target, devops=devops)


def _name(category: Category, target: str) -> str:
    """`wheelpin-feed-contoso`; what is too long for the service ends in a part of its digest."""
    parts = urlsplit(target)
    host = (parts.hostname or "").lower()
    if host.endswith(".visualstudio.com"):
        words = f"{host.split('.')[0]}-vs"
    elif is_devops(target):
        words = parts.path
    else:
        words = host if category is Category.FEED else f"{host}{parts.path}"
    name = _PREFIXES[category] + re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")
    return name if len(name) <= LONGEST_NAME else _marked(name, target)


def _marked(name: str, target: str) -> str:
    digest = hashlib.sha256(target.lower().encode()).hexdigest()[:6]
    return f"{name[: LONGEST_NAME - 7].rstrip('-')}-{digest}"
