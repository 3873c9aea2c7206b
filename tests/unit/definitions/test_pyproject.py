"""pyproject.toml: dependencies wherever the standards and the usual tools keep them."""

import pytest

from tests.definitions import pinned, pins, plan
from wheelpin.definitions.fragment import whole
from wheelpin.definitions.toml import read_toml
from wheelpin.errors import DefinitionError, Level

PATH = "pyproject.toml"


@pytest.mark.parametrize(
    "text",
    [
        '[project]\ndependencies = ["acme-core==1.3.2"]  # acme-core==2\n',
        "[project]\ndependencies = [\n  'numpy==1',  # c\n  'acme-core[gpu] == 1.3.2',\n]\n",
        '[project]\noptional-dependencies.gpu = ["acme-core==1.3.2"]\n',
        '[project.optional-dependencies]\n"gpu" = ["acme-core==1.3.2"]\n',
        '[build-system]\nrequires = ["hatchling", "acme-core==1.3.2"]\n',
        '[dependency-groups]\ntest = [{include-group = "x"}, "acme-core==1.3.2"]\n',
        '[tool.uv]\nconstraint-dependencies = ["acme-core==1.3.2"]\n',
        '[tool.hatch.envs.default]\nextra-dependencies = ["acme-core==1.3.2"]\n',
        '[tool.pdm.dev-dependencies]\ntest = ["acme-core==1.3.2"]\n',
        '[tool.poetry.dependencies]\nacme-core = "1.3.2"\n',
        '[tool.poetry.dependencies]\nacme_core = "==1.3.2"\n',
        '[tool.poetry.group.dev.dependencies]\nacme-core = {version = "1.3.2", extras = ["x"]}\n',
        '[tool.poetry.dependencies.acme-core]\nversion = "1.3.2"\n',
        "[project]\ndependencies = [\"\"\"acme-core==1.3.2\"\"\", '''numpy==1''']\n",
        '[tool.poetry.dependencies]\nacme-core = [{version = "1.3.2", python = "3.9"}]\n',
        '[tool.uv.sources]\nacme-core = {path = "w/acme_core-1.3.2-py3-none-any.whl"}\n',
        'project = {dependencies = ["acme-core==1.3.2"]}\n',
        'project.dependencies = ["acme\\u002dcore==1.3.2"]\n',
        '[[tool.x]]\na = 1\n[project]\ndependencies = [ "acme-core==1.3.2" ]',
    ],
)
def test_every_list_of_dependencies_is_known(text: str) -> None:
    for newline in ("\n", "\r\n"):
        written = text.replace("\n", newline)
        assert pinned(written, PATH) == written.replace("1.3.2", "1.4.0")


@pytest.mark.parametrize(
    "text",
    [
        '[project]\nname = "acme-core"\nversion = "1.3.2"\ndescription = "acme-core==1.3.2"\n',
        '[project]\ndependencies = [["acme-core==1.3.2"], {x = "acme-core==1.3.2"}]\n',
        "[project]\nreadme = '''\ndependencies = [\"acme-core==1.3.2\"]\n'''\n",
        '[tool.other]\ndependencies = ["acme-core==1.3.2"]\n',
        '[[project]]\ndependencies.x = ["acme-core==1.3.2"]\n',
        '[project]\n# dependencies = ["acme-core==1.3.2"]\n',
        '[project]\ndependencies = [""]\n',
        'x = 1979-05-27T07:32:00Z\ny = {a.b = [1.3, +inf]}\n[ "quoted" . key ]\n',
        "",
    ],
)
def test_other_strings_are_no_pins(text: str) -> None:
    assert pins(text, PATH) == []


@pytest.mark.parametrize(
    "text",
    [
        '[tool.poetry.dependencies]\nacme-core = "^1.3.2"\n',
        '[tool.poetry.dependencies]\nacme-core = {version = "~1.3"}\n',
        '[tool.poetry.dependencies]\nacme-core = ">=1.3,<2"\n',
        '[tool.uv.sources]\nacme-core = {url = "https://x.example/acme_core-1.3.2-py3-none-any.whl"}\n',
        '[tool.uv.sources]\nacme-core = [{url = "https://x.example/acme_core-1.3.2-py3-none-any.whl"}]\n',
        '[project]\ndependencies = ["""\nacme\\u002dcore==1.3.2""", "acme-core==1.3.2 x"]\n',
        '[tool.other]\ndependencies = ["acme-core==1.3.2"]\n',
    ],
)
def test_what_cannot_be_changed_is_told(text: str) -> None:
    found = plan(text, PATH)

    assert found.edits == ()
    assert [one.level for one in found.findings] == [Level.WARNING]


@pytest.mark.parametrize("text", ["[project", 'x = "', "x = 1\nx = 2\n", "x = " + "[" * 2000])
def test_what_is_no_toml_is_refused(text: str) -> None:
    with pytest.raises(DefinitionError, match=r"^pyproject\.toml: not TOML: "):
        pins(text, PATH)


def test_strings_know_their_keys() -> None:
    text = 'a = "1"\n[b.c]\nd."e f" = ["2", {g = \'3\', h = {i = "4"}}, "5"]\nj = {}\nk = "6"\n'

    found = [(one.keys, one.value.text) for one in read_toml(whole(text), PATH)]

    assert found == [
        (("a",), "1"),
        (("b", "c", "d", "e f"), "2"),
        (("b", "c", "d", "e f", "", "g"), "3"),
        (("b", "c", "d", "e f", "", "h", "i"), "4"),
        (("b", "c", "d", "e f"), "5"),
        (("b", "c", "k"), "6"),
    ]
