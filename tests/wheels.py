"""Valid wheels made in memory, the same bytes every time: what tests publish, pin and spoil."""

import base64
import hashlib
import io
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from packaging.utils import canonicalize_name

EPOCH = (1980, 1, 1, 0, 0, 0)
README = "What this package is for.\n"


def make_wheel(
    folder: Path,
    name: str,
    version: str,
    *,
    files: Mapping[str, str | bytes] | None = None,
    requires: Iterable[str] = (),
    requires_python: str | None = ">=3.9",
    tag: str = "py3-none-any",
    generator: str = "acme-builder 1.0",
) -> Path:
    """Write a wheel that pip installs and `twine check --strict` passes; its path.

    `files` maps paths in the archive to what they hold; by default one module that knows its version.
    `name` and `version` stand in METADATA as they are given.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / wheel_file_name(name, version, tag)
    members = wheel_members(
        name,
        version,
        files=files,
        requires=requires,
        requires_python=requires_python,
        tag=tag,
        generator=generator,
    )
    path.write_bytes(pack(members))
    return path


def wheel_file_name(name: str, version: str, tag: str = "py3-none-any") -> str:
    """The file name that the wheel specification gives to this name, version and tag."""
    return f"{_escaped(name)}-{version}-{tag}.whl"


def wheel_members(
    name: str,
    version: str,
    *,
    files: Mapping[str, str | bytes] | None = None,
    requires: Iterable[str] = (),
    requires_python: str | None = ">=3.9",
    tag: str = "py3-none-any",
    generator: str = "acme-builder 1.0",
) -> dict[str, bytes]:
    """What the archive holds, path by path, RECORD last."""
    info = f"{_escaped(name)}-{version}.dist-info"
    if files is None:
        files = {f"{_escaped(name)}/__init__.py": f"__version__ = {version!r}\n"}
    members = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    members[f"{info}/METADATA"] = metadata(name, version, requires, requires_python)
    members[f"{info}/WHEEL"] = wheel_file(tag, generator)
    members[f"{info}/RECORD"] = record(members, f"{info}/RECORD")
    return members


def metadata(name: str, version: str, requires: Iterable[str], requires_python: str | None) -> bytes:
    """A METADATA file with a description."""
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", "Summary: A package for tests"]
    if requires_python is not None:
        lines.append(f"Requires-Python: {requires_python}")
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    lines += ["Description-Content-Type: text/markdown", "", README]
    return "\n".join(lines).encode()


def wheel_file(tag: str, generator: str) -> bytes:
    """A WHEEL file; a compressed tag set such as `py2.py3-none-any` becomes one line for each tag."""
    pythons, abis, platforms = (part.split(".") for part in tag.split("-"))
    tags = [f"Tag: {p}-{a}-{o}" for p in pythons for a in abis for o in platforms]
    pure = "true" if platforms == ["any"] else "false"
    head = ["Wheel-Version: 1.0", f"Generator: {generator}", f"Root-Is-Purelib: {pure}"]
    return "\n".join([*head, *tags, ""]).encode()


def record(members: Mapping[str, bytes], own_path: str) -> bytes:
    """A RECORD of `members`, and of itself as its last line."""
    lines = [f"{path},{record_hash(data)},{len(data)}" for path, data in members.items()]
    return "\n".join([*lines, f"{own_path},,", ""]).encode()


def record_hash(data: bytes) -> str:
    """A digest as RECORD writes it: urlsafe base64 without padding."""
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


def pack(members: Mapping[str, bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """`members` as a zip archive, the same bytes every time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for path, data in members.items():
            entry = zipfile.ZipInfo(path, EPOCH)
            entry.compress_type = compression
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, data)
    return buffer.getvalue()


def _escaped(name: str) -> str:
    return canonicalize_name(name).replace("-", "_")
