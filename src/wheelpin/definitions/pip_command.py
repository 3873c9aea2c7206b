"""`pip install …` and `uv pip install …` in a command's words: what they install, and from where."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from wheelpin.definitions import AddressKind
from wheelpin.definitions.fragment import Fragment
from wheelpin.definitions.shell import Words, program

_PIP = re.compile(r"pip[0-9.]*")
_VERBS = {"install", "download", "wheel"}
_TALKERS = {"echo", "printf", "cat", "grep", "sed", "awk", "test", "["}
_WITH_VALUE = {
    "-r", "--requirement", "-c", "--constraint", "-e", "--editable", "-i", "--index-url", "--extra-index-url",
    "--index", "--default-index", "-f", "--find-links", "-t", "--target", "--prefix", "--root", "--src",
    "--python", "-p", "--python-version", "--platform", "--python-platform", "--implementation", "--abi",
    "--trusted-host", "--proxy", "--cert", "--client-cert", "--cache-dir", "--log", "--timeout", "--retries",
    "--progress-bar", "--report", "--no-binary", "--only-binary", "--upgrade-strategy", "--config-settings",
    "-C", "--config-setting", "--global-option", "--build-option", "--root-user-action", "--override",
    "--build-constraint", "-b", "--index-strategy", "--keyring-provider", "--resolution", "--prerelease",
    "--exclude-newer", "--link-mode", "--extra", "--group", "-d", "--dest", "-w", "--wheel-dir",
    "--no-build-package", "--no-binary-package", "-P", "--upgrade-package", "--use-feature",
    "--exists-action", "--reinstall-package", "--allow-insecure-host", "--use-deprecated",
}  # fmt: skip
_FILES = {"-r", "--requirement", "--requirements", "-c", "--constraint", "--constraints", "--override"}
_ADDRESSES = {
    "--extra-index-url": AddressKind.EXTRA_INDEX,
    "--index": AddressKind.EXTRA_INDEX,
    "--index-url": AddressKind.INDEX,
    "--default-index": AddressKind.INDEX,
    "-i": AddressKind.INDEX,
    "--find-links": AddressKind.LINKS,
    "-f": AddressKind.LINKS,
}
_ATTACHED = re.compile(r"-[rceif](?=[^-=])")


@dataclass(frozen=True, slots=True)
class Installed:
    """One argument of pip: `option` is `-r`, the value of an `AddressKind`, or empty for a requirement."""

    option: str
    value: Fragment


def installed(words: Words) -> Iterator[Installed]:
    """The requirements, files and indexes that a command gives to pip; nothing for other commands."""
    waiting = ""
    for word in _arguments(words):
        if waiting:
            yield from _valued(waiting, word)
            waiting = ""
        elif word.text in _WITH_VALUE:
            waiting = word.text
        elif attached := _ATTACHED.match(word.text):
            yield from _valued(attached[0], word.part(attached.end(), len(word.text)))
        elif word.text.startswith("-"):
            option, equals, _ = word.text.partition("=")
            if equals:
                yield from _valued(option, word.part(len(option) + 1, len(word.text)))
        elif word.text:
            yield Installed("", word)


def _valued(option: str, value: Fragment) -> Iterator[Installed]:
    if not value.text:
        return
    if option in ("-e", "--editable"):
        yield Installed("", value)
    elif option in _FILES:
        yield Installed("-r", value)
    elif option in _ADDRESSES:
        yield Installed(_ADDRESSES[option], value)


def _arguments(words: Words) -> Words:
    """The words behind `pip install`; none where the command is another one."""
    if words and program(words[0]) in _TALKERS:
        return []
    pip = next((index for index, word in enumerate(words) if _PIP.fullmatch(program(word))), len(words))
    skip = False
    for index, word in enumerate(words[pip + 1 :], pip + 1):
        if skip or word.text.startswith("-"):
            skip = word.text in _WITH_VALUE and not skip
        elif word.text in _VERBS:
            return words[index + 1 :]
        else:
            return []
    return []
