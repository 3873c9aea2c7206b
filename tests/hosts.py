"""A host that shows nothing and remembers what it was told."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from wheelpin.credentials.redaction import Secret
from wheelpin.errors import Finding


@dataclass
class Listener:
    """Remembers: titles of tasks, secrets, outputs, what programs printed by title; `said` is the rest."""

    tasks: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    masked: list[Secret] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    printed: dict[str, str] = field(default_factory=dict)
    diagrams: bool = True

    def result(self, text: str) -> None:
        self.said.append(text)

    def note(self, text: str) -> None:
        self.said.append(text)

    def detail(self, text: str) -> None:
        self.said.append(text)

    def finding(self, finding: Finding) -> None:
        self.said.append(str(finding))

    def failure(self, message: str, hint: str) -> None:
        self.said.append(f"{message}: {hint}")

    def output(self, title: str, text: str) -> None:
        self.said.append(f"{title}: {text}")
        self.printed[title] = text

    def progress(self, done: int, total: int) -> None:
        self.said.append(f"{done} of {total}")

    def mask(self, secrets: Iterable[Secret]) -> None:
        self.masked += secrets

    def outputs(self, values: Mapping[str, str]) -> None:
        self.values |= values

    def summary(self, markdown: str) -> None:
        self.said.append(markdown)

    @contextmanager
    def task(self, title: str) -> Iterator[None]:
        self.tasks.append(title)
        yield
