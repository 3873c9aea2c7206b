"""Publishers as processes of their own: `python -m tests.publishers FOLDER WHEEL...`.

With `--killed` in front they publish in one folder below FOLDER after the other, each killed one step later
than the one before, until one gets through. With `--at-once URL FOLDER` they publish into the container at
URL, one for each folder in FOLDER, all at the same time; AZURE_STORAGE_CONNECTION_STRING says who they are.
"""

import os
import sys
from collections.abc import Iterable
from itertools import count
from pathlib import Path

from tests.killing import Killer
from wheelpin.stores import Store
from wheelpin.stores.azure_blob import open_container
from wheelpin.stores.directory import DirectoryBucket
from wheelpin.stores.static import StaticStore
from wheelpin.wheel import Wheel, read_wheel


def publish(store: Store, wheels: Iterable[Wheel]) -> None:
    """Upload and publish one wheel after the other."""
    for wheel in wheels:
        store.upload(wheel)
        store.publish(wheel.name, [wheel])


def publish_killed(folder: Path, wheels: list[Wheel]) -> int:
    """Kill a publisher at each step that it takes, in a folder of its own; how many steps there are."""
    for step in count(1):
        child = os.fork()
        if child == 0:
            place = folder / f"{step:03}"
            sys.addaudithook(Killer(place, step))
            publish(StaticStore(DirectoryBucket("local", place / ".wheelpin" / "wheels")), wheels)
            os._exit(0)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
            return step - 1
    raise AssertionError


def publish_at_once(url: str, folders: Iterable[Path]) -> int:
    """Publish what each folder holds by a process of its own; how many of them failed."""
    import azure.storage.blob  # noqa: F401 - each fork would import it again

    children = []
    for folder in folders:
        child = os.fork()
        if child == 0:
            store = StaticStore(open_container("blobs", url, os.environ))
            publish(store, map(read_wheel, sorted(folder.iterdir())))
            os._exit(0)
        children.append(child)
    return sum(os.waitpid(child, 0)[1] != 0 for child in children)


def main(arguments: list[str]) -> int:
    match arguments:
        case ["--at-once", url, folder]:
            return publish_at_once(url, sorted(Path(folder).iterdir()))
        case ["--killed", folder, *paths]:
            print(publish_killed(Path(folder), [*map(read_wheel, map(Path, paths))]))  # noqa: T201 - a test reads it
        case [folder, *paths]:
            store = StaticStore(DirectoryBucket("local", Path(folder)))
            publish(store, map(read_wheel, map(Path, paths)))
        case _:
            raise SystemExit(__doc__)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
