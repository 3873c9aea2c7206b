"""Frontend: has one project's build backend make its wheel (PEP 517), isolated, by way of `build`."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wheelpin.build.installer import Installer
from wheelpin.build.isolation import UMASK, build_environ
from wheelpin.build.snapshot import Snapshot
from wheelpin.command import CommandError, run
from wheelpin.errors import BuildError

if TYPE_CHECKING:
    from build.env import DefaultIsolatedEnv


@dataclass(frozen=True, kw_only=True, slots=True)
class Frontend:
    """What all builds of one run share."""

    installer: Installer
    environ: Mapping[str, str]

    def build(self, snapshot: Snapshot, folder: Path, epoch: int, show: Callable[[str], None]) -> Path:
        """The wheel's file, somewhere below the empty `folder`; `show` gets all that tools print.

        The file is what the backend says: it may hold anything. Raises BuildError, CommandError, OSError.
        """
        import build.env

        source = snapshot.write(folder / "source", epoch)
        made = folder / "wheel"
        with _translated(), build.env.DefaultIsolatedEnv(installer=self.installer.name) as isolated:
            runner = _Runner(environ=build_environ(self.environ, epoch), show=show)
            builder = build.ProjectBuilder.from_isolated_env(isolated, source, runner=runner)
            self._install(isolated, builder.build_system_requires, folder, show)
            self._install(isolated, builder.get_requires_for_build("wheel"), folder, show)
            file = Path(builder.build("wheel", made))
        if file.parent != made or file.suffix != ".whl" or file.is_symlink() or not file.is_file():
            raise BuildError("the build backend made no wheel")
        return file

    def _install(
        self,
        isolated: "DefaultIsolatedEnv",
        requirements: set[str],
        folder: Path,
        show: Callable[[str], None],
    ) -> None:
        try:
            self.installer.install(isolated, requirements, folder / "requirements.txt", show)
        except CommandError as error:
            listed = ", ".join(sorted(requirements))
            raise BuildError(
                f"{self.installer.name} could not install the build requirements {listed}",
                hint="they come from the index that pip's or uv's own settings name",
            ) from error


@dataclass(frozen=True, kw_only=True, slots=True)
class _Runner:
    """Starts the hooks of a build backend."""

    environ: Mapping[str, str]
    show: Callable[[str], None]

    def __call__(
        self, cmd: Sequence[str], cwd: str | None = None, extra_environ: Mapping[str, str] | None = None
    ) -> None:
        # The PATH among the extra variables is made from our own process's, not from the caller's.
        path = os.pathsep.join([str(Path(cmd[0]).parent), self.environ.get("PATH", os.defpath)])
        environ = {**self.environ, **(extra_environ or {}), "PATH": path}
        run(cmd, cwd=Path(cwd or "."), env=environ, umask=UMASK, show=self.show)


@contextmanager
def _translated() -> Iterator[None]:
    """The errors of `build` in our own words, which need no traceback."""
    from build import BuildBackendException, BuildException, FailedProcessError

    try:
        yield
    except BuildBackendException as error:
        if isinstance(error.exception, CommandError):
            raise BuildError("the build backend failed") from error
        raise BuildError(f"the build backend failed: {str(error).splitlines()[0]}") from error
    except (BuildException, FailedProcessError, RuntimeError) as error:
        raise BuildError(str(error)) from error
    except (TypeError, ValueError) as error:
        # What a backend hands back and a `backend-path` that leads outside are not checked any better there.
        raise BuildError(f"the build backend cannot be used: {error}") from error
