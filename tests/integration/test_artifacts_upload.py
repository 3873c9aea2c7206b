"""The emulated Azure Artifacts takes wheels from twine, and refuses them in the service's words."""

from pathlib import Path

import pytest
import requests

from tests.servers.artifacts import ArtifactsServer
from tests.servers.artifacts.feeds import Role
from tests.servers.clients import twine_refusal, twine_upload
from tests.wheels import make_wheel
from wheelpin.command import CommandError


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    return make_wheel(tmp_path, "Acme.Core", "1.4.0", requires_python=">=3.9")


def _uploads(server: ArtifactsServer) -> list[int | None]:
    return [seen.status for seen in server.requests if seen.method == "POST"]


def _post(
    server: ArtifactsServer, *, version: str = "1.4.0", metadata_version: str = "2.1", content: bytes = b"PK"
) -> requests.Response:
    """What twine would not send, as twine would."""
    return requests.post(
        server.upload_url(),
        data={"name": "acme-core", "version": version, "metadata_version": metadata_version},
        files={"content": ("acme_core-1.4.0-py3-none-any.whl", content)},
        auth=("ada", server.token),
        timeout=5,
    )


def test_a_file_is_taken_once(artifacts: ArtifactsServer, wheel: Path) -> None:
    artifacts.publish(wheel)
    words = twine_refusal(wheel, artifacts.upload_url(), password=artifacts.token)
    assert "409 Conflict" in words
    said = f"The feed 'wheels' already contains file '{wheel.name}' in package 'Acme.Core 1.4.0'."
    assert said in words
    assert "(DevOps Activity ID:" in words


def test_another_file_of_the_version_is_taken(
    artifacts: ArtifactsServer, wheel: Path, tmp_path: Path
) -> None:
    artifacts.publish(wheel)
    other = make_wheel(tmp_path, "acme-core", "1.4.0", tag="cp311-cp311-win_amd64")
    twine_upload(other, artifacts.upload_url(), password=artifacts.token)
    assert set(artifacts.files()) == {wheel.name, other.name}


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("1.4.0+dirty", "Local version segments are not allowed."),
        ("one", "should conform to the format described in PEP 440 and be under 128 characters."),
        ("1." + "0" * 126, "should conform to the format described in PEP 440 and be under 128 characters."),
    ],
)
def test_versions_that_the_service_refuses(artifacts: ArtifactsServer, version: str, words: str) -> None:
    answer = _post(artifacts, version=version)
    assert (answer.status_code, answer.json()["typeKey"]) == (400, "InvalidPackageException")
    assert words in answer.json()["message"]
    assert words in answer.reason


def test_metadata_versions_are_refused_when_the_service_has_its_day(
    artifacts: ArtifactsServer, wheel: Path
) -> None:
    artifacts.refuse_metadata_versions()
    answer = _post(artifacts, metadata_version="2.4")
    assert answer.json()["message"] == (
        "Metadata version '2.4' is unsupported. Supported versions are: 1.0,1.1,1.2,2.0,2.1."
    )
    twine_upload(wheel, artifacts.upload_url(), password=artifacts.token)


def test_a_broken_or_large_file_is_refused(artifacts: ArtifactsServer, tmp_path: Path) -> None:
    answer = _post(artifacts, content=b"PK cut")
    assert answer.status_code == 400
    artifacts.limit_size(100)
    whole = make_wheel(tmp_path, "acme-core", "1.4.0")
    assert "413" in twine_refusal(whole, artifacts.upload_url(), password=artifacts.token)
    assert artifacts.files() == {}


def test_bad_credentials_get_401_and_no_role_403(artifacts: ArtifactsServer, wheel: Path) -> None:
    assert "401 Unauthorized" in twine_refusal(wheel, artifacts.upload_url(), password="guessed")
    reader = artifacts.grant(Role.READER)
    assert "403 Forbidden" in twine_refusal(wheel, artifacts.upload_url(), password=reader)
    assert requests.get(artifacts.simple_url(), timeout=5).status_code == 401
    bearer = {"Authorization": f"Bearer {reader}"}
    assert requests.get(artifacts.simple_url(), headers=bearer, timeout=5).status_code == 200
    artifacts.revoke(reader)
    assert requests.get(artifacts.simple_url(), headers=bearer, timeout=5).status_code == 401
    assert artifacts.files() == {}


def test_the_sign_in_page_looks_like_success(artifacts: ArtifactsServer, wheel: Path) -> None:
    feeds = f"{artifacts.collection}/_apis/packaging/feeds"
    assert requests.get(feeds, timeout=5).status_code == 203
    polite = {"X-TFS-FedAuthRedirect": "Suppress"}
    assert requests.get(feeds, headers=polite, timeout=5).status_code == 401
    artifacts.show_sign_in_page()
    page = requests.get(feeds, headers=polite, timeout=5)
    assert (page.status_code, page.headers["Content-Type"]) == (203, "text/html; charset=utf-8")
    twine_upload(wheel, artifacts.upload_url(), password="expired")  # and twine believes it
    assert artifacts.files() == {}


def test_an_unavailable_feed_may_have_stored_the_file(artifacts: ArtifactsServer, wheel: Path) -> None:
    artifacts.fail_next(503, stored=True)
    assert "409 Conflict" in twine_refusal(wheel, artifacts.upload_url(), password=artifacts.token)
    assert set(artifacts.files()) == {wheel.name}
    assert _uploads(artifacts) == [503, 409]


def test_posting_to_the_simple_page_is_refused(artifacts: ArtifactsServer, wheel: Path) -> None:
    with pytest.raises(CommandError) as refused:
        twine_upload(wheel, artifacts.simple_url(), password=artifacts.token)
    assert "405" in refused.value.output
