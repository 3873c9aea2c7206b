"""Azure Pipelines: the logging commands of its agent, and pages that it is given as files."""

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from wheelpin.ci.annotation import Place
from wheelpin.errors import Level

_TYPES = {Level.ERROR: "error", Level.WARNING: "warning"}


class Azure:
    """See `Dialect`."""

    diagrams = False
    end_of_group = "##[endgroup]"

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.checkout = environ.get("BUILD_SOURCESDIRECTORY", "")
        self.debugging = environ.get("SYSTEM_DEBUG", "").lower() == "true"

    def group(self, title: str) -> str:
        return f"##[group]{title}"

    def annotation(self, level: Level, message: str, place: Place | None) -> str | None:
        """An issue of the step; the agent knows errors and warnings."""
        if level not in _TYPES:
            return None
        properties = {"type": _TYPES[level]}
        if place:
            properties["sourcepath"] = place.file
        if place and place.line is not None:
            properties["linenumber"] = str(place.line)
        return _command("task.logissue", message, properties)

    def mask(self, value: str) -> str:
        return _command("task.setsecret", value)

    def progress(self, done: int, total: int) -> str:
        percent = 100 * done // total if total else 100
        return _command("task.setprogress", f"{done} of {total} changes", {"value": str(percent)})

    def outputs(self, values: Mapping[str, str]) -> Iterable[str]:
        """Variables of the step; `plan-digest` is `planDigest`, which a shell can read too."""
        return [
            _command("task.setvariable", value, {"variable": _camel_case(name), "isoutput": "true"})
            for name, value in values.items()
        ]

    def summary(self, markdown: str) -> Iterable[str]:
        """Write a page that outlives us, for the agent takes it when the step has ended.

        The name of the file is its title.
        """
        folder = self._environ.get("AGENT_TEMPDIRECTORY")
        if not folder:
            return ()
        file = Path(tempfile.mkdtemp(prefix="wheelpin-", dir=folder)) / "wheelpin.md"
        file.write_bytes(markdown.encode(errors="backslashreplace"))
        return (_command("task.uploadsummary", str(file.resolve())),)


def _camel_case(name: str) -> str:
    first, *rest = name.split("-")
    return first + "".join(word.capitalize() for word in rest)


def _command(name: str, data: str, properties: Mapping[str, str] | None = None) -> str:
    told = "".join(f"{key}={_escaped(value)};" for key, value in (properties or {}).items())
    return f"##vso[{name}{' ' if told else ''}{told}]{_escaped(data)}"


def _escaped(text: str) -> str:
    """The text as the agent's own libraries write it; percent signs first, in a form of their own."""
    for char, written in (("%", "%AZP25"), (";", "%3B"), ("\r", "%0D"), ("\n", "%0A"), ("]", "%5D")):
        text = text.replace(char, written)
    return text
