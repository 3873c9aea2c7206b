"""Twine as a process: sends wheels to an index, and says how far it got; what stands there it does not know.

A 203 or an HTML page is a success to twine, and it sends the same file anew after a 5xx without looking. So
nothing that it says is taken for what happened: the index is read before and after.
"""

import hashlib
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from wheelpin.command import CommandError, run
from wheelpin.credentials import SignIn
from wheelpin.errors import VerificationError
from wheelpin.web.words import server_words
from wheelpin.wheel import Wheel

SLOWEST = 256 << 10
"""Bytes a second; an upload that is slower is given up."""
PATIENCE = 120.0
"""Seconds for everything else in one process."""

_HANDED_ON = re.compile(
    r"PATH|SYSTEMROOT|TEMP|TMP|TMPDIR|LANG|LC_ALL|(HTTPS?|ALL|NO)_PROXY|(REQUESTS|CURL)_CA_BUNDLE"
    r"|SSL_CERT_(FILE|DIR)|TWINE_(CERT|CLIENT_CERT)"
)
_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_BEGUN = re.compile(r"^Uploading (\S+\.whl)\s*$", re.MULTILINE)
_ERROR = re.compile(r"^ERROR\s+(\w+): (?:(\d{3}) .*? from \S+\n)?(.*)", re.MULTILINE | re.DOTALL)
_RESPONSE = re.compile(r"^INFO\s+Response from [^\n]*\n[^\n]*\n", re.MULTILINE)
_LEVEL = re.compile(r"^(?:INFO|WARNING|ERROR)\b", re.MULTILINE)
_EXCEPTION = re.compile(r"^[A-Za-z_][\w.]*(?:Error|Exception|Timeout)\b.*", re.MULTILINE)
_UNREACHABLE = re.compile(r"establish a new connection|failed to resolve|ProxyError|SSLError", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """Why twine ended early: at which `file`, with which HTTP status if any, and the server's words.

    `unsent` when no connection was ever made, so that nothing can have happened. `stopped` when twine did not
    end by itself: it took too long, or we were interrupted.
    """

    file: str | None
    status: int | None
    words: str
    unsent: bool = False
    stopped: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Twine:
    """Sends to the upload address `url`; the child finds the credential in its environment alone."""

    url: str
    sign_in: SignIn
    environ: Mapping[str, str]

    def send(self, wheels: Sequence[Wheel]) -> Refusal | None:
        """Send the wheels in order; why twine stopped, or None when it was content with every answer."""
        options = ["--non-interactive", "--disable-progress-bar", "--verbose"]
        # -P: a file called twine.py beside the wheels is not twine.
        argv = [sys.executable, "-P", "-m", "twine", "upload", *options]
        seconds = PATIENCE + sum(wheel.size for wheel in wheels) / SLOWEST
        try:
            run(
                [*argv, *(str(wheel.path.absolute()) for wheel in wheels)],
                cwd=wheels[0].path.parent,
                env=self._environment(),
                timeout=seconds,
            )
        except CommandError as error:
            found = refusal(self.sign_in.redact(_STYLE.sub("", error.output)))
            if error.code in {None, 130} or (error.code or 0) < 0:
                return replace(found, status=None, words=error.message, stopped=True)
            return found
        return None

    def _environment(self) -> dict[str, str]:
        system = {name: value for name, value in self.environ.items() if _HANDED_ON.fullmatch(name.upper())}
        credential = self.sign_in.credential
        return {
            **system,
            "TWINE_REPOSITORY_URL": self.url,
            "TWINE_USERNAME": credential.user if credential else "",
            "TWINE_PASSWORD": credential.password.reveal() if credential else "",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONIOENCODING": "utf-8",
            "COLUMNS": "1000",  # it breaks the server's words at 80 otherwise, and pads them at more
        }


def refusal(output: str) -> Refusal:
    """What twine's output says of why it ended."""
    output = "\n".join(line.rstrip() for line in output.splitlines())
    begun = _BEGUN.findall(output)
    file = begun[-1] if begun else None
    error = _ERROR.search(output)
    if error is None:
        told = _EXCEPTION.findall(output) or output.strip().splitlines()[-1:]
        words = server_words((told[-1] if told else "twine said nothing").encode())
        unsent = bool(_UNREACHABLE.search(words))
        # requests wraps what urllib3 wraps what the socket said.
        words = words.rpartition(": ")[2].strip("\"')") if unsent else words
        return Refusal(file=file, status=None, words=words, unsent=unsent)
    kind, status, said = error.groups()
    body = _body(output)
    words = server_words(body.encode(), server_words(said.encode()))
    if status is None:
        words = f"{kind}: {words}"
    return Refusal(file=file, status=int(status) if status else None, words=words)


def _body(output: str) -> str:
    """What the server answered to the last upload, as far as twine shows it."""
    *_, last = _RESPONSE.split(output) if _RESPONSE.search(output) else ("",)
    return _LEVEL.sub("", f"\n{last}".partition("\nERROR ")[0]).strip()


def look_at(wheel: Wheel) -> None:
    """Raise VerificationError for a wheel whose file is not what was read."""
    try:
        with wheel.path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise VerificationError(f"{wheel.file} cannot be read any more: {error.strerror}") from error
    if found != wheel.sha256:
        raise VerificationError(f"{wheel.file} has changed since it was read", hint="run the command again")
