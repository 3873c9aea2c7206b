"""The servers that integration tests talk to, by name."""

import pytest

from tests.servers.fixtures import (
    _azure_devops,
    artifacts,
    azureml,
    azureml_blobs,
    azurite,
    azurite_tls,
    judge,
    leave_sockets_open,
    locked_pypi_server,
    proxy,
    pypi_server,
)

__all__ = [
    "_azure_devops",
    "artifacts",
    "azureml",
    "azureml_blobs",
    "azurite",
    "azurite_tls",
    "judge",
    "locked_pypi_server",
    "proxy",
    "pypi_server",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    leave_sockets_open(items)
