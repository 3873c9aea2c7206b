"""Where a registration comes from, as tags: the commit, the run, and the wheels that the environment pins."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from wheelpin.command import CommandError, git
from wheelpin.wheel import Wheel

_GITHUB_RUN = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
_AZURE_RUN = ("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI", "SYSTEM_TEAMPROJECT", "BUILD_BUILDID")


def origin(root: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """The commit that the work tree is at and the address of the CI run, as far as they are known."""
    tags = {"wheelpin.commit": _commit(root), "wheelpin.run": _run(environ)}
    return {key: value for key, value in tags.items() if value}


def packages(wheels: Sequence[Wheel], pinned: Mapping[str, str | None]) -> dict[str, str]:
    """For each wheel of the release that an environment pins: its version and sha256."""
    return {
        f"wheelpin.package.{wheel.name}": f"{wheel.version} sha256:{wheel.sha256}"
        for wheel in wheels
        if pinned.get(wheel.name) == wheel.version
    }


def _commit(root: Path) -> str:
    try:
        return git("rev-parse", "--verify", "-q", "HEAD", cwd=root).strip()
    except CommandError:
        return ""


def _run(environ: Mapping[str, str]) -> str:
    if all(environ.get(name) for name in _GITHUB_RUN):
        server, repository, run_id = (environ[name] for name in _GITHUB_RUN)
        return f"{server}/{repository}/actions/runs/{run_id}"
    if all(environ.get(name) for name in _AZURE_RUN):
        collection, project, build = (environ[name] for name in _AZURE_RUN)
        return f"{collection.rstrip('/')}/{project}/_build/results?buildId={build}"
    return ""
