"""How much longer `wheelpin --help` takes than a bare `python -c pass`: no more than a quarter of a second.

Both are run in turn, so that whatever else the machine does hits both alike. Exit 1: the target is missed.
"""

import subprocess
import sys
import time
from collections.abc import Sequence
from statistics import median

ROUNDS = 15
TARGET = 0.25

BARE = (sys.executable, "-c", "pass")
HELP = (sys.executable, "-m", "wheelpin", "--help")


def seconds(argv: Sequence[str]) -> float:
    start = time.perf_counter()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> int:
    for argv in (BARE, HELP):
        seconds(argv)  # byte code and disk cache are warm from here on
    pairs = [(seconds(BARE), seconds(HELP)) for _ in range(ROUNDS)]
    bare, helped = (median(times) for times in zip(*pairs, strict=True))
    over = median(helped - bare for bare, helped in pairs)
    print(f"{'':<24}{'median of ' + str(ROUNDS):>14}")
    print(f"{'python -c pass':<24}{bare:>13.3f}s")
    print(f"{'wheelpin --help':<24}{helped:>13.3f}s   {helped / bare:.1f} times as long")
    print(f"{'over':<24}{over:>13.3f}s   at most {TARGET:.2f}s")
    return int(over > TARGET)


if __name__ == "__main__":
    sys.exit(main())
