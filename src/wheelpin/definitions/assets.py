"""Azure ML YAML v2: environments, and the places where jobs, components, deployments and schedules use one.

The keys are those of the loader of azure-ai-ml 1.35; the walk leaves `inputs`, `tags`,
`environment_variables` and whatever else holds free text alone.
"""

from yaml import MappingNode, Node, ScalarNode

from wheelpin.definitions import Definition, LinkKind, Reference, ReferenceForm, Span, Stated
from wheelpin.definitions.collector import Collector, collector
from wheelpin.definitions.conda import read_conda, read_conda_text
from wheelpin.definitions.marks import apply_marks, yaml_strings
from wheelpin.definitions.reference import reference, short_reference
from wheelpin.document import child, compose, entries, items, scalar
from wheelpin.errors import DefinitionError
from wheelpin.source import Source

_SCHEMA = "environment.schema.json"
_USES = {"environment", "environment_id", "target_environment", "base_environment_source"}
_HOLDERS = {"task", "trial", "component", "create_job", "job", "template"}
_NOT_ENVIRONMENT = {
    "type", "jobs", "command", "environment", "component", "endpoint_name", "inputs", "outputs", "code",
    "compute", "create_job", "trial", "task", "model", "path", "services", "steps", "runs", "on", "nodes",
}  # fmt: skip


def read(source: Source) -> Definition:
    """The pins, references and links of one Azure ML YAML file."""
    found = collector(source)
    documents = compose(source.text, source.path)
    for document in documents:
        if is_conda_root(document):
            read_conda(document, found.text, found)
        elif is_environment_root(document):
            _body(document, found)
            _state(document, found)
        else:
            _asset(document, found)
            _state(document, found)
    apply_marks(found, strings=yaml_strings(documents))
    return found.definition()


def is_conda_root(root: Node) -> bool:
    """Whether a document is a conda environment."""
    keys = dict(entries(root))
    return "dependencies" in keys and not {"image", "build", "conda_file", "jobs"} & keys.keys()


def is_environment_root(root: Node) -> bool:
    """Whether a document is an environment of its own; `{{ name }}`, a template's, is a mapping to YAML."""
    keys = dict(entries(root))
    name = keys.get("name")
    if isinstance(name, MappingNode) or (isinstance(name, ScalarNode) and "{{" in name.value):
        return False
    if isinstance(schema := keys.get("$schema"), ScalarNode) and _SCHEMA in schema.value.lower():
        return True
    made_of = isinstance(keys.get("image"), ScalarNode) or bool({"build", "conda_file"} & keys.keys())
    return isinstance(name, ScalarNode) and made_of and not (_NOT_ENVIRONMENT & keys.keys())


def _asset(node: Node, found: Collector) -> None:
    """A job, component, deployment, schedule or a node of a pipeline."""
    for key, value in items(node):
        if key.value in _USES:
            _use(key, value, found)
        elif key.value in _HOLDERS:
            _asset(value, found)
        elif key.value == "jobs":
            for _, job in items(value):
                _asset(job, found)
        elif key.value == "azure" and isinstance(name := child(value, "environment_name"), ScalarNode):
            _kedro(name, found)


def _use(key: ScalarNode, value: Node, found: Collector) -> None:
    match value:
        case ScalarNode():
            _name(value, found)
        case MappingNode():
            source = child(value, "resource_id")
            if isinstance(source, ScalarNode):
                _name(source, found)
                return
            span = found.text.span(key.start_mark.index, key.end_mark.index)
            found.reference(Reference(name="", form=ReferenceForm.ANONYMOUS, span=span))
            _body(value, found)
        case _:
            pass


def _name(value: ScalarNode, found: Collector) -> None:
    text = found.scalar(value, found.text)
    if text is None:
        return
    if text.text.startswith("file:"):
        found.link(LinkKind.ENVIRONMENT, text.text.removeprefix("file:"), text.starts[0])
    elif reading := reference(text):
        found.reference(reading)


def _kedro(value: ScalarNode, found: Collector) -> None:
    """The environment of kedro-azureml 1.0, which leaves out `azureml:`."""
    text = found.scalar(value, found.text)
    reading = (reference(text) or short_reference(text, 0)) if text else None
    if reading:
        found.reference(reading)


def _body(node: Node, found: Collector) -> None:
    """What an environment is made of, whether it stands alone or in a job."""
    conda = child(node, "conda_file")
    if isinstance(conda, MappingNode):
        read_conda(conda, found.text, found)
    elif isinstance(conda, ScalarNode) and (text := found.scalar(conda, found.text)):
        if is_conda_text(text.text):
            read_conda_text(text, found)
        else:
            found.link(LinkKind.CONDA, text.text, text.starts[0])
    requirements = child(node, "python_requirements_txt")
    if isinstance(requirements, ScalarNode) and (text := found.scalar(requirements, found.text)):
        found.link(LinkKind.REQUIREMENTS, text.text, text.starts[0])
    _build(node, found)


def _build(node: Node, found: Collector) -> None:
    path = child(node, "build", "path")
    if not isinstance(path, ScalarNode) or not path.value or is_remote(path.value):
        return
    file = child(node, "build", "dockerfile_path")
    name = file.value if isinstance(file, ScalarNode) and file.value else "Dockerfile"
    found.link(LinkKind.CONTEXT, path.value, path.start_mark.index)
    found.link(LinkKind.DOCKERFILE, f"{path.value.rstrip('/')}/{name}", (file or path).start_mark.index)


def is_conda_text(value: str) -> bool:
    """Whether `conda_file` holds the text itself rather than a path."""
    if "\n" in value.strip():
        return True
    try:
        return any(isinstance(document, MappingNode) for document in compose(value, ""))
    except DefinitionError:
        return False


def is_remote(path: str) -> bool:
    """Whether a build context is not a folder here but a URL or a git repository."""
    return "://" in path or path.startswith("git@")


def _state(root: Node, found: Collector) -> None:
    name = child(root, "name")
    for key, value in items(root):
        if key.value == "version" and isinstance(value, ScalarNode) and isinstance(name, ScalarNode):
            found.stated = _stated(key, value, name.value, found)


def _stated(key: ScalarNode, value: ScalarNode, name: str, found: Collector) -> Stated | None:
    text = found.scalar(value, found.text)
    if text is None:
        return None
    at = text.span(0, len(text.text))
    start = key.start_mark.index
    quoted = bool(value.style)
    span = Span(start, at.end + quoted) if start < at.start else at
    version = str(scalar(value, found.path))
    return Stated(name=name, version=version, span=span, at=at, quoted=quoted)
