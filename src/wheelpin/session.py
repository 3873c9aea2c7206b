"""Session: where a command runs, what it was told and who listens; and the steps that commands share."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from wheelpin.ci import Host
from wheelpin.errors import CheckError, ConflictError, Finding, Level, UsageError, WheelpinError
from wheelpin.options import Choices, Course, Login

if TYPE_CHECKING:
    from wheelpin.azureml import Azure
    from wheelpin.azureml.assets import Assets
    from wheelpin.build.project import Project
    from wheelpin.config import Config, StoreConfig
    from wheelpin.connect import Prospect
    from wheelpin.connect.supply import Supply
    from wheelpin.definitions import Format
    from wheelpin.init.discovery import Discovery
    from wheelpin.landing import Landing
    from wheelpin.outcome import Outcome
    from wheelpin.pin import Target
    from wheelpin.plan import Plan
    from wheelpin.registries import Registry
    from wheelpin.release import Release
    from wheelpin.repository import Repository
    from wheelpin.stores import Store
    from wheelpin.wheel import Wheel


@dataclass(frozen=True, kw_only=True)
class Session:
    """One run of one command. `workspace` is a folder that goes when the command ends."""

    root: Path
    config_file: str | None
    environ: Mapping[str, str]
    host: Host
    workspace: Path
    report: Path | None = None

    @cached_property
    def azure(self) -> "Azure":
        """Who we are to Azure; nobody is asked before it is used."""
        from wheelpin.azureml import Azure

        return Azure(self.environ, hide=lambda token: self.host.mask([token]))

    def summarise(self, markdown: str) -> None:
        """Show the report of this run where the host shows such, and write it to the file of `--report`.

        That file can be a comment as it is.
        """
        from wheelpin.ci.cutting import cut_markdown
        from wheelpin.replacement import replace_file
        from wheelpin.report import COMMENT_LIMIT

        self.host.summary(markdown)
        if self.report is None:
            return
        try:
            text = cut_markdown(markdown, COMMENT_LIMIT)
            replace_file(self.root / self.report, text.encode(errors="backslashreplace"))
        except OSError as error:
            # Not worth an exit code: it would hide how the run itself ended.
            self.tell([_unwritten(self.report, error)])

    def hand_on(self, outputs: Mapping[str, str], plan_file: Path | None = None) -> None:
        """Give later steps the outputs of this one, with the paths of the files that it wrote."""
        files = {"plan-file": plan_file, "report": self.report}
        paths = {name: str(self.root / file) for name, file in files.items() if file}
        self.host.outputs({**outputs, **paths})

    def config(self) -> "Config":
        """The config, or the embedded default. Raises ConfigError."""
        from wheelpin.config.file import FILE, load_config

        file = self.config_file or (FILE if (self.root / FILE).exists() else None)
        self.host.detail(f"config: {file or f'the default, as there is no {FILE}'}")
        return load_config(self.root, self.environ, self.config_file)

    def repository(self) -> "Repository":
        """The files as they are now."""
        from wheelpin.repository import Repository

        return Repository(self.root)

    def build(self, config: "Config", *, rebuild: bool, packages: Sequence[str] = ()) -> tuple["Wheel", ...]:
        """The wheels of the projects, or of those named. Raises BuildError, ConfigError, UsageError."""
        from wheelpin.build import build_projects

        repository = self.repository()
        return build_projects(
            repository,
            self.projects(repository, config, packages),
            self.root / config.output,
            host=self.host,
            environ=self.environ,
            edited=partial(self._edited, repository, config),
            rebuild=rebuild,
        )

    def projects(
        self, repository: "Repository", config: "Config", packages: Sequence[str]
    ) -> tuple["Project", ...]:
        """The projects, or those named. Raises BuildError, ConfigError, UsageError."""
        from wheelpin.build.project import chosen, find_projects

        return chosen(find_projects(repository, config.projects), packages, lambda project: project.title)

    def _edited(self, repository: "Repository", config: "Config") -> frozenset[str]:
        from wheelpin.scope import editable_files

        return editable_files(repository, config)

    def wheels(self, config: "Config") -> tuple["Wheel", ...]:
        """The wheels that an earlier job left in `output`. Raises BuildError for none, CheckError."""
        from wheelpin.build import wheels_in

        wheels = wheels_in(self.root / config.output)
        self.tell(_several_versions(wheels))
        return wheels

    def wheels_if_any(self, config: "Config") -> tuple["Wheel", ...]:
        """The same, and none where there are none. Raises CheckError."""
        from wheelpin.build import wheels_in

        output = self.root / config.output
        return wheels_in(output) if any(output.glob("*.whl")) else ()

    def own_versions(self) -> dict[str, str | None]:
        """The packages of this repository with their versions, as sources or built wheels state them."""
        from wheelpin.build.project import find_projects

        try:
            config = self.config()
            projects = find_projects(self.repository(), config.projects)
            built = {wheel.name: wheel.version for wheel in self.wheels_if_any(config)}
        except WheelpinError:
            return {}  # who lists pins is not told of projects
        return {
            project.name: project.version or built.get(project.name) for project in projects if project.name
        }

    def stores(self, config: "Config") -> Mapping[str, "Store"]:
        """The stores that the config names. Raises SignInError, UsageError."""
        return {name: self._store(name, config) for name in config.stores}

    def _store(self, name: str, config: "Config") -> "Store":
        """Open a store, and have the host hide what it signs in with before it is used."""
        from wheelpin.stores import SignedIn, open_store

        workspace = partial(self._workspace, config)
        store = open_store(name, config.stores[name], self.root, self.environ, workspace)
        if isinstance(store, SignedIn):
            self.host.mask(store.secrets())
        return store

    def _workspace(self, config: "Config", name: str) -> "Assets":
        """The workspace that a registry's name stands for. Raises SignInError, UsageError."""
        from wheelpin.config import WorkspaceRegistry

        described = config.registries[name]
        if not isinstance(described, WorkspaceRegistry):
            raise UsageError(f"registry {name} is no workspace")
        return self.azure.workspace(name, described)

    def registries(self, config: "Config") -> Mapping[str, "Registry"]:
        """The registries that the config names. Raises SignInError, UsageError."""
        from wheelpin.registries import open_registry

        return {
            name: open_registry(name, of, self.root, self.azure) for name, of in config.registries.items()
        }

    def release(self, choices: Choices) -> "Release":
        """Everything that the config names, and the wheels, built or found in `output`.

        What is wrong with definitions or refused by a store is found before anything is built.
        """
        from wheelpin.build.project import chosen
        from wheelpin.config.narrowing import narrowed
        from wheelpin.release import Release

        whole, repository = self.config(), self.repository()
        config = narrowed(whole, choices.registries)
        self.look(repository, config)
        stores, registries = self.stores(whole), self.registries(config)
        found = self.wheels(config) if choices.no_build else ()
        found = chosen(found, choices.packages, lambda wheel: wheel.name) if found else ()
        self.preflight(stores.values(), config, found)
        return Release(
            repository=repository,
            config=config,
            wheels=found or self.build(config, rebuild=choices.rebuild, packages=choices.packages),
            stores=stores,
            registries=registries,
            downgrade=choices.downgrade,
            ranges=choices.ranges,
        )

    def landing(self, course: Course | None, *, approved: bool) -> "AbstractContextManager[Landing | None]":
        """The branch that edits go to, if they are to leave the work tree.

        Raises UsageError, SignInError, TargetError.
        """
        if course is None:
            return nullcontext()
        from wheelpin.landing import open_landing

        return open_landing(
            self.root,
            self.environ,
            self.host,
            self.workspace,
            branch=course.branch,
            pull_request=course.pull_request,
            approved=approved,
        )

    def look(self, repository: "Repository", config: "Config") -> None:
        """Read the definitions that a release is about. Raises DefinitionError, ConfigError."""
        from wheelpin.scope import read_scope

        scope = read_scope(repository, config)
        self.host.detail(f"files: {len(repository.files)}, of which may refer: {len(scope.references)}")
        for name, member in scope.environments.items():
            self.host.detail(f"environment {name}: {member.path}")

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
        from wheelpin.plan import make_plan

        return self._planned(release, lambda: make_plan(release, self.workspace))

    def plan_uploads(self, release: "Release") -> "Plan":
        """The same of uploads alone: no definition is read."""
        from wheelpin.plan import Plan
        from wheelpin.publish import plan_uploads

        def make() -> Plan:
            found = plan_uploads(tuple(release.stores.values()), release.wheels, self.workspace)
            wheels = {wheel.file: found.adopted.get(wheel.file, wheel) for wheel in release.wheels}
            return Plan(changes=found.uploads, unchanged=found.unchanged, wheels=wheels)

        return self._planned(release, make)

    def plan_pins(self, release: "Release", paths: Sequence[str], targets: Mapping[str, "Target"]) -> "Plan":
        """The same of given versions alone, with a warning for each package that nothing here pins."""
        from wheelpin.definitions.survey import pinned
        from wheelpin.pin import plan_pins
        from wheelpin.plan import Plan

        repository = release.repository
        files = self.read_as(repository, paths)
        found = plan_pins(repository, files, targets, downgrade=release.downgrade, ranges=release.ranges)
        self.tell(found.findings)
        unknown = targets.keys() - {edit.name for edit in found.edits}
        unknown -= pinned(repository, files, unknown) if unknown else set()
        self.tell([_nowhere(name) for name in sorted(unknown)])
        return Plan(changes=found.edits)

    def read_as(self, repository: "Repository", paths: Sequence[str]) -> "dict[str, Format | None]":
        """The files under some paths, and what those that others of them lead to are read as."""
        from wheelpin.definitions.links import followed

        files = repository.below(paths)
        self.host.detail(f"files: {len(files)}")
        chosen = set(files)
        return {path: form for path, form in followed(repository, files).items() if path in chosen}

    def _planned(self, release: "Release", make: Callable[[], "Plan"]) -> "Plan":
        from wheelpin.change import Upload
        from wheelpin.stores import Preflighted

        for store in release.stores.values():
            if isinstance(store, Preflighted):
                self.tell(store.check(release.wheels))
        with self.host.task("plan"):
            made = make()
        self.tell(made.findings)
        if not made.changes and not made.unchanged:
            self.host.note("found no wheel and no environment here")
        files = {change.file for change in made.changes if isinstance(change, Upload)}
        self.check([wheel for file, wheel in made.wheels.items() if file in files])
        return made

    def as_it_is(self, release: "Release", landing: "Landing | None") -> "Release":
        """The release with the files of this moment: those here, or those on the branch that edits go to."""
        if landing:
            return landing.on_tip(release)
        return replace(release, repository=self.repository())

    def apply(self, made: "Plan", release: "Release", landing: "Landing | None") -> "Outcome":
        """Carry a plan out, in the files here or onto a branch."""
        from wheelpin.apply import apply
        from wheelpin.provenance import origin

        if landing:
            return landing.carry_out(made, release)
        return apply(made, release, self.host, partial(origin, self.root, self.environ))

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

    def discover(self) -> "Discovery":
        """What the repository tells of a first config and pipeline. Raises BuildError, ConfigError."""
        from wheelpin.git import Git
        from wheelpin.init.discovery import discover

        try:
            remote = Git(root=self.root, environ=self.environ).ask("remote", "get-url", "origin")
        except WheelpinError:
            remote = ""  # without git, files alone tell
        return discover(self.repository(), remote)

    def examination(self, config: "Config") -> dict[str, Callable[[], Iterable[Finding]]]:
        """What doctor looks at, by name: the definitions, and each store and registry of the config."""
        from wheelpin import doctor

        def ask_store(name: str, described: "StoreConfig") -> Iterable[Finding]:
            return doctor.ask(self._store(name, config), described, sorted(self._names(config)))

        def look() -> Iterable[Finding]:
            self.look(self.repository(), config)
            return ()

        def ask_connections() -> Iterable[Finding]:
            return doctor.ask_connections(lambda: self.prospect(config, quietly=True))

        steps: dict[str, Callable[[], Iterable[Finding]]] = {"definitions": look}
        steps |= {f"store {name}": partial(ask_store, name, of) for name, of in config.stores.items()}
        steps |= {
            f"registry {name}": partial(doctor.ask_registry, name, of, self.azure)
            for name, of in config.registries.items()
        }
        if any(of.kind == "azureml-workspace" for of in config.registries.values()):
            steps["connections"] = ask_connections
        return steps

    def prospect(self, config: "Config", *, quietly: bool = False) -> "Prospect":
        """The connections that the config and the definitions want, and the workspaces.

        `quietly` is for those who have told of the definitions already. Raises DefinitionError, ConfigError,
        UsageError, SignInError.
        """
        from wheelpin.connect import find_prospect

        told = (lambda _: None) if quietly else self.host.finding
        return find_prospect(self.repository(), config, self.azure, told)

    def supply(self, login: Login, stdin: Callable[[], bytes]) -> "Supply":
        """What connections sign in with, hidden in the host's log from here on. Raises UsageError."""
        from wheelpin.connect.supply import Asked, find_supply

        asked = Asked(
            variable=login.variable,
            stdin=stdin if login.secret_stdin else None,
            user=login.user,
            managed_identity=login.managed_identity,
            ends=login.expires.date() if login.expires else None,
        )
        found = find_supply(asked, self.environ)
        self.host.mask(found.secrets)
        return found

    def tell(self, findings: Sequence[Finding]) -> None:
        """Show findings. Raises CheckError when there are errors among them."""
        for finding in findings:
            self.host.finding(finding)
        errors = [finding for finding in findings if finding.level is Level.ERROR]
        if errors:
            raise CheckError(f"{len(errors)} of {len(findings)} findings must be mended first")


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


def _unwritten(file: Path, error: OSError) -> Finding:
    message = f"the report cannot be written: {error.strerror}"
    return Finding(level=Level.WARNING, subject=str(file), message=message)


def _nowhere(name: str) -> Finding:
    hint = "`wheelpin pins` lists what is pinned"
    return Finding(level=Level.WARNING, subject=name, message="nothing here pins it", hint=hint)
