"""What wheelpin.build.isolation lets a build see; how the tests themselves are isolated is another matter."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelpin.build.isolation import (
    NO_COMMIT_EPOCH,
    build_environ,
    build_settings,
    installer_environ,
    source_epoch,
)
from wheelpin.command import run
from wheelpin.errors import UsageError

CANARY = "canary-4711"
CREDENTIALS = [
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "ACTIONS_RUNTIME_TOKEN",
    "ARM_CLIENT_SECRET",
    "AWS_SECRET_ACCESS_KEY",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_DEVOPS_EXT_PAT",
    "AZURE_STORAGE_CONNECTION_STRING",
    "CARGO_REGISTRIES_FEED_TOKEN",
    "CARGO_REGISTRY_TOKEN",
    "CMAKE_SIGNING_KEY",
    "DB_PASSWORD",
    "GH_TOKEN",
    "GITHUB_TOKEN",
    "HATCH_INDEX_AUTH",
    "MATURIN_PASSWORD",
    "MATURIN_PYPI_TOKEN",
    "SSH_AUTH_SOCK",
    "SYSTEM_ACCESSTOKEN",
    "TWINE_PASSWORD",
    "TWINE_USERNAME",
    "UV_PUBLISH_PASSWORD",
    "UV_PUBLISH_TOKEN",
    "WHEELPIN_TOKEN",
]
INDEX = [
    "ARTIFACTS_CREDENTIALPROVIDER_FEED_ENDPOINTS",
    "NETRC",
    "PIP_INDEX_URL",
    "UV_INDEX_FEED_PASSWORD",
    "VSS_NUGET_EXTERNAL_FEED_ENDPOINTS",
]
NEEDED = {
    "PATH": "/usr/bin",
    "HOME": "/home/ada",
    "TMPDIR": "/tmp",
    "CC": "clang",
    "CFLAGS": "-O2",
    "PKG_CONFIG_PATH": "/opt/lib/pkgconfig",
    "CMAKE_PREFIX_PATH": "/opt",
    "SETUPTOOLS_SCM_PRETEND_VERSION": "1.2",
    "https_proxy": "http://proxy.example:3128",
    "SSL_CERT_FILE": "/etc/ssl/ca.pem",
}


@pytest.mark.parametrize("name", [*CREDENTIALS, *INDEX])
def test_a_build_sees_no_credential(name: str) -> None:
    assert CANARY not in build_environ({name: CANARY}, 0).values()


@pytest.mark.parametrize("name", CREDENTIALS)
def test_what_installs_build_requirements_sees_nothing_to_publish_with(name: str) -> None:
    assert CANARY not in installer_environ({name: CANARY}).values()


@pytest.mark.parametrize("name", INDEX)
def test_what_installs_build_requirements_sees_the_users_index(name: str) -> None:
    assert installer_environ({name: CANARY})[name] == CANARY


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "CMAKE_TOOLCHAIN_URL", "CFLAGS"])
@pytest.mark.parametrize(
    "value", ["https://ada:{}@feed.example/x", "git+https://{}@feed.example", "http://{}@x"]
)
def test_an_address_with_a_password_is_a_credential(name: str, value: str) -> None:
    assert name not in build_environ({name: value.format(CANARY)}, 0)


def test_a_proxy_with_a_password_reaches_only_what_installs() -> None:
    environ = {"https_proxy": f"http://ada:{CANARY}@proxy.example"}

    assert installer_environ(environ)["https_proxy"] == environ["https_proxy"]


@pytest.mark.parametrize("name", NEEDED)
def test_a_build_sees_what_compilers_and_backends_need(name: str) -> None:
    assert build_environ(NEEDED, 0)[name] == NEEDED[name]


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=20)))
def test_nothing_passes_that_is_not_on_a_list(environ: dict[str, str]) -> None:
    seen = build_environ({f"ACME_{name}": value for name, value in environ.items()}, 0)

    assert seen == build_environ({}, 0)


def test_zone_locale_and_seed_are_the_same_everywhere() -> None:
    foreign = {"TZ": "Asia/Tokyo", "LC_ALL": "de_DE", "LANG": "de_DE", "PYTHONHASHSEED": "7"}

    assert build_environ(foreign, 1_700_000_000) == build_environ({}, 1_700_000_000)
    assert build_environ({}, 1_700_000_000)["SOURCE_DATE_EPOCH"] == "1700000000"


def test_settings_are_what_can_change_the_wheel() -> None:
    assert build_settings({**NEEDED, "CARGO_REGISTRY_TOKEN": "x"}).keys() == {
        "CC",
        "CFLAGS",
        "PKG_CONFIG_PATH",
        "CMAKE_PREFIX_PATH",
        "SETUPTOOLS_SCM_PRETEND_VERSION",
    }


@pytest.mark.parametrize(
    ("set_by_user", "expected"), [({}, "subprocess"), ({"PIP_KEYRING_PROVIDER": "x"}, "x")]
)
def test_keyring_is_asked_where_it_is_installed(
    tmp_path: Path, set_by_user: dict[str, str], expected: str
) -> None:
    (tmp_path / "keyring").touch(mode=0o755)

    environ = installer_environ({"PATH": str(tmp_path), **set_by_user})

    assert environ["PIP_KEYRING_PROVIDER"] == expected
    assert environ["UV_KEYRING_PROVIDER"] == "subprocess"


def test_keyring_is_not_asked_where_it_is_missing(tmp_path: Path) -> None:
    assert "PIP_KEYRING_PROVIDER" not in installer_environ({"PATH": str(tmp_path)})


def commit_at(root: Path, path: str, moment: int) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(str(moment))
    run(["git", "add", "--all"], cwd=root)
    run(["git", "-c", f"alias.dated=!GIT_COMMITTER_DATE=@{moment} git commit -qm x", "dated"], cwd=root)


def test_the_epoch_is_the_last_commit_that_touched_the_folder(git_repository: Path) -> None:
    commit_at(git_repository, "core/a.py", 1_600_000_000)
    commit_at(git_repository, "io/a.py", 1_700_000_000)

    assert source_epoch(git_repository / "core", {}) == 1_600_000_000
    assert source_epoch(git_repository, {}) == 1_700_000_000


def test_the_callers_epoch_wins(git_repository: Path) -> None:
    commit_at(git_repository, "a.py", 1_600_000_000)

    assert source_epoch(git_repository, {"SOURCE_DATE_EPOCH": "1500000000"}) == 1_500_000_000


def test_before_the_first_commit_the_epoch_is_fixed(git_repository: Path) -> None:
    assert source_epoch(git_repository, {}) == NO_COMMIT_EPOCH


def test_outside_git_the_epoch_is_fixed(tmp_path: Path) -> None:
    assert source_epoch(tmp_path, {}) == NO_COMMIT_EPOCH


def test_a_folder_that_was_never_committed_has_the_fixed_epoch(
    git_repository: Path, commit_all: Callable[[], str]
) -> None:
    commit_all()
    (git_repository / "new").mkdir()

    assert source_epoch(git_repository / "new", {}) == NO_COMMIT_EPOCH


def test_an_epoch_that_no_zip_can_hold_becomes_the_oldest_that_it_can(tmp_path: Path) -> None:
    assert source_epoch(tmp_path, {"SOURCE_DATE_EPOCH": "0"}) == 315_532_800


@pytest.mark.parametrize("value", ["yesterday", "-1", "1.5", "1e9", "²"])
def test_an_epoch_that_is_no_number_is_a_mistake(tmp_path: Path, value: str) -> None:
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH"):
        source_epoch(tmp_path, {"SOURCE_DATE_EPOCH": value})
