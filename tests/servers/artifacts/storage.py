"""Where a feed's downloads are redirected to: an origin of its own, which no feed credential may reach."""

import re
import secrets

from tests.servers.artifacts.feeds import File
from tests.servers.loopback import LoopbackServer
from tests.servers.messages import Request, Response

_RANGE = re.compile(r"bytes=(\d+)-(\d*)$")


class Storage(LoopbackServer):
    """Serves each file under a signed address, whole or in ranges; refuses a request with credentials.

    `front` is the address it gives when that is not its own, such as a proxy's.
    """

    def __init__(self) -> None:
        super().__init__(self._serve)
        self.front = ""
        self._files: dict[str, File] = {}

    def address(self, file: File) -> str:
        """A new address of the file, which is secret enough to need no credentials."""
        path = f"/{file.sha256}/{file.name}"
        signature = secrets.token_urlsafe(16)
        self._files[f"{path}?sig={signature}"] = file
        return f"{self.front or self.url}{path}?sig={signature}"

    def _serve(self, request: Request) -> Response:
        if request.header("Authorization"):
            # The blob service reads any Authorization header, and Basic means nothing to it.
            return _refused(400, "InvalidAuthenticationInfo")
        file = self._files.get(request.target)
        if file is None:
            return _refused(403, "AuthenticationFailed")
        wanted = _RANGE.match(request.header("Range"))
        kind = (("Content-Type", "application/octet-stream"), ("Accept-Ranges", "bytes"))
        if wanted is None:
            return Response(headers=kind, body=file.content)
        size = len(file.content)
        start, end = int(wanted[1]), min(int(wanted[2] or size), size - 1)
        part = file.content[start : end + 1]
        return Response(
            status=206, headers=(*kind, ("Content-Range", f"bytes {start}-{end}/{size}")), body=part
        )


def _refused(status: int, code: str) -> Response:
    body = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code></Error>'.encode()
    return Response(
        status=status, headers=(("Content-Type", "application/xml"), ("x-ms-error-code", code)), body=body
    )
