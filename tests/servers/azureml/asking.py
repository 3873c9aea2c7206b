"""Plain requests to the emulator, for tests that look at what no client shows."""

from collections.abc import Mapping

import requests

from tests.servers.azureml import AzureMl


def ask(
    server: AzureMl,
    method: str,
    path: str,
    body: object = None,
    *,
    token: str | None = None,
    params: Mapping[str, str] | None = None,
) -> requests.Response:
    """One request to Resource Manager, signed in unless a `token` says otherwise."""
    return requests.request(
        method,
        f"{server.url}{path}",
        params={"api-version": "2025-12-01", **(params or {})},
        headers={"Authorization": f"Bearer {server.token if token is None else token}"},
        json=body,
        verify=str(server.ca_bundle),
        timeout=10,
    )
