"""A terminal shows what it is given, beside the result and never in it, and nothing that moves the cursor."""

import threading

import pytest

from wheelpin.ci import Verbosity
from wheelpin.ci.terminal import Terminal
from wheelpin.errors import Finding, Level

WARNING = Finding(level=Level.WARNING, subject="conda.yml", line=3, message="a placeholder", hint="fill it")
NOTICE = Finding(level=Level.NOTICE, subject="conda.yml", message="newer already")


def terminal(verbosity: Verbosity = Verbosity.NORMAL) -> Terminal:
    return Terminal({}, verbosity)


def test_result_alone_goes_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    host = terminal()
    host.note("on the way")
    host.finding(WARNING)
    host.result("the plan")
    with host.task("upload it"):
        host.output("twine", "twine said")
    host.failure("no", "try again")
    streams = capsys.readouterr()
    assert streams.out == "the plan\n"
    assert streams.err == (
        "on the way\nwarning: conda.yml:3: a placeholder\n  fill it\n--- twine\n    twine said\n"
        "  upload it\nerror: no\n  try again\n"
    )


def test_hint_that_many_findings_share_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    host = terminal()
    host.finding(WARNING)
    host.finding(WARNING)
    assert capsys.readouterr().err.count("fill it") == 1


def test_quiet_says_results_warnings_and_errors_only(capsys: pytest.CaptureFixture[str]) -> None:
    host = terminal(Verbosity.QUIET)
    host.note("on the way")
    host.detail("closely")
    with host.task("upload it"):
        pass
    host.finding(NOTICE)
    host.finding(WARNING)
    host.result("the plan")
    streams = capsys.readouterr()
    assert (streams.out, streams.err) == ("the plan\n", "warning: conda.yml:3: a placeholder\n  fill it\n")


@pytest.mark.parametrize(("verbosity", "said"), [(Verbosity.NORMAL, ""), (Verbosity.VERBOSE, "closely\n")])
def test_details_are_for_verbose(verbosity: Verbosity, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    terminal(verbosity).detail("closely")
    assert capsys.readouterr().err == said


def test_control_characters_are_shown_not_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    terminal().note("a\x1b[2Jb\rc\u202ed")
    assert capsys.readouterr().err == "a\\x1b[2Jb\\rc\\u202ed\n"


def test_colour_is_for_terminals_and_text_stays_text(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    terminal().result("  ~ edit  [bold]azureml:train:11[/bold]")
    shown = capsys.readouterr().out
    assert "[bold]azureml:train:11[/bold]" in shown
    assert "🚋" not in shown


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colour_is_not_for_those_who_decline_it(
    environ: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    Terminal(environ, Verbosity.NORMAL).result("  + upload")
    assert capsys.readouterr().out == "  + upload\n"


def test_empty_variable_declines_no_colour(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    Terminal({"NO_COLOR": ""}, Verbosity.NORMAL).result("  + upload")
    assert "\x1b[32m" in capsys.readouterr().out


def test_tasks_of_several_threads_are_all_told(capsys: pytest.CaptureFixture[str]) -> None:
    host = terminal()

    def work(number: int) -> None:
        with host.task(f"task {number}"):
            host.note(f"note {number}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = capsys.readouterr().err.splitlines()
    assert sorted(rows) == sorted(
        [f"  task {number}" for number in range(8)] + [f"note {number}" for number in range(8)]
    )


def test_task_that_fails_is_not_told_as_done(capsys: pytest.CaptureFixture[str]) -> None:
    host = terminal()
    with pytest.raises(ValueError, match="no"), host.task("upload it"):
        raise ValueError("no")
    assert capsys.readouterr().err == ""
