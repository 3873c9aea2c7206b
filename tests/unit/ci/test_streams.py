"""Nothing is printed past the host."""

import subprocess
import sys

TALKATIVE = """
import logging, warnings
from wheelpin.ci.streams import hush_libraries
hush_libraries()
logging.getLogger("azure.identity").warning("::error::a server said so")
warnings.warn("::error::a library thinks so")
"""


def test_libraries_do_not_print_past_the_host() -> None:
    ran = subprocess.run([sys.executable, "-c", TALKATIVE], capture_output=True, text=True, check=True)
    assert (ran.stdout, ran.stderr) == ("", "")
