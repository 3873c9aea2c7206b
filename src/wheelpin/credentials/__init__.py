"""Who we are to a feed or an index: found in the environment, in a fixed order, without any prompt.

A password leaves here only as a `Secret`, and `SignIn` takes it out of every text that comes back.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from wheelpin.credentials.address import as_sent
from wheelpin.credentials.entra import entra_identity, token_of
from wheelpin.credentials.installers import find_login, origin
from wheelpin.credentials.redaction import Redactor, Secret
from wheelpin.errors import SignInError

DEVOPS_SCOPE = "499b84ac-1321-427f-aa17-267ca6975798/.default"
"""The Azure DevOps resource, the same in every tenant."""

ANY_USER = "build"
"""Azure DevOps looks at the password alone; its own tasks send this name."""

_SERVICE = ("dev.azure.com", "visualstudio.com")

HINT = (
    "set TWINE_USERNAME and TWINE_PASSWORD; or, in Azure Pipelines, map SYSTEM_ACCESSTOKEN: "
    "$(System.AccessToken) into the step; or, for the service in the cloud, set AZURE_DEVOPS_EXT_PAT or "
    "sign in to Azure (azure/login, AzureCLI@2, `az login`)"
)


_TOKEN_HINT = (
    "in Azure Pipelines, map SYSTEM_ACCESSTOKEN: $(System.AccessToken) into the step; else set "  # noqa: S105
    "AZURE_DEVOPS_EXT_PAT, and SYSTEM_COLLECTIONURI for a server of your own"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Credential:
    """User and password, and which setting they come from. `entra`: the password is an Entra access token."""

    user: str
    password: Secret
    source: str
    entra: bool = False


class SignIn:
    """Who we are to one store: looked for once, when it is first needed."""

    def __init__(self, find: Callable[[], Credential | None]) -> None:
        self._find = find
        self._lock = threading.Lock()
        self._found: tuple[Credential | None, Redactor] | None = None

    @property
    def credential(self) -> Credential | None:
        """The credential; None is nobody, which open indexes are content with. Raises SignInError."""
        return self._once()[0]

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What a CI service has to mask in its log. Raises SignInError."""
        credential = self.credential
        return (credential.password,) if credential else ()

    @property
    def source(self) -> str:
        """Where the credential comes from, in words."""
        return self.credential.source if self.credential else "no credential"

    def redact(self, text: str) -> str:
        """The text without the password, in whatever form it stands there."""
        return self._found[1](text) if self._found else text

    def _once(self) -> tuple[Credential | None, Redactor]:
        with self._lock:
            if self._found is None:
                credential = self._find()
                known = [credential] if credential else []
                redactor = Redactor([each.password for each in known], [each.user for each in known])
                self._found = (credential, redactor)
            return self._found


def index_credential(url: str, environ: Mapping[str, str]) -> Credential | None:
    """TWINE_USERNAME and TWINE_PASSWORD, else what pip, uv or netrc know of this index; None is nobody."""
    return _explicit(url, environ, "__token__") or _configured(url, environ)


def feed_credential(url: str, environ: Mapping[str, str], entra: Callable[[], Secret]) -> Credential:
    """The first of TWINE_*, SYSTEM_ACCESSTOKEN, AZURE_DEVOPS_EXT_PAT, Entra, and pip's and uv's settings.

    `entra` asks other programs and the network, so it is only called when nothing stands before it. Raises
    SignInError.
    """
    return (
        _explicit(url, environ, ANY_USER)
        or _token("SYSTEM_ACCESSTOKEN", url, environ)
        or _token("AZURE_DEVOPS_EXT_PAT", url, environ)
        or _entra_or_configured(url, environ, entra)
    )


def devops_credential(url: str, environ: Mapping[str, str], entra: Callable[[], Secret]) -> Credential:
    """Who we are to the REST of a collection: SYSTEM_ACCESSTOKEN, AZURE_DEVOPS_EXT_PAT, then Entra.

    Raises SignInError.
    """
    token = _token("SYSTEM_ACCESSTOKEN", url, environ) or _token("AZURE_DEVOPS_EXT_PAT", url, environ)
    if token is not None:
        return token
    if is_service(url):
        return Credential(user=ANY_USER, password=entra(), source="Entra", entra=True)
    raise SignInError(f"no credential for {urlsplit(url).hostname} is at hand", hint=_TOKEN_HINT)


def is_service(url: str) -> bool:
    """Whether this is Azure DevOps in the cloud, which takes Entra's tokens; one's own server does not."""
    host = as_sent(url).hostname or ""
    return any(host == name or host.endswith(f".{name}") for name in _SERVICE)


def entra_token(environ: Mapping[str, str]) -> Secret:
    """A token of whoever this machine or job is to Entra; opens no browser. Raises SignInError."""
    identity = entra_identity(environ)
    try:
        return Secret(token_of(identity, DEVOPS_SCOPE, "Azure DevOps").token)
    except SignInError as error:
        raise SignInError(error.message, hint=HINT) from error
    finally:
        identity.close()


def _entra_or_configured(url: str, environ: Mapping[str, str], entra: Callable[[], Secret]) -> Credential:
    error = SignInError(f"no credential for {urlsplit(url).hostname} is at hand", hint=HINT)
    if is_service(url):
        try:
            return Credential(user=ANY_USER, password=entra(), source="Entra", entra=True)
        except SignInError as refused:
            error = refused
    configured = _configured(url, environ)
    if configured is None:
        raise error
    return configured


def _explicit(url: str, environ: Mapping[str, str], default_user: str) -> Credential | None:
    """Twine's own variables; where TWINE_REPOSITORY_URL says what they are for, for nothing else."""
    password, meant = environ.get("TWINE_PASSWORD", ""), environ.get("TWINE_REPOSITORY_URL", "")
    if not password or (meant and not _one_origin(meant, url)):
        return None
    user = environ.get("TWINE_USERNAME") or default_user
    return Credential(user=user, password=Secret(password), source="TWINE_PASSWORD")


def _token(name: str, url: str, environ: Mapping[str, str]) -> Credential | None:
    """A token of Azure DevOps, for the service or the collection of the job that runs.

    `url` comes from a repository that anybody may have changed.
    """
    token = environ.get(name, "")
    collections = (
        environ.get("SYSTEM_COLLECTIONURI", ""),
        environ.get("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI", ""),
    )
    if not token or not (is_service(url) or any(_one_origin(each, url) for each in collections if each)):
        return None
    return Credential(user=ANY_USER, password=Secret(token), source=name)


def _configured(url: str, environ: Mapping[str, str]) -> Credential | None:
    login = find_login(url, environ)
    if login is None:
        return None
    return Credential(user=login.user or ANY_USER, password=login.password, source=login.source)


def _one_origin(one: str, other: str) -> bool:
    try:
        return origin(one) == origin(other)
    except ValueError:
        return False
