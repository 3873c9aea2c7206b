"""Secrets come from a variable or standard input, and what cannot be one is refused without being shown."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from wheelpin.azureml.connections import Category, ManagedIdentity, Pat, UserPassword
from wheelpin.connect.supply import Asked, find_supply
from wheelpin.connect.wanted import Wanted
from wheelpin.credentials.redaction import Secret
from wheelpin.errors import UsageError

CANARY = "canary-7f3a91"
FEED = Wanted(
    name="wheelpin-feed-contoso",
    category=Category.FEED,
    target="https://pkgs.dev.azure.com/contoso",
    devops=True,
)
NEXUS = replace(FEED, name="wheelpin-feed-nexus", target="https://nexus.example/simple", devops=False)
GIT = replace(
    FEED, name="wheelpin-git-contoso", category=Category.GIT, target="https://dev.azure.com/contoso"
)


@pytest.mark.parametrize(
    ("environ", "feed", "git"),
    [
        ({}, None, None),
        ({"WHEELPIN_FEED_TOKEN": ""}, None, None),
        ({"WHEELPIN_FEED_TOKEN": CANARY}, Pat(Secret(CANARY)), None),
        ({"WHEELPIN_GIT_TOKEN": CANARY}, None, Pat(Secret(CANARY))),
    ],
)
def test_each_category_has_its_variable(
    environ: Mapping[str, str], feed: Pat | None, git: Pat | None
) -> None:
    supply = find_supply(Asked(), environ)
    assert (supply.login(FEED), supply.login(GIT)) == (feed, git)


def test_a_usual_secret_goes_to_azure_devops_alone() -> None:
    supply = find_supply(Asked(), {"WHEELPIN_FEED_TOKEN": CANARY})
    assert supply.login(NEXUS) is None


@pytest.mark.parametrize(
    "asked",
    [Asked(variable="TOKEN"), Asked(stdin=f"{CANARY}\n".encode), Asked(stdin=CANARY.encode)],
)
def test_a_secret_that_was_named_goes_where_it_was_meant(asked: Asked) -> None:
    supply = find_supply(asked, {"TOKEN": CANARY, "WHEELPIN_FEED_TOKEN": "other"})
    assert supply.login(NEXUS) == Pat(Secret(CANARY))
    assert supply.secrets == (Secret(CANARY),)


def test_one_secret_is_for_one_connection() -> None:
    supply = find_supply(Asked(variable="TOKEN"), {"TOKEN": CANARY})
    supply.check([FEED])
    with pytest.raises(UsageError) as refused:
        supply.check([FEED, GIT])
    assert GIT.name in refused.value.hint


def test_a_user_makes_it_a_password() -> None:
    supply = find_supply(Asked(variable="TOKEN", user="ada"), {"TOKEN": CANARY})
    assert supply.login(FEED) == UserPassword("ada", Secret(CANARY))


def test_a_managed_identity_needs_no_secret() -> None:
    supply = find_supply(Asked(managed_identity="id"), {"WHEELPIN_FEED_TOKEN": CANARY})
    assert (supply.login(FEED), supply.secrets) == (ManagedIdentity("id"), ())


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "\n",
        f"{CANARY}\n\n",
        f"{CANARY}\nx",
        f" {CANARY}",
        f"{CANARY}\t",
        f"{CANARY}\0",
        "abc",
        "\x1b[0m",
    ],
)
def test_what_is_no_secret_is_refused_and_not_shown(value: str) -> None:
    for asked in (Asked(variable="TOKEN"), Asked(stdin=value.encode)):
        with pytest.raises(UsageError) as refused:
            find_supply(asked, {"TOKEN": value})
        assert CANARY not in f"{refused.value} {refused.value.hint}"


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(UsageError, match="UTF-8"):
        find_supply(Asked(stdin=lambda: b"\xff" + CANARY.encode()), {})


@pytest.mark.parametrize(
    "asked",
    [
        Asked(variable="TOKEN", stdin=CANARY.encode),
        Asked(variable="TOKEN", managed_identity="id"),
        Asked(stdin=CANARY.encode, managed_identity="id"),
        Asked(managed_identity="id", user="ada"),
    ],
)
def test_there_is_one_way_to_sign_in(asked: Asked) -> None:
    with pytest.raises(UsageError):
        find_supply(asked, {"TOKEN": CANARY})
