"""Azure DevOps' REST, asked through the official client, with its errors in our words and without secrets."""

import importlib
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from wheelpin.credentials import SignIn
from wheelpin.errors import SignInError, TargetError, WheelpinError
from wheelpin.web.retries import TransientError
from wheelpin.web.words import server_words

if TYPE_CHECKING:
    from msrest.authentication import Authentication

T = TypeVar("T")

_IMPORTING = threading.Lock()
_REFUSED = ("Unauthorized", "NeedsPermission", "AccessDenied", "AccessCheck")
_FINAL = ("NotFound", "Invalid", "ReadOnly", "AlreadyExists")


class DevOps:
    """Asks some areas of a collection; finds the service's addresses when it is first used.

    Errors begin with `title`; `hint` is what to do when we are refused, with `{source}` for who we are.
    """

    def __init__(
        self, *, title: str, collection: str, areas: Sequence[str], sign_in: SignIn, hint: str
    ) -> None:
        self._title = title
        self._collection = collection
        self._areas = areas
        self._sign_in = sign_in
        self._hint = hint
        self._lock = threading.Lock()

    def ask(self, ask: Callable[[Any], T]) -> T:
        """What `ask` gets from the clients of version 7.1.

        Raises SignInError, TargetError; TransientError for what may go better in a moment.
        """
        with self._translated():
            with self._lock:
                clients = self._clients
            return ask(clients)

    @cached_property
    def _clients(self) -> Any:  # noqa: ANN401 - the package has no types
        with _IMPORTING, warnings.catch_warnings():
            # Its docstrings hold escapes that Python warns of when it compiles them.
            warnings.simplefilter("ignore")
            try:
                from azure.devops.connection import Connection  # type: ignore[import-untyped]

                for area in self._areas:
                    importlib.import_module(f"azure.devops.v7_1.{area}")
            except OSError as error:
                raise TargetError(
                    f"azure-devops cannot make its cache folder: {error.filename}: {error.strerror}",
                    hint="set AZURE_DEVOPS_CACHE_DIR to a folder that can be written",
                ) from error
        return Connection(self._collection, _authentication(self._sign_in)).clients_v7_1

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Say what the client and the service say in our words, without any secret."""
        from azure.core.exceptions import DeserializationError
        from msrest.exceptions import AuthenticationError, ClientException

        try:
            yield
        except WheelpinError:
            raise
        except AuthenticationError as error:
            raise self._refused(error) from error
        except DeserializationError as error:
            if "content-type" in str(error):  # a success that is no JSON is the sign-in page
                raise self._refused(error) from error
            raise TransientError(self._failure(error)) from error
        except (ClientException, ValueError) as error:
            kind = str(getattr(error, "type_key", ""))
            if any(word in kind for word in _REFUSED):
                raise self._refused(error) from error
            if any(word in kind for word in _FINAL):
                raise self._failure(error) from error
            raise TransientError(self._failure(error)) from error

    def _failure(self, error: Exception) -> TargetError:
        return TargetError(f"{self._title}: {self._words(error)}")

    def _refused(self, error: Exception) -> SignInError:
        hint = self._hint.format(source=self._sign_in.source)
        return SignInError(f"{self._title}: {self._words(error)}", hint=hint)

    def _words(self, error: Exception) -> str:
        return self._sign_in.redact(server_words(str(error).encode()))


def _authentication(sign_in: SignIn) -> "Authentication":
    """Entra's tokens are Bearer to REST, anything else is a password."""
    from msrest.authentication import BasicAuthentication, BasicTokenAuthentication

    credential = sign_in.credential
    if credential is None:
        return BasicAuthentication("", "")
    password = credential.password.reveal()
    if credential.entra:
        return BasicTokenAuthentication({"access_token": password})
    return BasicAuthentication(credential.user, password)
