"""Delivery: look, send, look again. What an index's pages show decides what happened, never twine's word."""

import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby

from wheelpin.errors import (
    OutcomeUnknownError,
    SignInError,
    TargetError,
    VerificationError,
    WheelpinError,
)
from wheelpin.stores import Clash, conflict
from wheelpin.stores.reading import SimpleIndex
from wheelpin.stores.twine import Refusal, Twine, look_at
from wheelpin.web.retries import Retries
from wheelpin.wheel import Wheel

SENDS = 4
"""How often a file is sent whose upload was answered by an error that may pass."""

LOOKUPS_AT_ONCE = 8

TAKEN = re.compile(r"\balready (contains|exists|been (used|taken))\b|\bexists already\b", re.IGNORECASE)
"""How indexes word that they know a file's name, under 400 or 409, which mean much else too.

A 403 never comes as far: it is about who we are.
"""

_PASSING = {None, 408, 425, 429, 500, 502, 503, 504}


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """Sends wheels to the index of the store `name`.

    `explain` tells of a refused wheel that no page shows why that is; None when it was stored all the same
    and will be shown. `patient` is how many seconds a page may take to show what was sent.
    """

    name: str
    index: SimpleIndex
    twine: Twine
    explain: Callable[[Wheel, Refusal], WheelpinError | None]
    retries: Retries
    patient: float
    _sent: set[str] = field(default_factory=set)
    _shown: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def upload(self, wheels: Sequence[Wheel]) -> Mapping[str, WheelpinError]:
        """See `Batched.upload_all`."""
        failed: dict[str, WheelpinError] = {}
        for wheel in wheels:
            try:
                look_at(wheel)
            except VerificationError as error:
                failed[wheel.file] = error
        waiting = self._absent(wheels, failed)
        times: dict[str, int] = {}
        while waiting:
            refusal = self.twine.send(waiting)
            if refusal is None:
                self._note(self._sent, waiting)
                self._absent(waiting, failed)
                break
            waiting = self._after(refusal, waiting, times, failed)
        return failed

    def wait(self, project: str, wheels: Sequence[Wheel]) -> None:
        """Return once the page of the project shows the wheels with their hashes.

        Raises ConflictError for another hash, VerificationError for a wheel that was never uploaded, and
        OutcomeUnknownError when time is up.
        """
        self.see(self.index, project, wheels)
        self._note(self._shown, wheels)

    def see(self, index: SimpleIndex, project: str, wheels: Sequence[Wheel]) -> None:
        """The same for another index of the store, such as that of a view."""
        missing = [wheel for wheel in wheels if index is not self.index or wheel.sha256 not in self._shown]

        def look() -> bool:
            absent, clashes = self._compare(index, project, missing)
            if clashes:
                raise conflict(clashes)
            strangers = [wheel.file for wheel in absent if wheel.sha256 not in self._sent | self._shown]
            if strangers:
                raise VerificationError(
                    f"store {self.name}: {', '.join(strangers)} was not uploaded before it is published"
                )
            missing[:] = absent
            return not absent

        if missing and not self.retries.until(self.patient, look):
            raise OutcomeUnknownError(
                f"store {self.name}: {index.url}{project}/ does not show"
                f" {', '.join(wheel.file for wheel in missing)} after {self.patient:.0f} s",
                hint="it was sent, and may be shown late: run the same command again",
            )

    def _after(
        self,
        refusal: Refusal,
        waiting: Sequence[Wheel],
        times: dict[str, int],
        failed: dict[str, WheelpinError],
    ) -> list[Wheel]:
        """What is still to be sent once twine has stopped at one of the files."""
        names = [wheel.file for wheel in waiting]
        at = names.index(refusal.file) if refusal.file in names else 0
        # What stands before it was answered with success, and may only be shown later.
        self._note(self._sent, waiting[:at])
        culprit = waiting[at]
        left = self._absent(waiting, failed)
        others = [wheel for wheel in left if wheel in waiting[at + 1 :]]
        if culprit not in left:
            return others
        times[culprit.file] = times.get(culprit.file, 0) + 1
        if refusal.status in _PASSING and not refusal.stopped and times[culprit.file] < SENDS:
            self.retries.pause(times[culprit.file])
            return [culprit, *others]
        error = self._verdict(culprit, refusal)
        if error is None:
            self._note(self._sent, [culprit])
        else:
            failed[culprit.file] = error
        if refusal.file is None or refusal.stopped or refusal.status in {401, 403}:
            # Not about this file: the next one would meet the same.
            failed.update((wheel.file, error) for wheel in others if error)
            return []
        return others

    def _verdict(self, wheel: Wheel, refusal: Refusal) -> WheelpinError | None:
        place = f"store {self.name}: {wheel.file}"
        match refusal.status:
            case None if refusal.unsent or refusal.file is None:
                return TargetError(f"{place} could not be sent: {refusal.words}")
            case None | 408 | 500 | 502 | 503 | 504:
                return OutcomeUnknownError(
                    f"{place}: nobody knows whether it was stored: {refusal.words}",
                    hint="it is not shown so far; run the same command again, which looks first",
                )
            case 401 | 403:
                return SignInError(
                    f"{place} was refused ({refusal.status}): {refusal.words}",
                    hint=f"{self.twine.sign_in.source} must be allowed to publish there",
                )
            case _:
                return self.explain(wheel, refusal)

    def _absent(self, wheels: Iterable[Wheel], failed: dict[str, WheelpinError]) -> list[Wheel]:
        """The wheels that no page shows; those that are there with other content are noted as failed."""
        left = sorted((wheel for wheel in wheels if wheel.file not in failed), key=_project)
        groups = [tuple(group) for _, group in groupby(left, _project)]
        with ThreadPoolExecutor(LOOKUPS_AT_ONCE) as pool:
            looks = [pool.submit(self._compare, self.index, group[0].name, group) for group in groups]
        found: list[Wheel] = []
        for group, look in zip(groups, looks, strict=True):
            try:
                absent, clashes = look.result()
            except WheelpinError as error:
                failed.update((wheel.file, error) for wheel in group)
                continue
            failed.update((clash.wheel.file, conflict([clash])) for clash in clashes)
            unfit = {*absent, *(clash.wheel for clash in clashes)}
            self._note(self._shown, [wheel for wheel in group if wheel not in unfit])
            found += absent
        return found

    def _compare(
        self, index: SimpleIndex, project: str, wheels: Sequence[Wheel]
    ) -> tuple[list[Wheel], list[Clash]]:
        listed = {published.file: published for published in index.files(project)} if wheels else {}
        absent = [wheel for wheel in wheels if wheel.file not in listed]
        clashes = [
            Clash(store=self.name, wheel=wheel, held=held)
            for wheel in wheels
            if wheel.file in listed and (held := index.sha256(listed[wheel.file])) != wheel.sha256
        ]
        return absent, clashes

    def _note(self, seen: set[str], wheels: Iterable[Wheel]) -> None:
        with self._lock:
            seen.update(wheel.sha256 for wheel in wheels)


def _project(wheel: Wheel) -> str:
    return wheel.name
