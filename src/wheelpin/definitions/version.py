"""Versions and ranges of them (PEP 440), also for text that was written to do harm."""

import re

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version
from yaml import ScalarNode

from wheelpin.document import compose, scalar

_LONGEST = 200
_INTEGER = re.compile(r"0|[1-9][0-9]*")
_LAST_NUMBER = re.compile(r"((?:[0-9]{1,18}\.){0,5})([0-9]{1,18})")
_NUMBER = re.compile(r"[-+]?[0-9_]*\.?[0-9_]*(?:[eE][-+]?[0-9]+)?|0[xob][0-9a-fA-F_]+")
_CLAUSE = re.compile(r"(===|==|~=|!=|<=|>=|<|>)([ \t]*)([^\s,;()]+)")


def version_of(text: str) -> Version | None:
    """`text` as a version; None where it is none."""
    if len(text) > _LONGEST:
        return None
    try:
        return Version(text)
    except ValueError:
        return None


def is_plain_version(text: str) -> bool:
    """Whether every YAML reader takes an unquoted version for this text, or for the integer that it spells.

    YAML 1.2 knows more numbers than PyYAML does: `12e3`, `0o7`.
    """
    if _INTEGER.fullmatch(text):
        return True
    node = compose(text, "version")[0]
    same = isinstance(node, ScalarNode) and not node.style and scalar(node, "version") == text
    return same and not _NUMBER.fullmatch(text)


def next_version(text: str) -> str | None:
    """The version of a component after `text`: its last number is one higher; None where it ends in none."""
    found = _LAST_NUMBER.fullmatch(text)
    return f"{found[1]}{int(found[2]) + 1}" if found else None


def allows(specifier: str, version: str) -> bool:
    """Whether a range allows a version, pre-releases among them; what cannot be read allows all."""
    try:
        return SpecifierSet(specifier).contains(version, prereleases=True)
    except InvalidSpecifier:
        return True


def raised(specifier: str, version: str) -> str | None:
    """The range with its lower bound at `version`; None where it does not allow that version then.

    `~=` and `.*` keep the number of their parts, because that number says what is compatible.
    """
    new = _CLAUSE.sub(lambda clause: _raised_clause(clause, Version(version)), specifier)
    return new if allows(new, version) else None


def _raised_clause(clause: re.Match[str], version: Version) -> str:
    operator, blanks, written = clause.groups()
    if operator == "==" and written.endswith(".*"):
        return f"{operator}{blanks}{_parts(version, written.count('.'))}.*"
    if operator == "~=":
        short = _parts(version, written.count(".") + 1)
        return operator + blanks + (short if allows(f"~={short}", str(version)) else str(version))
    return operator + blanks + str(version) if operator == ">=" else clause[0]


def _parts(version: Version, count: int) -> str:
    numbers = [*version.release, *([0] * count)][:count]
    epoch = f"{version.epoch}!" if version.epoch else ""
    return epoch + ".".join(str(number) for number in numbers)
