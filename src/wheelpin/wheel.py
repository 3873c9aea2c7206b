"""Wheel: one built distribution (PEP 427), read and validated from its file, never from its source."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Wheel:
    """What is known of a wheel once its file has been read.

    `name` is normalised (PEP 503), `version` is PEP 440's canonical text. `content` is the digest of what
    the wheel holds, without how it is packed: two wheels with one `content` install the same files.
    `metadata` is the METADATA file as it stands (PEP 658 serves these bytes). `size` is in bytes.
    """

    path: Path
    name: str
    version: str
    tags: tuple[str, ...]
    sha256: str
    content: str
    size: int
    metadata: bytes
    requires_python: str | None = None

    @property
    def file(self) -> str:
        """The file's name, which is the wheel's identity in every store."""
        return self.path.name
