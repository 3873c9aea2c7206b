"""Simple index pages as JSON (PEP 691, 700), which say everything that the values hold.

Parsing is strict: a page that is cut short or has a field of another type is an error, never an empty page.
Keys that are unknown here are kept.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar

from wheelpin.stores.simple import (
    File,
    Page,
    PageError,
    Root,
    in_order,
    known_version,
    project_name,
    resolved,
)

T = TypeVar("T")
_Table = dict[str, Any]


def parse(text: bytes, base: str = "") -> Page:
    """A project's page; links become relative to `base`. Raises PageError."""
    table = _document(text)
    api_version, meta = _meta(table)
    project = project_name(_need(table, "name", str))
    files = [_file(item, f"files[{at}]", base) for at, item in enumerate(_need(table, "files", list))]
    _take(table, "versions", list)  # follows from the files
    return Page(project=project, files=in_order(files), api_version=api_version, meta=meta, extra=table)


def parse_root(text: bytes) -> Root:
    """The page that lists the projects. Raises PageError."""
    table = _document(text)
    api_version, meta = _meta(table)
    projects = {}
    for at, item in enumerate(_need(table, "projects", list)):
        entry = _table(item, f"projects[{at}]")
        projects[project_name(_need(entry, "name", str, f"projects[{at}]."))] = entry
    return Root(projects=dict(sorted(projects.items())), api_version=api_version, meta=meta, extra=table)


def render(page: Page) -> bytes:
    """A project's page."""
    return _rendered(
        {
            "meta": {"api-version": page.api_version, **page.meta},
            "name": page.project,
            "versions": _versions(page.files),
            "files": [_entry(file) for file in page.files],
            **page.extra,
        }
    )


def render_root(root: Root) -> bytes:
    """The page that lists the projects."""
    return _rendered(
        {
            "meta": {"api-version": root.api_version, **root.meta},
            "projects": [{"name": name, **extra} for name, extra in root.projects.items()],
            **root.extra,
        }
    )


def _rendered(document: Mapping[str, object]) -> bytes:
    return (json.dumps(document, indent=2, allow_nan=False) + "\n").encode("ascii")


def _entry(file: File) -> dict[str, object]:
    uploaded = file.upload_time and file.upload_time.astimezone(UTC)
    known = {
        "filename": file.name,
        "url": file.url,
        "hashes": dict(file.hashes),
        "size": file.size,
        "upload-time": uploaded and uploaded.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "requires-python": file.requires_python,
        "yanked": None if file.yanked is None else file.yanked or True,
        "core-metadata": None if file.core_metadata is None else dict(file.core_metadata) or True,
    }
    return {**{key: value for key, value in known.items() if value is not None}, **file.extra}


def _versions(files: Iterable[File]) -> list[str]:
    found = {version for file in files if (version := file.version)}
    return [str(version) for version in sorted(found)]


def _file(item: object, where: str, base: str) -> File:
    table, where = _table(item, where), f"{where}."
    return File(
        name=_need(table, "filename", str, where),
        url=resolved(base, _need(table, "url", str, where))[0],
        hashes=_hashes(_need(table, "hashes", dict, where)),
        size=_take(table, "size", int, where),
        upload_time=_time(_take(table, "upload-time", str, where)),
        requires_python=_take(table, "requires-python", str, where),
        yanked=_yanked(table.pop("yanked", None), where),
        core_metadata=_core_metadata(table, where),
        extra=table,
    )


def _document(text: bytes) -> _Table:
    try:
        return _table(json.loads(text, parse_constant=_no_constant), "the page")
    except PageError:
        raise
    except (ValueError, RecursionError) as error:
        raise PageError(f"not JSON: {error}") from error


def _no_constant(word: str) -> NoReturn:
    raise PageError(f"not JSON: {word}")


def _meta(table: _Table) -> tuple[str, _Table]:
    meta = _table(_need(table, "meta", dict), "meta")
    return known_version(_need(meta, "api-version", str, "meta.")), meta


def _table(value: object, where: str) -> _Table:
    if not isinstance(value, dict):
        raise PageError(f"{where} is not a table")
    return dict(value)


def _need(table: _Table, key: str, kind: type[T], where: str = "") -> T:
    value = _take(table, key, kind, where)
    if value is None:
        raise PageError(f"{where}{key} is missing")
    return value


def _take(table: _Table, key: str, kind: type[T], where: str = "") -> T | None:
    """Take a key out of a table, so that what is left in the end is what we do not know."""
    value = table.pop(key, None)
    if value is None or (isinstance(value, kind) and not isinstance(value, bool)):
        return value
    raise PageError(f"{where}{key} is a {type(value).__name__}, not a {kind.__name__}")


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise PageError(f"{text!r} is not a time") from error
    if time.tzinfo is None:
        raise PageError(f"{text!r} names no time zone")
    return time.astimezone(UTC)


def _yanked(value: object, where: str) -> str | None:
    # pip takes an empty reason for "not yanked": a yank without a reason is `true`.
    match value:
        case None | False | "":
            return None
        case True:
            return ""
        case str():
            return value
        case _:
            raise PageError(f"{where}yanked is neither a reason nor true or false")


def _core_metadata(table: _Table, where: str) -> dict[str, str] | None:
    older = table.pop("dist-info-metadata", None)  # the key's name before PEP 714
    match table.pop("core-metadata", older):
        case None | False:
            return None
        case True:
            return {}
        case dict() as hashes:
            return _hashes(hashes)
        case _:
            raise PageError(f"{where}core-metadata is neither a table of hashes nor true or false")


def _hashes(table: _Table) -> dict[str, str]:
    return {str(algorithm).lower(): str(digest).lower() for algorithm, digest in table.items()}
