"""Hostile definitions: a megabyte of anything is read in a second or two, and nothing overflows the stack."""

import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from tests.definitions import CORE, plan
from wheelpin.definitions.survey import survey
from wheelpin.errors import WheelpinError
from wheelpin.pin import plan_pins
from wheelpin.repository import MAX_BYTES, Repository

SECONDS = 20.0
"""Of processor time, on a slow machine that also measures coverage; a quadratic step takes minutes."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A text of any size: one piece again and again between a head and a tail."""

    head: str
    piece: str
    tail: str = ""

    def text(self, size: int) -> str:
        rest = size - len(self.head.encode()) - len(self.tail.encode())
        return self.head + self.piece * (rest // len(self.piece.encode())) + self.tail


HOSTILE: dict[str, tuple[str, Filled]] = {
    "name": ("requirements.txt", Filled("acme-core", "-")),
    "names": ("requirements.txt", Filled("acme-core", "a-")),
    "blanks": ("requirements.txt", Filled("acme-core==1.3.2", " ", "x")),
    "blanks before a comment": ("requirements.txt", Filled("acme-core==1.3.2 ", " ", "#")),
    "hash signs": ("requirements.txt", Filled("acme-core==1.3.2", "x#")),
    "clauses": ("requirements.txt", Filled("acme-core", "==1,")),
    "open brackets": ("requirements.txt", Filled("acme-core", "==<,")),
    "version": ("requirements.txt", Filled("acme-core==", "1.")),
    "digits": ("requirements.txt", Filled("acme-core==", "1")),
    "extras": ("requirements.txt", Filled("acme-core", "[")),
    "continuations": ("requirements.txt", Filled("acme-core==1.3.2", "\\\n")),
    "hashes": ("requirements.txt", Filled("acme-core==1.3.2", " --hash=sha256:aa")),
    "half hashes": ("requirements.txt", Filled("acme-core==1.3.2 ", "--hash ")),
    "url": ("requirements.txt", Filled("acme-core @ https://h/", "a/")),
    "wheel": ("requirements.txt", Filled("./", "a-", ".whl acme-core")),
    "tag": ("requirements.txt", Filled("git+https://h/acme-core@", "-1")),
    "schemes": ("requirements.txt", Filled("acme-core ", "https://")),
    "userinfo": ("requirements.txt", Filled("acme-core https://", "a:")),
    "tokens": ("requirements.txt", Filled("acme-core ", "eyJ-")),
    "pats": ("requirements.txt", Filled("acme-core ", "a2")),
    "marks": ("requirements.txt", Filled("acme-core==1\n", "# wheelpin: acme-core\n")),
    "ignored": ("requirements.txt", Filled("", "acme-core==1 # wheelpin: ignore\n")),
    "pins": ("requirements.txt", Filled("", "acme-core==1\n")),
    "marked versions": ("x.yml", Filled("a: '", "1.", "' # wheelpin: acme-core")),
    "quoted": ("conda.yml", Filled('dependencies: [{pip: ["acme-core==1', "\\x31", '"]}]')),
    "folded": ("conda.yml", Filled("dependencies:\n- pip:\n  - >\n    acme-core==1\n", "    a\n")),
    "plain": ("conda.yml", Filled("dependencies:\n- pip:\n  - acme-core\n", "    a\n")),
    "pip lists": ("conda.yml", Filled("dependencies:\n", "- pip: [acme-core==1]\n")),
    "nesting": ("conda.yml", Filled("dependencies: acme-core\nx: ", "[")),
    "aliases": ("conda.yml", Filled("x: &a [acme-core]\ndependencies: [", "*a,", "]")),
    "keys": ("x.yml", Filled("acme-core: 1\n", "environment: a\n")),
    "jobs": ("x.yml", Filled("acme-core: 1\njobs: {a: ", "{jobs: {a: ")),
    "expansions": ("Dockerfile", Filled("FROM x\nRUN pip install acme-core ", "${")),
    "substitutions": ("Dockerfile", Filled("FROM x\nRUN pip install acme-core ", "$()")),
    "open substitutions": ("Dockerfile", Filled("FROM x\nRUN pip install acme-core ", "$(")),
    "backticks": ("Dockerfile", Filled("FROM x\nRUN pip install acme-core ", "` ")),
    "quotes": ("Dockerfile", Filled("FROM x\nRUN pip install acme-core ", "'\"")),
    "redirects": ("Dockerfile", Filled("FROM x\nRUN pip install acme-core ", "1>")),
    "heredocs": ("Dockerfile", Filled("FROM x\nRUN acme-core", "\nRUN <<A")),
    "named heredocs": ("Dockerfile", Filled("FROM x\nRUN acme-core", " <<A")),
    "mounts": ("Dockerfile", Filled("FROM x\nRUN ", "--mount=a,", "acme-core")),
    "flags": ("Dockerfile", Filled("FROM x\nCOPY ", "--a ", "acme-core")),
    "copies": ("Dockerfile", Filled("FROM x\nRUN pip install acme-core -r a.txt", "\nCOPY a b")),
    "variables": ("Dockerfile", Filled("FROM x\n", "ENV A=$A\n", "RUN pip install acme-core==$A")),
    "toml": ("pyproject.toml", Filled("[project]\ndependencies = [", '"acme-core==1",', "]")),
    "toml nesting": ("pyproject.toml", Filled("acme-core = ", "[")),
    "toml escapes": ("pyproject.toml", Filled('[project]\ndependencies = ["acme-core', "\\u0020", '"]')),
    "json": ("azureml_environment.json", Filled('{"condaDependencies": {"acme-core": ', '{"a": ')),
}  # fmt: skip


def seconds(kind: str, size: int) -> float:
    """The processor time that a text of some size takes."""
    path, filled = HOSTILE[kind]
    repository = Repository(Path("/nowhere"), {path: filled.text(size)})
    started = time.process_time()
    plan_pins(repository, [path], {CORE.name: CORE})
    return time.process_time() - started


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_quarter_of_a_megabyte_takes_no_time(kind: str) -> None:
    assert seconds(kind, MAX_BYTES // 4) < SECONDS / 4


@pytest.mark.long
@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_megabyte_takes_little_time(kind: str) -> None:
    assert seconds(kind, MAX_BYTES) < SECONDS


@pytest.mark.parametrize(
    ("path", "text", "message"),
    [
        ("requirements.txt", "\n" * 100_001 + "acme-core", "requirements.txt: has more than 50,000 lines"),
        ("requirements.txt", "acme-core\n" * 10_001, "requirements.txt: has more than 10,000 requirements"),
        ("Dockerfile", "RUN " + "acme-core " * 10_001, "Dockerfile: has a command of more than 10,000 words"),
    ],
)  # fmt: skip
def test_more_than_anyone_writes_is_refused(path: str, text: str, message: str) -> None:
    found = plan(text, path)

    assert found.edits == ()
    assert [str(finding) for finding in found.findings] == [message]


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{b}: &{b} [{','.join(['*' + a] * 9)}]\n" for a, b in pairwise("abcdefgh")
)


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        "dependencies: &a [*a]\n",
        "dependencies: {<<: *nothing}\n",
        "dependencies: " + "[" * 500 + "]" * 500,
        "dependencies: !!timestamp 2024-13-45\n",
        f"dependencies: {'9' * 5000}\n",
        "dependencies: !!python/object:os.system x\n",
        "dependencies: \x00",
        "dependencies: !!binary '?'\n",
    ],
)  # fmt: skip
def test_a_bomb_is_told_or_read_but_never_goes_off(text: str) -> None:
    repository = Repository(Path("/nowhere"), {"conda.yml": text + "# acme-core\n"})

    try:
        survey(repository, ["conda.yml"])
        plan_pins(repository, ["conda.yml"], {CORE.name: CORE})
    except WheelpinError:
        pytest.fail("findings, not errors, are what a survey of many files gives")
