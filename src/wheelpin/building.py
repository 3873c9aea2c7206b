"""Projects and wheels, as commands ask for them."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from wheelpin.errors import Finding, Level, WheelpinError
from wheelpin.session import Session

if TYPE_CHECKING:
    from wheelpin.build.project import Project
    from wheelpin.config import Config
    from wheelpin.repository import Repository
    from wheelpin.wheel import Wheel


def projects(repository: "Repository", config: "Config", packages: Sequence[str]) -> tuple["Project", ...]:
    """The projects, or those named. Raises BuildError, ConfigError, UsageError."""
    from wheelpin.build.project import chosen, find_projects

    return chosen(find_projects(repository, config.projects), packages, lambda project: project.title)


def build(
    session: Session, config: "Config", *, rebuild: bool, packages: Sequence[str] = ()
) -> tuple["Wheel", ...]:
    """The wheels of the projects, or of those named. Raises BuildError, ConfigError, UsageError."""
    from wheelpin.build import build_projects

    repository = session.repository()
    return build_projects(
        repository,
        projects(repository, config, packages),
        session.root / config.output,
        host=session.host,
        environ=session.environ,
        edited=partial(_edited, repository, config),
        rebuild=rebuild,
    )


def _edited(repository: "Repository", config: "Config") -> frozenset[str]:
    from wheelpin.scope import editable_files

    return editable_files(repository, config)


def wheels(session: Session, config: "Config") -> tuple["Wheel", ...]:
    """The wheels that an earlier job left in `output`. Raises BuildError for none, CheckError."""
    from wheelpin.build import wheels_in

    wheels = wheels_in(session.root / config.output)
    session.tell(_several_versions(wheels))
    return wheels


def wheels_if_any(session: Session, config: "Config") -> tuple["Wheel", ...]:
    """The same, and none where there are none. Raises CheckError."""
    from wheelpin.build import wheels_in

    output = session.root / config.output
    return wheels_in(output) if any(output.glob("*.whl")) else ()


def own_versions(session: Session) -> dict[str, str | None]:
    """The packages of this repository with their versions, as sources or built wheels state them."""
    from wheelpin.build.project import find_projects

    try:
        config = session.config()
        projects = find_projects(session.repository(), config.projects)
        built = {wheel.name: wheel.version for wheel in wheels_if_any(session, config)}
    except WheelpinError:
        return {}  # who lists pins is not told of projects
    return {project.name: project.version or built.get(project.name) for project in projects if project.name}


def project_names(session: Session, config: "Config") -> set[str]:
    """The names of the projects to build, as far as they are known before."""
    from wheelpin.build.project import find_projects

    projects = find_projects(session.repository(), config.projects)
    return {project.name for project in projects if project.name}


def check_wheels(session: Session, wheels: Sequence["Wheel"]) -> None:
    """Check wheels, if there are any. Raises CheckError."""
    from wheelpin.check import check_wheels

    if wheels:
        with session.host.task(f"check {', '.join(wheel.file for wheel in wheels)}"):
            findings = check_wheels(wheels)
        session.tell(findings)


def _several_versions(wheels: Sequence["Wheel"]) -> list[Finding]:
    """A warning for each package of which there are several versions."""
    names = Counter(name for name, _ in {(wheel.name, wheel.version) for wheel in wheels})
    return [
        Finding(
            level=Level.WARNING,
            subject=name,
            message=f"several versions: {', '.join(wheel.file for wheel in wheels if wheel.name == name)}",
            hint="all of them are published, and the highest is pinned: take away those that are not meant",
        )
        for name, count in sorted(names.items())
        if count > 1
    ]
