"""Tiny real projects, one a build backend, for tests that build, publish, pin and register."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

Backend = Literal["hatchling", "setuptools", "flit_core", "uv_build"]

BACKENDS: tuple[Backend, ...] = ("hatchling", "setuptools", "flit_core", "uv_build")

_BUILD_SYSTEM: Mapping[Backend, tuple[str, str]] = {
    "hatchling": ("hatchling>=1.27", "hatchling.build"),
    "setuptools": ("setuptools>=77", "setuptools.build_meta"),
    "flit_core": ("flit_core>=3.11,<5", "flit_core.buildapi"),
    "uv_build": ("uv_build>=0.9", "uv_build"),
}


def write_project(
    folder: Path,
    name: str,
    version: str,
    backend: Backend = "hatchling",
    *,
    requires: Sequence[str] = (),
    dynamic: bool = False,
    namespace: str | None = None,
    files: Mapping[str, str] | None = None,
) -> Path:
    """Write a project into `folder` and return it; written again with another version, it is bumped.

    `requires` are the wheel's dependencies. With `dynamic` the version stands in the module alone. With
    `namespace` the module lies in that PEP 420 package: `acme-core` in `acme` is imported as `acme.core`.
    `files` are further texts by their path in the project.
    """
    module = _module(name, namespace)
    source = {
        "pyproject.toml": _pyproject(
            name, version, backend, requires=requires, dynamic=dynamic, module=module
        ),
        "README.md": f"# {name}\n\nA project of wheelpin's tests.\n",
        f"src/{module.replace('.', '/')}/__init__.py": f'"""{name}."""\n\n__version__ = "{version}"\n',
    }
    for path, text in {**source, **(files or {})}.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8", newline="\n")
    return folder


def _module(name: str, namespace: str | None) -> str:
    stem = name.replace("-", "_").replace(".", "_").lower()
    return stem if namespace is None else f"{namespace}.{stem.removeprefix(f'{namespace}_')}"


def _pyproject(
    name: str, version: str, backend: Backend, *, requires: Sequence[str], dynamic: bool, module: str
) -> str:
    requirement, entry = _BUILD_SYSTEM[backend]
    return "\n".join(
        [
            "[build-system]",
            f'requires = ["{requirement}"]',
            f'build-backend = "{entry}"',
            "",
            "[project]",
            f'name = "{name}"',
            'dynamic = ["version"]' if dynamic else f'version = "{version}"',
            f'description = "The project {name} of a test"',
            'readme = "README.md"',
            'requires-python = ">=3.9"',
            f"dependencies = {json.dumps(list(requires))}",
            "",
            *_tool(backend, module, dynamic=dynamic),
            "",
        ]
    )


def _tool(backend: Backend, module: str, *, dynamic: bool) -> list[str]:
    path = f"src/{module.replace('.', '/')}"
    match backend:
        case "hatchling":
            version = ["[tool.hatch.version]", f'path = "{path}/__init__.py"'] if dynamic else []
            return [
                *version,
                "[tool.hatch.build.targets.wheel]",
                f'packages = ["src/{module.split(".", maxsplit=1)[0]}"]',
            ]
        case "setuptools":
            version = ["[tool.setuptools.dynamic]", f'version = {{attr = "{module}.__version__"}}']
            return version if dynamic else []
        case "flit_core":
            return ["[tool.flit.module]", f'name = "{module}"']
        case "uv_build":
            if dynamic:
                raise ValueError("uv_build knows no dynamic version")
            return ["[tool.uv.build-backend]", f'module-name = "{module}"']
