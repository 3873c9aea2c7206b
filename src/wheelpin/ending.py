"""How a run ends: whatever was raised becomes an exit code and words in one place."""

import platform
import sys
import traceback
from collections.abc import Callable

import click

from wheelpin import __version__
from wheelpin.ci import Host
from wheelpin.errors import BUG, CONVERGED, INTERRUPTED, WheelpinError

RESUME = "interrupted: nothing is lost, run the same command again"


def exit_code(
    command: Callable[[], object], host: Host, summarise: Callable[[WheelpinError], object] | None = None
) -> int:
    """Run a command; the code that it returns, or that of what it raised.

    `summarise` is told of an error too, once it is explained.
    """
    try:
        code = command()
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        host.failure(error.format_message(), _usage(error))
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        host.note(RESUME)
        return INTERRUPTED
    except WheelpinError as error:
        _explain(error, host)
        if summarise:
            summarise(error)
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - the last resort: a bug is told as a bug
        host.failure(_bug(), "this is a bug of wheelpin: please report it with all of the above")
        if summarise:
            # Not the traceback: a report is a file that travels, and services mask secrets in logs alone.
            what = f"a bug of wheelpin: {type(error).__name__}; the log of this step has the traceback"
            summarise(WheelpinError(what, hint="please report it with what the log says"))
        return BUG
    return code if isinstance(code, int) else CONVERGED


def _explain(error: WheelpinError, host: Host) -> None:
    """Each finding where it belongs, and then what they do not say themselves."""
    for finding in error.findings:
        host.finding(finding)
    told = "\n".join(map(str, error.findings)).splitlines()
    rest = [line for line in error.message.splitlines() if line not in told]
    if rest or error.hint or not told:
        host.failure("\n".join(rest), error.hint)


def _usage(error: click.ClickException) -> str:
    """How the command is called, when it was called in another way."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    return f"{context.get_usage()}\n  help: {context.command_path} --help" if context else ""


def _bug() -> str:
    trace = traceback.format_exc()
    return f"{trace}wheelpin {__version__}, Python {platform.python_version()}, {sys.platform}"
