"""The five words: lint, types, unit, integration, docs; and `pipelines`, which writes.

What follows `--` goes to the tool.
"""

from pathlib import Path

import nox

nox.needs_version = ">=2025.5"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["lint", "types", "unit", "integration", "docs"]

PYPROJECT = nox.project.load_toml("pyproject.toml")


def install(session: nox.Session, group: str) -> None:
    session.install("-e", ".", *nox.project.dependency_groups(PYPROJECT, group))


@nox.session
def lint(session: nox.Session) -> None:
    """Read the source with ruff: rules and form."""
    session.install(*nox.project.dependency_groups(PYPROJECT, "lint"))
    session.run("ruff", "check", *session.posargs)
    session.run("ruff", "format", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types of source, tests and benchmarks."""
    install(session, "types")
    session.run("mypy", *session.posargs)


@nox.session
def unit(session: nox.Session) -> None:
    """Run the tests that start nothing, and start the count of coverage anew."""
    install(session, "test")
    session.run("coverage", "erase")
    covered(session, "tests/unit")


@nox.session
def integration(session: nox.Session) -> None:
    """Run the tests that start processes and servers; coverage adds up with that of `unit`."""
    install(session, "test")
    covered(session, "tests/integration")


@nox.session
def docs(session: nox.Session) -> None:
    """Hold the documentation against the program: links, commands, options, keys, schema, examples."""
    install(session, "test")
    session.run("pytest", "tests/docs", *session.posargs)


def covered(session: nox.Session, folder: str) -> None:
    session.run("coverage", "run", "-m", "pytest", "-n", "auto", folder, *session.posargs)
    session.run("coverage", "combine", "--append")
    session.run("coverage", "report", "--skip-covered")


@nox.session
def pipelines(session: nox.Session) -> None:
    """Write anew what pipelines install, by hash, and the inputs that mirror the options."""
    install(session, "test")
    backend = Path(session.create_tmp()) / "backend.in"
    backend.write_text("\n".join(PYPROJECT["build-system"]["requires"]), encoding="utf-8")
    session.run(
        "uv", "pip", "compile", "pyproject.toml", str(backend), "--output-file=pipelines/requirements.txt",
        "--universal", "--python-version=3.11", "--generate-hashes", "--no-annotate", "--no-header",
        "--no-emit-index-url", "--no-emit-find-links", *session.posargs,
    )  # fmt: skip
    session.run("python", "pipelines/options.py")
