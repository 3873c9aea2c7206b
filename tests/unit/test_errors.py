"""The list of errors at the top of the module, the classes and the exit codes say the same."""

import re

import pytest

from wheelpin import errors
from wheelpin.errors import Finding, Level, WheelpinError

LISTED = re.findall(r"^ +(\w+Error) +(\d+) +(.+)$", errors.__doc__ or "", re.MULTILINE)
CLASSES = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, WheelpinError)
}


def test_every_error_is_listed_and_every_listed_error_is_there() -> None:
    assert [name for name, _, _ in LISTED] == [name for name in CLASSES if name != "WheelpinError"]


@pytest.mark.parametrize(("name", "code", "meaning"), LISTED, ids=[name for name, _, _ in LISTED])
def test_the_list_says_what_the_class_says(name: str, code: str, meaning: str) -> None:
    kind = CLASSES[name]
    said = (kind.__doc__ or "").splitlines()[0].rstrip(".")
    assert (kind.exit_code, said[0].lower() + said[1:]) == (int(code), meaning)


def test_the_codes_without_an_error_are_as_documented() -> None:
    assert (errors.CONVERGED, errors.CHANGES, errors.BUG, errors.INTERRUPTED) == (0, 3, 70, 130)
    assert not {kind.exit_code for kind in CLASSES.values()} & {0, 3, 70, 130}


def test_a_finding_is_written_as_editors_link_it() -> None:
    finding = Finding(level=Level.WARNING, subject="environments/conda.yml", message="no version", line=14)
    assert str(finding) == "environments/conda.yml:14: no version"
    assert str(Finding(level=Level.NOTICE, subject="acme", message="is new")) == "acme: is new"


def test_an_error_carries_its_hint_and_findings() -> None:
    finding = Finding(level=Level.ERROR, subject="a", message="b")
    error = errors.CheckError("what failed", hint="what to do", findings=iter([finding]))
    assert (str(error), error.message, error.hint, error.findings) == (
        "what failed",
        "what failed",
        "what to do",
        (finding,),
    )
