"""Real builds. Backends that misbehave live in their own project's folder: nothing is downloaded for them."""

import errno
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path

import pytest

import wheelpin
from tests.hosts import Listener
from tests.projects import BACKENDS, Backend, write_project
from tests.wheels import make_wheel, pack, wheel_members
from wheelpin.build import build_projects, wheels_in
from wheelpin.build.project import find_projects
from wheelpin.command import run
from wheelpin.errors import BuildError, CheckError, ConfigError, UsageError
from wheelpin.repository import Repository
from wheelpin.wheel import Wheel

EPOCH = "1700000000"
CANARY = "canary-4711"
GOOD = 'shutil.copy(glob.glob("made/*.whl")[0], folder)\n    return os.listdir(folder)[0]'


@pytest.fixture
def host() -> Listener:
    return Listener()


def environment(**changes: str) -> dict[str, str]:
    return {**os.environ, **changes}


def build(
    root: Path, host: Listener, environ: Mapping[str, str] | None = None, *, rebuild: bool = False
) -> tuple[Wheel, ...]:
    repository = Repository(root)
    return build_projects(
        repository,
        find_projects(repository, None),
        root / "dist",
        host=host,
        environ=environment() if environ is None else environ,
        rebuild=rebuild,
    )


def scripted(
    folder: Path, name: str, script: str = GOOD, *, named: bool = True, version: str = "1.0"
) -> Path:
    """Write a project whose backend runs `script` to build; by default it hands out a ready wheel."""
    make_wheel(folder / "made", name, version)
    table = f'[project]\nname = "{name}"\nversion = "{version}"\n' if named else ""
    (folder / "pyproject.toml").write_text(
        f'{table}[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    hook = "def build_wheel(folder, settings=None, metadata=None):"
    (folder / "backend.py").write_text(f"import glob, os, shutil, sys\n{hook}\n    {script}\n")
    return folder


def commit(root: Path) -> None:
    if not (root / ".git").exists():
        run(["git", "init", "--quiet"], cwd=root)
    run(["git", "add", "--all"], cwd=root)
    command = f"!GIT_COMMITTER_DATE=@{EPOCH} git commit --quiet --allow-empty --message change"
    run(["git", "-c", f"alias.dated={command}", "dated"], cwd=root)


def failure(root: Path, host: Listener, environ: Mapping[str, str] | None = None) -> BuildError:
    with pytest.raises(BuildError) as caught:
        build(root, host, environ)
    return caught.value


def write_one_of_each(root: Path) -> None:
    """A project for each backend: three dynamic versions, two of them in a namespace."""
    write_project(root / "hatchling", "acme-hatch", "1.0", "hatchling", dynamic=True, namespace="acme")
    data = {"MANIFEST.in": "recursive-include src *.json\n", "src/acme/tools/data.json": "{}\n"}
    write_project(
        root / "setuptools", "acme-tools", "1.1", "setuptools", dynamic=True, namespace="acme", files=data
    )
    write_project(root / "flit", "acme-flit", "1.2", "flit_core", dynamic=True, requires=["acme-hatch>=1"])
    write_project(root / "uv", "acme-uv", "1.3", "uv_build", namespace="acme")


def disturb(root: Path) -> None:
    """Make the same sources look different: modes, times, and what an earlier build left behind."""
    for file in root.rglob("*.*"):
        file.chmod(0o600)
        os.utime(file, (1_500_000_000, 1_500_000_000))
    for leftover in (
        "build/lib/acme/stale.py",
        "src/acme_tools.egg-info/SOURCES.txt",
        "src/acme/tools/x.pyc",
    ):
        (root / "setuptools" / leftover).parent.mkdir(parents=True, exist_ok=True)
        (root / "setuptools" / leftover).write_text("src/acme/stale.py\n")


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def test_the_same_source_gives_the_same_bytes_with_every_backend(tmp_path: Path, host: Listener) -> None:
    one, other = tmp_path / "one", tmp_path / "somewhere/else"
    write_one_of_each(one)
    commit(one)
    with umask(0o022):
        wheels = build(one, host, environment(TZ="UTC", PYTHONHASHSEED="1"))
    with umask(0o077):
        write_one_of_each(other)
        disturb(other)
        foreign = environment(
            TZ="Asia/Tokyo", PYTHONHASHSEED="2", LC_ALL="de_DE.UTF-8", SOURCE_DATE_EPOCH=EPOCH
        )
        others = build(other, Listener(), foreign)

    assert [(wheel.name, wheel.version) for wheel in wheels] == [
        ("acme-flit", "1.2"),
        ("acme-hatch", "1.0"),
        ("acme-tools", "1.1"),
        ("acme-uv", "1.3"),
    ]
    assert [wheel.sha256 for wheel in wheels] == [wheel.sha256 for wheel in others]
    assert b"Requires-Dist: acme-hatch>=1" in wheels[0].metadata
    assert {"acme/tools/__init__.py", "acme/tools/data.json"} <= set(
        zipfile.ZipFile(wheels[2].path).namelist()
    )
    assert sorted(host.tasks) == ["build acme-flit", "build acme-hatch", "build acme-tools", "build acme-uv"]
    assert run(["git", "status", "--porcelain"], cwd=one) == "?? dist/\n"

    seen, times = Listener(), [wheel.path.stat().st_mtime_ns for wheel in wheels]
    started = time.perf_counter()
    assert build(one, seen) == wheels
    assert time.perf_counter() - started < 1
    assert seen.tasks == []
    assert [wheel.path.stat().st_mtime_ns for wheel in wheels] == times


@pytest.mark.long
@pytest.mark.parametrize("backend", BACKENDS)
def test_48_ways_to_build_give_one_sequence_of_bytes(tmp_path: Path, backend: Backend) -> None:
    seen = set()
    for count, (folder, mask, mtime, zone, seed) in enumerate(
        product(
            ("a", "b/c"), (0o022, 0o077), (1_500_000_000, None), ("UTC", "Asia/Tokyo"), ("0", "1", "random")
        )
    ):
        root = tmp_path / str(count) / folder
        with umask(mask):
            write_project(root / "core", "acme-core", "1.0", backend, namespace="acme")
            if mtime:
                for file in root.rglob("*.*"):
                    os.utime(file, (mtime, mtime))
            environ = environment(TZ=zone, PYTHONHASHSEED=seed, SOURCE_DATE_EPOCH=EPOCH)
            (wheel,) = build(root, Listener(), environ)
        seen.add(wheel.sha256)
    assert len(seen) == 1


def test_only_what_changed_is_built_again(tmp_path: Path, host: Listener) -> None:
    scripted(tmp_path / "core", "core")
    scripted(tmp_path / "io", "io")
    commit(tmp_path)
    build(tmp_path, Listener())

    with (tmp_path / "io/backend.py").open("a") as file:
        file.write("# changed\n")
    build(tmp_path, host)

    assert host.tasks == ["build io"]


@pytest.mark.parametrize("change", [{"SOURCE_DATE_EPOCH": "1"}, {"CFLAGS": "-O3"}, {"CMAKE_ARGS": "-DX=1"}])
def test_variables_for_builds_are_part_of_what_was_built(
    tmp_path: Path, host: Listener, change: Mapping[str, str]
) -> None:
    scripted(tmp_path / "core", "core")
    build(tmp_path, Listener())

    build(tmp_path, host, environment(**change))

    assert host.tasks == ["build core"]


def test_a_rebuild_with_the_same_bytes_leaves_the_wheel_untouched(tmp_path: Path, host: Listener) -> None:
    scripted(tmp_path, "core")
    (wheel,) = build(tmp_path, Listener())
    before = wheel.path.stat()

    assert build(tmp_path, host, rebuild=True) == (wheel,)

    assert host.tasks == ["build core"]
    after = wheel.path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_no_projects_make_no_folder(tmp_path: Path, host: Listener) -> None:
    assert build(tmp_path, host) == ()
    assert list(tmp_path.iterdir()) == []


def test_a_version_from_git_is_that_of_the_tag(tmp_path: Path, host: Listener) -> None:
    (tmp_path / "core").mkdir()
    (tmp_path / "core/pyproject.toml").write_text(
        '[build-system]\nrequires = ["setuptools>=80", "setuptools-scm>=8"]\n'
        'build-backend = "setuptools.build_meta"\n'
        '[project]\nname = "core"\ndynamic = ["version"]\n'
        '[tool.setuptools_scm]\nroot = ".."\nversion_file = "src/core/_version.py"\n'
        '[tool.setuptools]\npackages = ["core"]\npackage-dir = {"" = "src"}\n'
    )
    (tmp_path / "core/src/core").mkdir(parents=True)
    (tmp_path / "core/src/core/__init__.py").touch()
    (tmp_path / ".gitignore").write_text("_version.py\n")
    commit(tmp_path)
    run(["git", "tag", "v1.4.0"], cwd=tmp_path)

    (wheel,) = build(tmp_path, host)

    assert wheel.version == "1.4.0"
    assert "core/_version.py" in zipfile.ZipFile(wheel.path).namelist()
    assert not (tmp_path / "core/src/core/_version.py").exists()


def test_one_failure_does_not_lose_the_others(tmp_path: Path, host: Listener) -> None:
    scripted(tmp_path / "core", "core")
    scripted(tmp_path / "io", "io", 'print("compiling"); raise ValueError("no compiler")')
    scripted(tmp_path / "nlp", "nlp", 'sys.exit("no model")')

    error = failure(tmp_path, host)

    assert error.message == "2 of 3 projects could not be built: io, nlp"
    assert [finding.subject for finding in error.findings] == ["io/pyproject.toml", "nlp/pyproject.toml"]
    assert error.findings[0].message.startswith("the build backend failed\n")
    assert error.findings[0].message.endswith("    ValueError: no compiler")
    assert "compiling\n" in host.printed["build io"]
    assert "no model\n" in host.printed["build nlp"]
    assert [file.name for file in (tmp_path / "dist").iterdir()] == ["core-1.0-py3-none-any.whl"]

    again = Listener()
    failure(tmp_path, again)
    assert sorted(again.tasks) == ["build io", "build nlp"]


def test_commands_to_a_ci_system_reach_only_the_hosts_output(tmp_path: Path, host: Listener) -> None:
    hostile = [
        "##vso[task.setvariable variable=x]evil",
        "before ##vso[task.complete]evil",
        "##[command]evil",
        "  ::add-mask::evil",
        "\x1b[2Jscreen",
    ]
    scripted(tmp_path / "core", "core", f"print(*{hostile!r}, sep=chr(10), flush=True); sys.exit(1)")

    error = failure(tmp_path, host)

    assert "\n".join(hostile) in host.printed["build core"]
    told = "\n".join([error.message, error.hint, *(finding.message for finding in error.findings)])
    assert "evil" not in told
    assert "[2Jscreen" in told
    assert "\x1b" not in told


@pytest.mark.parametrize(
    "secret",
    ["TWINE_PASSWORD", "SYSTEM_ACCESSTOKEN", "GITHUB_TOKEN", "AZURE_CLIENT_SECRET", "PIP_EXTRA_INDEX_URL"],
)
def test_a_backend_sees_no_credential_of_ours(
    tmp_path: Path, host: Listener, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    monkeypatch.setenv(secret, f"https://ada:{CANARY}@feed.example")
    scripted(tmp_path / "core", "core", 'print(dict(os.environ)); sys.exit("stop")')

    failure(tmp_path, host)

    seen = host.printed["build core"]
    assert CANARY not in seen
    assert "'PYTHONHASHSEED': '0'" in seen
    assert "'PATH'" in seen


def test_a_build_requirement_from_source_sees_the_index_but_nothing_to_publish_with(
    tmp_path: Path, host: Listener
) -> None:
    script = (
        'print({key: value for key, value in os.environ.items() if key.startswith(("TWINE", "PIP_"))}, '
        'file=sys.stderr); sys.exit("stop")'
    )
    plugin = scripted(tmp_path / "plugin", "plugin", script)
    scripted(tmp_path / "repository/core", "core")
    file = tmp_path / "repository/core/pyproject.toml"
    file.write_text(file.read_text().replace("requires = []", f'requires = ["plugin @ {plugin.as_uri()}"]'))
    environ = environment(TWINE_PASSWORD=CANARY, PIP_INDEX_URL="https://127.0.0.1:9/simple", PIP_NO_INDEX="1")

    error = failure(tmp_path / "repository", host, environ)

    assert "pip could not install the build requirements plugin @ file://" in error.findings[0].message
    assert "https://127.0.0.1:9/simple" in host.printed["build core"]
    assert CANARY not in host.printed["build core"]


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ('return "core-1.0-py3-none-any.whl"', "the build backend made no wheel"),
        ('return "../../../../etc/hostname"', "the build backend made no wheel"),
        ('return ""', "the build backend made no wheel"),
        (
            'os.symlink(glob.glob(os.getcwd() + "/made/*.whl")[0], folder + "/x.whl"); return "x.whl"',
            "the build backend made no wheel",
        ),
        ("return None", "the build backend cannot be used: "),
        ("os._exit(0)", "the build backend failed: "),
        ('os.kill(os.getpid(), 9); return ""', "the build backend failed\n"),
    ],
)
def test_a_backend_that_makes_no_wheel_is_told(
    tmp_path: Path, host: Listener, script: str, message: str
) -> None:
    scripted(tmp_path / "core", "core", script)

    error = failure(tmp_path, host)

    assert f"{error.findings[0].message}\n".startswith(message)


def test_a_wheel_of_another_name_is_refused(tmp_path: Path, host: Listener) -> None:
    scripted(tmp_path / "core", "core")
    (tmp_path / "core/made/core-1.0-py3-none-any.whl").unlink()
    make_wheel(tmp_path / "core/made", "evil", "1.0")

    error = failure(tmp_path, host)

    assert error.findings[0].message == "the build backend made a wheel of evil, not of core"
    assert list((tmp_path / "dist").iterdir()) == []


def test_a_wheel_that_is_not_valid_never_reaches_the_output(tmp_path: Path, host: Listener) -> None:
    folder = scripted(tmp_path / "core", "core")
    members = wheel_members("core", "1.0")
    (folder / "made/core-1.0-py3-none-any.whl").write_bytes(pack(members)[:-10])

    error = failure(tmp_path, host)

    assert error.findings
    assert error.findings[0].subject == "core-1.0-py3-none-any.whl"
    assert list((tmp_path / "dist").iterdir()) == []


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('build-backend = "backend"', "`requires` is a required property"),
        ("requires = [1]", "`requires` must be an array of strings"),
        ('requires = ["--pre"]', "the build requirement '--pre' is not one by PEP 508"),
        ('requires = []\nbuild-backend = "nowhere"', "Backend 'nowhere' is not available"),
        ('requires = []\nbuild-backend = "json"', "the build backend failed"),
        ('requires = []\nbuild-backend = "backend"\nbackend-path = ["../.."]', "must be inside source tree"),
    ],
)
def test_a_build_system_that_cannot_be_used_is_told(
    tmp_path: Path, host: Listener, table: str, message: str
) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[build-system]\n{table}\n")

    error = failure(tmp_path, host)

    assert message in error.findings[0].message


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_build_requirements_come_from_where_the_users_settings_say(
    tmp_path: Path, host: Listener, installer: str
) -> None:
    backend = (
        "import os\n"
        "def build_wheel(folder, settings=None, metadata=None):\n"
        "    from shutil import copy\n"
        '    copy("made/core-1.0-py3-none-any.whl", folder)\n'
        "    return os.listdir(folder)[0]\n"
    )
    links = tmp_path / "links"
    make_wheel(links, "acme-backend", "1.0", files={"acme_backend.py": backend})
    scripted(tmp_path / "core", "core")
    (tmp_path / "core/pyproject.toml").write_text(
        "[build-system]\n"
        "requires = [\"acme-backend; python_version > '3'\", \"gone; python_version < '3'\"]\n"
        'build-backend = "acme_backend"\n'
    )
    prefix = installer.upper()

    environ = environment(**{f"{prefix}_FIND_LINKS": str(links), f"{prefix}_NO_INDEX": "1"})
    (wheel,) = build(tmp_path, host, environ)

    assert wheel.file == "core-1.0-py3-none-any.whl"


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_a_build_requirement_that_is_missing_is_told(tmp_path: Path, host: Listener, installer: str) -> None:
    (tmp_path / "pyproject.toml").write_text('[build-system]\nrequires = ["acme-nowhere>=2"]\n')

    error = failure(tmp_path, host, environment(**{f"{installer.upper()}_NO_INDEX": "1"}))

    message = error.findings[0].message
    assert message.startswith(f"{installer} could not install the build requirements acme-nowhere>=2\n")
    assert "settings" in error.hint
    assert "acme-nowhere" in host.printed["build ."]


def test_a_project_without_a_build_backend_may_not_be_meant_to_be_built(
    tmp_path: Path, host: Listener
) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "app"\nversion = "1"\n')

    error = failure(tmp_path, host, environment(PIP_NO_INDEX="1"))

    assert "build requirements setuptools" in error.findings[0].message
    assert "setuptools builds it; if it is no package" in error.findings[0].hint


def test_two_wheels_with_one_name_are_a_mistake_even_if_only_the_backend_knew(
    tmp_path: Path, host: Listener
) -> None:
    scripted(tmp_path / "one", "core", named=False)
    scripted(tmp_path / "two", "core", named=False, version="2.0")

    with pytest.raises(ConfigError, match="one and two are both named core"):
        build(tmp_path, host)

    assert list((tmp_path / "dist").iterdir()) == []


def test_an_output_that_cannot_be_written_is_told_before_anything_is_built(
    tmp_path: Path, host: Listener
) -> None:
    scripted(tmp_path / "core", "core")
    (tmp_path / "dist").touch()

    error = failure(tmp_path, host)

    assert "dist: wheels cannot be written there" in error.message
    assert "`output:`" in error.hint
    assert host.tasks == []


@pytest.mark.parametrize(
    "writer", ["wheelpin.build.snapshot.shutil.copyfile", "wheelpin.build.workshop.replace_file"]
)
def test_a_full_disk_is_told_and_leaves_no_part_of_a_wheel(
    tmp_path: Path, host: Listener, monkeypatch: pytest.MonkeyPatch, writer: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "wheel")

    scripted(tmp_path / "core", "core")
    monkeypatch.setattr(writer, full)

    error = failure(tmp_path, host)

    assert "No space left on device" in "\n".join([error.message, *map(str, error.findings)])
    assert list((tmp_path / "dist").iterdir()) == []


def test_a_source_link_out_of_the_repository_fails_that_project_alone(tmp_path: Path, host: Listener) -> None:
    scripted(tmp_path / "core", "core")
    scripted(tmp_path / "io", "io")
    (tmp_path / "io/secret").symlink_to("/etc/hostname")

    error = failure(tmp_path, host)

    assert error.findings[0].message == "io/secret: the link leads out of the repository"
    assert [file.name for file in (tmp_path / "dist").iterdir()] == ["core-1.0-py3-none-any.whl"]


def test_an_epoch_that_is_no_number_is_a_mistake_of_the_caller(tmp_path: Path, host: Listener) -> None:
    scripted(tmp_path / "core", "core")

    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH"):
        build(tmp_path, host, environment(SOURCE_DATE_EPOCH="today"))


def test_nothing_is_left_in_the_temporary_folder(
    tmp_path: Path, host: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    scripted(tmp_path / "repository/core", "core")
    scripted(tmp_path / "repository/io", "io", "os.mkdir('private', 0); sys.exit(1)")

    failure(tmp_path / "repository", host)

    assert list(temporary.iterdir()) == []


def test_projects_are_built_side_by_side(tmp_path: Path, host: Listener) -> None:
    meet = tmp_path / "meeting"
    meet.mkdir()
    wait = (
        "import time\n"
        f"    open({str(meet)!r} + '/' + os.path.basename(os.getcwd()), 'w').close()\n"
        "    started = time.time()\n"
        f"    while len(os.listdir({str(meet)!r})) < 2:\n"
        "        assert time.time() - started < 20\n"
        "        time.sleep(0.01)\n    "
    )
    for name in ("core", "io"):
        scripted(tmp_path / "repository" / name, name, wait + GOOD)
    if (os.cpu_count() or 1) < 2:
        pytest.skip("one CPU builds one project at a time")

    assert len(build(tmp_path / "repository", host)) == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_build_ends_at_once_and_leaves_nothing(tmp_path: Path, number: int) -> None:
    temporary, started = tmp_path / "tmp", tmp_path / "started"
    temporary.mkdir()
    repository = tmp_path / "repository"
    script = (
        "import subprocess\n"
        '    child = subprocess.Popen(["sleep", "333"])\n'
        f"    with open({str(started)!r}, 'w') as file:\n        file.write(f'{{child.pid}}.')\n"
        "    child.wait()"
    )
    scripted(repository, "core", script)
    with interruptible(repository, temporary) as process:
        while not (started.exists() and started.read_text().endswith(".")) and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(number)  # to us alone, as a CI system does that cancels a job
        assert process.wait(timeout=5) == 130

    assert ended(int(started.read_text().rstrip(".")))
    assert list(temporary.iterdir()) == []
    assert list((repository / "dist").iterdir()) == []


def interruptible(repository: Path, temporary: Path) -> "subprocess.Popen[bytes]":
    environ = environment(TMPDIR=str(temporary), PYTHONPATH=str(Path(wheelpin.__file__).parent.parent))
    return subprocess.Popen([sys.executable, "-m", "wheelpin", "build"], cwd=repository, env=environ)


def ended(process: int) -> bool:
    """Whether a process that is not our child is gone, or gone but for who takes note of it, within 2 s."""
    for _ in range(200):
        try:
            os.kill(process, 0)
            if "\nState:\tZ" in Path(f"/proc/{process}/status").read_text(encoding="utf-8"):
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.01)
    return False


def test_wheels_of_an_earlier_job_are_taken_as_they_are(tmp_path: Path) -> None:
    for tag in ("cp311-cp311-manylinux_2_17_x86_64", "cp311-cp311-win_amd64", "py3-none-any"):
        make_wheel(tmp_path, "core", "1.0", tag=tag)
    (tmp_path / "core-1.0.tar.gz").touch()

    wheels = wheels_in(tmp_path)

    assert [wheel.file for wheel in wheels] == [
        "core-1.0-cp311-cp311-manylinux_2_17_x86_64.whl",
        "core-1.0-cp311-cp311-win_amd64.whl",
        "core-1.0-py3-none-any.whl",
    ]


@pytest.mark.parametrize("make", [lambda folder: folder.mkdir(), lambda _: None])
def test_an_output_without_wheels_is_a_mistake_with_no_build(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "dist")

    with pytest.raises(BuildError, match="there are no wheels to take"):
        wheels_in(tmp_path / "dist")


def test_all_wheels_that_are_not_valid_are_told_at_once(tmp_path: Path) -> None:
    make_wheel(tmp_path, "core", "1.0")
    names: Sequence[str] = ("io-1.0-py3-none-any.whl", "nlp-1.0-py3-none-any.whl")
    for name in names:
        (tmp_path / name).write_bytes(b"no zip")

    with pytest.raises(CheckError, match="2 of 3 wheels") as caught:
        wheels_in(tmp_path)

    assert {finding.subject for finding in caught.value.findings} == set(names)


def test_the_build_runs_on_the_python_that_runs_us(tmp_path: Path, host: Listener) -> None:
    scripted(tmp_path / "core", "core", "print(sys.version); sys.exit(1)")

    failure(tmp_path, host)

    assert sys.version.splitlines()[0] in host.printed["build core"]
