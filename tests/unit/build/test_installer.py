from collections.abc import Mapping
from pathlib import Path

import pytest

from wheelpin.build.installer import _check_requirements, choose_installer
from wheelpin.errors import BuildError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a home and a machine without any configuration, where uv is installed."""
    monkeypatch.setattr("wheelpin.build.installer._MACHINE", tmp_path / "etc")
    monkeypatch.setattr("wheelpin.build.installer._find_uv", lambda _: "/usr/bin/uv")
    monkeypatch.setattr("sys.prefix", str(tmp_path / "prefix"))
    return tmp_path / "home"


def chosen(home: Path, environ: Mapping[str, str] | None = None) -> str:
    return choose_installer({"HOME": str(home), **(environ or {})}, home).name


def configure(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_uv_installs_where_nothing_is_said_of_an_index(home: Path) -> None:
    assert chosen(home) == "uv"


def test_pip_installs_where_there_is_no_uv(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wheelpin.build.installer._find_uv", lambda _: None)

    assert chosen(home) == "pip"


@pytest.mark.parametrize(
    "name",
    [
        "PIP_INDEX_URL",
        "PIP_EXTRA_INDEX_URL",
        "PIP_FIND_LINKS",
        "PIP_NO_INDEX",
        "PIP_CERT",
        "PIP_TRUSTED_HOST",
        "PIP_PROXY",
        "PIP_CONSTRAINT",
    ],
)
def test_a_variable_that_tells_pip_alone_makes_it_pips_turn(home: Path, name: str) -> None:
    assert chosen(home, {name: "x"}) == "pip"


@pytest.mark.parametrize("name", ["PIP_DISABLE_PIP_VERSION_CHECK", "PIP_DEFAULT_TIMEOUT", "PIP_NO_CACHE_DIR"])
def test_other_variables_of_pip_do_not_matter(home: Path, name: str) -> None:
    assert chosen(home, {name: "1"}) == "uv"


def test_an_empty_variable_tells_nothing(home: Path) -> None:
    assert chosen(home, {"PIP_INDEX_URL": ""}) == "uv"


@pytest.mark.parametrize(
    "name",
    ["UV_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_NO_INDEX"],
)
def test_uv_installs_where_it_is_told_of_an_index_itself(home: Path, name: str) -> None:
    assert (
        chosen(home, {"PIP_INDEX_URL": "https://pip.example/simple", name: "https://uv.example/simple"})
        == "uv"
    )


@pytest.mark.parametrize(
    "file",
    [
        "home/.config/pip/pip.conf",
        "home/.pip/pip.conf",
        "home/Library/Application Support/pip/pip.conf",
        "etc/pip.conf",
        "etc/xdg/pip/pip.conf",
        "prefix/pip.conf",
    ],
)
def test_a_configuration_of_pip_makes_it_pips_turn(home: Path, file: str) -> None:
    configure(home.parent / file, "[global]\nindex-url = https://pip.example/simple\n")

    assert chosen(home) == "pip"


@pytest.mark.parametrize("variable", ["PIP_CONFIG_FILE", "XDG_CONFIG_HOME", "APPDATA"])
def test_variables_lead_to_the_configuration_of_pip(home: Path, variable: str) -> None:
    file = configure(home.parent / "elsewhere/pip/pip.conf", "[install]\nextra_index_url: x\n")
    value = file if variable == "PIP_CONFIG_FILE" else file.parent.parent

    assert chosen(home, {variable: str(value)}) == "pip"


def test_pip_reads_no_configuration_where_the_variable_names_the_null_device(home: Path) -> None:
    configure(home / ".pip/pip.conf", "[global]\nindex-url = x\n")

    assert chosen(home, {"PIP_CONFIG_FILE": "/dev/null"}) == "uv"


@pytest.mark.parametrize(
    "text", ["[global]\ntimeout = 60\n", "[global]\n# index-url = x\n", "[list]\nformat = columns\n"]
)
def test_a_configuration_of_pip_without_an_index_does_not_matter(home: Path, text: str) -> None:
    configure(home / ".pip/pip.conf", text)

    assert chosen(home) == "uv"


@pytest.mark.parametrize(
    "text",
    ['[[index]]\nurl = "x"\n', 'index-url = "x"\n', '[pip]\nfind-links = ["x"]\n', "no-index = true\n"],
)
def test_uv_installs_where_its_own_configuration_names_an_index(home: Path, text: str) -> None:
    configure(home / ".config/uv/uv.toml", text)

    assert chosen(home, {"PIP_INDEX_URL": "x"}) == "uv"


def test_a_configuration_that_uv_does_not_read_does_not_count(home: Path) -> None:
    configure(home / ".config/uv/uv.toml", 'index-url = "x"\n')

    assert chosen(home, {"PIP_INDEX_URL": "x", "UV_NO_CONFIG": "1"}) == "pip"


@pytest.mark.parametrize(
    "requirement", ["--index-url=https://evil.example", "-r other.txt", "", "a\n--pre", "a b"]
)
def test_an_option_is_no_build_requirement(requirement: str) -> None:
    with pytest.raises(BuildError, match="is not one by PEP 508"):
        _check_requirements([requirement])
