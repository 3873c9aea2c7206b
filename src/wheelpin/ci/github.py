"""GitHub Actions: its workflow commands and the files that its runner reads when the step has ended."""

import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from wheelpin.ci.annotation import Place
from wheelpin.ci.cutting import cut_markdown, utf8
from wheelpin.errors import Level

SUMMARY_LIMIT = 1024 * 1024
"""Bytes that the summary of a step may have; the runner shows nothing of a longer one."""


class GitHub:
    """See `Dialect`."""

    diagrams = True
    end_of_group = "::endgroup::"

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.checkout = environ.get("GITHUB_WORKSPACE", "")
        self.debugging = environ.get("RUNNER_DEBUG") == "1"

    def group(self, title: str) -> str:
        return f"::group::{_data(title)}"

    def annotation(self, level: Level, message: str, place: Place | None) -> str:
        """The title comes last: the runner takes spaces from the end of the properties, not from the file."""
        properties = [f"file={_property(place.file)}"] if place else []
        properties += [f"line={place.line}"] if place and place.line is not None else []
        return f"::{level} {','.join([*properties, 'title=wheelpin'])}::{_data(message)}"

    def mask(self, value: str) -> str:
        return f"::add-mask::{_data(value)}"

    def progress(self, done: int, total: int) -> None:  # noqa: ARG002 - GitHub shows none
        return None

    def outputs(self, values: Mapping[str, str]) -> Iterable[str]:
        """Append to the file of outputs; each value ends at a line that nobody can have foreseen.

        What stands there may lack the end of its last line; the runner passes over empty ones.
        """
        if file := self._environ.get("GITHUB_OUTPUT"):
            _append(Path(file), "\n" + "".join(_record(name, value) for name, value in values.items()))
        return ()

    def summary(self, markdown: str) -> Iterable[str]:
        """Append to the page as much as there is room for."""
        if name := self._environ.get("GITHUB_STEP_SUMMARY"):
            file = Path(name)
            room = SUMMARY_LIMIT - (file.stat().st_size if file.exists() else 0)
            _append(file, cut_markdown(f"\n{markdown}", room, utf8))
        return ()


def _record(name: str, value: str) -> str:
    delimiter = f"end_{secrets.token_hex(16)}"
    while delimiter in value or delimiter in name:
        delimiter = f"end_{secrets.token_hex(16)}"
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"


def _append(file: Path, text: str) -> None:
    with file.open("ab") as opened:
        opened.write(text.encode(errors="backslashreplace"))


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
