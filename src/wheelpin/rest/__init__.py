"""The one client for Azure's REST: requests that are repeated where that is safe, failures in its own words.

A read is repeated until it is answered. A write is tried once: where nobody knows whether it happened, its
caller looks before it tries again. What an answer means is told by its status, never by `error.code`, which
Azure ML sets to `UserError` for 400, 404 and 409 alike.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, NoReturn
from urllib.parse import quote, urlencode, urljoin, urlsplit

from wheelpin.credentials.address import bare
from wheelpin.errors import OutcomeUnknownError, SignInError, TargetError, WheelpinError
from wheelpin.rest.link import Link, Reply, counted
from wheelpin.web.retries import TransientError
from wheelpin.web.words import retry_after, server_words

MOST_PAGES = 1000

_NO_QUERY: Mapping[str, str] = MappingProxyType({})
_ANSWERS = {200, 201, 202, 204, 404}
_PASSING = {408, 425, 429, 500, 502, 503, 504}
_READS = {"GET", "HEAD"}
_REQUEST_IDS = ("x-ms-request-id", "x-ms-correlation-request-id")


@dataclass(frozen=True, slots=True)
class Rest:
    """Requests on behalf of one thing, which errors name: `registry dev`."""

    link: Link
    subject: str

    def named(self, subject: str) -> "Rest":
        """The same, for something else."""
        return replace(self, subject=subject)

    def read(self, path: str, query: Mapping[str, str] = _NO_QUERY) -> Reply | None:
        """One attempt to read; None where there is nothing (404).

        Raises TransientError for what may pass, SignInError, TargetError.
        """
        reply = self._send("GET", self._url(path, query), None)
        return None if reply.status == HTTPStatus.NOT_FOUND else reply

    def get(self, path: str, query: Mapping[str, str] = _NO_QUERY) -> Reply | None:
        """The same, repeated as long as it may yet be answered."""
        return self.link.retries.persist(lambda: self.read(path, query))

    def pages(self, path: str, query: Mapping[str, str] = _NO_QUERY) -> Iterator[Any]:
        """The items of a list, page by page."""
        reply = self.get(path, query)
        for _ in range(MOST_PAGES):
            if reply is None:
                return
            found = reply.table.get("value")
            yield from found if isinstance(found, list) else ()
            following = reply.table.get("nextLink")
            if not following:
                return
            reply = self.get(str(following))
        raise TargetError(f"{self.subject}: {bare(self._url(path, {}))} is a list without end")

    def write(self, method: str, path: str, body: object, query: Mapping[str, str] = _NO_QUERY) -> Reply:
        """One attempt to write; 404 and 409 are answers too, for who wrote knows what they mean.

        Raises TransientError, of an OutcomeUnknownError unless it surely did not happen.
        """
        return self._send(method, self._url(path, query), body)

    def settled(self, reply: Reply) -> Reply:
        """Follow a long-running operation to its end; the last answer.

        Raises TargetError when it failed, OutcomeUnknownError when it takes too long.
        """
        start, attempt = self.link.retries.clock(), 0
        address = _operation(reply)
        while address:
            if self.link.retries.clock() - start > self.link.retries.deadline:
                raise OutcomeUnknownError(f"{self.subject}: {bare(address)} does not come to an end")
            self.link.retries.pause(attempt, _wait(reply))
            attempt += 1
            found = self.get(urljoin(reply.url, address))
            if found is None:
                return reply
            reply = found
            if not self._is_running(reply):
                return reply
            address = _operation(reply) or address
        return reply

    def refusal(self, reply: Reply, hint: str = "") -> TargetError:
        """What an answer says, as an error."""
        return TargetError(self._told(reply, "PUT"), hint=hint)

    def _is_running(self, reply: Reply) -> bool:
        if reply.status == HTTPStatus.ACCEPTED:
            return True
        status = reply.body.get("status") if isinstance(reply.body, Mapping) else None
        match str(status or "Succeeded").lower():
            case "succeeded" | "completed":
                return False
            case "failed" | "canceled" | "cancelled":
                raise TargetError(self._told(reply, "operation"))
            case _:
                return True

    def _url(self, path: str, query: Mapping[str, str]) -> str:
        url = path if "://" in path else f"{self.link.base}{path}"
        if not query:
            return url
        return f"{url}{'&' if '?' in url else '?'}{urlencode(query, safe='$/:@', quote_via=quote)}"

    def _send(self, method: str, url: str, body: object) -> Reply:
        from azure.core.exceptions import AzureError, ServiceRequestError

        if not self.link.allows(url):
            raise TargetError(
                f"{self.subject}: {bare(url)} is not a host of Azure's: our token is not sent there"
            )
        try:
            reply = self.link.send(method, url, body, headers={"Accept": "application/json"})
        except AzureError as error:
            sure = method in _READS or (isinstance(error, ServiceRequestError) and not _was_sent(error))
            raise TransientError(self._broken(url, error, sure=sure)) from error
        answers = _ANSWERS if method in _READS else {*_ANSWERS, HTTPStatus.CONFLICT}
        if reply.status not in answers:
            self._refuse(method, reply)
        return reply

    def _refuse(self, method: str, reply: Reply) -> NoReturn:
        told, status = self._told(reply, method), reply.status
        if status in _PASSING:
            sure = method in _READS or status == HTTPStatus.TOO_MANY_REQUESTS
            kind = TargetError if sure else OutcomeUnknownError
            error: WheelpinError = kind(told, hint="run the command again in a while")
            raise TransientError(error, _wait(reply))
        if status in {
            HTTPStatus.UNAUTHORIZED,
            HTTPStatus.FORBIDDEN,
            HTTPStatus.NON_AUTHORITATIVE_INFORMATION,
        }:
            hint = f"who we are comes from {self.link.identity.source}: it has expired, or lacks the role"
            raise SignInError(told, hint=hint)
        raise TargetError(told)

    def _told(self, reply: Reply, method: str) -> str:
        said = self.link.redact(server_words(json.dumps(reply.body).encode() if reply.body else b""))
        request_id = next((found for name in _REQUEST_IDS if (found := reply.headers.get(name))), "")
        told = f"{self.subject}: {method} {bare(reply.url)}: {reply.status} {said}".rstrip()
        return f"{told} (request {server_words(request_id.encode())})" if request_id else told

    def _broken(self, url: str, error: Exception, *, sure: bool) -> WheelpinError:
        text = str(error).lower()
        if "certificate" in text:
            return TargetError(
                f"{self.subject}: {urlsplit(url).hostname} shows a certificate that is not trusted",
                hint="name the file with your own authority's certificates in REQUESTS_CA_BUNDLE",
            )
        why = "broke off in the middle of its answer"
        if "timed out" in text or "timeout" in text:
            why = "did not answer in time"
        elif "connection refused" in text or "resolve" in text or "establish a new connection" in text:
            why = "cannot be reached"
        kind = TargetError if sure else OutcomeUnknownError
        return kind(f"{self.subject}: {urlsplit(url).netloc} {why}", hint="check the address and the network")


def _operation(reply: Reply) -> str | None:
    """Where a long-running operation tells how it is doing; only 202 makes Location such a place."""
    address = reply.headers.get("Azure-AsyncOperation")
    if address or reply.status != HTTPStatus.ACCEPTED:
        return address
    return reply.headers.get("Location")


def _wait(reply: Reply) -> float | None:
    """Seconds that the service wants to be left alone; it may say so in milliseconds."""
    milliseconds = counted(reply.headers.get("retry-after-ms") or reply.headers.get("x-ms-retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    return retry_after(reply.headers.get("Retry-After"))


def _was_sent(error: Exception) -> bool:
    """Of a connection that was reset azure-core says the request failed; the service may have had it all."""
    text = str(error).lower()
    return "establish a new connection" not in text and "resolve" not in text and "certificate" not in text
