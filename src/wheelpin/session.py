"""Session: where a command runs, what it was told and who listens; and the steps that commands share."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wheelpin.ci import Host
from wheelpin.errors import CheckError, ConflictError, Finding, Level

if TYPE_CHECKING:
    from wheelpin.config import Config
    from wheelpin.plan import Plan
    from wheelpin.release import Release
    from wheelpin.repository import Repository
    from wheelpin.stores import Store
    from wheelpin.wheel import Wheel


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """One run of one command. `workspace` is a folder that goes when the command ends."""

    root: Path
    config_file: str | None
    environ: Mapping[str, str]
    host: Host
    workspace: Path

    def config(self) -> "Config":
        """The config, or the embedded default. Raises ConfigError."""
        from wheelpin.config.file import load_config

        return load_config(self.root, self.environ, self.config_file)

    def repository(self) -> "Repository":
        """The files as they are now."""
        from wheelpin.repository import Repository

        return Repository(self.root)

    def build(self, config: "Config", *, rebuild: bool) -> tuple["Wheel", ...]:
        """The wheels of the projects. Raises BuildError, ConfigError."""
        from wheelpin.build import build_projects
        from wheelpin.build.project import find_projects

        repository = self.repository()
        return build_projects(
            repository,
            find_projects(repository, config.projects),
            self.root / config.output,
            host=self.host,
            environ=self.environ,
            rebuild=rebuild,
        )

    def stores(self, config: "Config") -> Mapping[str, "Store"]:
        """The stores that the config names. Raises SignInError, UsageError."""
        from wheelpin.stores import open_store

        return {name: open_store(name, of, self.root, self.environ) for name, of in config.stores.items()}

    def release(self, *, no_build: bool = False, rebuild: bool = False, **how: bool) -> "Release":
        """Everything that the config names, and the wheels, built or found in `output`."""
        from wheelpin.build import wheels_in
        from wheelpin.registries import open_registry
        from wheelpin.release import Release

        config = self.config()
        stores = self.stores(config)
        registries = {name: open_registry(name, of, self.root) for name, of in config.registries.items()}
        found = wheels_in(self.root / config.output) if no_build else ()
        self.preflight(stores.values(), config, found)
        wheels = found or self.build(config, rebuild=rebuild)
        return Release(
            repository=self.repository(),
            config=config,
            wheels=wheels,
            stores=stores,
            registries=registries,
            **how,
        )

    def preflight(self, stores: Iterable["Store"], config: "Config", wheels: Sequence["Wheel"]) -> None:
        """Ask the stores what they would refuse, before what is not there is built.

        Raises ConflictError, SignInError, TargetError.
        """
        from wheelpin.stores import Preflighted

        asked = [store for store in stores if isinstance(store, Preflighted)]
        names = {wheel.name for wheel in wheels} if wheels or not asked else self._names(config)
        refused: list[Finding] = []
        for store in asked:
            with self.host.task(f"ask {store.name}"):
                found = store.preflight(sorted(names))
            refused += [finding for finding in found if finding.level is Level.ERROR]
            self.tell([finding for finding in found if finding.level is not Level.ERROR])
        if refused:
            subjects = ", ".join(dict.fromkeys(finding.subject for finding in refused))
            raise ConflictError(f"{subjects}: must not be published as things are", findings=refused)

    def plan(self, release: "Release") -> "Plan":
        """The plan of this moment, and checks of what it would publish. Raises CheckError."""
        from wheelpin.change import Upload
        from wheelpin.plan import make_plan
        from wheelpin.stores import Preflighted

        for store in release.stores.values():
            if isinstance(store, Preflighted):
                self.tell(store.check(release.wheels))
        with self.host.task("plan"):
            made = make_plan(release, self.workspace)
        self.tell(made.findings)
        if not made.changes and not made.unchanged:
            self.host.note("found no wheel and no environment here")
        files = {change.file for change in made.changes if isinstance(change, Upload)}
        self.check([wheel for file, wheel in made.wheels.items() if file in files])
        return made

    def check(self, wheels: Sequence["Wheel"]) -> None:
        """Check wheels, if there are any. Raises CheckError."""
        from wheelpin.check import check_wheels

        if wheels:
            with self.host.task(f"check {', '.join(wheel.file for wheel in wheels)}"):
                findings = check_wheels(wheels)
            self.tell(findings)

    def _names(self, config: "Config") -> set[str]:
        """The names of the projects to build, as far as they are known before."""
        from wheelpin.build.project import find_projects

        projects = find_projects(self.repository(), config.projects)
        return {project.name for project in projects if project.name}

    def tell(self, findings: Sequence[Finding]) -> None:
        """Show findings. Raises CheckError when there are errors among them."""
        for finding in findings:
            self.host.finding(finding)
        errors = [finding for finding in findings if finding.level is Level.ERROR]
        if errors:
            raise CheckError(f"{len(errors)} of {len(findings)} findings must be mended first")
