"""An index as installers read it: the simple page of a project, in HTML or JSON, and the files behind it."""

import re
from collections.abc import Sequence
from pathlib import Path

from wheelpin.errors import SignInError, TargetError, VerificationError
from wheelpin.stores import Published, simple_html, simple_json
from wheelpin.stores.simple import Page, PageError
from wheelpin.web import Answer, Web
from wheelpin.web.words import server_words

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
_JSON = ("application/vnd.pypi.simple.v1+json", "application/json")
_DISTRIBUTION = re.compile(r".*\.(whl|tar\.gz|tar\.bz2|zip|egg|tgz)", re.IGNORECASE)
_SIMPLE = re.compile(rb"links for|simple index|pypi:repository-version", re.IGNORECASE)
_NOT_FOUND = 404


class SimpleIndex:
    """The pages below `url`, which ends in a slash, for the store `name`.

    A 404 whose body `astray` matches is not about the project: the index itself is not there.
    """

    def __init__(self, name: str, url: str, web: Web, astray: re.Pattern[bytes] | None = None) -> None:
        self._name = name
        self._astray = astray
        self.url = f"{url.rstrip('/')}/"
        self._web = web

    def files(self, project: str) -> Sequence[Published]:
        """The distributions on the page of a project, in file name order; none where there is no page.

        Raises SignInError, TargetError: anything but a page and a definite 404 says nothing.
        """
        answer = self._web.get(f"{self.url}{project}/", ACCEPT)
        if answer.status == _NOT_FOUND:
            if self._astray and self._astray.search(answer.body):
                raise TargetError(f"store {self._name}: {server_words(answer.body)}", hint="mend the config")
            return []
        try:
            page = self._parse(answer, project)
        except PageError as error:
            raise TargetError(f"store {self._name}: {answer.url}: {error}") from error
        return [
            Published(file=file.name, sha256=file.sha256, url=file.url)
            for file in page.files
            if _DISTRIBUTION.fullmatch(file.name)
        ]

    def sha256(self, published: Published) -> str:
        """As the page states it; where it states none, of the bytes themselves."""
        return published.sha256 or self._web.download(published.url)

    def fetch(self, published: Published, folder: Path) -> Path:
        """See `Store.fetch`."""
        place = folder / published.file
        found = self._web.download(published.url, place)
        if published.sha256 not in {None, found}:
            raise VerificationError(
                f"store {self._name}: {published.file} has sha256 {found}, its index says {published.sha256}",
                hint="what was downloaded is not what was published: look at what stands between",
            )
        return place

    def _parse(self, answer: Answer, project: str) -> Page:
        if answer.kind in _JSON:
            return simple_json.parse(answer.body, answer.url)
        if b"<html" in answer.body.lower() and b"</html" not in answer.body.lower():
            raise PageError("the page ends in the middle")
        page = simple_html.parse(answer.body, project, answer.url)
        if not _SIMPLE.search(answer.body) and not any(
            _DISTRIBUTION.fullmatch(file.name) for file in page.files
        ):
            raise SignInError(
                f"store {self._name}: {answer.url} answers with a page that is no simple page,"
                " as sign-in pages and proxies do",
                hint="check the address, and who the credential in the environment belongs to",
            )
        return page
