"""How long 200 small wheels take to a package index, against `twine upload dist/*`: at most five times.

Both send to a real pypiserver of their own, in turn. `wheelpin publish` also validates each wheel, looks
before it sends, and reads 200 pages afterwards to see that each wheel is there with its hash; the server
takes longer to make those than to take the uploads. Exit 1: the target is missed.
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.servers import system_environment
from tests.servers.index import PypiServer
from tests.wheels import make_wheel

WHEELS = 200
ROUNDS = 3
TARGET = 5.0

CONFIG = "stores: {{nexus: {{kind: index, upload: '{upload}', simple: '{simple}'}}}}\nprojects: []\n"


def seconds(argv: list[str], folder: Path, env: dict[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run(argv, check=True, cwd=folder, env=env, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def once(folder: Path, tool: str) -> float:
    """Send all wheels to a new server with one of the two tools."""
    with PypiServer(folder / tool) as server:
        environ = {
            **system_environment(),
            "HOME": str(folder),
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        }
        if tool == "twine":
            credentials = {
                "TWINE_USERNAME": "ada",
                "TWINE_PASSWORD": "x",
                "TWINE_REPOSITORY_URL": server.upload,
            }
            files = sorted(str(place) for place in (folder / "dist").iterdir())
            options = ["--non-interactive", "--disable-progress-bar"]
            argv = [sys.executable, "-m", "twine", "upload", *options, *files]
            taken = seconds(argv, folder, {**environ, **credentials})
        else:
            (folder / "wheelpin.yml").write_text(CONFIG.format(upload=server.upload, simple=server.simple))
            taken = seconds([sys.executable, "-m", "wheelpin", "-q", "publish"], folder, environ)
        assert len(list(server.packages.iterdir())) == WHEELS
        return taken


def main() -> int:
    pairs = []
    for _ in range(ROUNDS):
        with TemporaryDirectory() as temporary:
            folder = Path(temporary)
            for number in range(WHEELS):
                make_wheel(folder / "dist", f"acme-{number}", "1.0")
            pairs.append((once(folder, "twine"), once(folder, "wheelpin")))
    twine, wheelpin = (median(times) for times in zip(*pairs, strict=True))
    ratio = median(ours / theirs for theirs, ours in pairs)
    print(f"{WHEELS} wheels to pypiserver, median of {ROUNDS}")
    print(f"{'twine upload dist/*':<24}{twine:>8.2f}s")
    print(f"{'wheelpin publish':<24}{wheelpin:>8.2f}s   {ratio:.2f} times as long, at most {TARGET}")
    return int(ratio > TARGET)


if __name__ == "__main__":
    sys.exit(main())
