"""Signing in with Entra: the real client, and a stand-in for the `az` that somebody is signed in with."""

import json
import sys
from pathlib import Path

import pytest

from tests.servers import system_environment
from wheelpin.command import CommandError, run
from wheelpin.credentials import DEVOPS_SCOPE, HINT

AZ = """#!{python}
import json, sys
if "--version" in sys.argv:
    sys.exit(0)
open({record!r}, "w").write(json.dumps(sys.argv[1:]))
if {token!r} is None:
    sys.exit("ERROR: Please run 'az login' to setup account.")
print(json.dumps({{"accessToken": {token!r}, "expires_on": 4102444800, "tokenType": "Bearer"}}))
"""

ASK = """
import os
from wheelpin.credentials import entra_token
from wheelpin.errors import SignInError
try:
    token = entra_token(os.environ)
    print(token, token.reveal())
except SignInError as error:
    raise SystemExit(f"{error.message}|{error.hint}")
"""


def _asked(folder: Path, token: str | None) -> str:
    program = folder / "az"
    program.write_text(AZ.format(python=sys.executable, record=str(folder / "record.json"), token=token))
    program.chmod(0o755)
    environ = system_environment()
    environ |= {"PATH": f"{folder}:{environ['PATH']}", "AZURE_TOKEN_CREDENTIALS": "AzureCliCredential"}
    environ |= {"HOME": str(folder), "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    return run([sys.executable, "-c", ASK], cwd=folder, env=environ)


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script")
def test_whoever_is_signed_in_to_azure_gets_a_token_for_azure_devops(tmp_path: Path) -> None:
    assert _asked(tmp_path, "of-entra") == "*** of-entra\n"
    asked = json.loads((tmp_path / "record.json").read_text())
    assert asked[:2] == ["account", "get-access-token"]
    assert DEVOPS_SCOPE.removesuffix("/.default") in asked


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a script")
def test_nobody_signed_in_is_one_message_with_the_ways_to_sign_in(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as caught:
        _asked(tmp_path, None)
    assert "Entra gave no token" in caught.value.output
    assert f"|{HINT}" in caught.value.output
    assert "Traceback" not in caught.value.output
