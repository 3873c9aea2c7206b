"""The guards of the test suite itself: a guard that nothing tries is a guess."""

import os
import socket
from pathlib import Path

import pytest
from pytest_socket import SocketConnectBlockedError

from wheelpin.command import CommandError, run


@pytest.mark.filterwarnings("ignore:A test tried to use socket")  # pytest-socket warns before it raises
def test_the_open_network_is_shut() -> None:
    with socket.socket() as client, pytest.raises(SocketConnectBlockedError):
        client.connect(("192.0.2.1", 80))  # RFC 5737: an address that leads nowhere


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()


def test_a_unit_test_cannot_start_a_program(tmp_path: Path) -> None:
    with pytest.raises(pytest.fail.Exception, match="must not run uname"):
        run(["uname"], cwd=tmp_path)


def test_git_is_missing_unless_it_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="git is not installed"):
        run(["git", "--version"], cwd=tmp_path)


def test_git_runs_where_it_is_asked_for(git_repository: Path) -> None:
    assert run(["git", "config", "user.name"], cwd=git_repository) == "Ada\n"


@pytest.mark.parametrize("name", ["CI", "TF_BUILD", "GITHUB_ACTIONS", "AZURE_CLIENT_ID", "TWINE_PASSWORD"])
def test_variables_of_ci_and_clouds_are_hidden(name: str) -> None:
    assert name not in os.environ
