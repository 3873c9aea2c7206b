"""The account of what init found and wrote, and of what is left to do."""

from collections.abc import Mapping, Sequence

from wheelpin.init import CONFIG, Blank
from wheelpin.init.discovery import Discovery


def account(discovery: Discovery, drafted: Mapping[str, str], left: Sequence[Blank]) -> str:
    """The config as it was written, the names of the other files, and each name that is to be filled in."""
    found = [
        *_found("package", discovery.projects),
        *_found("environment", discovery.environments),
        *_found("file that refers to environments", discovery.references),
    ]
    names = list(dict.fromkeys(blank.name for blank in left))
    places = {name: [f"{one.path}:{one.line}" for one in left if one.name == name] for name in names}
    todo = [f"  {name:<22}  {', '.join(places[name])}" for name in names]
    return "\n".join(
        [
            *found,
            *(f"wrote {path}" for path in drafted),
            "",
            *(f"  {line}".rstrip() for line in drafted[CONFIG].splitlines()),
            "",
            *(["left to fill in, as only you know it:", *todo] if todo else []),
            "next: `wheelpin plan`, and read on at the top of each pipeline",
        ]
    )


def _found(what: str, paths: Sequence[str]) -> list[str]:
    """One line for each kind of thing; names of files may hold anything, and are shown on that line."""
    shown = ", ".join("".join(char if char.isprintable() else "?" for char in path) for path in paths)
    return [f"found {what}: {shown}" if paths else f"found no {what}"]
