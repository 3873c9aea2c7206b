"""What a repository wants: found in files, one connection for each organisation, under names that stay."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.repositories import write_files
from wheelpin.azureml.connections import LONGEST_NAME, Category, Connection
from wheelpin.config import AzureArtifactsStore, Config, IndexStore, WorkspaceRegistry
from wheelpin.connect.coverage import uncovered
from wheelpin.connect.lines import Line, find_lines
from wheelpin.connect.wanted import chosen, find_wanted
from wheelpin.errors import Finding, Level, UsageError
from wheelpin.repository import Repository

DEVOPS = "https://pkgs.dev.azure.com/contoso"
ENVIRONMENT = "name: train\nimage: x\nconda_file: conda.yml\n"
DEV = WorkspaceRegistry.model_validate(
    {"kind": "azureml-workspace", "subscription": "s", "resource-group": "g", "workspace": "w"}
)
CONFIG = Config(registries={"dev": DEV, "prod": DEV})


def lines_of(
    root: Path, *pip: str, config: Config = CONFIG, files: Mapping[str, str] | None = None
) -> list[Line]:
    conda = "".join(["dependencies:\n- pip:\n", *(f"  - {one}\n" for one in pip)])
    write_files(root, files or {"train/environment.yml": ENVIRONMENT, "train/conda.yml": conda})
    found: list[Finding] = []
    lines = list(find_lines(Repository(root), config, found.append))
    assert found == []
    return lines


def names_of(root: Path, *pip: str, config: Config = CONFIG) -> list[tuple[str, str]]:
    return [(one.name, one.target) for one in find_wanted(config, lines_of(root, *pip, config=config))]


@pytest.mark.parametrize(
    ("pip", "category", "url"),
    [
        (
            f"--index-url {DEVOPS}/_packaging/w/pypi/simple/",
            Category.FEED,
            f"{DEVOPS}/_packaging/w/pypi/simple/",
        ),
        (f"--find-links {DEVOPS}/page", Category.FEED, f"{DEVOPS}/page"),
        ("a @ git+https://h/o/a.git@v1.0", Category.GIT, "https://h/o/a.git"),
        ("git+https://h/o/a@v1.0#egg=a", Category.GIT, "https://h/o/a"),
        (
            "a @ git+https://ada@dev.azure.com/o/p/_git/a",
            Category.GIT,
            "https://ada@dev.azure.com/o/p/_git/a",
        ),
        ("a @ git+ssh://git@h/o/a.git@v1", Category.GIT, "ssh://git@h/o/a.git"),
    ],
)
def test_lines_are_found_where_they_stand(tmp_path: Path, pip: str, category: Category, url: str) -> None:
    (line,) = lines_of(tmp_path, pip)
    assert (line.path, line.line, line.category, line.url) == ("train/conda.yml", 3, category, url)
    assert (line.registries, line.baked) == (frozenset(["dev", "prod"]), False)


def test_lines_that_lead_nowhere_are_none(tmp_path: Path) -> None:
    assert lines_of(tmp_path, "acme-core==1.3.2", "--find-links ./wheels", "--pre", "./a.whl") == []
    assert lines_of(tmp_path, "-i 'https://[x'", "a @ git+https://[/o/a", "-i https://h:port/x") == []


def test_what_a_dockerfile_installs_is_told_apart(tmp_path: Path) -> None:
    files = {
        "e/environment.yml": "name: e\nbuild: {path: .}\n",
        "e/Dockerfile": f"FROM x\nCOPY requirements.txt .\nRUN pip install -i {DEVOPS}/simple x\n",
        "e/requirements.txt": f"--index-url {DEVOPS}/simple\n",
    }
    assert {(line.path, line.baked) for line in lines_of(tmp_path, files=files)} == {
        ("e/Dockerfile", True),
        ("e/requirements.txt", True),
    }


@pytest.mark.parametrize(
    ("pip", "wanted"),
    [
        ([f"--index-url {DEVOPS}/_packaging/w/pypi/simple/"], [("wheelpin-feed-contoso", DEVOPS)]),
        (
            [
                f"--index-url {DEVOPS}/a/_packaging/w/pypi/simple/",
                f"--index-url {DEVOPS}/_packaging/v/pypi/simple",
            ],
            [("wheelpin-feed-contoso", DEVOPS)],
        ),
        (
            ["--index-url https://contoso.pkgs.visualstudio.com/_packaging/w/pypi/simple"],
            [("wheelpin-feed-contoso-vs", "https://contoso.pkgs.visualstudio.com")],
        ),
        (
            ["a @ git+https://ada@dev.azure.com/contoso/ml/_git/a@v1"],
            [("wheelpin-git-contoso", "https://dev.azure.com/contoso")],
        ),
        (
            ["a @ git+https://github.com/contoso/a.git@v1"],
            [("wheelpin-git-github-com-contoso", "https://github.com/contoso")],
        ),
        (["--index-url https://public.example/simple"], []),
        ([f"--index-url {DEVOPS}-$NAME/simple"], []),
    ],
)
def test_each_organisation_has_one_connection(
    tmp_path: Path, pip: list[str], wanted: list[tuple[str, str]]
) -> None:
    assert names_of(tmp_path, *pip) == wanted


def test_stores_want_one_without_any_definition(tmp_path: Path) -> None:
    feed = AzureArtifactsStore(kind="azure-artifacts", organization="Contoso", feed="wheels")
    nexus = IndexStore(
        kind="index", upload="https://nexus.example/w/", simple="https://nexus.example/w/simple/"
    )
    config = CONFIG.model_copy(update={"stores": {"feed": feed, "nexus": nexus}})
    found = names_of(tmp_path, f"--index-url {DEVOPS}/_packaging/w/pypi/simple/", config=config)
    assert found == [
        ("wheelpin-feed-contoso", "https://pkgs.dev.azure.com/Contoso"),
        ("wheelpin-feed-nexus-example", "https://nexus.example/w/simple"),
    ]


def test_names_are_as_short_as_the_service_wants_them(tmp_path: Path) -> None:
    long = "https://pkgs.dev.azure.com/" + "a" * 50
    names = [name for name, _ in names_of(tmp_path, f"--index-url {long}1/x", f"--index-url {long}2/x")]
    assert len(set(names)) == 2
    assert max(map(len, names)) <= LONGEST_NAME


def test_elsewhere_than_on_azure_devops_a_connection_has_to_be_named(tmp_path: Path) -> None:
    wanted = find_wanted(CONFIG, lines_of(tmp_path, "a @ git+https://github.com/o/a", f"-i {DEVOPS}/x"))
    assert [one.name for one in chosen(wanted, [])] == ["wheelpin-feed-contoso"]
    assert [one.name for one in chosen(wanted, ["wheelpin-git-github-com-o"])] == [
        "wheelpin-git-github-com-o"
    ]
    with pytest.raises(UsageError) as refused:
        chosen(wanted, ["feed"])
    assert "wheelpin-feed-contoso" in refused.value.hint


def held(target: str, category: str = "PythonFeed") -> Connection:
    return Connection(name="theirs", category=category, target=target, auth="PAT")


INDEX = f"--index-url {DEVOPS}/_packaging/w/pypi/simple/"
GIT = "a @ git+https://github.com/o/a"
USER = "a @ git+https://ada@dev.azure.com/o/p/_git/a@v1.0"


EVERYTHING = [
    held(DEVOPS),
    held("https://github.com/o", "Git"),
    held("https://ada@dev.azure.com/o", "Git"),
]
OLDER = "https://contoso.pkgs.visualstudio.com"
NOBODY = "no connection of prod covers"
OTHERWISE = "registry prod: theirs is for"


@pytest.mark.parametrize(
    ("pip", "prod", "told"),
    [
        (INDEX, [held(f"{DEVOPS}/")], []),
        (INDEX, [], [("error", NOBODY, "wheelpin connect wheelpin-feed-contoso --registry prod")]),
        (INDEX, [held(DEVOPS, "Git")], [("error", NOBODY, "set WHEELPIN_FEED_TOKEN, and run")]),
        (INDEX, [held(DEVOPS.replace("pkgs", "PKGS"))], [("error", OTHERWISE, "write both alike")]),
        (INDEX, [held(OLDER)], [("error", OTHERWISE, "or: set WHEELPIN_FEED_TOKEN")]),
        (USER, [held("https://dev.azure.com/o", "Git")], [("error", OTHERWISE, "take the user")]),
        (GIT, [], [("notice", NOBODY, "--secret-from VARIABLE")]),
        ("--index-url https://public.example/simple", [], [("notice", "taken for public", "")]),
        ("-f https://a.blob.core.windows.net/c", [], [("notice", "no connection lets pip", "stores.md")]),
        ("--index-url ${INDEX}", [], [("notice", "holds a variable", "")]),
        (f"--index-url {DEVOPS}/$FEED", [], [("notice", "holds a variable", "")]),
        ("a @ git+ssh://git@h/o/a", [], [("warning", "cannot sign in", "https://")]),
    ],
)
def test_a_line_without_a_connection_is_told_with_the_way_out(
    tmp_path: Path, pip: str, prod: list[Connection], told: list[tuple[str, str, str]]
) -> None:
    lines = lines_of(tmp_path, pip)
    found = uncovered(
        lines, find_wanted(CONFIG, lines), {"dev": EVERYTHING, "prod": prod}, CONFIG, Level.ERROR
    )
    assert [finding.level for finding in found] == [level for level, _, _ in told]
    for finding, (_, message, hint) in zip(found, told, strict=True):
        assert message in finding.message
        assert hint in finding.hint


def test_a_line_takes_the_spelling_of_the_config(tmp_path: Path) -> None:
    feed = AzureArtifactsStore(kind="azure-artifacts", organization="contoso", feed="wheels")
    config = CONFIG.model_copy(update={"stores": {"feed": feed}})
    lines = lines_of(tmp_path, INDEX.replace("contoso", "Contoso"), config=config)
    wanted = find_wanted(config, lines)
    assert [one.target for one in wanted] == [DEVOPS]
    (finding,) = uncovered(lines, wanted, {"dev": [held(DEVOPS)]}, config, Level.ERROR)
    assert f"begin the address with {DEVOPS}, letter by letter" in finding.hint


def test_a_line_in_a_dockerfile_is_told_as_not_reached(tmp_path: Path) -> None:
    files = {
        "e/environment.yml": "name: e\nbuild: {path: .}\n",
        "e/Dockerfile": f"FROM x\nRUN pip install -i {DEVOPS}/simple x\n",
    }
    lines = lines_of(tmp_path, files=files)
    (finding,) = uncovered(lines, (), {"dev": [held(DEVOPS)]}, CONFIG, Level.ERROR)
    assert (finding.place, finding.level) == ("e/Dockerfile:2", Level.NOTICE)
