"""Publishers as processes of their own: `python -m tests.publishers FOLDER WHEEL...`.

With `--killed` in front they publish in one folder below FOLDER after the other, each killed one step later
than the one before, until one gets through.
"""

import os
import sys
from itertools import count
from pathlib import Path

from tests.killing import Killer
from wheelpin.stores.directory import DirectoryBucket
from wheelpin.stores.static import StaticStore
from wheelpin.wheel import Wheel, read_wheel


def publish(folder: Path, wheels: list[Wheel]) -> None:
    """Upload and publish one wheel after the other."""
    store = StaticStore(DirectoryBucket("local", folder))
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
            publish(place / ".wheelpin" / "wheels", wheels)
            os._exit(0)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
            return step - 1
    raise AssertionError


def main(arguments: list[str]) -> None:
    killed = arguments[0] == "--killed"
    folder, *paths = [Path(argument) for argument in arguments[killed:]]
    wheels = [read_wheel(path) for path in paths]
    if killed:
        print(publish_killed(folder, wheels))  # noqa: T201 - the test reads it
    else:
        publish(folder, wheels)


if __name__ == "__main__":
    main(sys.argv[1:])
