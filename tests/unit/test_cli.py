"""What a person types and is told: options, variables, exit codes and messages, whole."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.repositories import write_files
from tests.wheels import make_wheel
from wheelpin.cli import run

Type = Callable[..., "Told"]

FILES: Mapping[str, str] = {
    "requirements.txt": "acme==1.0\n",
    "a/requirements.txt": "in-a==1.0\n",
    "b/requirements.txt": "in-b==1.0\n",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What came of a command."""

    code: int
    out: str
    err: Sequence[str]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with a few definitions."""
    place = tmp_path.resolve() / "root"
    write_files(place, FILES)
    return place


@pytest.fixture
def wheelpin(root: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Type:
    """Run a command in the folder, in this process."""

    def typed(*arguments: str, **variables: str) -> Told:
        monkeypatch.chdir(root)
        with monkeypatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(f"WHEELPIN_{name}", value)
            code = run(arguments)
        streams = capfd.readouterr()
        return Told(code=code, out=streams.out, err=streams.err.splitlines())

    return typed


@pytest.mark.parametrize(
    ("arguments", "variables", "read"),
    [
        (["-C", "b", "pins"], {"DIRECTORY": "a"}, "in-b"),
        (["pins", "-C", "b"], {"DIRECTORY": "a"}, "in-b"),
        (["-C", "b", "pins"], {"DIRECTORY": "missing"}, "in-b"),
        (["pins", "-C", "b"], {"DIRECTORY": "missing"}, "in-b"),
        (["-C", "a", "pins", "-C", "b"], {}, "in-b"),
        (["pins"], {"DIRECTORY": "b"}, "in-b"),
    ],
)
def test_typed_option_beats_its_variable_wherever_it_stands(
    wheelpin: Type, arguments: Sequence[str], variables: Mapping[str, str], read: str
) -> None:
    told = wheelpin(*arguments, **variables)
    assert (told.code, told.err) == (0, [])
    assert [row.split()[-1] for row in told.out.splitlines()] == [f"{read}==1.0", "found"]


DEFAULT = "config: the default, as there is no wheelpin.yml"


@pytest.mark.parametrize(
    ("arguments", "variables", "expected"),
    [
        (["pins"], {}, []),
        (["pins"], {"VERBOSE": "1"}, [DEFAULT, "files: 3"]),
        (["-v", "pins"], {"QUIET": "1"}, [DEFAULT, "files: 3"]),
        (["pins", "-v"], {"QUIET": "1"}, [DEFAULT, "files: 3"]),
        (["-q", "pins"], {"VERBOSE": "1"}, []),
        (["pins", "-q"], {"VERBOSE": "1"}, []),
        (["pins", "-q"], {"VERBOSE": "1", "QUIET": "1"}, []),
    ],
)
def test_typed_verbosity_beats_the_variable_of_the_other(
    wheelpin: Type, arguments: Sequence[str], variables: Mapping[str, str], expected: Sequence[str]
) -> None:
    told = wheelpin(*arguments, **variables)
    assert (told.code, told.err) == (0, expected)


@pytest.mark.parametrize(
    ("arguments", "variables", "message"),
    [
        (["-q", "pins", "-v"], {}, "error: --quiet and --verbose exclude each other"),
        (
            ["pins"],
            {"QUIET": "1", "VERBOSE": "1"},
            "error: WHEELPIN_QUIET and WHEELPIN_VERBOSE exclude each other",
        ),
        (["-C", "missing", "pins"], {}, "error: missing: no such folder to run in"),
        (["pins", "/etc"], {}, "error: /etc: leads out of {root}"),
        (["pins", ".."], {}, "error: ..: leads out of {root}"),
        (["-C", "a", "pins", "../b"], {}, "error: ../b: leads out of {root}/a"),
        (["pins", "missing"], {}, "error: missing: no such file or folder"),
        (
            ["plan", "--out", "pyproject.toml/plan.json"],
            {},
            "error: pyproject.toml/plan.json: cannot be written: File exists",
        ),
        (["plan", "--out", "a"], {}, "error: a: cannot be written: Is a directory"),
        (
            ["apply", "missing.json"],
            {},
            "error: {root}/missing.json: cannot be read: No such file or directory",
        ),
        (
            ["--config", "../no.yml", "build"],
            {},
            "error: ../no.yml: cannot be read: No such file or directory",
        ),
    ],
)
def test_what_cannot_be_meant_is_told_before_anything_is_built(
    wheelpin: Type, root: Path, arguments: Sequence[str], variables: Mapping[str, str], message: str
) -> None:
    write_files(root, {"pyproject.toml": "[project]\nname = 'acme'\nversion = '1.0'\n"})
    told = wheelpin(*arguments, **variables)
    assert (told.code, told.out, told.err) == (2, "", [message.format(root=root)])


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_broken_definition_is_told_before_anything_is_built(wheelpin: Type, root: Path, command: str) -> None:
    write_files(
        root,
        {
            "pyproject.toml": "[project]\nname = 'acme'\nversion = '1.0'\n",
            "environment.yml": "name: e\nimage: x\nconda_file: missing.yml\n",
        },
    )
    told = wheelpin(command)
    assert (told.code, told.out) == (1, "")
    assert told.err == [
        "error: environment.yml:3: conda_file 'missing.yml' does not exist",
        "  mend them, or choose those to release with `environments:` in wheelpin.yml",
    ]
    assert not (root / "dist").exists()


def test_json_is_json_whatever_files_are_called(wheelpin: Type, root: Path) -> None:
    name = "requirements-\u00a0\u2028\u00e9.txt"
    write_files(root, {name: "acme==1.0  # \u00a0\n"})
    told = wheelpin("pins", "--json", name)
    assert told.out.isascii()
    assert [found["path"] for found in json.loads(told.out)] == [name]
    edited = json.loads(wheelpin("pin", "acme==2.0", name, "--json").out)
    assert [change["path"] for change in edited["done"]] == [name]


def test_version_that_nothing_pins_is_warned_of(wheelpin: Type) -> None:
    told = wheelpin("pin", "acmee==2.0", "acme==1.0")
    assert (told.code, told.out.splitlines()[-1]) == (0, "nothing to do")
    assert told.err == ["warning: acmee: nothing here pins it", "  `wheelpin pins` lists what is pinned"]


@pytest.mark.parametrize("arguments", [["pin", "acme==1.0"], ["pin", "acme==2.0"], ["pin", "acme==0.9"]])
def test_pin_that_is_there_is_not_warned_of(wheelpin: Type, arguments: Sequence[str]) -> None:
    told = wheelpin(*arguments)
    assert (told.code, [row for row in told.err if "nothing here" in row]) == (0, [])


def test_register_names_the_wheels_that_are_there_and_sends_none(wheelpin: Type, root: Path) -> None:
    write_files(root, {"environment.yml": "name: e\nimage: x\nconda_file: conda.yml\n"})
    write_files(root, {"conda.yml": "dependencies: [python=3.11, pip: [acme==2.0]]\n"})
    make_wheel(root / "dist", "acme", "2.0")
    assert wheelpin("register").code == 0
    held = (root / ".wheelpin/registry/environments/e/versions/1.json").read_text()
    assert '"wheelpin.package.acme": "2.0 sha256:' in held
    assert not (root / ".wheelpin/wheels").exists()


def test_register_needs_no_wheel(wheelpin: Type, root: Path) -> None:
    write_files(root, {"environment.yml": "name: e\nimage: x\n"})
    assert wheelpin("register").out.splitlines()[-1] == "1 of 1 change done"


@pytest.mark.parametrize("arguments", [["publish"], ["plan", "--no-build"], ["apply", "--no-build"]])
def test_missing_wheels_are_told(wheelpin: Type, root: Path, arguments: Sequence[str]) -> None:
    told = wheelpin(*arguments)
    assert (told.code, told.out) == (1, "")
    assert told.err == [
        f"error: {root}/dist: there are no wheels to take",
        "  `wheelpin build` makes them; another job that does must hand them on to this one",
    ]
