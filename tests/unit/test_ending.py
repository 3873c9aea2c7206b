"""How a run ends: a bug is told where secrets are masked; a report says no more than that there was one."""

from tests.hosts import Listener
from wheelpin.ending import exit_code
from wheelpin.errors import BUG, UsageError, WheelpinError


def test_a_bug_is_told_whole_in_the_log_and_by_its_kind_in_the_report() -> None:
    def broken() -> int:
        raise ValueError("https://ada:geheim@pkgs.example")

    host, reported = Listener(), list[WheelpinError]()
    assert exit_code(broken, host, reported.append) == BUG
    assert "Traceback" in host.said[0]
    assert "geheim" in host.said[0]
    [bug] = reported
    assert bug.message == "a bug of wheelpin: ValueError; the log of this step has the traceback"


def test_an_error_is_told_and_reported_as_it_is() -> None:
    error = UsageError("no such thing", hint="try another")

    def wrong() -> int:
        raise error

    host, reported = Listener(), list[WheelpinError]()
    assert exit_code(wrong, host, reported.append) == UsageError.exit_code
    assert host.said == ["no such thing: try another"]
    assert reported == [error]
