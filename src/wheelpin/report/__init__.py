"""What was planned, found and done, as text, JSON and Markdown; strings only: the host shows them."""

from wheelpin.report.facts import (
    findings_json,
    outcome_json,
    pins_json,
    plan_json,
    shared_json,
    wheels_json,
    yanked_json,
)
from wheelpin.report.outputs import outcome_outputs, plan_outputs
from wheelpin.report.sharing import shared_text
from wheelpin.report.summary import COMMENT_LIMIT, failure_markdown, outcome_markdown, plan_markdown
from wheelpin.report.text import outcome_text, pins_text, plan_text, wheels_text, yanked_text

__all__ = [
    "COMMENT_LIMIT",
    "failure_markdown",
    "findings_json",
    "outcome_json",
    "outcome_markdown",
    "outcome_outputs",
    "outcome_text",
    "pins_json",
    "pins_text",
    "plan_json",
    "plan_markdown",
    "plan_outputs",
    "plan_text",
    "shared_json",
    "shared_text",
    "wheels_json",
    "wheels_text",
    "yanked_json",
    "yanked_text",
]
