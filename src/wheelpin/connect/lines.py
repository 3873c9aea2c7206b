"""The lines of definitions that lead image builds to a feed or a git repository, and who builds from them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from wheelpin.azureml.connections import Category
from wheelpin.config import Config
from wheelpin.definitions import Definition, Form, Format, Span
from wheelpin.definitions.readings import Told, anything, readings
from wheelpin.repository import Repository
from wheelpin.scope import Scope, read_scope
from wheelpin.source import Lines, Source

_GIT = re.compile(r"git\+([a-z]+://[^\s#;\"']+)", re.IGNORECASE)
_VARIABLE = re.compile(r"\$|\{\{|<|%[A-Z_]+%")


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """An address in a definition, without `git+` and a revision.

    `registries` are those of the config that build from it. Where it is `baked`, a Dockerfile of our own
    runs pip, which no connection is known to reach.
    """

    category: Category
    url: str
    path: str
    line: int
    registries: frozenset[str]
    baked: bool

    @property
    def known(self) -> bool:
        """Whether the address is all there: no variable stands in it."""
        return not _VARIABLE.search(self.url)


def find_lines(repository: Repository, config: Config, told: Told) -> tuple[Line, ...]:
    """All such lines in the files of a release; `told` hears of files that cannot be read.

    Raises DefinitionError, ConfigError.
    """
    scope = read_scope(repository, config)
    served, baked = _builders(scope)
    found: list[Line] = []
    for reading in readings(repository, scope.files, anything, told):
        path, lines = reading.source.path, Lines(reading.source.text)
        inside = reading.form is Format.DOCKERFILE or (path in baked and path not in served)
        for category, url, span in _addresses(reading.definition, reading.source):
            found.append(
                Line(
                    category=category,
                    url=url,
                    path=path,
                    line=lines.position(span.start)[0],
                    registries=served.get(path, frozenset(config.registries)),
                    baked=inside,
                )
            )
    return tuple(found)


def _builders(scope: Scope) -> tuple[dict[str, frozenset[str]], set[str]]:
    """For each file that Azure ML installs from, the registries; and those that Dockerfiles install from."""
    served: dict[str, frozenset[str]] = {}
    baked: set[str] = set()
    for member in scope.environments.values():
        if Format.DOCKERFILE in member.files.values():
            baked.update(member.files)
            continue
        for file in member.files:
            served[file] = served.get(file, frozenset()) | set(member.registries)
    return served, baked


def _addresses(definition: Definition, source: Source) -> Iterator[tuple[Category, str, Span]]:
    for address in definition.addresses:
        if _is_address(address.url) or address.url.startswith("$"):
            yield Category.FEED, address.url, address.span
    for pin in definition.pins:
        git = _GIT.search(pin.span.of(source.text)) if pin.form in (Form.GIT, Form.PLACEHOLDER) else None
        if git and _is_address(git[1]):
            yield Category.GIT, _without_revision(git[1]), pin.span


def _is_address(text: str) -> bool:
    """Whether it leads to a host at all; folders do not, nor does what only looks like an address."""
    try:
        parts = urlsplit(text)
        return bool(parts.scheme and parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _without_revision(url: str) -> str:
    """An address of git's as far as the `@` behind its host; the one before the host is a user's."""
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host}{slash}{path.partition('@')[0]}"
