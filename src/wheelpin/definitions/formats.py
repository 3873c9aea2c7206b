"""Which format a file has, and the reader of each: one row a format."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import assert_never

from wheelpin.definitions import MAX_LINES, Definition, Format
from wheelpin.definitions.guards import guard
from wheelpin.document import invalid
from wheelpin.source import Source

_REQUIREMENTS = re.compile(r"(?:.*[-_.])?(?:requirements|constraints)(?:[-_.].*)?\.(?:txt|in|pip)")
_DOCKERFILE = re.compile(r"(?:docker|container)file(?:[._-].*)?|.*\.(?:docker|container)file")
_CONDA = re.compile(r"""^(?:\{[ \t]*)?["']?(?:dependencies|channels)["']?[ \t]*:""", re.MULTILINE)
_FOLDERS = ("requirements", "constraints")


def recognisable(path: str) -> bool:
    """Whether a file of this name can be a definition; `recognise` also looks at what it holds."""
    path = path.lower()
    return path.endswith((".yml", ".yaml", ".json")) or _by_name(path) is not None


def recognise(source: Source) -> Format | None:
    """The format of a file by its name, for YAML and JSON also by a glance at its text; None for others."""
    path = source.path.lower()
    if path.endswith((".yml", ".yaml")):
        return Format.CONDA if _CONDA.search(source.text) else Format.AZUREML
    if path.endswith(".json") and "condaDependencies" in source.text:
        return Format.V1
    return _by_name(path)


def _by_name(path: str) -> Format | None:
    folder, _, name = path.rpartition("/")
    if name.endswith((".txt", ".in", ".pip")):
        known = _REQUIREMENTS.fullmatch(name) or folder.rpartition("/")[2] in _FOLDERS
        return Format.REQUIREMENTS if known else None
    if name.endswith(".runconfig") or name == "azureml_environment.json":
        return Format.V1
    if name == "pyproject.toml":
        return Format.PYPROJECT
    return Format.DOCKERFILE if _DOCKERFILE.fullmatch(name) else None


def suppose(source: Source) -> Format:
    """The format of a file that something leads to, whatever it is called."""
    if known := recognise(source):
        return known
    if re.search(r"^[ \t]*FROM[ \t]+\S", source.text, re.MULTILINE | re.IGNORECASE):
        return Format.DOCKERFILE
    return Format.CONDA if _CONDA.search(source.text) else Format.REQUIREMENTS


@lru_cache(maxsize=1024)  # a plan looks at one text for pins, for references and for the versions it states
def read_definition(source: Source, form: Format | None = None) -> Definition:
    """All that wheelpin sees in a file that is read as `form`, by default as what it is recognised as.

    Findings say what must not stand in any definition. Raises DefinitionError for text that the format's own
    parser refuses.
    """
    form = form or suppose(source)
    if source.text.count("\n") + source.text.count("\r") > 2 * MAX_LINES:
        raise invalid(source.path, f"has more than {MAX_LINES:,} lines", None)
    definition = reader(form)(source)
    yaml = form in (Format.AZUREML, Format.CONDA, Format.V1)
    return replace(definition, findings=(*definition.findings, *guard(source, yaml=yaml)))


def reader(form: Format) -> Callable[[Source], Definition]:
    """What reads a format, without the findings that all formats share."""
    match form:
        case Format.AZUREML:
            from wheelpin.definitions.assets import read
        case Format.CONDA:
            from wheelpin.definitions.conda import read
        case Format.REQUIREMENTS:
            from wheelpin.definitions.requirements import read
        case Format.DOCKERFILE:
            from wheelpin.definitions.dockerfile import read
        case Format.PYPROJECT:
            from wheelpin.definitions.pyproject import read
        case Format.V1:
            from wheelpin.definitions.v1 import read
        case unknown:
            assert_never(unknown)
    return read
