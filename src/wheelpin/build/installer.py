"""Installer: puts build requirements into an isolated environment, from the index that the user chose."""

import os
import re
import shutil
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from wheelpin.build.isolation import installer_environ
from wheelpin.command import run
from wheelpin.errors import BuildError

if TYPE_CHECKING:
    from build.env import DefaultIsolatedEnv

_MACHINE = Path("/etc")

_PLACES = "INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX"
_PIP_VARIABLE = re.compile(
    rf"PIP_({_PLACES}|CERT|CLIENT_CERT|TRUSTED_HOST|PROXY|CONSTRAINT|BUILD_CONSTRAINT)", re.IGNORECASE
)
_PIP_SETTING = re.compile(
    r"^\s*((extra[-_])?index[-_]url|find[-_]links|no[-_]index|(client[-_])?cert|trusted[-_]host|proxy"
    r"|(build[-_])?constraint)\s*[=:]",
    re.MULTILINE,
)
_UV_VARIABLE = re.compile(rf"UV_({_PLACES}|INDEX|DEFAULT_INDEX)")
_UV_SETTING = re.compile(
    r"^\s*(\[\[(pip\.)?index\]\]|(index|(extra-)?index-url|find-links|no-index)\s*=)", re.MULTILINE
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Installer:
    """uv where there is a path to it, else pip; `folder` is where uv looks for the project's settings."""

    uv: str | None
    environ: Mapping[str, str]
    folder: Path

    @property
    def name(self) -> Literal["uv", "pip"]:
        """What `build` calls it."""
        return "pip" if self.uv is None else "uv"

    def install(
        self,
        isolated: "DefaultIsolatedEnv",
        requirements: Collection[str],
        requirements_file: Path,
        show: Callable[[str], None],
    ) -> None:
        """Install into `isolated`, by way of a file that is written for it.

        `DefaultIsolatedEnv.install` hands on the whole of our own environment, with every credential, to
        requirements that come as source. Raises BuildError, CommandError.
        """
        if not requirements:
            return
        _check_requirements(requirements)
        requirements_file.write_text("\n".join(sorted(requirements)), encoding="utf-8")
        command = [*self._command(isolated.python_executable), "-r", str(requirements_file)]
        run(command, cwd=self.folder, env=installer_environ(self.environ), show=show)

    def _command(self, python: str) -> list[str]:
        if self.uv is not None:
            return [self.uv, "pip", "install", "--python", python]
        # build gives the environment a pip of its own where ours is missing or too old.
        own = shutil.which("pip", path=Path(python).parent)
        pip = [python, "-Im", "pip"] if own else [sys.executable, "-Pm", "pip", "--python", python]
        return [*pip, "install", "--no-input", "--no-compile", "--no-warn-script-location"]


def choose_installer(environ: Mapping[str, str], folder: Path) -> Installer:
    """The one that asks the index that the user's settings name.

    uv reads no pip setting. Where pip is told of another index, and uv of none, uv would ask the public one
    for the names of private packages: then it is pip's turn.
    """
    bypassed = _pip_is_told(environ) and not _uv_is_told(environ)
    return Installer(uv=None if bypassed else _find_uv(environ), environ=environ, folder=folder)


def _find_uv(environ: Mapping[str, str]) -> str | None:
    try:
        from uv import find_uv_bin

        return find_uv_bin()
    except (ImportError, FileNotFoundError):
        return shutil.which("uv", path=environ.get("PATH"))


def _check_requirements(requirements: Collection[str]) -> None:
    """A requirements file may hold options, too: what stands in [build-system] must be a requirement."""
    from packaging.requirements import InvalidRequirement, Requirement

    for requirement in requirements:
        try:
            Requirement(requirement)
        except InvalidRequirement as error:
            raise BuildError(f"the build requirement {requirement!r} is not one by PEP 508") from error


def _pip_is_told(environ: Mapping[str, str]) -> bool:
    if any(_PIP_VARIABLE.fullmatch(name) and value for name, value in environ.items()):
        return True
    return any(_PIP_SETTING.search(text) for text in _texts(_pip_files(environ)))


def _uv_is_told(environ: Mapping[str, str]) -> bool:
    if any(_UV_VARIABLE.fullmatch(name) and value for name, value in environ.items()):
        return True
    return any(_UV_SETTING.search(text) for text in _texts(_uv_files(environ)))


def _pip_files(environ: Mapping[str, str]) -> Iterator[Path]:
    """Where pip may have its configuration, on every system."""
    told = environ.get("PIP_CONFIG_FILE")
    if told == os.devnull:
        return
    if told:
        yield Path(told)
    home = Path(environ.get("HOME") or environ.get("USERPROFILE") or "/")
    yield from (_MACHINE / "pip.conf", Path(sys.prefix, "pip.conf"), Path(sys.prefix, "pip.ini"))
    yield from (home / ".pip/pip.conf", home / "pip/pip.ini")
    for folder in _configuration(environ, home):
        yield from (folder / "pip/pip.conf", folder / "pip/pip.ini")


def _uv_files(environ: Mapping[str, str]) -> Iterator[Path]:
    if told := environ.get("UV_CONFIG_FILE"):
        yield Path(told)
    elif not environ.get("UV_NO_CONFIG"):
        home = Path(environ.get("HOME") or environ.get("USERPROFILE") or "/")
        yield from (folder / "uv/uv.toml" for folder in _configuration(environ, home))


def _configuration(environ: Mapping[str, str], home: Path) -> Iterator[Path]:
    """The folders that hold programs' configuration on Linux, macOS and Windows."""
    yield Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    yield home / "Library/Application Support"
    yield from (Path(environ[name]) for name in ("APPDATA", "PROGRAMDATA") if environ.get(name))
    yield from map(Path, (environ.get("XDG_CONFIG_DIRS") or str(_MACHINE / "xdg")).split(os.pathsep))
    yield _MACHINE


def _texts(files: Iterator[Path]) -> Iterator[str]:
    for file in files:
        if file.is_file():
            yield file.read_text(encoding="utf-8", errors="replace")
