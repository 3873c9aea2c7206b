"""Unit tests start nothing: a program that is run fails the test, and git is there only on request."""

import errno
import os
import platform
import subprocess
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

platform.processor()  # runs uname once, and azure-identity asks for it: not in whichever test comes first


@pytest.fixture(autouse=True)
def _no_processes(request: pytest.FixtureRequest) -> Iterator[None]:
    """Shut `subprocess`; without the fixture `git_repository`, the machine is one that has no git."""
    start = subprocess.Popen.__init__

    def guarded(self: subprocess.Popen[Any], args: Sequence[str], *rest: Any, **options: Any) -> None:  # noqa: ANN401
        if args[0] != "git":
            pytest.fail(f"a unit test must not run {args[0]}: that is for tests/integration")
        if "git_repository" not in request.fixturenames:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "git")
        start(self, args, *rest, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess.Popen, "__init__", guarded)
        yield
