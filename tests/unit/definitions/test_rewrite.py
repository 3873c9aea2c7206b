"""What each form of a pin becomes."""

import pytest

from tests.definitions import make_target, pinned, plan, told
from wheelpin.errors import Level

STORE = "https://host/w/"
OTHER = "https://host/other/"
FILE = "acme_core-1.3.2-py3-none-any.whl"
NEW_FILE = "acme_core-1.4.0-py3-none-any.whl"
SHA = "1" * 64


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("acme-core==1.3.2", "acme-core==1.4.0"),
        ("acme-core===1.3.2", "acme-core===1.4.0"),
        ("acme-core==1.3.2,!=1.3.9", "acme-core==1.4.0,!=1.3.9"),
        ("acme-core==1.3.2,>=1.3", "acme-core==1.4.0,>=1.3"),
        ("acme-core==1.4", "acme-core==1.4"),
        ("acme-core==v1.3.2", "acme-core==1.4.0"),
        ("git+https://host/acme/acme-core@v1.3.2#egg=acme-core", "git+https://host/acme/acme-core@v1.4.0#egg=acme-core"),
        ("acme-core @ git+https://host/mono@acme-core/1.3.2", "acme-core @ git+https://host/mono@acme-core/1.4.0"),
        (f"./wheels/1.3.2/{FILE}[gpu]", f"./wheels/1.4.0/{NEW_FILE}[gpu]"),
        (f"acme-core @ file:///w/{FILE}", f"acme-core @ file:///w/{NEW_FILE}"),
        ("wheels\\" + FILE, "wheels\\" + NEW_FILE),
    ],
)  # fmt: skip
def test_a_form_is_kept(before: str, after: str) -> None:
    assert pinned(before) == after
    assert pinned(after) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"acme-core @ {STORE}{FILE}", f"acme-core @ {STORE}{NEW_FILE}"),
        (f"acme-core @ {STORE}{FILE}#sha256=aa ; x", f"acme-core @ {STORE}{NEW_FILE}#sha256={SHA} ; x"),
        (f"{STORE}{FILE}#egg=x&sha256=aa&y", f"{STORE}{NEW_FILE}#egg=x&sha256={SHA}&y"),
        (f"{STORE}{FILE}?a=1.3.2#md5=aa", f"{STORE}{NEW_FILE}?a=1.3.2#sha256={SHA}"),
        (f"{STORE}{FILE} --hash=sha256:aa", f"{STORE}{NEW_FILE} --hash=sha256:{SHA}"),
        (f"HTTPS://HOST/w/{FILE}", f"{STORE}{NEW_FILE}"),
        (f"{STORE}{NEW_FILE}#sha256=aa", f"{STORE}{NEW_FILE}#sha256={SHA}"),
        (f"./w/{FILE} --hash=sha256:aa --hash=sha256:bb", f"./w/{NEW_FILE} --hash=sha256:{SHA}"),
    ],
)
def test_a_url_and_its_hash_come_from_the_store_that_it_belongs_to(before: str, after: str) -> None:
    target = make_target(stores=[OTHER, STORE])

    assert pinned(before, target=target) == after
    assert pinned(after, target=target) == after


@pytest.mark.parametrize(
    ("store", "before", "after"),
    [
        ("https://host/1.4.0/", f"https://host/1.3.2/{FILE}", f"https://host/1.4.0/{NEW_FILE}"),
        ("https://host/ab/cdef/", f"https://host/12/3456/{FILE}", f"https://host/ab/cdef/{NEW_FILE}"),
        (
            "https://host/a%20b/",
            f"https://host/a b/{FILE}".replace(" ", "%20"),
            f"https://host/a%20b/{NEW_FILE}",
        ),
    ],
)
def test_folders_may_be_called_as_versions_or_digests(store: str, before: str, after: str) -> None:
    assert pinned(before, target=make_target(stores=[store])) == after


@pytest.mark.parametrize(
    "url",
    [
        f"https://elsewhere/w/{FILE}",
        f"http://host/w/{FILE}",
        f"https://host:8443/w/{FILE}",
        f"https://host/x/{FILE}",
        f"https://host/w/w/{FILE}",
        f"https://host:port/w/{FILE}",
        f"https://[host/w/{FILE}",
    ],
)
def test_a_url_of_no_store_stays_and_is_told(url: str) -> None:
    found = plan(f"acme-core @ {url}", target=make_target(stores=[STORE]))

    assert found.edits == ()
    assert told(found.findings) == [
        f"warning: requirements.txt:1: no store has a URL for acme-core 1.4.0 where {FILE} is"
    ]


def test_a_local_version_stays_encoded_as_the_store_has_it() -> None:
    target = make_target(version="1.4.0+cu1", stores=[])
    url = f"{STORE}acme_core-1.4.0%2Bcu1-py3-none-any.whl"
    target.urls[target.wheels[0].file].append(url)  # type: ignore[attr-defined]
    before = f"{STORE}acme_core-1.3.2%2Bcu1-py3-none-any.whl"

    assert pinned(before, target=target) == url
    assert pinned(url, target=target) == url


WINDOWS = "cp311-cp311-win_amd64"


def test_the_wheel_with_the_same_tags_takes_the_place() -> None:
    target = make_target(tags=["py3-none-any", WINDOWS], stores=[STORE])

    assert pinned(f"./acme_core-1.3.2-{WINDOWS}.whl", target=target) == f"./acme_core-1.4.0-{WINDOWS}.whl"
    assert pinned(f"{STORE}acme_core-1.3.2-{WINDOWS}.whl#sha256=aa", target=target) == (
        f"{STORE}acme_core-1.4.0-{WINDOWS}.whl#sha256={'2' * 64}"
    )


def test_no_wheel_with_the_same_tags_is_told() -> None:
    file = "acme_core-1.3.2-cp39-cp39-win_amd64.whl"

    found = plan(f"./{file}", target=make_target(tags=["py3-none-any", WINDOWS]))

    assert told(found.findings) == [
        f"warning: requirements.txt:1: no wheel of acme-core 1.4.0 has the tags of {file}"
    ]


def test_the_only_wheel_takes_the_place_whatever_its_tags() -> None:
    assert pinned(f"./acme_core-1.3.2-{WINDOWS}.whl", target=make_target()) == f"./{NEW_FILE}"


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        (
            "acme-core",
            "notice: requirements.txt:1: acme-core has no version here, so a new one changes nothing",
        ),
        ("acme-core==${V}", "notice: requirements.txt:1: 'acme-core==${V}' is a placeholder, not a version"),
        (
            "acme-core==2.0",
            "notice: requirements.txt:1: acme-core is pinned to 2.0, which is newer than 1.4.0",
        ),
        ("acme-core>=1.3", "notice: requirements.txt:1: acme-core>=1.3 allows 1.4.0 and stays"),
        ("acme-core~=1.3.2", "warning: requirements.txt:1: acme-core~=1.3.2 does not allow 1.4.0"),
        ("acme-core==1.3.*", "warning: requirements.txt:1: acme-core==1.3.* does not allow 1.4.0"),
        (
            "acme-core==1.3.2,<1.4",
            "warning: requirements.txt:1: acme-core: '<1.4' beside its pin does not allow 1.4.0",
        ),
        (
            "acme-core @ https://h",
            "warning: requirements.txt:1: 'acme-core @ https://h' states no version that wheelpin can change",
        ),
        (
            f"./{FILE} --hash=sha256:aa",
            "warning: requirements.txt:1: acme-core is pinned with hashes; that of its new wheel is unknown",
        ),
    ],
)
def test_a_pin_that_stays_says_why(text: str, finding: str) -> None:
    found = plan(text)

    assert found.edits == ()
    assert told(found.findings) == [finding]


def test_a_newer_pin_goes_down_only_when_asked() -> None:
    assert pinned("acme-core==2.0") == "acme-core==2.0"
    assert pinned("acme-core==2.0", downgrade=True) == "acme-core==1.4.0"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("acme-core>=1.3.2", "acme-core>=1.4.0"),
        ("acme-core >= 1.3.2 , < 2", "acme-core >= 1.4.0 , < 2"),
        ("acme-core (>=1.3,<2)", "acme-core (>=1.4.0,<2)"),
        ("acme-core~=1.3.2", "acme-core~=1.4.0"),
        ("acme-core~=1.3", "acme-core~=1.4"),
        ("acme-core==1.3.*", "acme-core==1.4.*"),
        ("acme-core==1.*", "acme-core==1.*"),
        ("acme-core>1.3", "acme-core>1.3"),
        ("acme-core<2", "acme-core<2"),
        ("acme-core!=1.3.2", "acme-core!=1.3.2"),
        ("acme-core~=1", "acme-core~=1"),
    ],
)
def test_ranges_are_raised_only_when_asked(before: str, after: str) -> None:
    assert pinned(before) == before
    assert pinned(before, ranges=True) == after
    assert pinned(after, ranges=True) == after


@pytest.mark.parametrize(
    ("text", "version", "after"),
    [
        ("acme-core~=1.3.2", "1.5", "acme-core~=1.5.0"),
        ("acme-core~=1.3", "1.5rc1", "acme-core~=1.5rc1"),
        ("acme-core~=1.3", "1!1.5", "acme-core~=1!1.5"),
    ],
)
def test_a_compatible_release_keeps_what_it_is_compatible_with(text: str, version: str, after: str) -> None:
    assert pinned(text, target=make_target(version=version), ranges=True) == after


@pytest.mark.parametrize("text", ["acme-core>=1.3,<1.4", "acme-core!=1.4.0", "acme-core<=1.3"])
def test_a_range_that_forbids_the_version_stays(text: str) -> None:
    found = plan(text, ranges=True)

    assert found.edits == ()
    assert told(found.findings) == [f"warning: requirements.txt:1: {text} cannot be raised to 1.4.0"]


def test_a_raised_range_never_goes_down() -> None:
    found = plan("acme-core>=2.0", ranges=True)

    assert found.edits == ()
    assert told(found.findings) == [
        "notice: requirements.txt:1: acme-core is pinned to 2.0, which is newer than 1.4.0"
    ]


@pytest.mark.parametrize("tags", [(), ("py3-none-any",), ("cp311-cp311-linux_x86_64", "py3-none-any")])
@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("requirements.txt", "./dist/acme_core-1.3.2.tar.gz\n"),
        ("requirements.txt", "acme-core @ https://o.example/acme_core-1.3.2.tar.gz\n"),
        ("requirements.txt", "acme-core @ https://o.example/acme_core-1.3.2.zip#sha256=aa\n"),
        ("requirements.txt", "https://o.example/acme_core-1.3.2.zip\n"),
        ("Dockerfile", "FROM x\nRUN pip install https://o.example/acme_core-1.3.2.tar.gz\n"),
    ],
)
def test_a_source_distribution_is_told_and_stays(path: str, text: str, tags: tuple[str, ...]) -> None:
    found = plan(text, path, target=make_target(tags=tags, stores=["https://o.example/"]))

    assert found.edits == ()
    assert [one.level for one in found.findings] == [Level.WARNING]
    assert "is a source distribution; wheelpin only writes wheels" in found.findings[0].message


def test_a_source_distribution_of_the_version_itself_is_not_told() -> None:
    assert plan("./dist/acme_core-1.4.0.tar.gz\n").findings == ()
