"""Session: where a command runs, what it was told, who listens, and what the config opens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from wheelpin.ci import Host
from wheelpin.errors import CheckError, Finding, Level, UsageError

if TYPE_CHECKING:
    from wheelpin.azureml import Azure
    from wheelpin.azureml.assets import Assets
    from wheelpin.config import Config
    from wheelpin.registries import Registry
    from wheelpin.repository import Repository
    from wheelpin.stores import Store


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

    def stores(self, config: "Config") -> Mapping[str, "Store"]:
        """The stores that the config names. Raises SignInError, UsageError."""
        return {name: self.store(name, config) for name in config.stores}

    def store(self, name: str, config: "Config") -> "Store":
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

    def tell(self, findings: Sequence[Finding]) -> None:
        """Show findings. Raises CheckError when there are errors among them."""
        for finding in findings:
            self.host.finding(finding)
        errors = [finding for finding in findings if finding.level is Level.ERROR]
        if errors:
            raise CheckError(f"{len(errors)} of {len(findings)} findings must be mended first")


def _unwritten(file: Path, error: OSError) -> Finding:
    message = f"the report cannot be written: {error.strerror}"
    return Finding(level=Level.WARNING, subject=str(file), message=message)
