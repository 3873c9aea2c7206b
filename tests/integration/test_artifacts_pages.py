"""The emulated Azure Artifacts as installers meet it: simple page, downloads, upstream, views, bad days."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from tests.servers.artifacts import ArtifactsServer, Operation
from tests.servers.artifacts.feeds import Role
from tests.servers.clients import pip_install, twine_refusal, twine_upload, uv_install, with_credentials
from tests.wheels import make_wheel
from wheelpin.command import CommandError


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    return make_wheel(tmp_path, "Acme.Core", "1.4.0", requires_python=">=3.9")


def _page(
    server: ArtifactsServer, project: str = "acme-core", *, token: str = "", view: str | None = None
) -> requests.Response:
    auth = ("ada", token or server.token)
    return requests.get(f"{server.simple_url(view=view)}{project}/", auth=auth, timeout=5)


@pytest.mark.parametrize("install", [pip_install, uv_install])
def test_what_twine_sends_installers_get(
    artifacts: ArtifactsServer, wheel: Path, tmp_path: Path, install: Callable[[str, str, Path], str]
) -> None:
    twine_upload(wheel, artifacts.upload_url(), password=artifacts.token)
    assert artifacts.files() == {wheel.name: hashlib.sha256(wheel.read_bytes()).hexdigest()}
    address = with_credentials(artifacts.simple_url(), artifacts.token)
    install("acme-core==1.4.0", address, tmp_path / "site")
    assert (tmp_path / "site" / "acme_core" / "__init__.py").exists()
    assert all(seen.header("Authorization") == "" for seen in artifacts.storage.requests)
    assert {seen.status for seen in artifacts.storage.requests} <= {200, 206}


def test_a_feed_of_a_project_is_found_in_its_project_alone(
    artifacts: ArtifactsServer, wheel: Path, tmp_path: Path
) -> None:
    feed = artifacts.add_feed("models", "Machine Learning")
    twine_upload(wheel, artifacts.upload_url(feed), password=artifacts.token)
    address = artifacts.simple_url(feed)
    pip_install("acme-core", with_credentials(address, artifacts.token), tmp_path / "site")
    outside = requests.get(
        f"{artifacts.collection}/_packaging/models/pypi/simple/", auth=("ada", artifacts.token), timeout=5
    )
    assert (outside.status_code, outside.json()["typeKey"]) == (404, "FeedIdNotFoundException")


def test_a_legacy_address_has_no_organisation_in_its_path(artifacts: ArtifactsServer, wheel: Path) -> None:
    twine_upload(wheel, f"{artifacts.url}/_packaging/wheels/pypi/upload/", password=artifacts.token)
    host = "contoso.pkgs.example.org"
    page = requests.get(
        f"{artifacts.url}/_packaging/wheels/pypi/simple/acme-core/",
        headers={"Host": host},
        auth=("ada", artifacts.token),
        timeout=5,
    )
    assert f'href="http://{host}/_packaging/{artifacts.feed.guid}/pypi/download/' in page.text


def test_the_simple_page_is_the_service_s(artifacts: ArtifactsServer, wheel: Path) -> None:
    artifacts.publish(wheel)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    place = f"{artifacts.collection}/_packaging/{artifacts.feed.guid}/pypi/download/acme-core/1.4"
    link = f'<a href="{place}/{wheel.name}#sha256={digest}">{wheel.name}</a><br>'
    page = _page(artifacts, "Acme_Core")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert link in page.text
    artifacts.hide_hashes()
    assert "#sha256" not in _page(artifacts).text
    assert wheel.name not in _page(artifacts, "").text


def test_the_simple_page_tells_which_python_is_wanted(artifacts: ArtifactsServer, wheel: Path) -> None:
    twine_upload(wheel, artifacts.upload_url(), password=artifacts.token)
    assert 'data-requires-python="&gt;=3.9"' in _page(artifacts).text


def test_a_download_is_a_redirect_and_head_is_not_supported(artifacts: ArtifactsServer, wheel: Path) -> None:
    artifacts.publish(wheel)
    address = _page(artifacts).text.partition('href="')[2].partition("#")[0]
    auth = ("ada", artifacts.token)
    assert requests.head(address, auth=auth, timeout=5).status_code == 405
    away = requests.get(address, auth=auth, timeout=5, allow_redirects=False)
    assert away.status_code == 303
    place = away.headers["Location"]
    assert requests.get(place, timeout=5).content == wheel.read_bytes()
    part = requests.get(place, headers={"Range": "bytes=2-5"}, timeout=5)
    assert (part.status_code, part.content) == (206, wheel.read_bytes()[2:6])
    leaked = requests.get(place, auth=auth, timeout=5)
    assert (leaked.status_code, leaked.headers["x-ms-error-code"]) == (400, "InvalidAuthenticationInfo")
    assert requests.get(place.replace("sig=", "sig=x"), timeout=5).status_code == 403


def test_a_deleted_version_is_not_shown_and_stays_reserved(artifacts: ArtifactsServer, wheel: Path) -> None:
    artifacts.publish(wheel)
    artifacts.delete("acme-core", "1.4")
    assert _page(artifacts).status_code == 404
    assert artifacts.files() == {}
    assert "409 Conflict" in twine_refusal(wheel, artifacts.upload_url(), password=artifacts.token)


def test_a_misfortune_waits_for_its_kind_of_request(artifacts: ArtifactsServer, wheel: Path) -> None:
    artifacts.fail_next(500, on=Operation.SIMPLE, times=2)
    twine_upload(wheel, artifacts.upload_url(), password=artifacts.token)
    assert [_page(artifacts).status_code for _ in range(3)] == [500, 500, 200]


def test_throttling_asks_to_wait_with_or_without_an_answer(artifacts: ArtifactsServer, wheel: Path) -> None:
    artifacts.publish(wheel)
    artifacts.throttle(3, on=Operation.SIMPLE)
    artifacts.throttle(9, on=Operation.SIMPLE, blocked=True)
    slowed, blocked, well = (_page(artifacts) for _ in range(3))
    assert (slowed.status_code, slowed.headers["Retry-After"]) == (200, "3")
    assert wheel.name in slowed.text
    assert (blocked.status_code, blocked.headers["Retry-After"]) == (429, "9")
    assert "Retry-After" not in well.headers


def test_uploads_are_shown_late(artifacts: ArtifactsServer, wheel: Path) -> None:
    artifacts.lag()
    twine_upload(wheel, artifacts.upload_url(), password=artifacts.token)
    assert _page(artifacts).status_code == 404
    assert set(artifacts.files()) == {wheel.name}
    artifacts.catch_up()
    assert wheel.name in _page(artifacts).text


def test_an_upstream_is_shown_until_something_is_published(artifacts: ArtifactsServer, wheel: Path) -> None:
    public = artifacts.upstream("acme-core", "99.0.0")
    assert public in _page(artifacts).text
    assert _page(artifacts, token=artifacts.grant(Role.READER)).status_code == 401
    artifacts.publish(wheel)
    assert public not in _page(artifacts).text
    artifacts.allow_external("acme-core")
    page = _page(artifacts).text
    assert public in page
    assert wheel.name in page


def test_what_a_collaborator_installs_from_the_upstream_is_saved(
    artifacts: ArtifactsServer, wheel: Path, tmp_path: Path
) -> None:
    public = artifacts.upstream("acme-core", "99.0.0")
    pip_install("acme-core", with_credentials(artifacts.simple_url(), artifacts.token), tmp_path / "site")
    assert set(artifacts.files()) == {public}
    artifacts.publish(wheel)
    assert public in _page(artifacts).text
    same = make_wheel(tmp_path, "acme-core", "99.0.0")
    assert "409 Conflict" in twine_refusal(same, artifacts.upload_url(), password=artifacts.token)


def test_a_view_shows_what_was_promoted_and_takes_nothing(artifacts: ArtifactsServer, wheel: Path) -> None:
    artifacts.publish(wheel)
    assert wheel.name in _page(artifacts, view="Local").text
    assert _page(artifacts, view="Release").json()["typeKey"] == "PackageNotFoundException"
    assert _page(artifacts, view="Stable").json()["typeKey"] == "FeedViewNotFoundException"
    address = artifacts.upload_url().replace("/wheels/", "/wheels@Release/")
    with pytest.raises(CommandError, match="exit code"):
        twine_upload(wheel, address, password=artifacts.token)
