"""Isolation: what a build may see of the caller's environment.

A build runs code of the repository and of everything that it requires: it must never be given a credential.
"""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from wheelpin.command import CommandError, git
from wheelpin.errors import UsageError

NO_COMMIT_EPOCH = 1_580_601_600
"""SOURCE_DATE_EPOCH where no commit tells one: 2020-02-02, which is hatchling's default as well."""

_OLDEST_EPOCH = 315_532_800  # a zip archive knows no time before 1980

_SYSTEM = re.compile(
    r"PATH|HOME|USERPROFILE|HOME(DRIVE|PATH)|(LOCAL)?APPDATA|(COMMON)?PROGRAM(DATA|FILES|W6432)(\(X86\))?"
    r"|SYSTEM(ROOT|DRIVE)|WINDIR|COMSPEC|PATHEXT|TMPDIR|TEMP|TMP|USER|USERNAME|LOGNAME|SHELL"
    r"|NUMBER_OF_PROCESSORS|PROCESSOR_\w+|XDG_\w+_HOME|XDG_RUNTIME_DIR|CI"
    r"|(HTTPS?|ALL|NO)_PROXY|SSL_CERT_(FILE|DIR)|(REQUESTS|CURL)_CA_BUNDLE|GIT_(CONFIG_(GLOBAL|NOSYSTEM)|EXEC_PATH)"
)
_BUILD = re.compile(
    r"CC|CXX|CPP|LD|AR|AS|NM|RANLIB|STRIP|FC|F77|F90|(LD|BLD)SHARED|\w*FLAGS|CPATH|\w*(INCLUDE|LIBRARY)_PATH"
    r"|PKG_CONFIG\w*|INCLUDE|LIB|LIBPATH|V[SC][A-Z0-9]+|WINDOWSSDK\w+|MACOSX_DEPLOYMENT_TARGET|SDKROOT"
    r"|_PYTHON_HOST_PLATFORM|CONDA_PREFIX|JAVA_HOME|TORCH_CUDA_ARCH_LIST"
    r"|(CMAKE|SKBUILD|MESON|NINJA|MAKE|CARGO|RUST|MATURIN|CUDA|NVCC|NPY|CYTHON|DISTUTILS)\w*"
    r"|(SETUPTOOLS|HATCH_BUILD|PBR|POETRY_DYNAMIC|PDM_BUILD|VERSIONEER|VERSIONINGIT)_\w+"
)
_INSTALLER = re.compile(
    r"PIP_\w+|UV|UV_(?!PUBLISH)\w+|NETRC|\w*KEYRING\w*|VSS_NUGET_\w+|ARTIFACTS_\w+|DBUS_SESSION_BUS_ADDRESS"
)
_SECRET = re.compile(
    r"TOKEN|PASSW|PASSPHRASE|SECRET|CREDENTIAL|KEY|CONNECTION_?STRING|(^|_)(PAT|AUTH|SAS|PWD)(_|$)"
)
_USERINFO = re.compile(r"://[^/?#\s]*@")
_FIXED = {
    "TZ": "UTC",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
}
UMASK = 0o022


def build_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that are meant for compilers and build backends; never a credential."""
    return {
        name: value for name, value in environ.items() if _BUILD.fullmatch(name) and _is_open(name, value)
    }


def build_environ(environ: Mapping[str, str], epoch: int) -> dict[str, str]:
    """The whole environment of a build backend: what is on the lists above and holds no credential.

    Time zone, locale, hash seed and SOURCE_DATE_EPOCH are the same wherever the build runs. Files below the
    home folder stay within reach: who builds code that is not trusted does it in a job without any sign-in.
    """
    system = {
        name: value
        for name, value in environ.items()
        if _SYSTEM.fullmatch(name.upper()) and _is_open(name, value)
    }
    return {**system, **build_settings(environ), **_FIXED, "SOURCE_DATE_EPOCH": str(epoch)}


def installer_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """What installs build requirements also gets the user's index settings, but nothing to publish with.

    A requirement that comes as source runs its own build there.
    """
    settings = {name: value for name, value in environ.items() if _INSTALLER.fullmatch(name)}
    if shutil.which("keyring", path=environ.get("PATH")):
        # Neither installer asks keyring unless told to; build's own front end tells them so too.
        settings = {"PIP_KEYRING_PROVIDER": "subprocess", "UV_KEYRING_PROVIDER": "subprocess", **settings}
    proxies = {name: value for name, value in environ.items() if name.upper().endswith("_PROXY")}
    return {**build_environ(environ, NO_COMMIT_EPOCH), **proxies, **settings}


def source_epoch(folder: Path, environ: Mapping[str, str]) -> int:
    """SOURCE_DATE_EPOCH of the sources in `folder`, in seconds: the caller's, else that of the last commit.

    That is the last commit that touched the folder; a shallow clone knows only its own. Raises UsageError.
    """
    told = environ.get("SOURCE_DATE_EPOCH", "")
    if told and not told.isdecimal():
        raise UsageError(f"SOURCE_DATE_EPOCH is {told!r}: it must be a number of seconds since 1970")
    if not told:
        try:
            told = git("log", "-1", "--format=%ct", "--", ".", cwd=folder).strip()
        except CommandError:
            told = ""
    return max(int(told), _OLDEST_EPOCH) if told else NO_COMMIT_EPOCH


def _is_open(name: str, value: str) -> bool:
    return not _SECRET.search(name.upper()) and not _USERINFO.search(value)
