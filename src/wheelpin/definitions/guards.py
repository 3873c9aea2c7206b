"""What must not stand in a definition: credentials, and characters that show another text than there is.

A finding says where and what kind of thing it is, never the value.
"""

import re
from collections.abc import Iterator

from yaml import ScalarNode

from wheelpin.definitions.fragment import Fragment, whole
from wheelpin.document import compose, nodes
from wheelpin.errors import Finding, Level
from wheelpin.source import Lines, Source

_USERINFO = re.compile(r"(git\+)?https?://([^\s/?#@\"'<>]{1,2000})@", re.IGNORECASE)
_LONGEST_USER = 30
"""`git+https://organisation@…` is how Azure DevOps shows clone addresses; a token is longer."""
_SHAPES = {
    "a SAS signature": r"[?&;]sig=[A-Za-z0-9%+/=_-]{16}",
    "a storage key": r"\b(?:AccountKey|SharedAccessKey|SharedAccessSignature)=[^\s;\"'<>{}$]{16}",
    "a GitHub token": r"(?<![A-Za-z0-9_])(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22})",
    "a GitLab token": r"(?<![A-Za-z0-9_-])glpat-[A-Za-z0-9_-]{20}",
    "a PyPI token": r"(?<![A-Za-z0-9_-])pypi-AgE[A-Za-z0-9_-]{40}",
    "an Azure DevOps token": r"(?<!\w)(?:[a-z2-7]{52}|[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4})(?!\w)",
    "an Azure client secret": r"(?<![\w~.-])[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{31,34}(?![\w~.-])",
    "an AWS key": r"(?<![A-Za-z0-9])A[KS]IA[A-Z0-9]{16}(?![A-Za-z0-9])",
    "a Hugging Face token": r"(?<![A-Za-z0-9_])hf_[A-Za-z0-9]{34}",
    "a Slack token": r"(?<![A-Za-z0-9])xox[abprs]-[A-Za-z0-9-]{10}",
    "a signed token (JWT)": r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10}",
    "a private key": r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----",
}  # fmt: skip
_SHAPE = {kind: re.compile(pattern) for kind, pattern in _SHAPES.items()}
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_CONTINUED = re.compile(r"[\\`][ \t]*\r?\n[ \t]*")
_HINT = "take it out and revoke it; `wheelpin connect` gives workspaces the credential for the feed"


def guard(source: Source, *, yaml: bool) -> list[Finding]:
    """The findings of one file, whose format's reader has accepted it; credentials are errors."""
    text = source.text
    lines = Lines(text)
    found: dict[tuple[int, str], Finding] = {}
    for fragment in _readings(source, yaml=yaml):
        for at, kind in _credentials(fragment.text):
            line = lines.position(fragment.starts[at])[0]
            message = f"holds a credential: {kind}"
            found[line, kind] = Finding(
                level=Level.ERROR, subject=source.path, line=line, message=message, hint=_HINT
            )
    for bidi in _BIDI.finditer(text):
        line = lines.position(bidi.start())[0]
        message = "holds a character that changes the direction of text: what is shown is not what is there"
        found[line, "bidi"] = Finding(level=Level.WARNING, subject=source.path, line=line, message=message)
    return [found[key] for key in sorted(found)]


def _credentials(text: str) -> Iterator[tuple[int, str]]:
    """Where credentials begin, and what kind each is."""
    for userinfo in _USERINFO.finditer(text):
        git, user = userinfo.groups()
        if not git or ":" in user or len(user) > _LONGEST_USER or "$" in user:
            yield userinfo.start(), "a user or password in a URL"
    for kind, pattern in _SHAPE.items():
        for shape in pattern.finditer(text):
            yield shape.start(), kind


def _readings(source: Source, *, yaml: bool) -> Iterator[Fragment]:
    """The text as it stands, and with continuations and escapes undone, because they could hide a URL."""
    text = whole(source.text)
    yield text
    if "\\" not in source.text and "`" not in source.text:
        return
    yield _without_continuations(text)
    if yaml:
        yield from _scalars(text, source.path)


def _without_continuations(text: Fragment) -> Fragment:
    starts: list[int] = []
    pieces: list[str] = []
    at = 0
    for continued in _CONTINUED.finditer(text.text):
        pieces.append(text.text[at : continued.start()])
        starts.extend(text.starts[at : continued.start()])
        at = continued.end()
    pieces.append(text.text[at:])
    starts.extend(text.starts[at:])
    return Fragment("".join(pieces), starts, [start + 1 for start in starts])


def _scalars(text: Fragment, path: str) -> Iterator[Fragment]:
    """Each value that escapes may have disguised, all of it at the place where it begins."""
    for document in compose(text.text, path):
        for node in nodes(document):
            if isinstance(node, ScalarNode) and node.style == '"':
                at = node.start_mark.index
                yield Fragment(node.value, [at] * len(node.value), [at + 1] * len(node.value))
