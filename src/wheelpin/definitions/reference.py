"""References: `azureml:name:version` and its long forms, with the span of the version."""

import re

from wheelpin.definitions import Reference, ReferenceForm
from wheelpin.definitions.fragment import Fragment

_REGISTRY = re.compile(r"azureml://registries/([^/]+)/environments/([^/]+)/(versions|labels)/([^/]+)")
_RESOURCE = re.compile(r"azureml:/+subscriptions/(?:[^/]+/)*environments/([^/]+)/(?:versions|labels)/([^/]+)")
_PLACEHOLDER = re.compile(r"[${}<>%]|__.+__|@@")
_ENVIRONMENT = re.compile(r"/environments/([^/:@]+)")
_FIRST = re.compile(r"([^/:@]+)")
_CURATED = ("azureml-", "microsoft-")


def reference(text: Fragment) -> Reference | None:
    """The reference that a value is; None for a value that is not `azureml:` and something."""
    value = text.text
    if not value.startswith("azureml:"):
        return None
    if found := _REGISTRY.fullmatch(value):
        return _long(text, found)
    if found := _RESOURCE.fullmatch(value):
        span = text.span(0, len(value))
        return Reference(name=found[1], form=ReferenceForm.RESOURCE, span=span, version=found[2])
    return short_reference(text, len("azureml:")) or _unknown(text)


def short_reference(text: Fragment, start: int) -> Reference | None:
    """The reference in `name:version`, `name@label` or `name`, which begins at `start`."""
    value = text.text
    span = text.span(0, len(value))
    body = value[start:]
    if "/" in body or not body:
        return None
    if _PLACEHOLDER.search(body):
        return Reference(name=re.split(r"[:@]", body)[0], form=ReferenceForm.PLACEHOLDER, span=span)
    name, colon, version = body.rpartition(":")
    if colon and name and version:
        at = text.span(len(value) - len(version), len(value))
        form = ReferenceForm.CURATED if _is_curated(name) else ReferenceForm.VERSION
        return Reference(name=name, form=form, span=span, version=version, at=at)
    name, label, version = body.partition("@")
    form = ReferenceForm.LABEL if label else ReferenceForm.UNVERSIONED
    if _is_curated(name):
        form = ReferenceForm.CURATED
    return Reference(name=name, form=form, span=span, version=version or None)


def _long(text: Fragment, found: re.Match[str]) -> Reference:
    registry, name, kind, version = found.groups()
    span = text.span(0, len(text.text))
    if _PLACEHOLDER.search(found[0]):
        form = ReferenceForm.PLACEHOLDER
    elif kind == "labels":
        form = ReferenceForm.LABEL
    else:
        at = text.span(*found.span(4))
        form = ReferenceForm.REGISTRY
        return Reference(name=name, form=form, span=span, version=version, at=at, registry=registry)
    return Reference(name=name, form=form, span=span, version=version, registry=registry)


def _unknown(text: Fragment) -> Reference | None:
    """The reference that a value of no known form is meant as, so that it is told."""
    body = text.text.removeprefix("azureml:")
    named = _ENVIRONMENT.search(body) or _FIRST.search(body)
    if named is None:
        return None
    return Reference(name=named[1], form=ReferenceForm.UNKNOWN, span=text.span(0, len(text.text)))


def _is_curated(name: str) -> bool:
    return name.lower().startswith(_CURATED)
