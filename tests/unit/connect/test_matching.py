"""Which target serves which address: letter by letter, or only in meaning."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wheelpin.connect.matching import Fit, common_base, fit, is_devops, organization_base

ORG = "https://pkgs.dev.azure.com/contoso"
INDEX = f"{ORG}/_packaging/wheels/pypi/simple/"


@pytest.mark.parametrize(
    ("target", "url", "found"),
    [
        (ORG, INDEX, Fit.EXACT),
        (f"{ORG}/", INDEX, Fit.EXACT),
        (ORG, f"{ORG}/ml/_packaging/wheels/pypi/simple/", Fit.EXACT),
        (INDEX, INDEX, Fit.EXACT),
        (INDEX, INDEX.rstrip("/"), Fit.MEANT),
        (INDEX.rstrip("/"), INDEX, Fit.EXACT),
        (ORG, INDEX.replace("contoso", "Contoso"), Fit.MEANT),
        (ORG, INDEX.replace("pkgs", "PKGS"), Fit.MEANT),
        (ORG, INDEX.replace("https://", "https://build@"), Fit.MEANT),
        (ORG, INDEX.replace("https://", "http://"), Fit.NONE),
        (f"{ORG}/ml", f"{ORG}/m%6C/_packaging/wheels/pypi/simple", Fit.MEANT),
        (ORG, "https://contoso.pkgs.visualstudio.com/_packaging/wheels/pypi/simple/", Fit.MEANT),
        (ORG, "https://contoso.pkgs.visualstudio.com/DefaultCollection/_packaging/w/pypi/simple", Fit.MEANT),
        ("https://contoso.pkgs.visualstudio.com", INDEX, Fit.MEANT),
        ("https://contoso.visualstudio.com", "https://dev.azure.com/contoso/ml/_git/core", Fit.MEANT),
        (ORG, "https://dev.azure.com/contoso/_packaging/wheels/pypi/simple/", Fit.NONE),
        (ORG, INDEX.replace("contoso", "contoso-2"), Fit.NONE),
        ("https://pkgs.dev.azure.com/cont", INDEX, Fit.NONE),
        (f"{ORG}/ml", INDEX, Fit.NONE),
        ("https://pkgs.dev.azure.com.evil.example/contoso", INDEX, Fit.NONE),
        ("https://github.com/contoso/core", "https://github.com/contoso/core.git", Fit.MEANT),
        ("https://github.com/contoso", "https://github.com/contoso/core.git", Fit.EXACT),
        ("", INDEX, Fit.NONE),
        ("https://[", INDEX, Fit.NONE),
    ],
)
def test_a_target_serves_what_begins_with_it(target: str, url: str, found: Fit) -> None:
    assert fit(target, url) is found


@settings(deadline=None)
@given(st.text(), st.text())
def test_no_text_of_a_service_or_a_definition_breaks_the_comparison(target: str, url: str) -> None:
    assert fit(f"https://{target}", f"https://{url}") in Fit
    assert organization_base(f"https://h/{url}")
    is_devops(f"https://{url}")


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "ab", "c"]), min_size=1), st.lists(st.sampled_from(["a", "ab"])))
def test_a_common_base_serves_all(one: list[str], other: list[str]) -> None:
    urls = ["/".join(["https://h", *parts]) for parts in (one, other)]
    assert {fit(common_base(urls), url) for url in urls} == {Fit.EXACT}


@pytest.mark.parametrize(
    ("url", "devops"),
    [
        (INDEX, True),
        ("https://contoso.pkgs.visualstudio.com/x", True),
        ("https://dev.azure.com/contoso", True),
        ("https://dev.azure.com.evil.example/contoso", False),
        ("https://evil.example/pkgs.dev.azure.com", False),
        ("https://pkgs.dev.azure.com@evil.example/contoso", False),
        ("https://xdev.azure.com/contoso", False),
    ],
)
def test_azure_devops_is_known_by_its_hosts_alone(url: str, devops: bool) -> None:
    assert is_devops(url) is devops
