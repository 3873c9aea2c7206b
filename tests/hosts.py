"""A host that shows nothing and remembers what it was told."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from wheelpin.errors import Finding


@dataclass
class Listener:
    """`tasks` are the titles of all that was begun, `said` is everything else, in order."""

    tasks: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

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

    @contextmanager
    def task(self, title: str) -> Iterator[None]:
        self.tasks.append(title)
        yield
