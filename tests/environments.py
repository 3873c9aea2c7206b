"""Environments as people write them, and as they had better not: for the official client to judge.

Each is a folder's files, of which `environment.yml` defines the environment.
"""

from collections.abc import Mapping

Files = dict[str, str]

CONDA = """\
# what training needs
name: train
channels: [conda-forge, defaults]
dependencies:
  - python=3.11
  - pip=24.0
  - pip:
      - acme-core==1.3.2  # ours
      - "numpy>=2,<3"
"""
IMAGE = "image: mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:latest\n"
PLAIN = f"name: train\n{IMAGE}"
CONTEXT: Files = {
    "docker/Dockerfile": "FROM mcr.example/base:1\nCOPY requirements.txt .\n",
    "docker/requirements.txt": "acme-core==1.3.2\n",
}
ROUTES = """\
inference_config:
  liveness_route: {port: 5001, path: /}
  readiness_route: {port: "5001", path: /ready}
  scoring_route:
    port: 5001
    path: /score
"""


def _one(text: str, **files: str) -> Files:
    return {"environment.yml": text, **{name.replace("__", "/"): content for name, content in files.items()}}


def _conda(text: str) -> Files:
    return {"environment.yml": f"{PLAIN}conda_file: conda.yml\n", "conda.yml": text}


ACCEPTED: Mapping[str, Files] = {
    "an image alone": _one(PLAIN),
    "an image with a digest": _one(f"name: train\nimage: mcr.example/base@sha256:{'0' * 64}\n"),
    "a conda file": _conda(CONDA),
    "a conda file in a folder": _one(f"{PLAIN}conda_file: sub/conda.yaml\n", sub__conda__yaml=CONDA)
    | {"sub/conda.yaml": CONDA},
    "a conda file above": {
        "environments/environment.yml": f"{PLAIN}conda_file: ../conda.yml\n",
        "conda.yml": CONDA,
    },
    "a conda file from here": _one(f"{PLAIN}conda_file: ./conda.yml\n") | {"conda.yml": CONDA},
    "an inline conda file": _one(
        f"{PLAIN}conda_file:\n" + "".join(f"  {row}\n" for row in CONDA.splitlines())
    ),
    "an inline conda file in flow style": _one(
        f"{PLAIN}conda_file: {{dependencies: [python=3.11, pip: ['acme-core==1.3.2']]}}\n"
    ),
    "values in a conda file that are no text": _conda(
        "name: 7\nprefix: null\ndependencies: [python=3.11]\nvariables: {A: 1, B: yes, C: 1.5, D: ~}\n"
    ),
    "a conda file with a date": _conda("dependencies: [python]\nvariables: {SINCE: 2024-01-02}\n"),
    "a conda file with anchors": _conda(
        "x: &pip {pip: [acme-core==1.3.2]}\ndependencies:\n- python=3.11\n- *pip\n"
        "variables: &v {A: a}\nmore: {<<: *v, B: b}\n"
    ),
    "a conda file with unicode": _conda("name: tr\u00e4in\ndependencies: ['python=3.11']  # \U0001f40d\n"),
    "a conda file with escapes": _conda('name: "\\u00e4\\ttrain"\ndependencies: [python=3.11]\n'),
    "a conda file with CRLF": _conda(CONDA.replace("\n", "\r\n")),
    "a conda file with a byte order mark": _conda(f"\ufeff{CONDA}"),
    "a conda file that starts with dashes": _conda(f"---\n{CONDA}"),
    "a conda file with a long line": _conda(f"dependencies: [python]\nname: {'long ' * 60}end\n"),
    "a conda file with a block of text": _conda(
        "dependencies: [python]\nnote: |\n  one\n\n  two \nlast: >-\n  a\n  b\n"
    ),
    "a conda file with an equal key twice": _conda("name: a\nname: b\ndependencies: [python=3.11]\n"),
    "an empty conda list": _conda("dependencies: []\n"),
    "a build context": _one("name: train\nbuild:\n  path: docker\n") | CONTEXT,
    "a build context here": _one("name: train\nbuild: {path: .}\n") | {"Dockerfile": "FROM x\n"},
    "a build context with a slash": _one("name: train\nbuild: {path: ./docker/}\n") | CONTEXT,
    "a build context with a Dockerfile named": _one(
        "name: train\nbuild: {path: docker, dockerfile_path: Dockerfile}\n"
    )
    | CONTEXT,
    "a build context with a Dockerfile elsewhere": _one(
        "name: train\nbuild: {path: docker, dockerfile_path: sub/Other.Dockerfile}\n"
    )
    | {**CONTEXT, "docker/sub/Other.Dockerfile": "FROM y\n"},
    "a build context with a blank in its name": _one("name: train\nbuild: {path: docker context}\n")
    | {"docker context/Dockerfile": "FROM x\n", "docker context/a b.txt": "c"},
    "a build context with ignored files": _one("name: train\nbuild: {path: docker}\n")
    | {**CONTEXT, "docker/.amlignore": "*.log\nsub/\n", "docker/a.log": "no", "docker/sub/x": "no"},
    "a build context with a conda file": _one("name: train\nbuild: {path: docker}\nconda_file: conda.yml\n")
    | {**CONTEXT, "conda.yml": CONDA},
    "an inference config": _one(f"{PLAIN}{ROUTES}"),
    "Linux": _one(f"{PLAIN}os_type: linux\n"),
    "Linux in capitals": _one(f"{PLAIN}os_type: Linux\n"),
    "Windows": _one(f"{PLAIN}os_type: Windows\n"),
    "tags": _one(f"{PLAIN}tags: {{team: ml, purpose: 'a b'}}\n"),
    "tags that are no text": _one(
        f"{PLAIN}tags: {{int: 1, octal: 010, float: 1.50, bool: yes, none: ~, big: 12345678901234567890}}\n"
    ),
    "tags with tables": _one(f"{PLAIN}tags: {{owner: {{name: Ada}}, list: [1, two]}}\n"),
    "no tags": _one(f"{PLAIN}tags: {{}}\n"),
    "a description": _one(f"{PLAIN}description: for training\n"),
    "a description in unicode": _one(
        f'{PLAIN}description: "f\u00fcr\'s \u0422\u0440\u0435\u043d \U0001f40d \\u00e9"\n'
    ),
    "a description of many lines": _one(f"{PLAIN}description: >-\n  one\n  two\n\n  three\n"),
    "an empty description": _one(f"{PLAIN}description: ''\n"),
    "a version": _one(f"{PLAIN}version: '12'\n"),
    "a version as a number": _one(f"{PLAIN}version: 12\n"),
    "a version that YAML cuts": _one(f"{PLAIN}version: 1.10\n"),
    "a version in octal": _one(f"{PLAIN}version: 010\n"),
    "a version with letters": _one(f"{PLAIN}version: 1.0.0-rc.1\n"),
    "a schema": _one(
        f"$schema: https://azuremlschemas.azureedge.net/latest/environment.schema.json\n{PLAIN}"
    ),
    "a schema of one's own": _one(f"$schema: ./environment.schema.json\n{PLAIN}"),
    "a datastore": _one("name: train\nbuild: {path: docker}\ndatastore: workspaceblobstore\n") | CONTEXT,
    "a datastore in full": _one("name: train\nbuild: {path: docker}\ndatastore: azureml:workspaceblobstore\n")
    | CONTEXT,
    "when to delete it": _one(
        f"{PLAIN}auto_delete_setting: {{condition: created_greater_than, value: 30d}}\n"
    ),
    "a byte order mark": _one(f"\ufeff{PLAIN}"),
    "CRLF": _one(f"{PLAIN}description: x\n".replace("\n", "\r\n")),
    "anchors": _one(
        f"{PLAIN}tags: &t {{a: b}}\ndescription: &d hello\nconda_file: {{dependencies: [python], x: *d}}\n"
    ),
    "a merge key": _one(f"<<: {{description: merged, tags: {{a: b}}}}\n{PLAIN}"),
    "tags with a date": _one(f"{PLAIN}tags: {{since: 2024-01-02, at: 2024-01-02T03:04:05Z}}\n"),
    "tags with bytes": _one(f"{PLAIN}tags: {{a: !!binary aGk=}}\n"),
    "tags with what is no number": _one(f"{PLAIN}tags: {{a: .nan, b: .inf}}\n"),
    "tags with a date below": _one(f"{PLAIN}tags: {{a: [{{b: 2024-01-02}}]}}\n"),
    "tags with numbers below for names": _one(f"{PLAIN}tags: {{a: {{1: b}}}}\n"),
    "a true version": _one(f"{PLAIN}version: yes\n"),
    "a version in exponents": _one(f"{PLAIN}version: 1e3\n"),
    "a version with underscores": _one(f"{PLAIN}version: 1_0\n"),
    "a version by sixty": _one(f"{PLAIN}version: 1:30\n"),
    "an empty version": _one(f"{PLAIN}version: ''\n"),
    "a schema that is a number": _one(f"$schema: 5\n{PLAIN}"),
    "ports in quotes and as fractions": _one(
        f"{PLAIN}{ROUTES.replace('5001, path: /}', '5001.0, path: /}')}"
    ),
    "a port in part": _one(f"{PLAIN}{ROUTES.replace('port: 5001, path: /}', 'port: 5.7, path: /}')}"),
    "WINDOWS": _one(f"{PLAIN}os_type: WINDOWS\n"),
    "a name with a blank": _one(f"name: my train\n{IMAGE}"),
    "an image with a blank": _one("name: train\nimage: 'a b'\n"),
    "an image in quotes of a number": _one("name: train\nimage: '12'\n"),
    "a conda file with bytes": _conda("dependencies: [python]\nx: !!binary aGk=\n"),
    "a conda file with numbers for names": _conda("dependencies: [python]\nx: {1: a, yes: b, ~: c}\n"),
    "an inline conda file with a date": _one(
        f"{PLAIN}conda_file: {{dependencies: [python], x: 2024-01-02, y: {{1: a}}}}\n"
    ),
    "an inline conda file with bytes": _one(
        f"{PLAIN}conda_file: {{dependencies: [python], x: !!binary aGk=}}\n"
    ),
    "an inline conda file with what is no number": _one(
        f"{PLAIN}conda_file: {{dependencies: [python], x: .inf}}\n"
    ),
    "an empty inline conda file": _one(f"{PLAIN}conda_file: {{}}\n"),
    "a build context with an empty name of its Dockerfile": _one(
        "name: train\nbuild: {path: docker, dockerfile_path: ''}\n"
    )
    | CONTEXT,
    "a key twice": _one(f"{PLAIN}description: one\ndescription: two\n"),
    "JSON": _one('{"name": "train", "image": "mcr.example/base:1", "tags": {"a": 1}}\n'),
    "a document's dashes": _one(f"---\n{PLAIN}...\n"),
    "a name with dots and dashes": _one(f"name: Train_1.x-y\n{IMAGE}"),
    "comments everywhere": _one(f"# first\n{PLAIN}# last\n"),
    "a name in quotes": _one(f"name: '12'\n{IMAGE}"),
}
"""What the official client registers, and wheelpin in the very same words."""

REFUSED: Mapping[str, Files] = {
    "no name": _one(IMAGE),
    "a number for a name": _one(f"name: 12\n{IMAGE}"),
    "neither image nor build": _one("name: train\ndescription: x\nconda_file: {dependencies: [python]}\n"),
    "image and build": _one(f"{PLAIN}build: {{path: docker}}\n") | CONTEXT,
    "an unknown key": _one(f"{PLAIN}colour: blue\n"),
    "a conda file's keys": _one(f"{PLAIN}dependencies: [python]\n"),
    "a number for an image": _one("name: train\nimage: 12\n"),
    "a list for a description": _one(f"{PLAIN}description: [a]\n"),
    "a number for a description": _one(f"{PLAIN}description: 7\n"),
    "tags in a list": _one(f"{PLAIN}tags: [a, b]\n"),
    "a conda file that is missing": _one(f"{PLAIN}conda_file: conda.yml\n"),
    "a context that is missing": _one("name: train\nbuild: {path: docker}\n"),
    "a context that is empty": _one("name: train\nbuild: {path: docker}\n") | {"docker/.amlignore": "*\n"},
    "a build without a path": _one("name: train\nbuild: {dockerfile_path: Dockerfile}\n"),
    "an unknown key of build": _one("name: train\nbuild: {path: docker, args: {A: b}}\n") | CONTEXT,
    "a number for a Dockerfile": _one("name: train\nbuild: {path: docker, dockerfile_path: 5}\n") | CONTEXT,
    "a text for build": _one("name: train\nbuild: docker\n") | CONTEXT,
    "another OS": _one(f"{PLAIN}os_type: beos\n"),
    "a route that is missing": _one(f"{PLAIN}inference_config: {{scoring_route: {{port: 1, path: /}}}}\n"),
    "a route without a port": _one(f"{PLAIN}{ROUTES.replace('port: 5001, path: /}', 'path: /}')}"),
    "a port that is no number": _one(
        f"{PLAIN}{ROUTES.replace('port: 5001, path: /}', 'port: http, path: /}')}"
    ),
    "an unknown key of a route": _one(f"{PLAIN}{ROUTES}    timeout: 5\n"),
    "an unknown route": _one(f"{PLAIN}{ROUTES}  other_route: {{port: 1, path: /}}\n"),
    "a list for a version": _one(f"{PLAIN}version: [1]\n"),
    "a list": _one(f"- {PLAIN.splitlines()[0]}\n"),
    "two documents": _one(f"{PLAIN}---\n{PLAIN}"),
    "no YAML": _one(f"{PLAIN}tags: {{a\n"),
    "nothing": _one(""),
    "a name of Azure ML's own": _one(f"name: AzureML-train\n{IMAGE}"),
    "a conda file that is no YAML": _conda("dependencies: [python\n"),
    "a conda file that is a list": _conda("- python\n"),
    "a datastore that is a number": _one(f"{PLAIN}datastore: 5\n"),
    "properties": _one(f"{PLAIN}properties: {{a: b}}\n"),
    "an id": _one(f"{PLAIN}id: x\n"),
    "tags with numbers for names": _one(f"{PLAIN}tags: {{1: one, 2.5: half}}\n"),
    "a version that is a date": _one(f"{PLAIN}version: 2024-01-02\n"),
    "a route with a number for a path": _one(f"{PLAIN}{ROUTES.replace('path: /score', 'path: 5')}"),
    "a true port": _one(f"{PLAIN}{ROUTES.replace('port: 5001, path: /}', 'port: yes, path: /}')}"),
    "an empty image": _one("name: train\nimage: ''\n"),
    "a conda file of two documents": _conda(f"{CONDA}---\n{CONDA}"),
    "no name after its key": _one(f"name:\n{IMAGE}"),
    "an empty key image": _one("name: train\nimage:\n"),
    "an empty image beside build": _one("name: train\nimage:\nbuild: {path: docker}\n") | CONTEXT,
    "an empty key build": _one(f"{PLAIN}build:\n"),
    "an empty key description": _one(f"{PLAIN}description:\n"),
    "an empty key tags": _one(f"{PLAIN}tags:\n"),
    "an empty key version": _one(f"{PLAIN}version:\n"),
    "an empty key os_type": _one(f"{PLAIN}os_type:\n"),
    "an empty key inference_config": _one(f"{PLAIN}inference_config:\n"),
    "an empty key datastore": _one(f"{PLAIN}datastore:\n"),
    "an empty key $schema": _one(f"$schema:\n{PLAIN}"),
    "an empty key auto_delete_setting": _one(f"{PLAIN}auto_delete_setting:\n"),
    "an unknown key of auto_delete_setting": _one(f"{PLAIN}auto_delete_setting: {{foo: bar}}\n"),
    "an empty key dockerfile_path": _one("name: train\nbuild: {path: docker, dockerfile_path: }\n") | CONTEXT,
    "a number for a key": _one(f"{PLAIN}5: x\n"),
    "a context in git": _one("name: train\nbuild: {path: 'git://example.com/a.git'}\n"),
    "an empty conda key": _one(f"{PLAIN}conda_file:\n"),
}
"""What neither of the two registers."""

STRICTER: Mapping[str, Files] = {
    "a Dockerfile that is missing": _one("name: train\nbuild: {path: docker, dockerfile_path: nope}\n")
    | CONTEXT,
    "a file for a context": _one("name: train\nbuild: {path: docker/Dockerfile}\n") | CONTEXT,
    "a context on the web": _one("name: train\nbuild: {path: 'https://example.com/a.git#main:x'}\n"),
    "a conda file that is empty": _conda(""),
}
"""What wheelpin alone refuses: an image of it cannot be made, or nobody could tell whether it is the same."""

LENIENT: Mapping[str, Files] = {
    "a conda file in a text": _one(f"{PLAIN}conda_file: |\n  dependencies: [python]\n"),
}
"""What wheelpin alone registers: the service takes conda text, of which the client makes a path."""
