"""What an environment and its versions are to the service, and what may change once a version exists."""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

from tests.servers.azureml.answers import Json, Object, Refusal, flag, mapping, now, text, user_error
from tests.servers.messages import Response

ANONYMOUS = "CliV2AnonymousEnvironment"

_LABELS = "azureml.labels"


@dataclass(frozen=True, kw_only=True, slots=True)
class Definition:
    """The part of a version that is fixed on creation. Conda files are compared parsed, not as text."""

    image: str
    build: Object | None
    conda: Json
    inference_config: Object | None
    os_type: str
    anonymous: bool

    @property
    def conda_file(self) -> str:
        """The conda file as the service gives it back: JSON text, whatever was sent."""
        return "" if self.conda is None else json.dumps(self.conda, indent=2)


@dataclass(kw_only=True, slots=True)
class Version:
    """A registered version; `details` are what an update may replace."""

    name: str
    definition: Definition
    details: Object
    archived: bool
    curated: bool = False
    auto_rebuild: str = "Disabled"
    hidden: int = 0
    pending: int = 0
    created: str = field(default_factory=now)
    modified: str = field(default_factory=now)

    def update(self, sent: Object) -> None:
        """Take over what may change. A body that carries `stage` does not archive: recorded in 2023."""
        self.details = details(sent)
        self.archived = flag(sent.get("isArchived")) and "stage" not in sent
        self.modified = now()

    def properties(self, *, archived: bool, latest: bool) -> Object:
        """The resource's `properties`; `archived` when the whole environment is."""
        content: Object = (
            {"build": self.definition.build} if self.definition.build else {"image": self.definition.image}
        )
        labels = {_LABELS: "latest" if latest else ""}
        return {
            "description": self.details.get("description"),
            "tags": self.details.get("tags") or {},
            "properties": {**mapping(self.details.get("properties")), **labels},
            "isArchived": self.archived or archived,
            "isAnonymous": self.definition.anonymous,
            "autoDeleteSetting": None,
            "environmentType": "Curated" if self.curated else "UserCreated",
            **content,
            "condaFile": self.definition.conda_file,
            **(
                {"inferenceConfig": self.definition.inference_config}
                if self.definition.inference_config
                else {}
            ),
            "osType": self.definition.os_type,
            "autoRebuild": self.auto_rebuild,
            "provisioningState": "Succeeded",
            "stage": self.details.get("stage") or "Development",
            "intellectualProperty": None,
        }


@dataclass(kw_only=True, slots=True)
class Container:
    """An environment: its versions by name, the oldest first."""

    name: str
    versions: dict[str, Version] = field(default_factory=dict)
    details: Object = field(default_factory=dict)
    archived: bool = False
    created: str = field(default_factory=now)

    @property
    def latest(self) -> Version | None:
        """The version that was created last."""
        return next(reversed(self.versions.values()), None)

    def properties(self, *, stale: bool) -> Object:
        """The resource's `properties`; a `stale` answer does not know of the newest version."""
        known = list(self.versions)[: -1 if stale else None]
        numbers = [int(version) for version in known if version.isdecimal()]
        return {
            "description": self.details.get("description") or "",
            "tags": self.details.get("tags") or {},
            "properties": self.details.get("properties") or {},
            "isArchived": self.archived,
            "latestVersion": "0" if self.name == ANONYMOUS else known[-1] if known else None,
            "nextVersion": "1" if self.name == ANONYMOUS else str(1 + max(numbers, default=0)),
            "provisioningState": "Succeeded",
        }


def details(sent: Object) -> Object:
    """What the body says of the parts that may change; the label is the service's own to give."""
    found = {name: sent.get(name) for name in ("description", "tags", "properties", "stage")}
    own = {key: value for key, value in mapping(found["properties"]).items() if key != _LABELS}
    return {**found, "properties": own}


def check_name(name: str) -> None:
    """Refusal for the names of curated environments; which cases count is not documented."""
    for prefix in ("AzureML", "Microsoft"):
        if name.lower().startswith(prefix.lower()):
            message = (
                f"Environment name can not start with the prefix {prefix}. "
                "To alter a curated environment first create a copy of it."
            )
            raise Refusal(user_error(400, message, inner="BadArgument"))


def definition(sent: Object) -> Definition:
    """What the body defines, normalised as the service does it; Refusal when it cannot be."""
    image, build = text(sent.get("image")), mapping(sent.get("build"))
    if bool(image) == bool(build):
        raise Refusal(_invalid("Exactly one of image and build has to be given."))
    if build and not text(build.get("contextUri")):
        raise Refusal(_invalid("The build context has no contextUri."))
    conda = sent.get("condaFile")
    return Definition(
        image=image,
        build={"dockerfilePath": "Dockerfile", **build} if build else None,
        conda=_conda(conda) if isinstance(conda, str) and conda else None,
        inference_config=mapping(sent.get("inferenceConfig")) or None,
        os_type=(text(sent.get("osType")) or "Linux").capitalize(),
        anonymous=flag(sent.get("isAnonymous")),
    )


@functools.lru_cache(maxsize=1024)
def _conda(content: str) -> Json:
    try:
        value = yaml.safe_load(content)
    except yaml.YAMLError as mistake:
        raise Refusal(_invalid(f"The conda file cannot be read: {mistake}")) from mistake
    if not isinstance(value, Mapping):
        raise Refusal(_invalid("The conda file is no mapping."))
    parsed: Json = json.loads(json.dumps(value, default=str))
    return parsed


def _invalid(message: str) -> Response:
    return user_error(400, message, inner="BadArgument")
