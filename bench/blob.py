"""How long 200 wheels take into a blob container, and a release when it holds 10,000 files already.

The wheels go to a real Azurite by `wheelpin publish`, and by what scripts do today: a loop that uploads one
file after the other, and then a rebuild of the whole index, which lists the container and reads each wheel.
Each upload is a process of its own, as `az storage blob upload` is (which itself takes longer to start than
the one here); how long the same loop takes in one process is told besides. Exit 1: a target is missed.
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.containers import fill
from tests.servers import system_environment
from tests.servers.azurite import Azurite
from tests.servers.faults import FaultProxy
from tests.wheels import make_wheel
from wheelpin.stores.azure_blob import open_container
from wheelpin.stores.static import StaticStore
from wheelpin.wheel import Wheel, read_wheel

WHEELS, PLATFORMS = 200, 10
UPDATES = 15
TARGET, GROWTH = 0.5, 1.5
"""How much of the script's time `publish` may take; how much longer a release may take when much is there."""
DISTANCE = 0.02
"""Seconds that each request is on its way when wheels are sent; a storage account is rarely nearer."""

CONFIG = "stores: {{blobs: {{kind: azure-blob, url: '{url}'}}}}\nprojects: []\n"
LOGIN = "AZURE_STORAGE_CONNECTION_STRING"

UPLOAD = """
import os, sys
from azure.storage.blob import BlobServiceClient
container, *files = sys.argv[1:]
with BlobServiceClient.from_connection_string(os.environ["AZURE_STORAGE_CONNECTION_STRING"]) as service:
    for file in files:
        name = os.path.basename(file)
        folder = name.partition("-")[0].replace("_", "-")
        with open(file, "rb") as data:
            service.get_blob_client(container, f"simple/{folder}/{name}").upload_blob(data, overwrite=True)
"""

REBUILD = """
import hashlib, os, sys
from azure.storage.blob import BlobServiceClient
with BlobServiceClient.from_connection_string(os.environ["AZURE_STORAGE_CONNECTION_STRING"]) as service:
    container = service.get_container_client(sys.argv[1])
    pages = {}
    for name in container.list_blob_names():
        if name.endswith(".whl"):
            folder, _, file = name.rpartition("/")
            sha256 = hashlib.sha256(container.download_blob(name).readall()).hexdigest()
            pages.setdefault(folder, []).append(f'<a href="{file}#sha256={sha256}">{file}</a><br>')
    for folder, links in pages.items():
        container.upload_blob(f"{folder}/index.html", "\\n".join(links), overwrite=True)
    root = "\\n".join(f'<a href="{folder}/">{folder}</a><br>' for folder in pages)
    container.upload_blob("simple/index.html", root, overwrite=True)
"""


def seconds(argv: list[str], folder: Path, env: dict[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run(argv, check=True, cwd=folder, env=env, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def by_script(url: str, folder: Path, env: dict[str, str], *, at_once: int) -> float:
    """Upload so many by each process, then make the whole index."""
    container = url.rpartition("/")[2]
    files = sorted(map(str, (folder / "dist").iterdir()))
    upload = [sys.executable, "-c", UPLOAD, container]
    taken = sum(
        seconds([*upload, *files[at : at + at_once]], folder, env) for at in range(0, WHEELS, at_once)
    )
    return taken + seconds([sys.executable, "-c", REBUILD, container], folder, env)


def by_wheelpin(url: str, folder: Path, env: dict[str, str]) -> float:
    (folder / "wheelpin.yml").write_text(CONFIG.format(url=url))
    return seconds([sys.executable, "-m", "wheelpin", "-q", "publish"], folder, env)


def publishing(azurite: Azurite, proxy: FaultProxy, folder: Path) -> bool:
    """Whether 200 wheels are sent quickly enough."""
    for number in range(WHEELS):
        project, platform = divmod(number, PLATFORMS)
        make_wheel(folder / "dist", f"acme-{project}", "1.0", tag=f"cp31{platform}-cp31{platform}-win_amd64")
    path = os.environ.get("PYTHONPATH", "")
    env = {**system_environment(), "PYTHONPATH": path, "HOME": str(folder)}
    env[LOGIN] = azurite.connection_string.replace(azurite.account_url, proxy.through(azurite.account_url))
    script = by_script(azurite.container(), folder, env, at_once=1)
    loop = by_script(azurite.container(), folder, env, at_once=WHEELS)
    url = proxy.through(azurite.container())
    ours = by_wheelpin(url, folder, env)
    again = by_wheelpin(url, folder, env)
    print(f"{WHEELS} wheels of {WHEELS // PLATFORMS} new projects to Azurite, {DISTANCE * 1000:.0f} ms away")
    print(f"  {'one upload after the other, index rebuilt':<44}{script:>8.2f}s")
    print(f"  {'the same in one process':<44}{loop:>8.2f}s")
    print(
        f"  {'wheelpin publish':<44}{ours:>8.2f}s   {ours / script:.2f} and {ours / loop:.2f} times as long"
    )
    print(f"  {'wheelpin publish, once more':<44}{again:>8.2f}s")
    return ours / script <= TARGET


def updating(azurite: Azurite, folder: Path) -> bool:
    """Whether an index update takes as long in a full container as in a small one."""
    sizes = {
        "10 files": (1, 10),
        "10,000 files of 200 projects": (200, 50),
        "10,000 files of that project": (1, 10_000),
    }
    urls = {size: azurite.container() for size in sizes}
    for size, (projects, files) in sizes.items():
        fill(azurite, urls[size], projects=projects, files=files)
    stores = {
        size: StaticStore(open_container("blobs", url, {LOGIN: azurite.connection_string}))
        for size, url in urls.items()
    }
    times: dict[str, list[float]] = {size: [] for size in sizes}
    for number in range(UPDATES):
        wheel = read_wheel(make_wheel(folder / "updates", "acme-core", f"1.{number}"))
        for size, store in stores.items():
            times[size].append(update(store, wheel))
    small, *_ = medians = {size: median(taken[1:]) for size, taken in times.items()}
    print(f"One release in a container that holds ..., median of {UPDATES - 1}")
    for size, taken in medians.items():
        print(f"  {size:<44}{taken * 1000:>6.0f} ms   {taken / medians[small]:.2f} times as long")
    return medians["10,000 files of 200 projects"] / medians[small] <= GROWTH


def update(store: StaticStore, wheel: Wheel) -> float:
    start = time.perf_counter()
    store.upload(wheel)
    store.publish(wheel.name, [wheel])
    return time.perf_counter() - start


def main() -> int:
    with (
        TemporaryDirectory() as temporary,
        Azurite(Path(temporary, "azurite")) as azurite,
        FaultProxy(azurite.account_url) as proxy,
    ):
        proxy.latency = DISTANCE
        folder = Path(temporary)
        reached = [publishing(azurite, proxy, folder), updating(azurite, folder)]
    return int(not all(reached))


if __name__ == "__main__":
    sys.exit(main())
