"""Servers on loopback for integration tests: real ones in processes, emulated ones in threads."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

HOST = "127.0.0.1"

_GUARD = Path(__file__).with_name("guard.py")
_T = TypeVar("_T")


class ServerError(Exception):
    """A server did not start; the message ends with all that it printed."""


def free_port() -> int:
    """A port that nothing listened on a moment ago; another process may yet be quicker."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def system_environment() -> dict[str, str]:
    """What a program needs on any system, and nothing of the user's that could steer it."""
    names = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR")
    return {name: os.environ[name] for name in names if name in os.environ}


class Process:
    """A program that runs until `stop`, or until this process is gone; `log` keeps all that it prints.

    `env` is its whole environment; None hands on our own.
    """

    def __init__(self, argv: Sequence[str], *, folder: Path, env: Mapping[str, str] | None = None) -> None:
        self.name = argv[0]
        self.log = folder / "output.txt"
        with self.log.open("wb") as log:
            self._guard = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_GUARD), *argv],
                cwd=folder,
                env=env,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    @property
    def running(self) -> bool:
        return self._guard.poll() is None

    def wait_for(self, answer: Callable[[], _T | None], *, seconds: float = 30) -> _T:
        """What `answer` gives once that is not None.

        Raises ServerError when the program ends before, or when `seconds` are up.
        """
        deadline = time.monotonic() + seconds
        while (found := answer()) is None:
            if not self.running or time.monotonic() > deadline:
                ending = f"did not answer within {seconds} s" if self.running else "ended"
                self.stop()
                raise ServerError(f"{self.name} {ending}:\n{self.output}")
            time.sleep(0.02)
        return found

    def stop(self) -> None:
        """End the program at once; twice is as good as once."""
        assert self._guard.stdin is not None
        with suppress(BrokenPipeError, ValueError):  # it ended by itself, or was stopped before
            # A byte as well as the end of input: a forked child of ours may hold the pipe open.
            self._guard.stdin.write(b".")
            self._guard.stdin.close()
        self._guard.wait(timeout=10)
