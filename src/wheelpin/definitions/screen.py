"""A glance at a file's bytes before anything is parsed: most files name nothing of ours.

It may let too much through, never too little: every way of spelling a package's name that pip takes for it
(PEP 503), and every encoding, escape and continuation that could hide a name.
"""

import re
from collections.abc import Callable, Iterable

Screen = Callable[[bytes], bool]
"""Whether a file's bytes may hold what is looked for."""

_FOLD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ_.", b"abcdefghijklmnopqrstuvwxyz--")
_RUN = re.compile(rb"--+")
_HIDING = re.compile(rb"\\[xuU]|%[0-9a-fA-F]{2}")
_CONTINUED = re.compile(rb"\\[ \t]*\r?\n[ \t]*")
_HEAD = 400
"""Where a file may name its own encoding."""
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


def package_screen(names: Iterable[str]) -> Screen:
    """Lets files through that may name one of some packages, given by their normalised names."""
    needles = tuple(name.encode() for name in names)

    def passes(data: bytes) -> bool:
        folded = data.translate(_FOLD)
        if b"--" in folded:
            folded = _RUN.sub(b"-", folded)
        return any(needle in folded for needle in needles)

    return _seeing(passes)


def text_screen(words: Iterable[str]) -> Screen:
    """Lets files through that may hold one of some words."""
    needles = tuple(word.encode() for word in words)
    return _seeing(lambda data: any(needle in data for needle in needles))


def _seeing(passes: Screen) -> Screen:
    def screen(data: bytes) -> bool:
        if passes(data) or data.startswith(_WIDE) or b"coding" in data[:_HEAD]:
            return True
        escaped = b"\\" in data
        if (escaped or b"%" in data) and _HIDING.search(data):
            return True
        return escaped and passes(_CONTINUED.sub(b"", data))

    return screen
