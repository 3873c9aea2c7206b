"""Simple index pages: what is rendered is what is parsed, whatever hostile text a wheel or server brings."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from wheelpin.stores import simple_html, simple_json
from wheelpin.stores.simple import HTML_HASHES, File, Page, PageError, Root, in_order

SHA256 = "a" * 64
EVIL = '"><a href=//evil.example/x.whl>'

_hex = st.text("0123456789abcdef", min_size=64, max_size=64)
_hashes = st.dictionaries(st.sampled_from([*HTML_HASHES, "blake2b_256"]), _hex, max_size=3)
_speakable = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
_hostile = st.sampled_from([EVIL, "'\"<>&amp;&#34;", "--><script>", "\r\n\t", "&", "a#b?c=d", "%2f..%5c"])
_texts = _speakable | _hostile
_json: SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=4,
)
_extra = st.dictionaries(st.text(min_size=1).map(lambda key: f"x-{key}"), _json, max_size=2)
_names = st.from_regex(
    r"[^/\\\x00-\x1f\x7f\ud800-\udfff]{1,20}(\.whl|\.tar\.gz)", fullmatch=True
) | _hostile.map(lambda text: text.strip().replace("/", "").replace("\\", "") + ".whl")
_projects = st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)*", fullmatch=True)
_versions = st.integers(0, 99).map(lambda minor: f"1.{minor}")


@st.composite
def _files(draw: st.DrawFn) -> File:
    name = draw(_names)
    return File(
        name=name,
        url=draw(st.sampled_from(["", "../../files/", "https://files.example/a%20b/"])) + quote(name),
        hashes=draw(_hashes),
        size=draw(st.none() | st.integers(0)),
        upload_time=draw(st.none() | st.datetimes(datetime(2000, 1, 1), timezones=st.just(UTC))),  # noqa: DTZ001
        requires_python=draw(st.none() | _texts),
        yanked=draw(st.none() | _texts),
        core_metadata=draw(st.none() | _hashes),
        extra=draw(_extra),
    )


_pages = st.builds(
    Page,
    project=_projects,
    files=st.lists(_files(), max_size=4, unique_by=lambda file: file.name).map(in_order),
    api_version=_versions,
    meta=_extra,
    extra=_extra,
)
_roots = st.builds(
    Root,
    projects=st.dictionaries(_projects, _extra, max_size=4).map(lambda found: dict(sorted(found.items()))),
    api_version=_versions,
    meta=_extra,
    extra=_extra,
)


@given(_pages)
def test_json_says_all_that_a_page_holds(page: Page) -> None:
    assert simple_json.parse(simple_json.render(page)) == page


@given(_pages)
def test_html_says_all_that_html_can(page: Page) -> None:
    shown = replace(page, files=tuple(file.in_html() for file in page.files), meta={}, extra={})
    assert simple_html.parse(simple_html.render(page), page.project) == shown


@given(_roots)
def test_root_survives_both_forms(root: Root) -> None:
    assert simple_json.parse_root(simple_json.render_root(root)) == root
    shown = Root(projects={name: {} for name in root.projects}, api_version=root.api_version)
    assert simple_html.parse_root(simple_html.render_root(root)) == shown


@given(_pages)
def test_html_follows_from_json(page: Page) -> None:
    assert simple_html.render(simple_json.parse(simple_json.render(page))) == simple_html.render(page)


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.hrefs: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if "href" in dict(attrs):
            self.hrefs.append(dict(attrs)["href"])


@given(_pages)
def test_a_browser_sees_one_link_for_each_file_and_nothing_else(page: Page) -> None:
    links = _Links()
    links.feed(simple_html.render(page).decode())
    assert [(href or "").partition("#")[0] for href in links.hrefs] == [file.url for file in page.files]
    assert set(links.tags) <= {"html", "head", "meta", "title", "body", "h1", "a", "br"}


def test_metadata_cannot_add_a_link() -> None:
    file = File(name="a-1-py3-none-any.whl", url="a-1-py3-none-any.whl", requires_python=EVIL)
    html = simple_html.render(Page(project="a", files=(file,))).decode()
    assert 'data-requires-python="&quot;&gt;&lt;a href=//evil.example/x.whl&gt;"' in html
    assert html.count("<a ") == 1


def test_html_page_as_it_stands() -> None:
    file = File(
        name="acme_core-1.0-py3-none-any.whl",
        url="acme_core-1.0-py3-none-any.whl",
        hashes={"md5": "b" * 32, "sha256": SHA256},
        requires_python=">=3.9",
        yanked="broken & gone",
        core_metadata={"sha256": "c" * 64},
    )
    assert (
        simple_html.render(Page(project="acme-core", files=(file,))).decode()
        == f"""<!DOCTYPE html>
<html>
  <head>
    <meta charset="utf-8">
    <meta name="pypi:repository-version" content="1.1">
    <title>Links for acme-core</title>
  </head>
  <body>
    <h1>Links for acme-core</h1>
    <a href="acme_core-1.0-py3-none-any.whl#sha256={SHA256}" data-requires-python="&gt;=3.9"\
 data-core-metadata="sha256={"c" * 64}" data-dist-info-metadata="sha256={"c" * 64}"\
 data-yanked="broken &amp; gone">acme_core-1.0-py3-none-any.whl</a><br>
  </body>
</html>
"""
    )


def test_versions_are_those_of_the_wheels_in_order() -> None:
    names = [
        "a-1.10-py3-none-any.whl",
        "a-1.9-py3-none-any.whl",
        "a-1.9-cp311-cp311-win_amd64.whl",
        "a-0.1.tar.gz",
    ]
    page = Page(project="a", files=in_order(File(name=name, url=name) for name in names))
    assert json.loads(simple_json.render(page))["versions"] == ["1.9", "1.10"]


def test_upload_times_are_told_in_utc() -> None:
    noon = datetime(2026, 1, 2, 12, tzinfo=timezone(timedelta(hours=2)))
    page = Page(project="a", files=(File(name="a.whl", url="a.whl", upload_time=noon),))
    assert json.loads(simple_json.render(page))["files"][0]["upload-time"] == "2026-01-02T10:00:00.000000Z"


def test_a_page_grows_by_files_and_keeps_those_that_it_has() -> None:
    old = File(name="b.whl", url="b.whl", hashes={"sha256": SHA256}, yanked="why")
    page = Page(project="a", files=(old,)).with_files(
        [replace(old, yanked=None), File(name="c.whl", url="c.whl"), File(name="a.whl", url="a.whl")]
    )
    assert [file.name for file in page.files] == ["a.whl", "b.whl", "c.whl"]
    assert page.by_name["b.whl"] == old


@pytest.mark.parametrize("name", ["", ".", "..", "a/b.whl", "a\\b.whl", "a\n.whl", "a\0.whl", "a\ud800.whl"])
def test_a_file_name_is_no_path(name: str) -> None:
    with pytest.raises(PageError, match="is not a file name"):
        File(name=name, url="x")


@pytest.mark.parametrize(
    "hashes", [{"sha256": "abc"}, {"sha256": "A" * 64}, {"md5": EVIL}, {"a=b": "00"}, {"": "0"}]
)
def test_a_hash_is_a_hash(hashes: dict[str, str]) -> None:
    with pytest.raises(PageError, match="is not a hash"):
        File(name="a.whl", url="a.whl", hashes=hashes)
    with pytest.raises(PageError, match="is not a hash"):
        File(name="a.whl", url="a.whl", core_metadata=hashes)


def _document(**changes: object) -> bytes:
    file = {"filename": "a-1-py3-none-any.whl", "url": "a-1-py3-none-any.whl", "hashes": {}, **changes}
    return json.dumps({"meta": {"api-version": "1.0"}, "name": "a", "files": [file]}).encode()


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        (b"", "not JSON"),
        (_document()[:-1], "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"meta": {"api-version": "1.0"}, "name": "a", "files": [], "x": NaN}', "not JSON: NaN"),
        (b'{"x": ' + b"9" * 5000 + b"}", "not JSON"),
        (b"[]", "the page is not a table"),
        (b'{"name": "a", "files": []}', "meta is missing"),
        (b'{"meta": {}, "name": "a", "files": []}', "meta.api-version is missing"),
        (b'{"meta": {"api-version": "2.0"}, "name": "a", "files": []}', "version '2.0' of the simple API"),
        (b'{"meta": {"api-version": "1.0"}, "files": []}', "name is missing"),
        (
            b'{"meta": {"api-version": "1.0"}, "name": "../a", "files": []}',
            "'../a' is not the name of a project",
        ),
        (b'{"meta": {"api-version": "1.0"}, "name": "a"}', "files is missing"),
        (b'{"meta": {"api-version": "1.0"}, "name": "a", "files": {}}', "files is a dict, not a list"),
        (b'{"meta": {"api-version": "1.0"}, "name": "a", "files": [1]}', r"files\[0\] is not a table"),
        (_document(filename=None), r"files\[0\].filename is missing"),
        (_document(filename="../a"), "is not a file name"),
        (_document(url=None), r"files\[0\].url is missing"),
        (_document(url="http://[x/a.whl"), "is not a link"),
        (_document(hashes=None), r"files\[0\].hashes is missing"),
        (_document(hashes={"sha256": 1}), "is not a hash"),
        (_document(size="1"), r"files\[0\].size is a str, not a int"),
        (_document(size=True), r"files\[0\].size is a bool, not a int"),
        (_document(yanked=1), "yanked is neither"),
        (_document(yanked="\0"), "no page can show"),
        (_document(**{"requires-python": "\ud800"}), "no page can show"),
        (_document(**{"core-metadata": "sha256=aa"}), "core-metadata is neither"),
        (_document(**{"upload-time": "yesterday"}), "'yesterday' is not a time"),
        (_document(**{"upload-time": "2026-01-02T10:00:00"}), "names no time zone"),
    ],
)
def test_json_that_is_no_page_is_refused(document: bytes, complaint: str) -> None:
    with pytest.raises(PageError, match=complaint):
        simple_json.parse(document)


@pytest.mark.parametrize("projects", [None, {}, [1], [{}], [{"name": ".."}]])
def test_json_that_is_no_root_is_refused(projects: object) -> None:
    with pytest.raises(PageError):
        simple_json.parse_root(json.dumps({"meta": {"api-version": "1.0"}, "projects": projects}).encode())


def test_one_name_for_two_files_is_refused() -> None:
    twice = [File(name="a.whl", url="a.whl", hashes={"sha256": digit * 64}) for digit in "ab"]
    with pytest.raises(PageError, match="listed twice"):
        in_order(twice)
    assert in_order([twice[0], twice[0]]) == (twice[0],)


@pytest.mark.parametrize(
    ("said", "meant"), [(None, None), (False, None), ("", None), (True, ""), ("broken", "broken")]
)
def test_yanked_is_understood_as_pip_does(said: object, meant: str | None) -> None:
    assert simple_json.parse(_document(yanked=said)).files[0].yanked == meant


@pytest.mark.parametrize(
    ("said", "meant"), [(None, None), (False, None), (True, {}), ({"sha256": SHA256},) * 2]
)
@pytest.mark.parametrize("key", ["core-metadata", "dist-info-metadata"])
def test_core_metadata_is_known_by_both_its_names(key: str, said: object, meant: object) -> None:
    assert simple_json.parse(_document(**{key: said})).files[0].core_metadata == meant


def test_links_are_resolved_against_the_page() -> None:
    page = simple_json.parse(_document(url="../../files/a.whl#sha256=00"), "https://index.example/simple/a/")
    assert page.files[0].url == "https://index.example/files/a.whl"


def test_a_foreign_html_page() -> None:
    page = simple_html.parse(
        f"""<html><body><a href="../">up</a><a name="here">here</a>
        <A HREF='/files/Acme_Core-1.0%2Bx-py3-none-any.whl#md5=0&amp;sha256={SHA256.upper()}'
           DATA-REQUIRES-PYTHON="&gt;=3.9" data-requires-python="other" data-yanked>text is for people</A>
        <a href=" https://files.example/acme-core-1.0.tar.gz?token=1 " data-dist-info-metadata="true">x</a>
        <a href="acme_core-2.0-py3-none-any.whl" data-core-metadata="false">x</a>""".encode(),
        "acme-core",
        "https://index.example/simple/acme-core/",
    )
    first, sdist, second = page.files
    assert page.api_version == "1.0"
    assert first == File(
        name="Acme_Core-1.0+x-py3-none-any.whl",
        url="https://index.example/files/Acme_Core-1.0%2Bx-py3-none-any.whl",
        hashes={"md5": "0"},
        requires_python=">=3.9",
        yanked="",
    )
    assert (sdist.name, sdist.core_metadata, sdist.sha256) == ("acme-core-1.0.tar.gz", {}, None)
    assert sdist.url == "https://files.example/acme-core-1.0.tar.gz?token=1"
    assert second.url == "https://index.example/simple/acme-core/acme_core-2.0-py3-none-any.whl"
    assert second.core_metadata is None


def test_a_base_in_the_page_is_where_links_start() -> None:
    html = b'<base href="https://mirror.example/a/"><a href="x.whl">x</a>'
    assert (
        simple_html.parse(html, "x", "https://index.example/").files[0].url
        == "https://mirror.example/a/x.whl"
    )


@pytest.mark.parametrize(
    "html",
    [
        b"\xff",
        b'<meta name="pypi:repository-version" content="2.0">',
        b'<a href="http://[x/a.whl">x</a>',
        b'<a href="a%0A.whl">x</a>',
        b'<a href="a.whl#sha256=00">x</a>',
    ],
)
def test_html_that_is_no_page_is_refused(html: bytes) -> None:
    with pytest.raises(PageError):
        simple_html.parse(html, "a")


_bytes = st.binary() | st.text().map(str.encode)


@given(_bytes | st.sampled_from([b"<![x", b"<![CDATA[", b"<!DOCTYPE [", b"<a href", b"<!--", b"&#"]))
def test_any_bytes_are_a_page_or_an_error(text: bytes) -> None:
    with suppress(PageError):
        simple_html.parse(text, "a")
    with suppress(PageError):
        simple_json.parse(text)
