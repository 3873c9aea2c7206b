"""What git says is shown on one line, without credentials."""

from pathlib import Path

import pytest

from wheelpin.command import CommandError
from wheelpin.errors import SignInError, TargetError
from wheelpin.git import Git

GIT = Git(root=Path(), environ={"GITHUB_TOKEN": "ghs_abcdefgh"})


def failed(output: str) -> CommandError:
    return CommandError(["git"], "ended with exit code 128", code=128, output=output)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("fatal: one\nfatal: two\n", "fatal: one / fatal: two"),
        ("hint: pull first\nTo /srv/x\n! [rejected]\nDone\n", "! [rejected]"),
        ("fatal: https://ada:pw@host/x.git", "fatal: https://***@host/x.git"),
        ("AUTHORIZATION: basic eDp5", "AUTHORIZATION: basic ***"),
        ("remote: ghs_abcdefgh is bad", "remote: *** is bad"),
        ("a\x1b[2Jb\x07", "a [2Jb "),
        ("", "git ended with exit code 128"),
    ],
)
def test_words_are_one_line_without_credentials(said: str, shown: str) -> None:
    assert GIT.words(failed(said)) == shown


def test_words_are_cut() -> None:
    assert len(GIT.words(failed("x" * 5000))) == 600


@pytest.mark.parametrize(
    "said",
    [
        "remote: Permission to contoso/acme.git denied to github-actions[bot].",
        "fatal: could not read Username for 'https://github.com': terminal prompts disabled",
        "fatal: Authentication failed for 'https://dev.azure.com/contoso/'",
        "remote: TF401027: You need the Git 'GenericContribute' permission",
        "git@github.com: Permission denied (publickey).",
        "fatal: unable to access 'https://host/': The requested URL returned error: 403",
    ],
)
def test_who_is_not_let_in_is_told_what_to_allow(said: str) -> None:
    error = GIT.failure("push", failed(said))
    assert isinstance(error, SignInError)
    assert "contents: write" in error.hint


def test_other_failures_are_the_remotes() -> None:
    assert isinstance(
        GIT.failure("push", failed("fatal: unable to access: Could not resolve host")), TargetError
    )
