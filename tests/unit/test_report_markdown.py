"""The Markdown report: what it tells, and that no name and no message in it is ever markup."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from wheelpin.change import Edit, Registration, Unchanged, Upload
from wheelpin.errors import BuildError, Finding, Level, TargetError
from wheelpin.outcome import Outcome
from wheelpin.plan import Plan
from wheelpin.report import COMMENT_LIMIT, failure_markdown, outcome_markdown, outcome_outputs, plan_markdown
from wheelpin.report.markdown import code, prose, quoted, table

SHORT = settings(derandomize=True, deadline=None, database=None)
PIECES = (
    "|",
    "\\",
    "`",
    "``",
    "```",
    "~~~",
    "*",
    "_",
    "[a](http://evil.example)",
    "![a](http://evil.example/b.png)",
    "<img src=x>",
    "<!--",
    "&amp;",
    "@octocat",
    "#12",
    "GH-1",
    "!7",
    "www.evil.example",
    "https://evil.example",
    "\n",
    "\r\n",
    "\u2028",
    "# ",
    "- ",
    "> ",
    "    ",
    "---",
    "|---|",
    "a",
    "é",
    " ",
    "\0",
    "\u202e",
    "\udcff",
    "$x$",
    ":smile:",
)
TEXT = st.one_of(st.lists(st.sampled_from(PIECES), max_size=8).map("".join), st.text(max_size=20))
MARKUP = {
    "html_inline",
    "html_block",
    "link_open",
    "image",
    "em_open",
    "strong_open",
    "heading_open",
    "fence",
}

UPLOAD = Upload(store="feed", file="a-1-py3-none-any.whl", name="a", version="1", sha256="ab" * 32, size=1)
EDIT = Edit(path="conda.yml", line=3, column=1, name="a", before="a==0", after="a==1")
TRAIN = Registration(registry="dev", environment="train", version="12", previous="11", digest="cd" * 32)
SHARED = replace(TRAIN, registry="shared")
TARGETS = {
    "registries": {
        "dev": {"kind": "azureml-workspace", "subscription": "s", "resource-group": "g", "workspace": "w"},
        "shared": {"kind": "azureml-registry", "name": "contoso"},
    }
}
PLAN = Plan(
    changes=(UPLOAD, EDIT, TRAIN, SHARED),
    unchanged=(Unchanged(subject="b-2-py3-none-any.whl", reason="feed holds the same sha256"),),
    targets=TARGETS,
)


def parsed(text: str) -> list[Token]:
    """All tokens, blocks and what is in them."""
    found = []
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text):
        found += [token, *(token.children or [])]
    return found


def cells(text: str) -> Sequence[str]:
    """The words of each cell of the only table, as they are shown."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    inline = [token for before, token in pairwise(tokens) if before.type == "td_open"]
    return ["".join(child.content for child in token.children or []) for token in inline]


def words(text: str) -> str:
    """What a reader sees: no control characters, one line, bars that tables cannot hold drawn otherwise."""
    shown = "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in text)
    return " ".join(shown.split()).replace("|", "¦")


def bare(text: str) -> str:
    """Words without what only keeps them apart; bars are drawn in one way or the other."""
    return re.sub("[\u200b`]", "", text).replace("|", "¦").strip()


@SHORT
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=3))
def test_names_stay_words_in_a_table(rows: list[tuple[str, str]]) -> None:
    text = table(("a", "b"), [[code(one), prose(other)] for one, other in rows])
    assert not {token.type for token in parsed(text)} & MARKUP
    shown = cells(text)
    assert len(shown) == 2 * len(rows)
    for (one, other), first, second in zip(rows, shown[::2], shown[1::2], strict=True):
        assert first.strip() == words(one)
        assert bare(second) == bare(words(other))


@SHORT
@given(TEXT)
def test_messages_are_never_markup_or_mentions(text: str) -> None:
    line = f"**What to do:** {prose(text)}"
    tokens = [token for token in parsed(line) if token.type != "code_inline"]
    assert [token.type for token in tokens if token.type in MARKUP] == ["strong_open"]
    rendered = "".join(token.content for token in tokens if token.type == "text")
    assert not re.search(r"@\w|(?<!\w)#\d|GH-\d|!\d|://|www\.", rendered, re.ASCII)


@SHORT
@given(TEXT)
def test_quoted_text_is_one_block(text: str) -> None:
    tokens = parsed(f"{quoted(text)}\n\nafter")
    assert [token.type for token in tokens][:2] == ["fence", "paragraph_open"]


@SHORT
@given(TEXT, TEXT, TEXT)
def test_report_of_hostile_names_has_its_own_headings_and_links_only(
    name: str, path: str, message: str
) -> None:
    finding = Finding(level=Level.WARNING, subject=path, message=message, hint=message, line=1)
    plan = Plan(
        changes=(
            replace(UPLOAD, name=name, version=name, store=name),
            replace(EDIT, path=path, before=message, after=message),
            replace(TRAIN, environment=name, previous=path or None),
        ),
        unchanged=(Unchanged(subject=name, reason=message),),
        targets=TARGETS,
        findings=(finding,),
    )
    outcome = Outcome(plan=plan)
    outcome.settle(plan.changes[:1], TargetError(message, hint=message))
    outcome.settle(plan.changes[2:], None)
    for text, headings in ((plan_markdown(plan), 6), (outcome_markdown(outcome), 6)):
        tokens = parsed(text)
        assert sum(token.type == "heading_open" for token in tokens) == headings
        assert not [token for token in tokens if token.type in {"html_inline", "html_block", "image"}]
        links = [str(token.attrs["href"]) for token in tokens if token.type == "link_open"]
        assert all(link.startswith("https://ml.azure.com/environments/") for link in links)
    assert not [t for t in parsed(failure_markdown(BuildError(message, hint=name))) if t.type == "link_open"]


def test_plan_tells_what_would_happen_and_how_to_let_it() -> None:
    text = plan_markdown(PLAN)
    assert text.startswith(f"## wheelpin plan `{PLAN.digest[:8]}`\n")
    assert f"wheelpin apply --expect {PLAN.digest}\n" in text
    assert "| `a` | `1` | `feed` |" in text
    assert "| `conda.yml:3` | `a==0` | `a==1` |" in text


def test_plan_that_is_carried_out_already_does_not_ask_for_it() -> None:
    text = plan_markdown(PLAN, approvable=False)
    assert "wheelpin apply" not in text
    assert "To release" not in text
    assert "| `conda.yml:3` | `a==0` | `a==1` |" in text


def test_plan_links_the_version_that_is_there_and_the_outcome_the_new_one() -> None:
    workspace = "https://ml.azure.com/environments/train/version/{}?wsid=/subscriptions/s/resourcegroups/g/workspaces/w"
    shared = "https://ml.azure.com/registries/contoso/environments/train/version/{}"
    plan, outcome = plan_markdown(PLAN), Outcome(plan=PLAN)
    assert f"| `train` | [`11`]({workspace.format(11)}) | `12` | `dev` |" in plan
    assert f"| `train` | [`11`]({shared.format(11)}) | `12` | `shared` |" in plan
    outcome.settle(PLAN.changes, None)
    assert f"[`12`]({workspace.format(12)}) | `dev` | ✅ done |" in outcome_markdown(outcome)


@pytest.mark.parametrize(
    "registry",
    [
        {"kind": "directory", "path": "x"},
        {"kind": "azureml-registry", "name": "contoso", "endpoint": "https://management.example"},
        {"kind": "azureml-workspace"},
    ],
)
def test_only_the_public_cloud_has_pages_that_are_known(registry: dict[str, object]) -> None:
    assert "](http" not in plan_markdown(replace(PLAN, targets={"registries": {"dev": registry}}))


def test_empty_plan_says_so_and_asks_for_nothing() -> None:
    text = plan_markdown(Plan(changes=()))
    assert "Nothing to do" in text
    assert "--expect" not in text


def test_picture_leads_from_the_wheel_to_the_registry() -> None:
    picture = plan_markdown(PLAN).partition("```mermaid\n")[2].partition("```")[0]
    assert picture.splitlines() == [
        "flowchart LR",
        '  n0(["a 1"])',
        '  n1[("feed")]',
        '  n2{{"train:12"}}',
        '  n3["dev"]',
        '  n4["shared"]',
        "  n0 --> n1",
        "  n1 --> n2",
        "  n2 --> n3",
        "  n2 --> n4",
    ]
    assert "mermaid" not in plan_markdown(PLAN, diagrams=False)


@SHORT
@given(TEXT)
def test_names_in_the_picture_are_labels(name: str) -> None:
    text = plan_markdown(Plan(changes=(replace(UPLOAD, name=name), replace(TRAIN, environment=name))))
    picture = text.partition("```mermaid\n")[2].partition("\n```")[0]
    first, *rows = picture.splitlines()
    node = r'  n\d(\(\["LABEL"\]\)|\[\("LABEL"\)\]|\{\{"LABEL"\}\}|\["LABEL"\])'.replace(
        "LABEL", r"[ -!#-\[\]-~]*"
    )
    assert first == "flowchart LR"
    assert all(re.fullmatch(rf"{node}|  n\d --> n\d", row) for row in rows)


def test_outcome_tells_what_failed_and_what_to_do() -> None:
    outcome = Outcome(plan=PLAN)
    outcome.settle([UPLOAD], None)
    outcome.settle([EDIT], TargetError("conda.yml: cannot be written", hint="free some disk"))
    text = outcome_markdown(outcome)
    assert text.startswith("## ❌ wheelpin: 1 of 4 changes done, 1 failed, 2 not started\n")
    assert "```text\nconda.yml: cannot be written\n```\n\n**What to do:** free some disk" in text
    assert "what is done stays done, and nothing is lost" in text
    assert "| `train` | [`11`]" in text
    assert text.count("not started |") == 2


def test_outcome_that_is_good_says_so_first() -> None:
    outcome = Outcome(plan=PLAN)
    outcome.settle(PLAN.changes, None)
    assert outcome_markdown(outcome).startswith("## ✅ wheelpin: 4 of 4 changes done\n")


def test_outcome_tells_where_the_edits_went() -> None:
    outcome = Outcome(plan=PLAN, pushed="main of origin, commit 0123456789ab")
    outcome.settle(PLAN.changes, None)
    assert "\nPushed to `main of origin, commit 0123456789ab`\n" in outcome_markdown(outcome)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://x.example/a b", "https://x.example/)<b>"])
def test_address_that_a_server_has_made_up_is_no_link(url: str) -> None:
    text = outcome_markdown(Outcome(plan=Plan(changes=()), pull_request=url))
    assert not [token for token in parsed(text) if token.type in {"link_open", "html_inline"}]


def test_failure_tells_each_finding_once() -> None:
    finding = Finding(
        level=Level.ERROR, subject="wheelpin.yml", message="unknown key", line=3, hint="see docs"
    )
    text = failure_markdown(BuildError(f"cannot go on\n{finding}", hint="mend it", findings=[finding]))
    assert text.count("unknown key") == 1
    assert "```text\ncannot go on\n```" in text
    assert "**What to do:** mend it" in text
    assert "- ❌ `wheelpin.yml:3`: unknown key *see docs*" in text


def test_comment_is_cut_after_a_row() -> None:
    edits = tuple(replace(EDIT, path=f"environments/e{number}/conda.yml") for number in range(3000))
    whole = plan_markdown(Plan(changes=edits))
    text = plan_markdown(Plan(changes=edits), limit=COMMENT_LIMIT)
    assert len(whole) > COMMENT_LIMIT >= len(text) > COMMENT_LIMIT - 200
    *_, row, _, _, said = text.splitlines()
    assert row.endswith("| `a==1` |")
    assert said == "*The rest was cut: the log has all of it.*"


@SHORT
@given(st.integers(0, 700))
def test_what_is_cut_fits_and_leaves_no_block_open(limit: int) -> None:
    outcome = Outcome(plan=PLAN)
    outcome.settle([UPLOAD], TargetError("```\nno\n" * 5))
    text = outcome_markdown(outcome, limit=limit)
    assert len(text) <= limit
    assert not text or parsed(text)[-1].type in {"paragraph_close", "text", "em_close"}


def test_outputs_tell_what_is_where_it_should_be() -> None:
    outcome = Outcome(plan=PLAN)
    outcome.settle([UPLOAD], TargetError("no"))
    outcome.settle([TRAIN], None)
    told = outcome_outputs(outcome)
    assert told == {
        "plan-digest": PLAN.digest,
        "changed": "true",
        "wheels": "[]",
        "environments": '[{"name": "train", "version": "12", "registry": "dev"}]',
    }
