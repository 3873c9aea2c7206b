"""What holds for every test: nobody's credentials are seen, and git knows one identity, which is ours."""

import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from wheelpin.command import run

_FOREIGN = re.compile(
    r"(PIP|UV|TWINE|WHEELPIN|AZURE|AZUREML|ARM|MSI|IDENTITY|GIT|GITHUB|RUNNER|ACTIONS|SYSTEM|BUILD|AGENT|VSS)_"
    r"|CI$|TF_BUILD$|SOURCE_DATE_EPOCH$|PYTHONPATH$|NO_COLOR$|FORCE_COLOR$|CLICOLOR|COLUMNS$|LINES$"
)
_KEPT = re.compile(
    r"PIP_(INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX|CONFIG_FILE|CERT|CLIENT_CERT|TRUSTED_HOST|PROXY"
    r"|DEFAULT_TIMEOUT|CACHE_DIR|NO_CACHE_DIR|DISABLE_PIP_VERSION_CHECK)$"
    r"|UV_(INDEX|INDEX_.+|DEFAULT_INDEX|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX|CONFIG_FILE|INSECURE_HOST|NATIVE_TLS"
    r"|SYSTEM_CERTS|HTTP_TIMEOUT|CACHE_DIR)$"
)
"""Builds in a test install their backends from the index that the user's own settings name."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also run the tests that are marked long")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long"):
        return
    skipped = pytest.mark.skip(reason="long: chosen with --long")
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(skipped)


@pytest.fixture(scope="session", autouse=True)
def _own_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hide the variables of CI, of clouds and of tools, and give git a configuration that is ours."""
    configuration = tmp_path_factory.mktemp("git") / "config"
    configuration.write_text(
        "[user]\nname = Ada\nemail = ada@example.org\n"
        "[init]\ndefaultBranch = main\n[commit]\ngpgSign = false\n[core]\nautocrlf = false\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if _FOREIGN.match(name) and not _KEPT.match(name):
                patch.delenv(name)
        patch.setenv("GIT_CONFIG_GLOBAL", str(configuration))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        yield


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> None:
    """Let what tests start be interrupted, though a shell that runs us in the background has us ignore it."""
    for name, handler in (("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL)):
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


@pytest.fixture
def git_repository(tmp_path: Path) -> Path:
    """Make an empty git repository; in tests/unit the one fixture that lets a test run git."""
    root = tmp_path / "repository"
    root.mkdir()
    run(["git", "init", "--quiet"], cwd=root)
    return root


@pytest.fixture
def commit_all(git_repository: Path) -> Callable[[], str]:
    """Commit all that stands in `git_repository`; gives the commit's full hash."""

    def commit() -> str:
        run(["git", "add", "--all"], cwd=git_repository)
        run(["git", "commit", "--quiet", "--allow-empty", "--message", "a change"], cwd=git_repository)
        return run(["git", "rev-parse", "HEAD"], cwd=git_repository).strip()

    return commit
