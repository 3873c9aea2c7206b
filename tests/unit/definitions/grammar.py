"""Nasty but honest definitions, each with what it must say once it is pinned.

The package `acme-core` gets a version, and so does the environment `train`. A definition is made of pieces;
the few that must change know what they become. So the expected text follows from how a text was made, not
from the code under test.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

OLD, NEW = "1.3.2", "1.4.0"
OLD_TRAIN, NEW_TRAIN = "11", "12"
OLD_HASH, NEW_HASH = "a" * 64, "1" * 64
STORE = "https://store.example/w/"

STRANGERS = (
    "acme-core-extras==1.3.2", "acme-corex==1.3.2", "xacme-core==1.3.2", "acme-cor==1.3.2", "acmecore==1.3.2",
    "core==1.3.2", "acme==1.3.2", "acme-core>=1.3.2", "acme-core~=1.3.2", "acme-core", "acme-core>=1.0,<2",
    "acme-core!=1.3.2", "acme-core==1.3.*", "acme-core==9.9.9", "acme-core==1.4.0", "numpy==1.3.2",
    "acme-core=={{latest-pypi-version}}", "acme-core==${VERSION}", "acme-core==<VERSION>", "acme-core==$(v)",
    "acme-core @ https://host/acme-core-1.3.2.tar.gz", "git+https://host/acme/other.git@1.3.2",
    "other @ https://host/acme_core/other-1.3.2-py3-none-any.whl", "git+https://host/acme/acme-core@main",
    "-e ./acme-core", "--find-links https://host/acme-core==1.3.2", "acme-core===9.9.9", "acme-core==1.3.2.x",
)  # fmt: skip
OTHER_REFERENCES = (
    "azureml:train@latest", "azureml:train-gpu:11", "azureml:AzureML-train:11", "azureml:train:${{V}}",
    "azureml://registries/x/environments/train/versions/11", "azureml:train:12",
)  # fmt: skip
COMMENTS = (
    "",
    "",
    "",
    "  # acme-core==1.3.2",
    " # c",
    "\t# 'acme-core==1.3.2'",
    " # Größe: acme-core==1.3.2",
)
IMAGE = "mcr.example/acme-core:1.3.2"


@dataclass(frozen=True, slots=True)
class Made:
    """A file, and what it must hold afterwards."""

    path: str
    before: bytes
    after: bytes


class Text:
    """A text in its two states."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.pieces: list[tuple[str, str]] = []

    def put(self, text: str) -> None:
        """Text that stays."""
        self.pieces.append((text, text))

    def change(self, before: str, after: str) -> None:
        """Text that changes."""
        self.pieces.append((before, after))

    def put_all(self, other: "Text", written: Callable[[str], str] = str) -> None:
        """Another text, its characters written in another way; a new version is written plainly."""
        for before, after in other.pieces:
            text = written(before)
            self.pieces.append((text, text if before == after else after))

    def one_of(self, choices: Sequence[str]) -> str:
        return self.random.choice(choices)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def comment(self) -> str:
        return self.one_of(COMMENTS)


def requirement(text: Text, *, hashes: bool = False) -> None:
    """A requirement that changes."""
    match text.random.randrange(8):
        case 0:
            text.put(
                "git+https://host/acme/" + text.one_of(("acme-core@v", "Acme_Core.git@", "acme-core@core-v"))
            )
            text.change(OLD, NEW)
        case 1:
            text.put("./wheels/acme_core-")
            text.change(OLD, NEW)
            text.put("-py3-none-any.whl")
        case 2:
            text.put(f"acme-core @ {STORE}acme_core-")
            text.change(OLD, NEW)
            text.put("-py3-none-any.whl#sha256=")
            text.change(OLD_HASH, NEW_HASH)
        case _:
            text.put(
                text.one_of(("acme-core", "acme_core", "Acme.Core", "ACME-CORE", "acme--core", "aCmE._core"))
            )
            text.put(
                text.one_of(("", "", "[gpu]", "[gpu, dev]")) + text.one_of(("==", " == ", "==  ", "==="))
            )
            text.change(OLD, NEW)
            text.put(text.one_of(("", "", " ; python_version > '3'")))
            if hashes and text.chance(0.3):
                _hashes(text)


def _hashes(text: Text) -> None:
    gap = text.one_of((" ", " \\\n    ", "  \\\n\t"))
    text.put(gap + "--hash=sha256:")
    text.change(OLD_HASH, NEW_HASH)
    if text.chance(0.5):
        text.change(f"{gap}--hash=sha256:{'b' * 64}", "")


def line(text: Text, *, hashes: bool = False) -> None:
    """A requirement that changes, or one that does not."""
    if text.chance(0.5):
        requirement(text, hashes=hashes)
    else:
        text.put(text.one_of(STRANGERS))


def requirements(text: Text) -> None:
    """A requirements file."""
    for _ in range(text.random.randint(1, 6)):
        text.put(
            text.one_of(("", "", " ", "# acme-core==1.3.2\n", "\n", "--index-url https://host/simple\n"))
        )
        line(text, hashes=True)
        text.put(text.comment() + text.one_of(("\n", "\n", " \n", "\n\n")))


def conda(text: Text) -> None:
    """A conda environment, in block or in flow style."""
    text.put(text.one_of(("", "---\n", "# acme-core==1.3.2\n", "name: acme-core==1.3.2\n")))
    text.put(text.one_of(("channels: [conda-forge]\n", "channels:\n- conda-forge\n", "")))
    if text.chance(0.2):
        text.put(
            text.one_of(
                ("dependencies: [python=3.11, {pip: [", '"dependencies": [\n  "python=3.11", {"pip": [')
            )
        )
        for index in range(text.random.randint(1, 4)):
            text.put(", " if index else "")
            _quoted(text)
        text.put("]}]" + text.comment() + "\n")
        return
    indent = text.one_of(("", "  "))
    text.put(f"dependencies:{text.comment()}\n{indent}- python=3.11{text.comment()}\n")
    text.put(
        text.one_of(("", f"{indent}- acme-core=1.3.2\n", f"{indent}- acme-core==1.3.2\n", f"{indent}- pip\n"))
    )
    anchor = text.one_of(("", "", " &pins", " !!seq"))
    text.put(f"{indent}- pip:{anchor}{text.comment()}\n")
    _items(text, indent + "  ")
    if text.chance(0.2):
        text.put(text.one_of((f"{indent}  pip:\n", f"{indent}- more:\n{indent}    pip:\n")))
        _items(text, indent + "      ")
    if anchor == " &pins":
        text.put("also: *pins\n")
    text.put(text.one_of(("", "", "...\n", "variables:\n  A: acme-core==1.3.2\n")))


def _items(text: Text, indent: str) -> None:
    for _ in range(text.random.randint(1, 5)):
        text.put(indent + "- ")
        _scalar(text, indent)
        text.put(text.one_of(("", "", "", "\n", f"{indent}# acme-core==1.3.2\n")))


def _scalar(text: Text, indent: str) -> None:
    """One item of a block list, to the end of its line."""
    match text.random.randrange(5):
        case 0:
            _quoted(text)
        case 1:
            inner = indent + text.one_of(("  ", "    "))
            text.put(
                text.one_of(("|", ">", "|-", ">-", "|+", ">+")) + text.one_of(("", " # c")) + "\n" + inner
            )
            line(text)
        case 2:
            text.put(text.one_of(("&a ", "!!str ", "&b !!str ", "! ")))
            _quoted(text)
        case _:
            line(text)
    text.put(text.comment() + "\n" if text.chance(0.9) else " \n")


def _quoted(text: Text) -> None:
    """A requirement in quotes, with escapes and folds."""
    inner = Text(text.random)
    line(inner)
    if text.chance(0.4):
        text.put("'")
        text.put_all(inner, lambda part: part.replace("'", "''"))
        text.put("'")
        return
    disguise = text.one_of(("", "-", ".", "=", "a"))
    escape = text.one_of(("\\x{:02x}", "\\u{:04x}", "\\U{:08x}"))

    def written(part: str) -> str:
        part = part.replace("\\", "\\\\").replace('"', '\\"')
        return part.replace(disguise, escape.format(ord(disguise))) if disguise else part

    text.put('"')
    text.put_all(inner, written)
    text.put('"')


def environment(text: Text) -> None:
    """An Azure ML environment with its conda part inline."""
    text.put("$schema: https://azuremlschemas.azureedge.net/latest/environment.schema.json\n")
    text.put(f"name: train\nimage: {IMAGE}{text.comment()}\ndescription: acme-core==1.3.2\n")
    inner = Text(text.random)
    conda(inner)
    if any("---\n" in before or "...\n" in before for before, _ in inner.pieces):
        inner.pieces = [("dependencies: []\n", "dependencies: []\n")]
    indent = text.one_of(("  ", "    "))
    text.put("conda_file:" + text.one_of(("\n", "\n", " |\n", " |-\n", " |+  # c\n")))
    text.put(indent)
    text.put_all(inner, lambda part: part.replace("\n", "\n" + indent))
    text.put("\n")


def dockerfile(text: Text) -> None:
    """A Dockerfile."""
    text.put(text.one_of(("", "# syntax=docker/dockerfile:1\n", "# escape=\\\n")))
    text.put("FROM python:3.11" + text.one_of(("\n", " AS base\n")))
    for _ in range(text.random.randint(1, 4)):
        _instruction(text)


def _instruction(text: Text) -> None:
    match text.random.randrange(7):
        case 0:
            text.put("ARG CORE=")
            text.change(OLD, NEW)
            text.put('\nRUN pip install "acme-core==${CORE}"\n')
        case 1:
            text.put('RUN ["python", "-m", "pip", "install", "acme-core==')
            text.change(OLD, NEW)
            text.put('"]\n')
        case 2:
            text.put("RUN <<EOF\nset -e\npip install acme-core==")
            text.change(OLD, NEW)
            text.put("  # acme-core==1.3.2\nEOF\n")
        case 3:
            text.put("RUN echo 'pip install acme-core==1.3.2' && echo pip install acme-core==1.3.2\n")
        case 4:
            text.put("COPY wheels/acme_core-")
            text.change(OLD, NEW)
            text.put("-py3-none-any.whl /tmp/\n# RUN pip install acme-core==1.3.2\n")
        case _:
            _run(text)


def _run(text: Text) -> None:
    text.put(
        "RUN " + text.one_of(("pip", "pip3", "python -m pip", "uv pip", "apt-get update && /opt/bin/pip"))
    )
    text.put(" install" + text.one_of(("", " --no-cache-dir", " --index-url https://host/simple")))
    for _ in range(text.random.randint(1, 3)):
        text.put(text.one_of((" ", " \\\n    ", " \\\n  # acme-core==1.3.2\n    ")))
        quote = text.one_of(("'", '"'))
        text.put(quote)
        inner = Text(text.random)
        inner.put(text.one_of(("acme-core==", "Acme_Core[gpu]==", "acme-core == ")))
        inner.change(OLD, NEW)
        if text.chance(0.4):
            inner.pieces = []
            inner.put(text.one_of([one for one in STRANGERS if not one.startswith("-")]))
        text.put_all(inner)
        text.put(quote)
    text.put(text.one_of(("\n", " && echo acme-core==1.3.2\n", "; true # acme-core==1.3.2\n")))


def pyproject(text: Text) -> None:
    """A `pyproject.toml`."""
    text.put('[project]\nname = "x"\nversion = "1.3.2"\n')
    text.put('description = "acme-core==1.3.2"  # acme-core==1.3.2\n')
    text.put("dependencies = [" + text.one_of(("", "\n  ")))
    for _ in range(text.random.randint(1, 3)):
        inner = Text(text.random)
        line(inner)
        quote = '"' if any("'" in before for before, _ in inner.pieces) else text.one_of(('"', "'"))
        text.put(quote)
        text.put_all(inner, _with_escapes if quote == '"' else str)
        text.put(quote + "," + text.one_of((" ", "\n", " # acme-core==1.3.2\n")))
    text.put("]\n[tool.other]\ndependencies = ['acme-core==1.3.2']\n")


def _with_escapes(part: str) -> str:
    return part.replace("-", "\\u002d") if len(part) % 3 else part


def job(text: Text) -> None:
    """A pipeline job with references."""
    text.put(
        "type: pipeline\ncommand: pip install acme-core==1.3.2\ninputs:\n  environment: azureml:train:11\n"
    )
    text.put("# environment: azureml:train:11\njobs:\n")
    for index in range(text.random.randint(1, 4)):
        text.put(f"  step{index}:\n    inputs: {{environment: 'azureml:train:11'}}\n    environment: ")
        quote = text.one_of(("", "'", '"'))
        if text.chance(0.6):
            text.put(f"{quote}azureml:train:")
            text.change(OLD_TRAIN, NEW_TRAIN)
        else:
            text.put(quote + text.one_of(OTHER_REFERENCES))
        text.put(quote + text.comment() + "\n")


def v1(text: Text) -> None:
    """An SDK v1 environment as JSON."""
    text.put('{"name": "acme-core==1.3.2", "python": {"condaDependencies": {"dependencies": [')
    text.put('"python=3.11", {"pip": [')
    for index in range(text.random.randint(1, 4)):
        inner = Text(text.random)
        line(inner)
        text.put(", " if index else "")
        text.put('"')
        text.put_all(inner, lambda part: json.dumps(part)[1:-1])
        text.put('"')
    text.put("]}]}}}\n")


KINDS: dict[str, Callable[[Text], None]] = {
    "requirements.txt": requirements,
    "conda.yml": conda,
    "environment.yaml": environment,
    "Dockerfile": dockerfile,
    "pyproject.toml": pyproject,
    "job.yml": job,
    "azureml_environment.json": v1,
}
BITS = (
    "\t", "\x00", "\n", "\r", "\u2028", "\x85", "\ufeff", "&a ", "*a", "<<: *a\n", "!!binary ", '"', "'",
    "|\n", ">\n", "{", "}", "[", "]", ": ", "- ", "#", "# wheelpin: ignore", "# wheelpin: acme-core", "\\",
    "\\\n", "==", "acme-core==1.3.2", "${", "$(", "`", "<<EOF\n", "EOF\n", "1.3.2", "version: 1.3.2\n", "%",
    "?", "@", "&a [*a]", "😀", "\x1b[", '"""', "'''", "<<", "===", "azureml:train:11",
    "environment: azureml:train:11\n", "--hash=sha256:aa", "git+https://h/acme-core@v1.3.2", "https://u:p@h/",
    "? ", "---\n", "...\n", "--",
)  # fmt: skip


def break_up(random: Random) -> tuple[str, bytes]:
    """A definition that was cut, doubled, shuffled and spoilt; nobody knows what it means."""
    made = make(random)
    text = made.before.decode("utf-16" if made.before.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    for _ in range(random.randint(1, 6)):
        start = random.randint(0, len(text))
        end = min(len(text), start + random.randint(0, 30))
        before, part, after = text[:start], text[start:end], text[end:]
        text = random.choice(
            (
                before + after,
                before + random.choice(BITS) * random.choice((1, 1, 1, 2, 50)) + part + after,
                before + part + part + after,
                before + after + part,
            )
        )
    return made.path, text.encode()


def make(random: Random) -> Made:
    """One definition, in one of the ways in which files are written down."""
    path = random.choice(list(KINDS))
    text = Text(random)
    KINDS[path](text)
    newline = random.choice(("\n", "\n", "\r\n"))
    encoding = random.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16"))
    if path == "pyproject.toml":
        encoding = "utf-8"
    states = ["".join(piece[index] for piece in text.pieces) for index in (0, 1)]
    if random.random() < 0.2:
        states = [state.rstrip("\n") for state in states]
    before, after = (state.replace("\n", newline).encode(encoding) for state in states)
    return Made(path, before, after)
