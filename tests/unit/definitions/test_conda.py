"""conda YAML: pins in `pip:` lists in every style of YAML, and nowhere else."""

import pytest
from yaml import ScalarNode

from tests.definitions import pinned, pins, read
from wheelpin.definitions.collector import collector
from wheelpin.definitions.fragment import whole
from wheelpin.document import compose, nodes
from wheelpin.errors import DefinitionError
from wheelpin.source import Source

FLOW = "dependencies: [python=3.11, {pip: ['acme-core==1.3.2', \"numpy==1\"]}]  # acme-core==1.3.2\n"


@pytest.mark.parametrize(
    "item",
    [
        "acme-core==1.3.2",
        "acme-core==1.3.2 # acme-core==1.3.2",
        "'acme-core==1.3.2'",
        '"acme-core==1.3.2"',
        "&core acme-core==1.3.2",
        "!!str acme-core==1.3.2",
        ">-\n      acme-core==1.3.2",
        "|\n      # acme-core==1.3.2\n      acme-core==1.3.2\n",
        '"acme-\\\n       core==1.3.2"',
        "acme-core ==\n      1.3.2",
        "git+https://host/acme/acme-core@v1.3.2",
    ],
)
def test_a_pin_is_edited_in_its_own_style(item: str) -> None:
    text = "name: acme-core==1.3.2\ndependencies:\n- acme-core==1.3.2\n- pip:\n  - {}\n  - numpy==1\n"
    at = item.rindex("1.3.2") if item.startswith("|") else item.index("1.3.2")
    new = item[:at] + "1.4.0" + item[at + 5 :]

    assert pinned(text.format(item), "conda.yml") == text.format(new)


@pytest.mark.parametrize(
    "text",
    [
        "dependencies:\n- pip:\n  - {0}\n",
        "dependencies: {{pip: ['{0}']}}\n",
        "dependencies:\n- pip: {0}\n",
        "dependencies: [{{c: {{b: [{{pip: ['{0}']}}]}}}}]\n",
        "{{dependencies: [{{pip: ['{0}']}}]}}\n",
        "  dependencies: [{{pip: ['{0}']}}]\n",
        "dependencies:\n- pip:\n  - -r base.txt\n  - {0}\n- pip:\n  - {0}\n",
        "dependencies:\n- pip:\n  - {0}\n  pip:\n  - {0}\n",
        "python: 3.11\nbuild_dependencies:\n- {0}\ndependencies:\n- {0}\n",
        "dependencies:\n- pip:\n  - {0}\n---\ndependencies:\n- pip:\n  - {0}\n",
    ],
)
def test_pip_lists_are_found_wherever_they_are(text: str) -> None:
    assert pinned(text.format("acme-core==1.3.2"), "conda.yml") == text.format("acme-core==1.4.0")


def test_what_an_alias_repeats_is_edited_once() -> None:
    text = "x: &pins\n- acme-core==1.3.2\ndependencies:\n- pip: *pins\n- pip: *pins\n"

    assert pinned(text, "conda.yml") == text.replace("1.3.2", "1.4.0")
    assert len(pins(text, "conda.yml")) == 1


def test_what_a_merge_key_brings_is_found() -> None:
    text = "base: &base\n  pip: [acme-core==1.3.2]\ndependencies:\n- <<: *base\n"

    assert pinned(text, "conda.yml") == text.replace("1.3.2", "1.4.0")


@pytest.mark.parametrize(
    "text",
    [
        "dependencies:\n- acme-core==1.3.2\n- acme-core=1.3.2\n",
        "dependencies:\n- pip:\n  - [acme-core==1.3.2]\n  - {acme-core==1.3.2: x}\n  - 1.3\n  - null\n",
        "dependencies:\n- pip\n- pip=23\nname: acme-core==1.3.2\nvariables: {X: acme-core==1.3.2}\n",
        "dependencies: acme-core==1.3.2\n",
        "",
        "# pip: [acme-core==1.3.2]\n",
    ],
)
def test_conda_packages_and_other_values_are_no_pins(text: str) -> None:
    assert pins(text, "conda.yml") == []


def test_flow_style_stays_flow_style() -> None:
    assert pinned(FLOW, "conda.yml") == FLOW.replace("acme-core==1.3.2'", "acme-core==1.4.0'")


def test_includes_in_pip_lists_are_links() -> None:
    (link,) = read("dependencies:\n- pip:\n  - -r requirements.txt\n", "conda.yml").links

    assert (link.path, link.line) == ("requirements.txt", 3)


def test_a_value_whose_place_is_lost_is_told() -> None:
    text = "dependencies:\n- pip: [acme-core==1.3.2]\n"
    found = collector(Source("conda.yml", text))
    (document,) = compose(text, "conda.yml")
    node = next(node for node in nodes(document) if isinstance(node, ScalarNode) and "==" in node.value)
    other = ScalarNode(node.tag, "something else", node.start_mark, node.end_mark, style="'")

    assert found.scalar(other, whole(text)) is None
    assert [str(finding) for finding in found.findings] == [
        "conda.yml:2: a value is written in a way that wheelpin cannot edit"
    ]


def test_text_that_is_no_yaml_is_refused_with_its_line() -> None:
    with pytest.raises(DefinitionError, match=r"^conda\.yml:3: not YAML: "):
        read("dependencies:\n- pip: [\n", "conda.yml")
