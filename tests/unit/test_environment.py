"""The digest of an environment: equal exactly when Azure ML would make the same image."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelpin.environment import Context, Environment, resource_digest
from wheelpin.errors import DefinitionError

IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:latest"
CONDA = "name: train\nchannels: [conda-forge]\ndependencies:\n- python=3.11\n- pip:\n  - acme-core==1.3.2\n"
FOLDER = Context(path="environments/batch", digest="a" * 64, root=Path("/r"))


def environment(**changes: Any) -> Environment:  # noqa: ANN401
    return Environment(
        **{"name": "train", "path": "environment.yml", "image": IMAGE, "conda": CONDA, **changes}
    )


def test_order_of_keys_comments_and_style_do_not_matter() -> None:
    other = (
        "# pinned by wheelpin\nchannels:\n- 'conda-forge'\n"
        'dependencies: ["python=3.11", {pip: [acme-core==1.3.2]}]  # note\nname: train\n'
    )
    assert environment(conda=other).digest == environment().digest


def test_order_of_dependencies_matters() -> None:
    lines = CONDA.splitlines(keepends=True)
    swapped = "".join([*lines[:3], *lines[4:], lines[3]])
    assert environment(conda=swapped).digest != environment().digest


def test_the_json_that_the_service_hands_back_is_the_same_definition() -> None:
    sent = environment().resource({})
    text = json.dumps(
        {
            "dependencies": ["python=3.11", {"pip": ["acme-core==1.3.2"]}],
            "channels": ["conda-forge"],
            "name": "train",
        },
        indent=2,
    )
    assert resource_digest({**sent, "condaFile": text, "osType": "Linux"}) == environment().digest


@given(
    st.recursive(
        st.text() | st.booleans() | st.integers() | st.none(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    )
)
def test_json_means_the_same_with_and_without_escapes(value: object) -> None:
    digests = {
        resource_digest({"condaFile": json.dumps({"a": value}, ensure_ascii=escaped, indent=indent)})
        for escaped in (True, False)
        for indent in (None, 2)
    }
    assert len(digests) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"image": "mcr.microsoft.com/azureml/curated:2"},
        {"conda": CONDA.replace("1.3.2", "1.4.0")},
        {"conda": None},
        {"os_type": "windows"},
        {"inference_config": {"livenessRoute": {"port": 5001, "path": "/"}}},
        {"context": FOLDER},
    ],
)
def test_what_makes_another_image_makes_another_digest(change: dict[str, Any]) -> None:
    assert environment(**change).digest != environment().digest


@pytest.mark.parametrize(
    "change",
    [
        {"name": "score"},
        {"path": "elsewhere.yml"},
        {"version": "7"},
        {"description": "for training"},
        {"tags": {"team": "ml"}},
        {"os_type": "linux"},
        {"os_type": "Linux"},
    ],
)
def test_what_can_be_changed_on_a_version_does_not_count(change: dict[str, Any]) -> None:
    assert environment(**change).digest == environment().digest


def built(**changes: Any) -> str:  # noqa: ANN401
    values = {"path": "environments/batch", "digest": "a" * 64, "root": Path("/r"), **changes}
    return environment(image=None, conda=None, context=Context(**values)).digest


def test_a_context_counts_by_its_content_and_not_by_its_place() -> None:
    assert built(path="elsewhere", root=Path("/s")) == built()
    assert built(digest="b" * 64) != built()


def test_the_dockerfile_is_called_dockerfile_unless_it_is_said() -> None:
    assert built(dockerfile="Dockerfile") == built()
    assert built(dockerfile="docker/Dockerfile") != built()


@pytest.mark.parametrize(
    "uri",
    [
        "https://acct.blob.core.windows.net/container/LocalUpload/{}/batch/",
        "https://acct.blob.core.windows.net/container%2FLocalUpload%2F{}%2Fbatch%2F",
        "azureml://subscriptions/s/datastores/workspaceblobstore/paths/LocalUpload/{}/",
    ],
)
def test_a_context_is_known_by_its_hash_wherever_it_was_uploaded(uri: str) -> None:
    properties = {"build": {"contextUri": uri.format("a" * 64), "dockerfilePath": "Dockerfile"}}
    assert resource_digest(properties) == built()


def test_a_context_in_git_is_known_by_its_address() -> None:
    first, second = (
        resource_digest({"build": {"contextUri": f"https://git.example.org/a.git#{n}"}}) for n in "12"
    )
    assert first != second


def test_nulls_and_empty_texts_of_the_service_are_absence() -> None:
    properties = {"image": IMAGE, "condaFile": "", "build": None, "inferenceConfig": {"livenessRoute": None}}
    assert resource_digest(properties) != environment(conda=None).digest  # an empty table is not nothing
    assert resource_digest({**properties, "inferenceConfig": None}) == environment(conda=None).digest


@pytest.mark.parametrize(
    "conda",
    [
        "1: a\nb: c\n",
        "2026-11-22: a\nb: 2026-11-22T10:00:00Z\n",
        "~: a\ntrue: b\n1.5: c\n",
        "a: .nan\nb: .inf\n",
        "a: !!binary aGk=\n? !!binary aGk=\n: b\n",
        "just text",
        "- a\n",
        "[" * 60 + "]" * 60,
    ],
)
def test_odd_but_readable_yaml_has_a_digest(conda: str) -> None:
    assert environment(conda=conda).digest == environment(conda=f"{conda}\n# again").digest


@pytest.mark.parametrize(
    ("conda", "expected"),
    [
        ("a: [\n", "condaFile:2: not YAML: did not find expected node content"),
        ("a: 1\n---\nb: 1\n", "condaFile must hold one YAML document"),
        ("# nothing\n", "condaFile must hold one YAML document"),
        (f"a: {'9' * 5000}\n", f"condaFile:1: not a value: '{'9' * 40}'… is too long"),
        ("[" * 500 + "]" * 500, "the definition is nested too deep"),
        ("[" * 5000, "condaFile:1: nested deeper than 64 levels"),
    ],
)
def test_a_conda_text_that_cannot_be_read_is_refused(conda: str, expected: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        _ = environment(conda=conda).digest
    assert caught.value.message == expected


@pytest.mark.parametrize(
    "properties", [{"build": "x"}, {"build": [1]}, {"condaFile": {"a": 1}}, {"condaFile": 7}]
)
def test_a_service_that_answers_nonsense_is_refused(properties: dict[str, Any]) -> None:
    with pytest.raises(DefinitionError):
        resource_digest(properties)


def test_the_resource_holds_what_is_set_and_nothing_else() -> None:
    assert environment(tags={"team": "ml"}, description="for training").resource({"run": "7"}) == {
        "image": IMAGE,
        "condaFile": CONDA,
        "description": "for training",
        "tags": {"team": "ml", "run": "7"},
        "isAnonymous": False,
        "isArchived": False,
    }


def test_the_resource_of_a_context_names_where_it_was_uploaded() -> None:
    resource = environment(image=None, conda=None, context=FOLDER).resource({}, "azureml://x")
    assert resource["build"] == {"contextUri": "azureml://x"}


def test_the_digest_stays_what_it_is() -> None:
    """Registries are compared by it across versions of wheelpin: a change here needs a new CANON."""
    assert environment().digest == "42cd01ea9e132e8a105790035d0d30e5ef47bf82cf4b403afbd4521b6fbeb360"


def test_a_context_at_an_address_without_its_hash_is_known_by_a_tag(tmp_path: Path) -> None:
    context = Context(path="image", digest="ab" * 32, root=tmp_path)
    environment = Environment(name="train", path="train.yml", context=context)
    sent = environment.resource({}, "https://contoso.blob.core.windows.net/place-1/image/")
    moved = sent | {"build": sent["build"] | {"contextUri": "https://registry.example/9/"}}
    assert resource_digest(moved) == environment.digest
    assert resource_digest(moved | {"tags": {}}) != environment.digest
    hashed = f"https://contoso.blob.core.windows.net/store/LocalUpload/{'ab' * 32}/image/"
    assert "tags" not in environment.resource({}, hashed)
