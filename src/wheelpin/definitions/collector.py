"""Collector: what a reader of one file has seen so far, and the one way in which it becomes a Definition."""

from dataclasses import dataclass, field

from yaml import ScalarNode

from wheelpin.definitions import (
    MAX_PINS,
    Address,
    AddressKind,
    Definition,
    Link,
    LinkKind,
    Pin,
    Reference,
    Span,
    Stated,
)
from wheelpin.definitions.fragment import Fragment, whole
from wheelpin.definitions.scalar import scalar_fragment
from wheelpin.document import invalid
from wheelpin.errors import Finding, Level
from wheelpin.source import Lines, Source


@dataclass(slots=True)
class Collector:
    """Gathers pins, references and links of one file; the same place is never taken twice."""

    source: Source
    lines: Lines
    pins: dict[Span, Pin] = field(default_factory=dict)
    unread: dict[Span, Pin] = field(default_factory=dict)
    references: dict[Span, Reference] = field(default_factory=dict)
    links: dict[Link, None] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    stated: Stated | None = None
    addresses: dict[Span, Address] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The file that is read."""
        return self.source.path

    @property
    def text(self) -> Fragment:
        """The whole file."""
        return whole(self.source.text)

    def pin(self, pin: Pin) -> None:
        """Take a pin; aliases lead to the same place more than once. Raises DefinitionError for too many."""
        self.pins.setdefault(pin.span, pin)
        if len(self.pins) > MAX_PINS:
            raise invalid(self.path, f"has more than {MAX_PINS:,} requirements", None)

    def reference(self, reference: Reference) -> None:
        """Take a reference."""
        self.references.setdefault(reference.span, reference)

    def link(self, kind: LinkKind, path: str, at: int) -> None:
        """Take a link that stands at the file's offset `at`."""
        self.links.setdefault(Link(kind=kind, path=path, line=self.lines.position(at)[0]))

    def address(self, kind: AddressKind, url: Fragment) -> None:
        """Take the address of an index, or of a page of links, that pip looks at."""
        span = url.span(0, len(url.text))
        self.addresses.setdefault(span, Address(kind=kind, url=url.text, span=span))

    def find(self, level: Level, message: str, at: int, hint: str = "") -> None:
        """Tell of something at the file's offset `at`."""
        place = self.lines.position(at)[0]
        self.findings.append(Finding(level=level, subject=self.path, message=message, hint=hint, line=place))

    def scalar(self, node: ScalarNode, text: Fragment) -> Fragment | None:
        """The value of a scalar of the YAML in `text`; None, and told, where its positions are lost."""
        if not node.value:
            return None
        found = scalar_fragment(node, text)
        if found is None:
            at = text.starts[min(node.start_mark.index, len(text.starts) - 1)]
            self.find(Level.WARNING, "a value is written in a way that wheelpin cannot edit", at)
        return found

    def definition(self) -> Definition:
        """All that was seen, in the order of the text."""
        return Definition(
            pins=tuple(self.pins[span] for span in sorted(self.pins)),
            unread=tuple(self.unread.values()),
            references=tuple(self.references[span] for span in sorted(self.references)),
            links=tuple(self.links),
            findings=tuple(self.findings),
            stated=self.stated,
            addresses=tuple(self.addresses[span] for span in sorted(self.addresses)),
        )


def collector(source: Source) -> Collector:
    """A collector that has seen nothing yet."""
    return Collector(source, Lines(source.text))
