"""The emulator as a process of its own, for benchmarks: a line of JSON, then answers until stdin closes."""

import argparse
import json
import sys
from pathlib import Path

from tests.servers.azureml import SUBSCRIPTION, AzureMl


def main() -> None:
    """Serve workspaces `ws-0`, `ws-1`… of the resource group `ml`."""
    parser = argparse.ArgumentParser(prog="python -m tests.servers.azureml")
    parser.add_argument("--workspaces", type=int, default=1)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds added to every answer")
    options = parser.parse_args()
    with AzureMl() as server:
        server.latency = options.latency
        names = [server.workspace(f"ws-{number}").name for number in range(options.workspaces)]
        facts = {
            "url": server.url,
            "ca_bundle": str(Path(server.ca_bundle)),
            "token": server.token,
            "subscription": SUBSCRIPTION,
            "resource_group": "ml",
            "workspaces": names,
        }
        sys.stdout.write(json.dumps(facts) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
