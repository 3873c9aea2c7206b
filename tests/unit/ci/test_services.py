"""What GitHub's runner and Azure's agent read is what was meant: the same commands, word for word."""

import contextlib
import io
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import agent, runner
from wheelpin.ci import Host, Verbosity, detect_host
from wheelpin.ci.neutral import harmless
from wheelpin.ci.terminal import Terminal
from wheelpin.credentials.redaction import Secret, forms
from wheelpin.errors import Finding, Level

SHORT = settings(derandomize=True, deadline=None, database=None)
PIECES = (
    "::error::",
    "::add-mask::",
    "::set-output name=a::b",
    "::stop-commands::x",
    "##[error]",
    "##[group]",
    "##[add-mask]",
    "##vso[task.setvariable variable=a]b",
    "##VSO[task.complete result=Failed;]",
    "##",
    "[",
    "]",
    "::",
    ":",
    ";",
    "%",
    "%0A",
    "%AZP25",
    "%25",
    "\n",
    "\r",
    "\r\n",
    "\t",
    " ",
    "\x85",
    "\u2028",
    "\u2029",
    "\x0b",
    "\x0c",
    "\x1b[31m",
    "\ufe0f",
    "\u034f",
    "\u200b",
    "\ufeff",
    "\xa0",
    "\udcff",
    "\x00",
    "\xe9",
    "\U0001f68b",
    "a",
    "=",
    ",",
)
TEXT = st.one_of(st.lists(st.sampled_from(PIECES), max_size=8).map("".join), st.text(max_size=30))
NAMES = st.sampled_from(["plan-digest", "changed", "wheels", "environments", "plan-file", "report"])
LEVELS = st.sampled_from(list(Level))


class Streams:
    """What a service reads: our standard output and standard error."""

    def __init__(self) -> None:
        self.out = io.StringIO()
        self.err = io.StringIO()


@contextmanager
def captured() -> Iterator[Streams]:
    """Standard streams as a service reads them, in UTF-8 and without translating line ends."""
    streams = Streams()
    raw = io.BytesIO(), io.BytesIO()
    out, err = (io.TextIOWrapper(each, encoding="utf-8", newline="") for each in raw)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        yield streams
    streams.out, streams.err = (io.StringIO(each.getvalue().decode()) for each in raw)


def github(root: Path = Path(), **environ: str) -> Host:
    return detect_host({"GITHUB_ACTIONS": "true", **environ}, Verbosity.NORMAL, root)


def azure(root: Path = Path(), **environ: str) -> Host:
    return detect_host({"TF_BUILD": "True", **environ}, Verbosity.NORMAL, root)


def test_host_is_what_the_environment_tells_of() -> None:
    assert isinstance(detect_host({}, Verbosity.NORMAL, Path()), Terminal)
    assert isinstance(detect_host({"GITHUB_ACTIONS": "1"}, Verbosity.NORMAL, Path()), Terminal)
    assert (github().diagrams, azure().diagrams) == (True, False)


def say_everything(host: Host, text: str) -> None:
    """All that is shown of words of others, but for annotations."""
    host.result(text)
    host.note(text)
    host.note(f"  {text}")
    with host.task(text):
        pass


@SHORT
@given(TEXT)
def test_words_of_others_are_never_commands(text: str) -> None:
    for host in (github(), azure()):
        with captured() as streams:
            say_everything(host, text)
        for log in (streams.out.getvalue(), streams.err.getvalue()):
            assert runner.commands(log) == []
            assert agent.commands(log) == []
            assert agent.formatting(log) == []


@SHORT
@given(TEXT, TEXT)
def test_output_of_others_is_one_group_and_nothing_else(title: str, text: str) -> None:
    with captured() as streams:
        github().output(title, text)
    assert [command.name for command in runner.commands(streams.err.getvalue())] == ["group", "endgroup"]
    with captured() as streams:
        azure().output(title, text)
    assert agent.commands(streams.err.getvalue()) == []
    assert agent.formatting(streams.err.getvalue()) == ["group", "endgroup"]


@SHORT
@given(TEXT)
def test_harmless_words_stay_and_are_harmless_already(text: str) -> None:
    once = harmless(text)
    assert harmless(once) == once
    visible = [char for char in text if char.isprintable() and char != " "]
    if all(char.isprintable() for char in text):
        assert [char for char in once if char != " "] == visible


@SHORT
@given(LEVELS, TEXT, TEXT, TEXT, st.one_of(st.none(), st.integers(1, 10**6)))
def test_finding_is_one_annotation_in_github(
    level: Level, subject: str, message: str, hint: str, line: int | None
) -> None:
    finding = Finding(level=level, subject=subject, message=message, hint=hint, line=line)
    with captured() as streams:
        github().finding(finding)
    [command] = runner.commands(streams.err.getvalue())
    said = harmless(str(finding)) + (f"\n{harmless(hint)}" if hint else "")
    assert (command.name, command.data) == (level, said)
    assert command.properties["title"] == "wheelpin"
    assert streams.out.getvalue() == ""
    assert command.properties.get("line") == (None if "file" not in command.properties else str(line))


@SHORT
@given(st.sampled_from([Level.ERROR, Level.WARNING]), TEXT, TEXT, TEXT)
def test_finding_is_one_issue_in_azure(level: Level, subject: str, message: str, hint: str) -> None:
    finding = Finding(level=level, subject=subject, message=message, hint=hint)
    with captured() as streams:
        azure().finding(finding)
    said = harmless(str(finding)) + (f"\n{harmless(hint)}" if hint else "")
    assert agent.commands(streams.err.getvalue()) == [agent.Command("task.logissue", said, {"type": level})]
    assert runner.commands(streams.err.getvalue()) == []


@SHORT
@given(TEXT, TEXT)
def test_failure_is_one_error(message: str, hint: str) -> None:
    for host, commands, name in (
        (github(), runner.commands, "error"),
        (azure(), agent.commands, "task.logissue"),
    ):
        with captured() as streams:
            host.failure(message, hint)
        told = commands(streams.err.getvalue())
        assert [command.name for command in told] == ([name] if message or hint else [])


FILE_NAMES = st.text(
    st.characters(blacklist_characters="/\\\0", blacklist_categories=["Cs"]), min_size=1, max_size=20
).filter(lambda name: name not in {".", ".."} and not name.startswith("="))


@SHORT
@given(FILE_NAMES, st.integers(1, 999))
def test_file_and_line_survive_every_name(name: str, line: int) -> None:
    finding = Finding(level=Level.ERROR, subject=f"conda/{name}", message="no", line=line)
    checkout = str(Path.cwd())
    with captured() as streams:
        github(Path.cwd() / "sub", GITHUB_WORKSPACE=checkout).finding(finding)
    [command] = runner.commands(streams.err.getvalue())
    assert command.properties == {
        "file": f"sub/conda/{name}",
        "line": str(line),
        "title": "wheelpin",
    }
    with captured() as streams:
        azure(Path.cwd() / "sub", BUILD_SOURCESDIRECTORY=checkout).finding(finding)
    [issue] = agent.commands(streams.err.getvalue())
    assert issue.properties == {
        "type": "error",
        "sourcepath": f"sub/conda/{name}",
        "linenumber": str(line),
    }


def test_files_are_relative_to_the_checkout(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "environment.yml").touch()
    host = github(tmp_path / "sub", GITHUB_WORKSPACE=str(tmp_path))
    with captured() as streams:
        for subject in (
            "environment.yml",
            "../environment.yml",
            "../../outside.yml",
            "acme-1.0-py3-none-any.whl",
        ):
            line = None if subject[0] != "." else 3
            host.finding(Finding(level=Level.WARNING, subject=subject, message="no", line=line))
    found = [
        (command.properties.get("file"), command.properties.get("line"))
        for command in runner.commands(streams.err.getvalue())
    ]
    assert found == [("sub/environment.yml", None), ("environment.yml", "3"), (None, None), (None, None)]


@SHORT
@given(st.dictionaries(NAMES, TEXT.filter(lambda text: "\udcff" not in text)), st.sampled_from(["", "\n"]))
def test_outputs_arrive_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, values: Mapping[str, str], end: str
) -> None:
    file = tmp_path_factory.mktemp("runner") / "output"
    file.write_text(f"earlier=1{end}")
    with captured() as streams:
        github(GITHUB_OUTPUT=str(file)).outputs(values)
    text = file.read_bytes().decode()
    assert runner.file_command(text) == [("earlier", "1"), *values.items()]
    assert streams.err.getvalue() == ""
    with captured() as streams:
        azure().outputs(values)
    told = [
        (command.name, command.properties, command.data) for command in agent.commands(streams.err.getvalue())
    ]
    assert told == [
        ("task.setvariable", {"variable": CAMEL.get(name, name), "isoutput": "true"}, value)
        for name, value in values.items()
    ]


CAMEL = {"plan-digest": "planDigest", "plan-file": "planFile"}


@SHORT
@given(st.lists(TEXT, max_size=3))
def test_masks_stand_for_every_form_of_every_line(values: list[str]) -> None:
    secrets = [Secret(value) for value in values if "\udcff" not in value]
    meant = {
        line
        for secret in secrets
        for form in forms(secret.reveal())
        for line in [form, *form.splitlines()]
        if len(line.strip()) >= 4
    }
    with captured() as streams:
        github().mask(secrets)
    read = runner.commands(streams.err.getvalue())
    assert {command.name for command in read} <= {"add-mask"}
    assert {command.data for command in read} == meant
    with captured() as streams:
        azure().mask(secrets)
    issued = agent.commands(streams.err.getvalue())
    assert {command.name for command in issued} <= {"task.setsecret"}
    assert {command.data for command in issued} == meant


def test_short_secrets_are_not_masked_and_nothing_is_masked_twice() -> None:
    host = github()
    with captured() as streams:
        host.mask([Secret("abc"), Secret("hunter2\nxy")])
        host.mask([Secret("hunter2\nxy")])
    data = [command.data for command in runner.commands(streams.err.getvalue())]
    assert "hunter2" in data
    assert not {"abc", "xy"} & set(data)
    assert len(data) == len(set(data))


@pytest.mark.parametrize("level", Level)
def test_what_is_too_many_to_annotate_is_told_in_the_log(level: Level) -> None:
    host = github()
    with captured() as streams:
        for number in range(13):
            host.finding(Finding(level=level, subject=f"file{number}", message="::error::no", hint="mend it"))
    log = streams.err.getvalue()
    assert len(runner.commands(log)) == 10
    rest = log.splitlines()[10:]
    assert rest[0] == f"the service shows 10 {level}s beside the code; the others stand here only:"
    assert rest[1:] == [
        f"{level}: file10: ::error::no",
        "  mend it",
        *(f"{level}: file{n}: ::error::no" for n in (11, 12)),
    ]


def test_notices_are_lines_in_azure() -> None:
    host = azure()
    with captured() as streams:
        for _ in range(12):
            host.finding(Finding(level=Level.NOTICE, subject="a", message="newer already"))
    assert streams.err.getvalue() == "notice: a: newer already\n" * 12


@SHORT
@given(st.text(min_size=4000, max_size=4200), st.text(max_size=3000))
def test_message_is_cut_to_what_the_runner_takes(message: str, hint: str) -> None:
    with captured() as streams:
        github().failure(message, hint)
    [command] = runner.commands(streams.err.getvalue())
    assert len(command.data.encode("utf-16-le", "surrogatepass")) // 2 <= 4096


def test_hint_outlives_a_long_message() -> None:
    with captured() as streams:
        github().failure("x" * 5000, "do this")
    [command] = runner.commands(streams.err.getvalue())
    assert command.data.endswith("x…\ndo this")
    assert len(command.data) == 4096


def test_progress_is_shown_where_there_is_a_bar() -> None:
    with captured() as streams:
        github().progress(1, 3)
        azure().progress(1, 3)
    assert agent.commands(streams.err.getvalue()) == [
        agent.Command("task.setprogress", "1 of 3 changes", {"value": "33"})
    ]
    assert runner.commands(streams.err.getvalue()) == []


def test_summary_is_appended_within_the_limit(tmp_path: Path) -> None:
    file = tmp_path / "summary"
    host = github(GITHUB_STEP_SUMMARY=str(file))
    host.summary("# one\n")
    assert file.read_text() == "\n# one\n"
    file.write_bytes(b"x" * (1024 * 1024 - 200))
    host.summary("é" * 40 + "\n" + "| row |\n" * 100)
    text = file.read_text()
    assert len(text.encode()) <= 1024 * 1024
    assert text.endswith("| row |\n\n\n*The rest was cut: the log has all of it.*\n")
    file.write_bytes(b"x" * (1024 * 1024))
    host.summary("no room")
    assert file.stat().st_size == 1024 * 1024


def test_summary_is_a_file_that_the_agent_takes(tmp_path: Path) -> None:
    folder = tmp_path / "a;b]%"
    folder.mkdir()
    host = azure(AGENT_TEMPDIRECTORY=str(folder))
    with captured() as streams:
        host.summary("# one\n")
        host.summary("# two\n")
    read = agent.commands(streams.err.getvalue())
    assert [command.name for command in read] == ["task.uploadsummary"] * 2
    assert [Path(command.data).read_text() for command in read] == ["# one\n", "# two\n"]
    assert {Path(command.data).name for command in read} == {"wheelpin.md"}


def test_what_cannot_be_written_is_a_warning(tmp_path: Path) -> None:
    host = github(GITHUB_OUTPUT=str(tmp_path), GITHUB_STEP_SUMMARY=str(tmp_path / "no" / "file"))
    with captured() as streams:
        host.outputs({"changed": "true"})
        host.summary("# one")
    assert [command.name for command in runner.commands(streams.err.getvalue())] == ["warning", "warning"]


def test_services_without_files_get_none() -> None:
    with captured() as streams:
        github().outputs({"changed": "true"})
        github().summary("# one")
        azure().summary("# one")
    assert (streams.out.getvalue(), streams.err.getvalue()) == ("", "")


def test_groups_of_many_threads_do_not_mix() -> None:
    host = github()
    with captured() as streams:
        threads = [threading.Thread(target=host.output, args=(f"t{n}", "a\nb\nc")) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    rows = streams.err.getvalue().splitlines()
    assert [row for n in range(8) for row in rows[5 * n + 1 : 5 * n + 5]] == [
        "a",
        "b",
        "c",
        "::endgroup::",
    ] * 8


def test_details_are_for_whoever_debugs_the_pipeline() -> None:
    with captured() as streams:
        for host in (github(), azure(), github(RUNNER_DEBUG="1"), azure(SYSTEM_DEBUG="True")):
            host.detail("closely")
    assert streams.err.getvalue() == "closely\n" * 2


def test_progress_bars_are_one_line() -> None:
    with captured() as streams:
        azure().output("pip", "10%\r50%\r100%\r\ndone\r\n")
    assert streams.err.getvalue().splitlines()[1:3] == ["100%", "done"]
