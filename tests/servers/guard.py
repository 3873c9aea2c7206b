"""Runs a program for as long as standard input stays open: a test run that dies takes its servers along."""

import os
import subprocess
import sys
import threading


def _end_with_input(child: subprocess.Popen[bytes]) -> None:
    os.read(sys.stdin.fileno(), 1)  # the buffered one would hold a lock that Python's own end waits for
    child.kill()


def main() -> int:
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
    threading.Thread(target=_end_with_input, args=(child,), daemon=True).start()
    return child.wait()


if __name__ == "__main__":
    sys.exit(main())
