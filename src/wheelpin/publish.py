"""Which wheels go up, and send one: what stores hold is asked before anything is sent.

What is published is the truth and is never replaced. Where it holds the same content in another packing, its
bytes are adopted, so that no release depends on builds that are reproducible.
"""

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from wheelpin.change import Unchanged, Upload
from wheelpin.ci import Host
from wheelpin.errors import CheckError, WheelpinError
from wheelpin.stores import Batched, Clash, Published, Store, conflict
from wheelpin.wheel import Wheel, read_wheel

LOOKUPS_AT_ONCE = 8
TOGETHER = 100
"""Files that go up as one batch, where the store takes batches."""
TOGETHER_SIZE = 32 << 20
"""Bytes of such a batch: what is larger goes side by side."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UploadPlan:
    """What it takes to have all wheels in all stores.

    `adopted` maps a file name to the published wheel that takes the place of the built one: its bytes are
    those that pins name and that the other stores get.
    """

    uploads: tuple[Upload, ...]
    unchanged: tuple[Unchanged, ...]
    adopted: Mapping[str, Wheel]


def plan_uploads(stores: Sequence[Store], wheels: Sequence[Wheel], folder: Path) -> UploadPlan:
    """Compare wheels with what the stores hold; only reads, one page for each project and store.

    Adopted wheels are fetched into `folder`, which has to outlive the plan. Raises ConflictError with every
    file that a store holds with other content.
    """
    standings = _look(stores, wheels, folder)
    truths = {wheel.file: _truth(wheel, standings) for wheel in wheels}
    verdicts = [_verdict(standing, truths[standing.built.file]) for standing in standings]
    if clashes := [verdict for verdict in verdicts if isinstance(verdict, Clash)]:
        raise conflict(clashes)
    return UploadPlan(
        uploads=tuple(verdict for verdict in verdicts if isinstance(verdict, Upload)),
        unchanged=tuple(verdict for verdict in verdicts if isinstance(verdict, Unchanged)),
        adopted={wheel.file: truths[wheel.file] for wheel in wheels if truths[wheel.file] != wheel},
    )


def send(store: Store, wheel: Wheel, host: Host) -> None:
    """Carry out one upload; installers do not see it yet."""
    with host.task(f"upload {wheel.file} to {store.name}"):
        store.upload(wheel)


def batches(store: Store, uploads: Sequence[Upload]) -> Iterator[tuple[Upload, ...]]:
    """The uploads to one store as they are sent: many small ones at once, where the store takes batches."""
    batch: list[Upload] = []
    for upload in uploads:
        full = len(batch) == TOGETHER or sum(each.size for each in batch) + upload.size > TOGETHER_SIZE
        if batch and (full or not isinstance(store, Batched)):
            yield tuple(batch)
            batch.clear()
        batch.append(upload)
    if batch:
        yield tuple(batch)


def send_batch(store: Store, wheels: Sequence[Wheel], host: Host) -> Mapping[str, WheelpinError]:
    """Carry out one batch of uploads; those that failed, by file name."""
    if len(wheels) > 1 and isinstance(store, Batched):
        with host.task(f"upload {len(wheels)} wheels to {store.name}"):
            return store.upload_all(wheels)
    failed = {}
    for wheel in wheels:
        try:
            send(store, wheel, host)
        except WheelpinError as error:
            failed[wheel.file] = error
    return failed


def reveal(store: Store, project: str, wheels: Sequence[Wheel], host: Host) -> None:
    """Make the uploaded wheels of one project visible to installers, all at once."""
    with host.task(f"publish {project} in {store.name}"):
        store.publish(project, wheels)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Standing:
    """What one store holds under the name of one wheel.

    `sha256` is None where it holds nothing. `wheel` is what stands there, if its content is that of `built`;
    it is `built` itself where the bytes are the same.
    """

    store: Store
    built: Wheel
    sha256: str | None = None
    wheel: Wheel | None = None
    visible: bool = False


def _look(stores: Sequence[Store], wheels: Sequence[Wheel], folder: Path) -> list[_Standing]:
    shelves = [(store, project) for store in stores for project in sorted({wheel.name for wheel in wheels})]

    def find(pair: tuple[Store, Wheel]) -> _Standing:
        store, wheel = pair
        return _find(store, wheel, listed.get((store.name, wheel.file)), folder)

    with ThreadPoolExecutor(LOOKUPS_AT_ONCE) as pool:
        pages = pool.map(lambda shelf: shelf[0].files(shelf[1]), shelves)
        listed = {
            (store.name, published.file): published
            for (store, _), page in zip(shelves, pages, strict=True)
            for published in page
        }
        return list(pool.map(find, [(store, wheel) for store in stores for wheel in wheels]))


def _find(store: Store, built: Wheel, listed: Published | None, folder: Path) -> _Standing:
    published = listed or store.held(built.file)
    if published is None:
        return _Standing(store=store, built=built)
    standing = _Standing(
        store=store, built=built, sha256=built.sha256, wheel=built, visible=listed is not None
    )
    if published.sha256 == built.sha256:
        return standing
    place = store.fetch(published, Path(tempfile.mkdtemp(dir=folder)))
    with place.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return standing if sha256 == built.sha256 else replace(standing, sha256=sha256, wheel=_same(place, built))


def _same(place: Path, built: Wheel) -> Wheel | None:
    """The wheel at `place`, if it is one and installs what `built` installs."""
    try:
        wheel = read_wheel(place)
    except CheckError:
        return None
    return wheel if wheel.content == built.content else None


def _truth(built: Wheel, standings: Iterable[_Standing]) -> Wheel:
    """The bytes that every store is to have: those that can be installed already, else any that stand."""
    held = [standing for standing in standings if standing.built is built and standing.wheel]
    held.sort(key=lambda standing: not standing.visible)
    return next((standing.wheel for standing in held if standing.wheel), built)


def _verdict(standing: _Standing, truth: Wheel) -> Upload | Unchanged | Clash:
    store, file = standing.store.name, standing.built.file
    if standing.sha256 is None or (standing.sha256 == truth.sha256 and not standing.visible):
        return Upload(
            store=store,
            file=file,
            name=truth.name,
            version=truth.version,
            sha256=truth.sha256,
            size=truth.size,
        )
    if standing.wheel is None or not standing.visible:
        return Clash(store=store, wheel=truth, held=standing.sha256)
    same = "the same sha256"
    if standing.sha256 != standing.built.sha256:
        same = "the same content in another packing; its bytes are kept"
    return Unchanged(subject=file, reason=f"{store} holds {same}")
