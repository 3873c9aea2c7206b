"""conda YAML: the `pip:` lists, wherever they are nested; conda's own packages are never wheels."""

from yaml import MappingNode, Node, ScalarNode, SequenceNode

from wheelpin.definitions import Definition
from wheelpin.definitions.collector import Collector, collector
from wheelpin.definitions.fragment import Fragment
from wheelpin.definitions.marks import apply_marks, yaml_strings
from wheelpin.definitions.requirements import read_requirements
from wheelpin.document import STRING, compose, items, nodes
from wheelpin.source import Source

_REQUIREMENTS = ("build_dependencies", "dependencies")


def read(source: Source) -> Definition:
    """The pins of a conda YAML file."""
    found = collector(source)
    documents = compose(source.text, source.path)
    for document in documents:
        read_conda(document, found.text, found)
    apply_marks(found, strings=yaml_strings(documents))
    return found.definition()


def read_conda_text(text: Fragment, found: Collector) -> None:
    """Take the pins of conda YAML that stands in a block scalar."""
    for document in compose(text.text, found.path):
        read_conda(document, text, found)


def read_conda(root: Node, text: Fragment, found: Collector) -> None:
    """Take the pins of a conda environment that is a node of the YAML in `text`."""
    for key, value in items(root):
        if key.value in _REQUIREMENTS and _is_python_env(root):
            _pip(value, text, found)
    for node in nodes(root):
        if not isinstance(node, MappingNode):
            continue
        for key, value in node.value:
            if isinstance(key, ScalarNode) and key.value == "pip":
                _pip(value, text, found)


def _is_python_env(root: Node) -> bool:
    """Whether this is MLflow's `python_env.yaml`, whose lists are for pip; models are deployed with it."""
    keys = {key.value for key, _ in items(root)}
    return keys <= {"python", *_REQUIREMENTS} and bool(keys & {"python", "build_dependencies"})


def _pip(value: Node, text: Fragment, found: Collector) -> None:
    for item in value.value if isinstance(value, SequenceNode) else [value]:
        if isinstance(item, ScalarNode) and item.tag == STRING and (line := found.scalar(item, text)):
            read_requirements(line, found)
