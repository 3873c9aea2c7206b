"""Coverage: whether each line that leads to a private place has a connection that will match; only looks."""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from wheelpin.azureml.connections import Category, Connection
from wheelpin.config import Config
from wheelpin.connect.lines import Line
from wheelpin.connect.matching import Fit, fit, is_blob, is_devops, origin
from wheelpin.connect.steps import Held
from wheelpin.connect.supply import VARIABLES
from wheelpin.connect.wanted import Wanted, is_private
from wheelpin.credentials.address import bare
from wheelpin.errors import Finding, Level

_BAKED = "pip in a Dockerfile is not known to get a connection's credential"
_BAKED_HINT = (
    "put the wheel into the build context, or let the Dockerfile sign in by itself: docs/connections.md"
)
_CONTAINER = "no connection lets pip into a storage account: the network has to"
_CONTAINER_HINT = "see docs/stores.md on how a workspace reads a private container"


def uncovered(
    lines: Sequence[Line], wanted: Sequence[Wanted], held: Held, config: Config, level: Level
) -> list[Finding]:
    """All that stands against an image build's sign-in, each at its line; at `level` where it is certain.

    Certain are feeds and repositories of Azure DevOps. Another store of the config may be open to everybody,
    and so may another git host: those are a warning and a notice.
    """
    private = [line for line in lines if is_private(line, config)]
    found = [finding for line in private for finding in _look(line, wanted, held, level)]
    found += [
        _at(line, Level.NOTICE, f"{bare(line.url)}: {_CONTAINER}", _CONTAINER_HINT)
        for line in lines
        if is_blob(line.url)
    ]
    return [*dict.fromkeys(found), *_public(lines, private)]


def _look(line: Line, wanted: Sequence[Wanted], held: Held, level: Level) -> Iterator[Finding]:
    if line.baked:
        if line.category is Category.FEED or is_devops(line.url):
            yield _at(line, Level.NOTICE, f"{bare(line.url)}: {_BAKED}", _BAKED_HINT)
        return
    if not line.known:
        yield _at(line, Level.NOTICE, "holds a variable: whether a connection matches cannot be told", "")
        return
    if not line.url.lower().startswith("https://"):
        hint = "write it with https://: no connection serves anything else"
        yield _at(line, Level.WARNING, f"{bare(line.url)}: an image build cannot sign in there", hint)
        return
    weight = _weight(line, level)
    verdicts = {name: _verdict(line, held[name]) for name in held if name in line.registries}
    if missing := [name for name, (verdict, _) in verdicts.items() if verdict is Fit.NONE]:
        message = f"no connection of {', '.join(missing)} covers {bare(line.url)}"
        yield _at(line, weight, message, _mend(line, wanted, missing))
    for name, (verdict, near) in verdicts.items():
        if verdict is Fit.MEANT and near:
            message = (
                f"registry {name}: {near.name} is for {bare(near.target)}: the same place, spelled otherwise"
            )
            yield _at(line, weight, message, _respell(line, wanted, near, name))


def _verdict(line: Line, connections: Sequence[Connection]) -> tuple[Fit, Connection | None]:
    """How well the best of the connections fits."""
    fits: Mapping[Fit, Connection] = {
        fit(connection.target, line.url): connection
        for connection in connections
        if connection.category.lower() == line.category.lower()
    }
    best = next((one for one in (Fit.EXACT, Fit.MEANT) if one in fits), Fit.NONE)
    return best, fits.get(best)


def _weight(line: Line, level: Level) -> Level:
    if is_devops(line.url):
        return level
    return Level.NOTICE if line.category is Category.GIT else Level.WARNING


def _mend(line: Line, wanted: Sequence[Wanted], registries: Sequence[str]) -> str:
    """The command that makes a connection for a line."""
    serving = [
        each
        for each in wanted
        if each.category is line.category and fit(each.target, line.url) is not Fit.NONE
    ]
    if not serving:
        return "see docs/connections.md"
    one = serving[0]
    told = " ".join(f"--registry {name}" for name in registries)
    if not one.devops:
        return f"if it wants a credential: wheelpin connect {one.name} {told} --secret-from VARIABLE"
    return f"set {VARIABLES[one.category]}, and run: wheelpin connect {one.name} {told}"


def _respell(line: Line, wanted: Sequence[Wanted], near: Connection, registry: str) -> str:
    """The line takes the connection's spelling, unless a connection of the line's own can be made."""
    own = [
        each for each in wanted if fit(each.target, line.url) is Fit.EXACT and each.category is line.category
    ]
    if own and own[0].name != near.name:
        return f"write both alike, or: {_mend(line, own, [registry])}"
    if "@" in urlsplit(line.url).netloc:
        return "take the user and the @ before the host out: a build may find no other spelling"
    return f"begin the address with {bare(near.target)}, letter by letter: a build may find no other spelling"


def _public(lines: Sequence[Line], private: Sequence[Line]) -> Iterator[Finding]:
    others = (line for line in lines if line not in private and line.known and not is_blob(line.url))
    hosts = sorted({origin(line.url) for line in others})
    if hosts:
        yield Finding(
            level=Level.NOTICE,
            subject="connections",
            message=f"taken for public, being neither Azure DevOps nor a store here: {', '.join(hosts)}",
        )


def _at(line: Line, level: Level, message: str, hint: str) -> Finding:
    return Finding(level=level, subject=line.path, line=line.line, message=message, hint=hint)
