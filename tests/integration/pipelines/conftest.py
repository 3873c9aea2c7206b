"""A repository to release from, and a folder for temporary files in which wheelpin is installed already."""

from pathlib import Path

import pytest
from filelock import FileLock

from tests.agents import Agent
from tests.repositories import git, write_repository
from tests.runners import Runner
from tests.wheels import make_wheel


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder for all tests of all processes of this run."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def temp(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A RUNNER_TEMP in which the action has installed wheelpin, once for all."""
    home = shared / "runner-temp"
    with FileLock(f"{home}.lock"):
        if not home.exists():
            home.mkdir()
            installed = Runner(tmp_path_factory.mktemp("empty"), home).action(command="pins")
            assert installed.code == 0, installed.log
    return home


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A clone of a bare repository, with two wheels that an earlier job built."""
    root = write_repository(tmp_path / "repository")
    git(root, "branch", "-M", "main")
    git(tmp_path, "clone", "-q", "--bare", str(root), "remote.git")
    git(root, "remote", "add", "origin", str(tmp_path / "remote.git"))
    make_wheel(root / "dist", "acme-core", "1.4.0")
    make_wheel(root / "dist", "acme-io", "2.0.1")
    return root


@pytest.fixture
def runner(repository: Path, temp: Path) -> Runner:
    return Runner(repository, temp)


@pytest.fixture
def agent(repository: Path, temp: Path) -> Agent:
    """An agent; wheelpin is checked out beside the repository, and installed."""
    (repository.parent / "wheelpin").symlink_to(Path(__file__).parents[3])
    return Agent(repository, temp, {"Pipeline.Workspace": str(repository.parent)})
