"""Who we are to a storage account: the order, which account a setting is for, and where nothing is sent."""

import pytest

from wheelpin.credentials import is_service
from wheelpin.credentials.storage import Proof, StorageLogin, refuse_strangers, storage_login
from wheelpin.errors import SignInError

URL = "https://contoso.blob.core.windows.net"
STRING = (
    "DefaultEndpointsProtocol=https;AccountName=contoso;AccountKey=a2V5==;EndpointSuffix=core.windows.net"
)


def login(url: str = URL, **environ: str) -> tuple[Proof, str, str]:
    found: StorageLogin = storage_login(url, "contoso", environ)
    return found.proof, found.source, found.secret.reveal()


ALL = {
    "AZURE_STORAGE_CONNECTION_STRING": STRING,
    "AZURE_STORAGE_SAS_TOKEN": "?sv=1&sig=s",
    "AZURE_STORAGE_KEY": "a2V5",
}


def test_the_first_that_is_there_is_used() -> None:
    given = dict(ALL)
    assert login(**given) == (Proof.KEY, "AZURE_STORAGE_CONNECTION_STRING", "a2V5==")
    del given["AZURE_STORAGE_CONNECTION_STRING"]
    assert login(**given) == (Proof.SIGNATURE, "AZURE_STORAGE_SAS_TOKEN", "sv=1&sig=s")
    del given["AZURE_STORAGE_SAS_TOKEN"]
    assert login(**given) == (Proof.KEY, "AZURE_STORAGE_KEY", "a2V5")
    assert login() == (Proof.ENTRA, "Entra", "")


def test_settings_of_another_account_are_passed_over() -> None:
    other = {**ALL, "AZURE_STORAGE_CONNECTION_STRING": STRING.replace("contoso", "fabrikam")}
    assert login(**other)[1] == "AZURE_STORAGE_SAS_TOKEN"
    assert login(**other, AZURE_STORAGE_ACCOUNT="fabrikam")[1] == "Entra"
    assert login(**ALL, AZURE_STORAGE_ACCOUNT="fabrikam")[1] == "AZURE_STORAGE_CONNECTION_STRING"


def test_an_empty_account_is_an_unset_one() -> None:
    assert login(AZURE_STORAGE_KEY="a2V5", AZURE_STORAGE_ACCOUNT="")[1] == "AZURE_STORAGE_KEY"
    assert login(AZURE_STORAGE_SAS_TOKEN="sig=s", AZURE_STORAGE_ACCOUNT="")[1] == "AZURE_STORAGE_SAS_TOKEN"


@pytest.mark.parametrize(
    "text",
    [
        f"BlobEndpoint={URL}/;SharedAccessSignature=?sv=1&sig=s",
        f"SharedAccessSignature=sv=1&sig=s;BlobEndpoint={URL.upper()}",
    ],
)
def test_a_connection_string_may_hold_a_signature(text: str) -> None:
    found = login(AZURE_STORAGE_CONNECTION_STRING=text)
    assert found == (Proof.SIGNATURE, "AZURE_STORAGE_CONNECTION_STRING", "sv=1&sig=s")


def test_a_connection_string_without_a_secret_is_told() -> None:
    with pytest.raises(SignInError, match="holds neither a key nor a signature"):
        login(AZURE_STORAGE_CONNECTION_STRING=f"BlobEndpoint={URL}")


@pytest.mark.parametrize(
    "url",
    [
        "https://contoso.example",
        "https://contoso.blob.core.windows.net.example",
        "https://blob.core.windows.net",
        "https://contosoblob.core.windows.net.evil.example",
    ],
)
@pytest.mark.parametrize("environ", [{}, {"AZURE_STORAGE_SAS_TOKEN": "sig=geheim"}])
def test_nothing_that_others_could_use_is_sent_to_a_host_that_is_not_azures(
    url: str, environ: dict[str, str]
) -> None:
    with pytest.raises(SignInError, match="is not a host of Azure storage") as caught:
        login(url, **environ)
    assert "geheim" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize(
    "host",
    [
        "contoso.blob.core.windows.net",
        "contoso.blob.core.usgovcloudapi.net",
        "contoso.blob.core.chinacloudapi.cn",
        "contoso.z01.blob.storage.azure.net",
    ],
)
def test_hosts_of_all_clouds_are_azures(host: str) -> None:
    assert login(f"https://{host}")[0] is Proof.ENTRA


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:10000/devacc", "https://localhost:1/devacc", "https://devacc.blob.core.localhost:1"],
)
def test_this_machine_is_no_stranger(url: str) -> None:
    refuse_strangers(url)


def test_a_name_below_localhost_needs_a_certificate() -> None:
    with pytest.raises(SignInError, match=r"devacc\.blob\.core\.localhost is not a host of Azure storage"):
        refuse_strangers("http://devacc.blob.core.localhost:1")


@pytest.mark.parametrize("end", [r"\@contoso.blob.core.windows.net", r"\.blob.core.windows.net"])
def test_a_backslash_hides_no_stranger(end: str) -> None:
    with pytest.raises(SignInError, match=r"^evil\.example is not a host of Azure storage"):
        login(f"https://evil.example{end}", AZURE_STORAGE_SAS_TOKEN="sig")
    assert not is_service(f"https://evil.example{end.replace('blob.core.windows.net', 'visualstudio.com')}")


def test_an_address_of_ones_own_is_named_by_a_connection_string() -> None:
    text = "BlobEndpoint=https://wheels.contoso.example;AccountName=contoso;AccountKey=a2V5"
    assert login("https://wheels.contoso.example", AZURE_STORAGE_CONNECTION_STRING=text)[0] is Proof.KEY


def test_a_token_is_not_sent_over_http() -> None:
    with pytest.raises(SignInError, match="Entra is for https:// alone"):
        login("http://127.0.0.1:10000/contoso")


def test_a_login_does_not_show_its_secret() -> None:
    assert "a2V5" not in repr(storage_login(URL, "contoso", ALL))
