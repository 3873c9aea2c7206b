"""pypiserver, the real one, in a process of its own: an index with the upload API and a simple page."""

import base64
import hashlib
import sys
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.servers import HOST, Process, ServerError, free_port

USER = "ada"


class PypiServer:
    """Serves the folder `packages`, to USER alone when there is a `password`; all in `folder`.

    With `hashes` the simple page carries `#sha256=` fragments. A file that is there already is refused with
    400 to twine and 409 to everybody else. Where `waitress` is installed it answers many requests at once.
    """

    def __init__(self, folder: Path, *, password: str | None = None, hashes: bool = True) -> None:
        self.packages = folder / "packages"
        self.packages.mkdir(parents=True)
        self.password = password
        self._folder = folder
        self._hashes = hashes
        self._process: Process | None = None
        self.url = ""

    @property
    def upload(self) -> str:
        return f"{self.url}/"

    @property
    def simple(self) -> str:
        return f"{self.url}/simple/"

    def start(self) -> Self:
        # pypiserver does not tell which port it got, so it gets one that may be taken in the meantime.
        for attempt in range(3):
            try:
                self._start_on(free_port())
            except ServerError:
                if attempt == 2:
                    raise
            else:
                break
        return self

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start_on(self, port: int) -> None:
        self.url = f"http://{HOST}:{port}"
        health = f"/health-{uuid.uuid4().hex}"  # only this very process answers there
        self._process = Process(
            [sys.executable, "-m", "pypiserver", "run", *self._options(port, health), str(self.packages)],
            folder=self._folder,
        )
        self._process.wait_for(lambda: _answers(f"{self.url}{health}"))

    def _options(self, port: int, health: str) -> list[str]:
        return [
            f"--host={HOST}",
            f"--port={port}",
            f"--health-endpoint={health}",
            "--disable-fallback",  # a project that is not here is not looked for on the open network
            f"--hash-algo={'sha256' if self._hashes else 'off'}",
            "--backend=simple-dir",
            *self._authentication(),
        ]

    def _authentication(self) -> list[str]:
        if self.password is None:
            return ["--authenticate=.", "--passwords=."]
        # htpasswd's own SHA scheme: two lines here, and no password library needs to agree.
        digest = base64.b64encode(hashlib.sha1(self.password.encode()).digest()).decode()
        passwords = self._folder / "passwords"
        passwords.write_text(f"{USER}:{{SHA}}{digest}\n", encoding="utf-8")
        return ["--authenticate=update,list,download", f"--passwords={passwords}"]


def _answers(url: str) -> bool | None:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return None
