"""twine, pip and uv as their users run them, cut off from the settings of the user who runs the tests."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

from tests.servers import system_environment
from wheelpin.command import CommandError, run

_PYTHON = sys.executable


def twine_upload(wheel: Path, url: str, *, user: str = "ada", password: str = "") -> str:
    """Upload one wheel; twine's output. Raises CommandError when it is refused."""
    options = ["--non-interactive", "--disable-progress-bar", "--verbose", "--config-file", os.devnull]
    credentials = {"TWINE_USERNAME": user, "TWINE_PASSWORD": password}
    argv = [_PYTHON, "-m", "twine", "upload", *options, "--repository-url", url, str(wheel)]
    return run(argv, cwd=wheel.parent, env=_environment(wheel.parent, credentials))


def twine_refusal(wheel: Path, url: str, *, user: str = "ada", password: str = "") -> str:
    """Twine's words, on one line, when the upload is refused; it has to be."""
    try:
        twine_upload(wheel, url, user=user, password=password)
    except CommandError as error:
        return " ".join(error.output.split())
    raise AssertionError(f"{url} took {wheel.name}")


def pip_install(requirement: str, index_url: str, target: Path) -> str:
    """Install into the folder `target` from this index alone; pip's output. Raises CommandError."""
    target.mkdir(parents=True, exist_ok=True)
    options = ["--no-cache-dir", "--disable-pip-version-check", "--retries=0", "--no-input"]
    argv = [_PYTHON, "-m", "pip", "install", *options, "--target", ".", "--index-url", index_url, requirement]
    return run(argv, cwd=target, env=_environment(target, {"PIP_CONFIG_FILE": os.devnull}))


def uv_install(requirement: str, index_url: str, target: Path) -> str:
    """Install into the folder `target` from this index alone; uv's output. Raises CommandError."""
    from uv import find_uv_bin

    target.mkdir(parents=True, exist_ok=True)
    options = ["--no-config", "--no-cache", "--python", _PYTHON, "--target", "."]
    argv = [find_uv_bin(), "pip", "install", *options, "--index-url", index_url, requirement]
    return run(argv, cwd=target, env=_environment(target, {}))


def with_credentials(url: str, password: str, *, user: str = "ada") -> str:
    """The address with user and password in it, as installers take them."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{quote(user)}:{quote(password, safe='')}@{parts.netloc}").geturl()


def _environment(home: Path, more: Mapping[str, str]) -> dict[str, str]:
    return {**system_environment(), "HOME": str(home), "USERPROFILE": str(home), **more}
