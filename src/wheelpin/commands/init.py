"""`wheelpin init`: the first config and the first pipeline."""

from typing import TYPE_CHECKING

from wheelpin import options
from wheelpin.door import command
from wheelpin.errors import CONVERGED, WheelpinError
from wheelpin.session import Session

if TYPE_CHECKING:
    from wheelpin.init.discovery import Discovery


@command
@options.service
@options.local
def init(session: Session, /, *, service: str | None, local: bool) -> int:
    """Write a first wheelpin.yml and a first pipeline, from what is found here. Writes over nothing."""
    from wheelpin.init import blanks, choose_service, draft_files, write_files
    from wheelpin.init.account import account

    discovery = _discover(session)
    drafted = draft_files(discovery, choose_service(discovery, service), local=local)
    write_files(session.root, drafted)
    session.host.result(account(discovery, drafted, blanks(drafted)))
    return CONVERGED


def _discover(session: Session) -> "Discovery":
    """What the repository tells of a first config and pipeline. Raises BuildError, ConfigError."""
    from wheelpin.git import Git
    from wheelpin.init.discovery import discover

    try:
        remote = Git(root=session.root, environ=session.environ).ask("remote", "get-url", "origin")
    except WheelpinError:
        remote = ""  # without git, files alone tell
    return discover(session.repository(), remote)
