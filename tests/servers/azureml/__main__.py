"""The emulator as a process of its own, for benchmarks: a line of JSON, then answers until stdin closes."""

import argparse
import json
import sys
import uuid
from pathlib import Path

from tests.servers.azureml import AzureMl


def main() -> None:
    """Serve workspaces `ws-0`, `ws-1`… of the resource group `ml`, dealt out to the subscriptions in turn."""
    parser = argparse.ArgumentParser(prog="python -m tests.servers.azureml")
    parser.add_argument("--workspaces", type=int, default=1)
    parser.add_argument("--subscriptions", type=int, default=1)
    parser.add_argument("--throttle", action="store_true", help="count requests, as the service documents it")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds added to every answer")
    options = parser.parse_args()
    with AzureMl() as server:
        server.latency = options.latency
        if options.throttle:
            server.throttle_as_documented()
        subscriptions = [str(uuid.UUID(int=number)) for number in range(1, options.subscriptions + 1)]
        workspaces = [
            server.workspace(f"ws-{number}", subscription=subscriptions[number % len(subscriptions)])
            for number in range(options.workspaces)
        ]
        facts = {
            "url": server.url,
            "ca_bundle": str(Path(server.ca_bundle)),
            "token": server.token,
            "workspaces": [
                {"name": each.name, "subscription": each.subscription, "resource_group": each.resource_group}
                for each in workspaces
            ],
        }
        sys.stdout.write(json.dumps(facts) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
