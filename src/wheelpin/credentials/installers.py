"""What pip, uv and netrc have been told of an index: user and password for its host; never asks anybody."""

import configparser
import netrc
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from wheelpin.credentials.address import as_sent
from wheelpin.credentials.redaction import Secret

_URLS = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL")
_MORE_URLS = ("UV_INDEX", "UV_EXTRA_INDEX_URL")
_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, kw_only=True, slots=True)
class Login:
    """A user and a password, and which setting they come from."""

    user: str
    password: Secret
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _Setting:
    name: str
    url: SplitResult
    login: Login


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port: what a credential is for. Raises ValueError for a port that is none."""
    parts = as_sent(url)
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), parts.port or _DEFAULT_PORTS.get(scheme, 0)


def find_login(url: str, environ: Mapping[str, str]) -> Login | None:
    """The login of the index whose address shares the most with `url`, which must have the same origin.

    Of equally good ones a variable comes before pip.conf, and netrc, which knows only hosts, is the last.
    """
    path = urlsplit(url).path
    best: tuple[int, Login] | None = None
    for setting in _settings(environ):
        if _same_origin(setting.url, url):
            shared = _shared(setting.url.path, path)
            if best is None or shared > best[0]:
                best = (shared, setting.login)
    return best[1] if best else _of_netrc(url, environ)


def _settings(environ: Mapping[str, str]) -> Iterator[_Setting]:
    named = [(name, url) for name in _URLS + _MORE_URLS for url in environ.get(name, "").split()]
    named += [("pip.conf", url) for url in _pip_urls(environ)]
    for name, address in named:
        # uv's indexes may have a name, which leads to two variables: NAME=https://…
        label, separator, url = address.partition("=")
        if not separator or "/" in label:
            label, url = "", address
        with suppress(ValueError):
            parts = urlsplit(url)
            login = _of_url(name, parts) or _of_label(label, environ)
            if login:
                yield _Setting(name=name, url=parts, login=login)


def _of_url(name: str, parts: SplitResult) -> Login | None:
    if not parts.password:
        return None
    return Login(user=unquote(parts.username or ""), password=Secret(unquote(parts.password)), source=name)


def _of_label(label: str, environ: Mapping[str, str]) -> Login | None:
    variable = f"UV_INDEX_{re.sub('[^A-Z0-9]', '_', label.upper())}"
    password = environ.get(f"{variable}_PASSWORD", "") if label else ""
    if not password:
        return None
    user = environ.get(f"{variable}_USERNAME", "")
    return Login(user=user, password=Secret(password), source=f"{variable}_PASSWORD")


def _pip_urls(environ: Mapping[str, str]) -> Iterator[str]:
    for place in _pip_files(environ):
        # pip's own reader interpolates nothing either.
        parser = configparser.RawConfigParser()
        with suppress(OSError, ValueError, configparser.Error):
            parser.read_string(place.read_text(encoding="utf-8"))
            for section in ("install", "global"):
                for key in ("index-url", "extra-index-url"):
                    yield from parser.get(section, key, fallback="").split()


def _pip_files(environ: Mapping[str, str]) -> Iterator[Path]:
    if told := environ.get("PIP_CONFIG_FILE"):
        yield Path(told)
    home = environ.get("HOME") or environ.get("USERPROFILE")
    if appdata := environ.get("APPDATA"):
        yield Path(appdata, "pip", "pip.ini")
    if home:
        yield Path(environ.get("XDG_CONFIG_HOME") or Path(home, ".config"), "pip", "pip.conf")
        yield Path(home, ".pip", "pip.conf")


def _of_netrc(url: str, environ: Mapping[str, str]) -> Login | None:
    home = environ.get("HOME") or environ.get("USERPROFILE")
    places = [environ["NETRC"]] if environ.get("NETRC") else []
    places += [str(Path(home, name)) for name in (".netrc", "_netrc") if home]
    host = urlsplit(url).hostname or ""
    for place in places:
        with suppress(OSError, netrc.NetrcParseError, UnicodeDecodeError):
            # An entry for every host ("default") names no host that its password was meant for.
            found = netrc.netrc(place).hosts.get(host)
            if found and found[2]:
                return Login(user=found[0] or found[1] or "", password=Secret(found[2]), source="netrc")
    return None


def _same_origin(parts: SplitResult, url: str) -> bool:
    try:
        return origin(parts.geturl()) == origin(url)
    except ValueError:
        return False


def _shared(one: str, other: str) -> int:
    """How many segments two paths have in common from the left."""
    count = 0
    for left, right in zip(one.strip("/").split("/"), other.strip("/").split("/"), strict=False):
        if left.lower() != right.lower():
            break
        count += 1
    return count
