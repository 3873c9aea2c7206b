"""Releases over the command line to two workspaces and a shared registry, disturbed in every way."""

import gc
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.servers.azureml import KINDS, AzureMl
from tests.servers.messages import Request
from tests.workspaces import clone, company, config, plan, release, write_template
from wheelpin.cli import run
from wheelpin.web.retries import Retries

FAULTS = [kind for kind in KINDS if kind != "html"]
"""All but a sign-in page, which ends a run."""


@pytest.fixture
def server(azureml: AzureMl, monkeypatch: pytest.MonkeyPatch) -> AzureMl:
    """An emulator that lets us in; waits between attempts are short."""
    monkeypatch.setenv("WHEELPIN_AZURE_TOKEN", azureml.token)
    quick = Retries(base=0.01, cap=0.02, obeyed=0.02, deadline=20)
    monkeypatch.setattr("wheelpin.azureml.Retries", lambda: quick)
    azureml.slowness, azureml.downtime, azureml.retry_after = 0.05, 0.02, 0
    return azureml


@pytest.fixture
def template(tmp_path: Path) -> Path:
    return write_template(tmp_path / "template")


@pytest.mark.parametrize(("lag", "stale"), [(0, False), (1, False), (4, False), (0, True), (3, True)])
def test_every_registry_gets_one_version_and_references_follow(
    server: AzureMl, template: Path, tmp_path: Path, lag: int, stale: bool
) -> None:
    there = company(server)
    server.list_lag, server.stale_next_version = lag, stale
    root = clone(template, tmp_path / "clone", config(server))
    for conda in ("numpy==2.2.0", "numpy==2.2.1", "numpy==2.2.2"):
        file = root / "environments/train/conda.yml"
        file.write_text(file.read_text().replace("numpy==2.2.0", conda).replace("numpy==2.2.1", conda))
        assert release(root) == 0
        assert plan(root) == 0
        assert release(root) == 0
    assert there.versions("train") == {place: ["12", "13", "14"] for place in there.places}
    assert there.versions("plain") == {place: ["1"] for place in there.places}
    assert "environment: azureml:train:14\n" in (root / "jobs/train.yml").read_text()
    assert [len(digests) for digests in there.digests("train").values()] == [1, 1, 1]


def test_references_to_an_environment_that_is_archived_everywhere_stay(
    server: AzureMl, template: Path, tmp_path: Path
) -> None:
    there = company(server)
    for held in there.places.values():
        held.register("train", "11", {"image": "mcr.example/base:0"})
        held._containers["train"].archived = True
    root = clone(template, tmp_path / "clone", config(server))
    assert release(root) == 0
    assert there.versions("train") == {place: ["11"] for place in there.places}
    assert "environment: azureml:train:11\n" in (root / "jobs/train.yml").read_text()
    assert plan(root) == 0


def test_nothing_to_do_costs_two_reads_at_most_and_no_write(
    server: AzureMl, template: Path, tmp_path: Path
) -> None:
    company(server)
    root = clone(template, tmp_path / "clone", config(server))
    assert release(root) == 0
    server.clear()
    assert release(root) == 0
    asked = Counter(seen.target.partition("?")[0].partition("/versions")[0] for seen in server.requests)
    found = {target: count for target, count in asked.items() if "/environments/" in target}
    assert len(found) == 6
    assert max(found.values()) <= 2
    assert not [seen for seen in server.requests if seen.writes]


@pytest.mark.parametrize("command", [["apply", "--no-build"], ["register"]], ids=["apply", "register"])
def test_number_that_another_run_takes_in_the_last_moment_is_left_to_it(
    server: AzureMl, template: Path, tmp_path: Path, command: list[str]
) -> None:
    there = company(server)
    root = clone(template, tmp_path / "clone", config(server))
    taken: list[str] = []

    def take(request: Request) -> bool:
        if request.method == "PUT" and "/train/" in request.target and not taken:
            taken.append(request.target.partition("?")[0].rpartition("/")[2])
            there.places["prod"].register("train", taken[0], {"image": "mcr.example/other:1"})
        return False

    server.fault(0, "slow", when=take)
    server.list_lag, server.stale_next_version = 100, True
    assert run(["-q", "-C", str(root), *command]) == 0
    above = str(int(taken[0]) + 1)
    assert f"environment: azureml:train:{above}\n" in (root / "jobs/train.yml").read_text()
    assert all(above in versions for versions in there.versions("train").values())
    assert plan(root) == (0 if command[0] == "apply" else 3)


@pytest.mark.parametrize("nth", [1, 4, *(pytest.param(n, marks=pytest.mark.long) for n in (2, 3, 5, 6))])
def test_run_killed_between_registrations_is_completed_by_the_next(
    server: AzureMl, template: Path, tmp_path: Path, nth: int
) -> None:
    there = company(server)
    root = clone(template, tmp_path / "clone", config(server))
    argv = [sys.executable, "-m", "wheelpin", "-q", "apply", "--no-build"]
    with subprocess.Popen(argv, cwd=root, stdout=subprocess.DEVNULL) as process:

        def killed(request: Request) -> bool:
            nonlocal nth
            nth -= request.method == "PUT"
            if nth == 0 and request.method == "PUT":
                os.kill(process.pid, signal.SIGKILL)
            return False

        server.fault(0, "slow", when=killed)
    assert process.returncode == -signal.SIGKILL
    assert release(root) == 0
    assert plan(root) == 0
    assert there.versions("train") == {place: ["12"] for place in there.places}
    assert there.versions("plain") == {place: ["1"] for place in there.places}


# urllib3 leaves a socket open whose peer goes away during the handshake of TLS.
@pytest.mark.filterwarnings("ignore:unclosed <ssl:ResourceWarning")
@pytest.mark.parametrize("stride", [2, pytest.param(1, marks=pytest.mark.long)])
@pytest.mark.parametrize("kind", FAULTS)
def test_release_through_every_fault_converges(  # noqa: PLR0917 - fixtures
    server: AzureMl,
    template: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    kind: str,
    stride: int,
) -> None:
    """Undisturbed first, to count the requests; then the fault at some of them, with a company for each."""

    def prepared(number: int) -> Path:
        (template / "environments/plain/environment.yml").unlink(missing_ok=True)
        return clone(template, tmp_path / f"clone-{number}", config(server, f"-{number}", ["dev"]))

    company(server, "-0", ["dev"])
    assert release(prepared(0)) == 0
    total = len(server.requests)
    assert total >= 9
    for n in range(FAULTS.index(kind) % stride, total, stride):
        there = company(server, f"-{n + 1}", ["dev"])
        root = prepared(n + 1)
        server.clear()
        server.fault(n, kind)
        code = release(root)
        assert server.dealt
        assert code == 0 or release(root) == 0
        assert plan(root) == 0
        assert there.versions("train") == {"dev": ["12"], "shared": ["12"]}
        assert "environment: azureml:train:12\n" in (root / "jobs/train.yml").read_text()
    assert "Traceback" not in "".join(capfd.readouterr())
    gc.collect()
