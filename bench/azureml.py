"""How long 20 environments take into 10 workspaces, 50 ms away, by us and by a loop of the official client.

The emulator of Azure ML is a process of its own. It counts requests as the service documents it: each
subscription has 250 reads, 25 more a second, and 200 writes, 10 more a second. The workspaces lie in five
subscriptions, as those of a company do, two in each: what is measured is the client and not the service's
patience. The loop is what people write: one client a workspace, `create_or_update` of each file. Either one
is a process, start-up and imports included, and has workspaces of its own, which hold a version of each
environment already. First each definition has changed since, then none. Exit 1: a target is missed.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.repositories import write_repository
from tests.servers import system_environment

ENVIRONMENTS, WORKSPACES, SUBSCRIPTIONS = 20, 10, 5
DISTANCE = 0.05
CHANGED, UNCHANGED = 10, 20
"""How many times faster we have to be."""
REFILL = 20
"""Seconds after which every bucket is full again."""

DEFINITION = """\
name: env-{number}
image: mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04
conda_file: conda.yml
"""
CONDA = """\
channels: [conda-forge]
dependencies:
  - python=3.11
  - pip:
      - acme-core=={version}
      - numpy==2.2.0
"""

LOOP = """
import json, sys, time
from pathlib import Path
from types import SimpleNamespace
from azure.ai.ml import MLClient, load_environment
facts, *files = json.load(sys.stdin)
url = facts["url"]
addresses = ("azure_portal", "resource_manager", "active_directory", "aml_resource_id")
cloud = {
    "cloud": "emulator",
    "cloud_metadata": {
        **dict.fromkeys(addresses, url),
        "registry_discovery_endpoint": url + "/",
        "storage_endpoint": "localhost",
    },
}
class Credential:
    def get_token(self, *scopes, **options):
        return SimpleNamespace(token=facts["token"], expires_on=int(time.time()) + 3600)
for workspace in facts["workspaces"]:
    client = MLClient(
        Credential(), workspace["subscription"], workspace["resource_group"], workspace["name"],
        enable_telemetry=False, show_progress=False, **cloud,
    )
    for file in files:
        client.environments.create_or_update(load_environment(file))
"""


@contextmanager
def emulator() -> Iterator[dict[str, Any]]:
    """The emulator; what it says of itself."""
    argv = [sys.executable, "-m", "tests.servers.azureml", "--throttle"]
    argv += ["--workspaces", str(2 * WORKSPACES), "--subscriptions", str(2 * SUBSCRIPTIONS)]
    argv += ["--latency", str(DISTANCE)]
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.stdin.close()


def repository(root: Path, facts: dict[str, Any], workspaces: Sequence[dict[str, str]], version: str) -> Path:
    """A repository of environments that go to these workspaces."""
    registries = {
        workspace["name"]: {
            "kind": "azureml-workspace",
            "subscription": workspace["subscription"],
            "resource-group": workspace["resource_group"],
            "workspace": workspace["name"],
            "endpoint": facts["url"],
        }
        for workspace in workspaces
    }
    files = {"wheelpin.yml": json.dumps({"projects": [], "registries": registries})}
    for number in range(ENVIRONMENTS):
        folder = f"environments/{number}"
        files[f"{folder}/environment.yml"] = DEFINITION.format(number=number)
        files[f"{folder}/conda.yml"] = CONDA.format(version=version)
    return write_repository(root, files)


def by_loop(root: Path, facts: dict[str, Any], workspaces: Sequence[dict[str, str]]) -> float:
    """Seconds that the loop takes."""
    files = sorted(map(str, root.glob("environments/*/environment.yml")))
    asked = json.dumps([{**facts, "workspaces": workspaces}, *files])
    return seconds([sys.executable, "-W", "ignore", "-c", LOOP], root, facts, asked)


def by_wheelpin(root: Path, facts: dict[str, Any]) -> float:
    """Seconds that `wheelpin register` takes."""
    return seconds([sys.executable, "-m", "wheelpin", "-q", "register"], root, facts)


def seconds(argv: Sequence[str], root: Path, facts: dict[str, Any], asked: str = "") -> float:
    env = {
        **system_environment(),
        "HOME": str(root),
        "PYTHONPATH": str(Path(__file__).parents[1] / "src"),
        "REQUESTS_CA_BUNDLE": facts["ca_bundle"],
        "WHEELPIN_AZURE_TOKEN": facts["token"],
        "AZUREML_CURRENT_CLOUD": "AzureCloud",
    }
    start = time.perf_counter()
    subprocess.run(argv, check=True, cwd=root, env=env, input=asked, text=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def faster(title: str, theirs: float, ours: float, target: int) -> bool:
    print(
        f"  {title:<20}{theirs:>12.2f}s{ours:>12.2f}s   {theirs / ours:>5.1f} times faster, at least {target}"
    )
    return theirs / ours >= target


def main() -> int:
    with TemporaryDirectory() as temporary, emulator() as facts:
        half = {"theirs": facts["workspaces"][0::2], "ours": facts["workspaces"][1::2]}
        roots = {}
        for who, workspaces in half.items():
            by_wheelpin(repository(Path(temporary, who, "before"), facts, workspaces, "1.0.0"), facts)
            roots[who] = repository(Path(temporary, who, "after"), facts, workspaces, "1.1.0")
        print(f"{ENVIRONMENTS} environments in {WORKSPACES} workspaces, {DISTANCE * 1000:.0f} ms away")
        print(f"  {'':<20}{'azure-ai-ml':>13}{'wheelpin':>13}")
        reached = []
        for title, target in (("all have changed", CHANGED), ("none has changed", UNCHANGED)):
            time.sleep(REFILL)
            ours = by_wheelpin(roots["ours"], facts)
            theirs = by_loop(roots["theirs"], facts, half["theirs"])
            reached.append(faster(title, theirs, ours, target))
    return int(not all(reached))


if __name__ == "__main__":
    sys.exit(main())
