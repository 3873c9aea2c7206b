"""Versions of packages, environments and components."""

import pytest

from wheelpin.definitions.version import is_plain_version, next_version, version_of


@pytest.mark.parametrize("text", ["1", "1.3.2", "1!2.0rc1.post1.dev2+local", "v1.0"])
def test_versions(text: str) -> None:
    assert version_of(text) is not None


@pytest.mark.parametrize("text", ["", "x", "1.2.x", "1" * 5000, "1." * 5000 + "1", "${V}", "1 2"])
def test_what_is_no_version(text: str) -> None:
    assert version_of(text) is None


@pytest.mark.parametrize("text", ["0", "12", "1.2.3", "3f9c1ab2", "v12", "2024-01-01x", "a" * 40])
def test_a_version_that_every_yaml_reader_takes_as_it_stands(text: str) -> None:
    assert is_plain_version(text)


@pytest.mark.parametrize(
    "text",
    [
        "1.10",
        "012",
        "1e5",
        "12345e67",
        "0x12",
        "0o7",
        "1_000",
        "yes",
        "null",
        "~",
        "2024-01-01",
        "1:30",
        ".5",
        "+1",
        "-",
    ],
)
def test_a_version_that_some_yaml_reader_takes_for_something_else(text: str) -> None:
    assert not is_plain_version(text)


@pytest.mark.parametrize(
    ("text", "following"),
    [
        ("1", "2"),
        ("9", "10"),
        ("1.0.9", "1.0.10"),
        ("0.1", "0.2"),
        ("1.0-beta", None),
        ("", None),
        ("1" * 40, None),
    ],
)
def test_the_version_after_a_version(text: str, following: str | None) -> None:
    assert next_version(text) == following
