"""Discovery: what of a config and a pipeline the repository itself tells. Reads only."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from wheelpin.build.matrix import is_compiled
from wheelpin.build.project import find_projects
from wheelpin.config import Config
from wheelpin.definitions import ReferenceForm
from wheelpin.definitions.azureml import find_environments
from wheelpin.definitions.links import definition_files
from wheelpin.definitions.survey import survey
from wheelpin.errors import DefinitionError
from wheelpin.repository import Repository

_FEED = re.compile(
    r"pkgs\.dev\.azure\.com/(?P<organization>[\w.-]+)/(?:(?P<project>[\w.-]+)/)?_packaging/(?P<feed>[\w.-]+)/"
)
_WORKSPACES = ("config.json", ".azureml/config.json")
_WORKSPACE_KEYS = ("subscription_id", "resource_group", "workspace_name")
_NAME = re.compile(r"[\w.()-]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Feed:
    """A feed of Azure Artifacts that a definition installs from; `project` is empty for an organisation's."""

    organization: str
    project: str
    feed: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Workspace:
    """A workspace as Azure ML's own config.json names it."""

    subscription: str
    resource_group: str
    workspace: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Discovery:
    """What was found; `github` and `azure` say whether anything tells of that CI service."""

    projects: tuple[str, ...]
    environments: tuple[str, ...]
    references: tuple[str, ...]
    compiled: bool
    feed: Feed | None
    workspace: Workspace | None
    github: bool
    azure: bool


def discover(repository: Repository, remote: str) -> Discovery:
    """Look through a repository; `remote` is the address that it is pushed to, or nothing.

    Raises BuildError, ConfigError for projects that cannot be told apart.
    """
    projects = find_projects(repository, None)
    environments = find_environments(repository)
    found = survey(repository, repository.matching(Config().references))
    told = remote or " ".join(repository.files)
    return Discovery(
        projects=tuple(project.path for project in projects),
        environments=tuple(environments),
        references=tuple(dict.fromkeys(one.path for one in found if isinstance(one.form, ReferenceForm))),
        compiled=any(is_compiled(repository, project) for project in projects),
        feed=_feed(repository, environments),
        workspace=_workspace(repository),
        github=bool(re.search(r"github" if remote else r"(^| )\.github/", told)),
        azure=bool(
            re.search(
                r"dev\.azure\.com|visualstudio\.com" if remote else r"azure-pipelines[\w-]*\.ya?ml", told
            )
        ),
    )


def _feed(repository: Repository, environments: Iterable[str]) -> Feed | None:
    """The first feed that the definition of any environment names."""
    for environment in environments:
        try:
            members = definition_files(repository, environment)
            texts = [repository.read(path).text for path in (environment, *members)]
        except DefinitionError:
            continue
        for text in texts:
            if found := _FEED.search(text):
                return Feed(
                    organization=found["organization"], project=found["project"] or "", feed=found["feed"]
                )
    return None


def _workspace(repository: Repository) -> Workspace | None:
    for path in _WORKSPACES:
        if not repository.is_file(path):
            continue
        try:
            told = json.loads(repository.read(path).text)
            values = [told[key] for key in _WORKSPACE_KEYS]
        except (DefinitionError, ValueError, TypeError, KeyError, RecursionError):
            continue
        if all(isinstance(value, str) and _NAME.fullmatch(value) for value in values):
            subscription, group, workspace = values
            return Workspace(subscription=subscription, resource_group=group, workspace=workspace)
    return None
