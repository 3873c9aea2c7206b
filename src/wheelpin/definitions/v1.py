"""SDK v1: environments and run configurations that carry their conda part inline, as JSON or YAML.

A saved environment folder keeps it in `conda_dependencies.yml` beside the JSON; that is plain conda YAML.
"""

from yaml import MappingNode, Node, ScalarNode

from wheelpin.definitions import Definition
from wheelpin.definitions.collector import Collector, collector
from wheelpin.definitions.conda import read_conda
from wheelpin.definitions.dockerfile import read_dockerfile
from wheelpin.definitions.marks import apply_marks, yaml_strings
from wheelpin.document import compose, items, nodes
from wheelpin.source import Source


def read(source: Source) -> Definition:
    """The pins of `azureml_environment.json` or a run configuration; YAML's parser reads JSON too."""
    found = collector(source)
    documents = compose(source.text, source.path)
    for document in documents:
        read_v1(document, found)
    apply_marks(found, strings=yaml_strings(documents))
    return found.definition()


def read_v1(root: Node, found: Collector) -> None:
    """Take the pins of every `condaDependencies` and `baseDockerfile` below a node."""
    for node in nodes(root):
        for key, value in items(node):
            if key.value == "condaDependencies" and isinstance(value, MappingNode):
                read_conda(value, found.text, found)
            elif (
                key.value == "baseDockerfile"
                and isinstance(value, ScalarNode)
                and (text := found.scalar(value, found.text))
            ):
                read_dockerfile(text, found)
