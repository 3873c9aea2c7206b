"""Which credential is found, in which order, and for which host alone."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from wheelpin.credentials import SignIn, entra_token, feed_credential, index_credential
from wheelpin.credentials.redaction import Secret
from wheelpin.errors import SignInError

FEED = "https://pkgs.dev.azure.com/contoso/_packaging/wheels/pypi/upload/"
SERVER = "https://devops.example.org/tfs/Main/_packaging/wheels/pypi/upload/"
INDEX = "https://nexus.example.org/repository/pypi/"

TWINE = {"TWINE_USERNAME": "ada", "TWINE_PASSWORD": "from-twine"}
JOB = {"SYSTEM_ACCESSTOKEN": "from-job"}
PAT = {"AZURE_DEVOPS_EXT_PAT": "from-pat"}
PIP = {"PIP_INDEX_URL": "https://feed:from%2Dpip@pkgs.dev.azure.com/contoso/_packaging/wheels/pypi/simple/"}


def entra() -> Secret:
    return Secret("from-entra")


def nobody() -> Secret:
    raise SignInError("Entra gave no token")


@pytest.mark.parametrize(
    ("environ", "user", "password"),
    [
        ({**TWINE, **JOB, **PAT, **PIP}, "ada", "from-twine"),
        ({"TWINE_PASSWORD": "from-twine"}, "build", "from-twine"),
        ({**JOB, **PAT, **PIP}, "build", "from-job"),
        ({**PAT, **PIP}, "build", "from-pat"),
        (PIP, "build", "from-entra"),
        ({}, "build", "from-entra"),
        ({"TWINE_PASSWORD": "", "SYSTEM_ACCESSTOKEN": "", "AZURE_DEVOPS_EXT_PAT": ""}, "build", "from-entra"),
    ],
)
def test_order_for_a_feed(environ: Mapping[str, str], user: str, password: str) -> None:
    found = feed_credential(FEED, environ, entra)
    assert (found.user, found.password.reveal()) == (user, password)
    assert found.entra == (password == "from-entra")


def test_entra_is_not_asked_when_anything_stands_before_it() -> None:
    assert feed_credential(FEED, PAT, lambda: pytest.fail("asked")).source == "AZURE_DEVOPS_EXT_PAT"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"AZURE_TENANT_ID": "bad tenant!", "AZURE_CLIENT_SECRET": "geheim"}, "Invalid tenant ID"),
        ({"AZURE_TENANT_ID": "t", "AZURE_CLIENT_CERTIFICATE_PATH": "/no/where.pem"}, "/no/where.pem"),
        ({"AZURE_TOKEN_CREDENTIALS": "nonsense"}, "nonsense"),
    ],
    ids=["tenant", "certificate", "kind"],
)
def test_a_setting_that_entra_s_client_does_not_take_is_told(
    monkeypatch: pytest.MonkeyPatch, settings: Mapping[str, str], words: str
) -> None:
    for name, value in {"AZURE_CLIENT_ID": "c", **settings}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SignInError, match="Entra cannot be used") as caught:
        feed_credential(FEED, {}, lambda: entra_token({}))
    assert words in caught.value.message
    assert "geheim" not in caught.value.message
    assert "check AZURE_TENANT_ID, AZURE_CLIENT_ID" in caught.value.hint


def test_pip_s_settings_count_when_entra_knows_nobody() -> None:
    found = feed_credential(FEED, PIP, nobody)
    assert (found.user, found.password.reveal(), found.source) == ("feed", "from-pip", "PIP_INDEX_URL")


def test_nothing_at_hand_is_told_with_all_the_ways() -> None:
    with pytest.raises(SignInError, match="Entra gave no token"):
        feed_credential(FEED, {}, nobody)
    with pytest.raises(SignInError) as caught:
        feed_credential(SERVER, {}, entra)  # a server of one's own takes no token of Entra
    assert caught.value.message == "no credential for devops.example.org is at hand"
    for way in ("TWINE_PASSWORD", "SYSTEM_ACCESSTOKEN", "AZURE_DEVOPS_EXT_PAT", "az login"):
        assert way in caught.value.hint


OF_THE_JOB = pytest.mark.parametrize(
    "setting", ["SYSTEM_COLLECTIONURI", "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI"]
)
TOKENS = pytest.mark.parametrize("token", [JOB, PAT], ids=["job", "personal"])


@OF_THE_JOB
@TOKENS
@pytest.mark.parametrize(
    ("collection", "url"),
    [
        ("", FEED),
        ("https://dev.azure.com/contoso/", FEED),
        ("https://devops.example.org/tfs/Main/", FEED),
        ("https://devops.example.org/tfs/Main/", SERVER),
    ],
)
def test_a_token_of_azure_devops_goes_to_the_service_and_to_the_job_s_collection(
    token: Mapping[str, str], setting: str, collection: str, url: str
) -> None:
    assert feed_credential(url, {**token, setting: collection}, entra).source == next(iter(token))


@OF_THE_JOB
@TOKENS
@pytest.mark.parametrize(
    ("collection", "url"),
    [
        ("", SERVER),
        ("https://dev.azure.com/contoso/", SERVER),
        ("https://[", SERVER),
        ("https://devops.example.org/tfs/Main/", "https://evil.example/x/_packaging/f/pypi/upload/"),
        ("", "https://pkgs.dev.azure.com.evil.example/_packaging/f/pypi/upload/"),
    ],
)
def test_no_other_host_that_a_config_names_gets_a_token_of_azure_devops(
    token: Mapping[str, str], setting: str, collection: str, url: str
) -> None:
    environ = {**token, setting: collection}
    with pytest.raises(SignInError, match="is at hand"):
        feed_credential(url, environ, entra)
    named = {**TWINE, "TWINE_REPOSITORY_URL": url}
    assert feed_credential(url, {**environ, **named}, entra).source == "TWINE_PASSWORD"


@pytest.mark.parametrize(
    ("meant", "found"), [(INDEX, True), ("https://other.example.org/", False), ("https://[", False)]
)
def test_twine_s_password_goes_where_twine_s_address_says(meant: str, found: bool) -> None:
    assert bool(index_credential(INDEX, {**TWINE, "TWINE_REPOSITORY_URL": meant})) == found


def test_a_token_without_a_user_is_sent_as_indexes_want_it() -> None:
    found = index_credential(INDEX, {"TWINE_PASSWORD": "a-token"})
    assert found
    assert found.user == "__token__"


def test_an_index_never_gets_a_token_of_azure() -> None:
    assert index_credential(INDEX, {**JOB, **PAT, **PIP}) is None


URL = "https://grace:pa%20ss@nexus.example.org"


@pytest.mark.parametrize(
    "environ",
    [
        {"PIP_INDEX_URL": f"{URL}/repository/pypi/simple"},
        {"PIP_EXTRA_INDEX_URL": f"https://a:b@else.example.org/simple {URL}/simple/"},
        {"UV_INDEX_URL": f"{URL}/simple"},
        {"UV_DEFAULT_INDEX": f"{URL}/simple"},
        {"UV_DEFAULT_INDEX": f"nexus={URL}/simple"},
        {"UV_INDEX": f"https://else.example.org/simple a-b={URL}/simple"},
        {
            "UV_INDEX": "our-nexus=https://nexus.example.org:443/simple",
            "UV_INDEX_OUR_NEXUS_USERNAME": "grace",
            "UV_INDEX_OUR_NEXUS_PASSWORD": "pa ss",
        },
    ],
    ids=" ".join,
)
def test_installers_settings_for_the_host_count(environ: Mapping[str, str]) -> None:
    found = index_credential(INDEX, environ)
    assert found
    assert (found.user, found.password.reveal()) == ("grace", "pa ss")


@pytest.mark.parametrize(
    "url",
    [
        "http://grace:pass@nexus.example.org/simple",
        "https://grace:pass@nexus.example.org:8443/simple",
        "https://grace:pass@nexus.example.org.evil.example/simple",
        "https://nexus.example.org@evil.example/simple",
        "https://grace@nexus.example.org/simple",
        "https://nexus.example.org/simple",
        "https://[/",
        "https://grace:pass@nexus.example.org:port/simple",
    ],
)
def test_settings_for_another_origin_or_without_a_password_do_not_count(url: str) -> None:
    assert index_credential(INDEX, {"PIP_INDEX_URL": url}) is None


def test_the_index_that_shares_the_most_with_the_store_wins() -> None:
    hosts = "https://a:one@pkgs.dev.azure.com/other/x https://b:two@pkgs.dev.azure.com/Contoso/_packaging/x"
    assert feed_credential(FEED, {"PIP_EXTRA_INDEX_URL": hosts}, nobody).password.reveal() == "two"


def test_pip_conf_and_netrc_of_the_home_folder_count(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path)}
    assert index_credential(INDEX, environ) is None
    (tmp_path / ".netrc").write_text(
        "default login x password y\nmachine nexus.example.org login net password rc\n"
    )
    (tmp_path / ".netrc").chmod(0o600)
    found = index_credential(INDEX, environ)
    assert found
    assert (found.user, found.password.reveal(), found.source) == ("net", "rc", "netrc")
    assert index_credential("https://unnamed.example.org/", environ) is None
    (tmp_path / ".config" / "pip").mkdir(parents=True)
    (tmp_path / ".config" / "pip" / "pip.conf").write_text(f"[global]\nindex-url = {URL}/s%2Dimple\n")
    found = index_credential(INDEX, environ)
    assert found
    assert (found.user, found.source) == ("grace", "pip.conf")


@pytest.mark.parametrize("text", ["machine", "\0", "machine nexus.example.org login a password", "\xff"])
def test_a_broken_netrc_is_passed_over(tmp_path: Path, text: str) -> None:
    (tmp_path / "netrc").write_bytes(text.encode("latin-1"))
    assert index_credential(INDEX, {"NETRC": str(tmp_path / "netrc")}) is None


def test_sign_in_looks_once_and_hides_what_it_found() -> None:
    asked = []

    def find() -> None:
        asked.append(1)

    sign_in = SignIn(find)
    assert [sign_in.credential, sign_in.source, sign_in.secrets] == [None, "no credential", ()]
    assert asked == [1]
    known = SignIn(lambda: index_credential(INDEX, TWINE))
    assert known.secrets == (Secret("from-twine"),)
    assert known.redact("password from-twine") == "password ***"
