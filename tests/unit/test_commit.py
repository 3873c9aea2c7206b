"""What a release is called, and what its commit says: only what is ours speaks in it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelpin.change import Change, Edit, Registration
from wheelpin.commit import release_branch, release_message, release_title


def edit(
    name: str = "acme-core", *, path: str = "conda.yml", before: str = "a==1", after: str = "a==2"
) -> Edit:
    return Edit(path=path, line=3, column=5, name=name, before=before, after=after)


def registration(environment: str, version: str = "12", previous: str | None = "11") -> Registration:
    return Registration(
        registry="dev", environment=environment, version=version, previous=previous, digest="0" * 64
    )


def test_release_is_called_after_the_packages_whose_pins_move() -> None:
    wheels = [("acme-core", "1.4.0"), ("acme-io", "2.0.1"), ("acme-other", "3.0")]
    changes: list[Change] = [edit("acme-core"), edit("acme-io"), edit("train"), registration("train")]
    assert release_title(changes, wheels) == "Release acme-core 1.4.0 and acme-io 2.0.1"


def test_release_without_packages_is_called_after_its_environments() -> None:
    assert release_title([registration("train"), registration("score", "4")], []) == (
        "Release score 4 and train 12"
    )
    assert release_branch([registration("train")], []) == "wheelpin/train-12"


def test_title_of_many_packages_counts_those_that_have_no_place() -> None:
    wheels = [(f"acme-package-{number:02}", "1.0.0") for number in range(40)]
    title = release_title([edit(name) for name, _ in wheels], wheels)
    assert len(title) <= 70
    assert title.endswith(" and 38 more")


def test_branch_is_that_of_the_packages_and_versions_alone() -> None:
    wheels = [("acme-core", "1.4.0"), ("acme-io", "2.0.1")]
    one = release_branch([edit("acme-core")], wheels)
    both = release_branch([edit("acme-core"), edit("acme-io")], wheels)
    assert one == "wheelpin/acme-core-1.4.0"
    assert both == release_branch([edit("acme-io"), edit("acme-core", path="other.yml")], wheels)
    assert both != release_branch([edit("acme-core"), edit("acme-io")], [("acme-core", "1.4.1"), wheels[1]])


@pytest.mark.parametrize("version", ["1.4.0+local.1", "1!2.0", "2.0.lock"])
def test_branch_is_a_name_that_git_takes(version: str) -> None:
    name = release_branch([edit()], [("acme-core", version)])
    assert re.fullmatch(r"wheelpin/[A-Za-z0-9_-][A-Za-z0-9_.-]*", name)
    assert ".." not in name
    assert not name.endswith((".", ".lock"))


def test_message_names_edits_environments_plan_and_run() -> None:
    message = release_message(
        [edit(), registration("train"), registration("new", "1", None)],
        [("acme-core", "1.4.0")],
        "3f9c1ab2" * 8,
        "https://ci.example/runs/7",
    )
    assert (
        message
        == """\
Release acme-core 1.4.0

Edits:
  conda.yml:3  acme-core a==1 -> a==2

Environments:
  new 1 (new)
  train 12 (was 11)

Made by wheelpin, plan 3f9c1ab23f9c, https://ci.example/runs/7.
"""
    )


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_no_foreign_text_leaves_its_line_or_commands_a_service(path: str, before: str, name: str) -> None:
    changes: list[Change] = [edit("acme-core", path=path, before=before, after="a==2"), registration(name)]
    message = release_message(changes, [("acme-core", "1.4.0")], "0" * 64, "")
    lines = message.split("\n")
    assert len(lines) == 10
    assert lines[-2] == "Made by wheelpin, plan 000000000000."
    assert all(line.startswith("  ") for line in (lines[3], lines[6]))
    assert not re.search(r"[\[\]#`*<]|@\w|[^\n\x20-\x7e]", message.replace(" -> ", " ").replace("<", ""))


def test_quotes_stay_as_they_are_written() -> None:
    message = release_message([edit(before='version: "11"', after="version: '12'")], [], "0" * 64, "")
    assert "acme-core version: \"11\" -> version: '12'\n" in message


def test_message_of_many_edits_is_cut() -> None:
    message = release_message([edit(path=f"{number}.yml") for number in range(500)], [], "0" * 64, "")
    assert "  and 300 more\n" in message
