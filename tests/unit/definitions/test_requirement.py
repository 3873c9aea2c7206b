"""One requirement: which forms are pins, and which only look like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from tests.definitions import pins, read
from wheelpin.definitions.fragment import whole
from wheelpin.definitions.requirement import requirement

WHEEL = "acme_core-1.3.2-py3-none-any.whl"


@pytest.mark.parametrize(
    ("line", "form", "version"),
    [
        ("acme-core==1.3.2", "==", "1.3.2"),
        ("Acme.Core == 1.3.2", "==", "1.3.2"),
        ("acme_core[gpu, dev]==1.3.2", "==", "1.3.2"),
        ("acme-core (==1.3.2)", "==", "1.3.2"),
        ("acme-core==1.3.2;python_version>'3'", "==", "1.3.2"),
        ("acme-core==1.3.2, !=1.3.1", "==", "1.3.2"),
        ("acme-core==1!1.3.2.post1.dev2+local.1", "==", "1!1.3.2.post1.dev2+local.1"),
        ("acme-core===1.3.2", "===", "1.3.2"),
        ("acme-core~=1.3", "~=", "1.3"),
        ("acme-core>=1.3", "range", "1.3"),
        ("acme-core>=1.3,<2", "range", None),
        ("acme-core==1.3.*", "range", "1.3.*"),
        ("acme-core!=1.3.*", "range", "1.3.*"),
        ("acme-core", "unpinned", None),
        ("acme-core ; python_version > '3'", "unpinned", None),
        ("acme-core=={{latest-pypi-version}}", "placeholder", "{{latest-pypi-version}}"),
        ("acme-core=={{ version }}", "placeholder", "{{ version }}"),
        ("acme-core==${VERSION}", "placeholder", "${VERSION}"),
        ("acme-core==$(Build.BuildId)", "placeholder", "$(Build.BuildId)"),
        ("acme-core==<VERSION>", "placeholder", "<VERSION>"),
        ("acme-core==1.2.${PATCH}", "placeholder", "1.2.${PATCH}"),
        ("acme-core==#{Version}#", "placeholder", "#{Version}#"),
        ("acme-core===anything", "placeholder", "anything"),
        (f"acme-core @ https://host/{WHEEL}", "url", "1.3.2"),
        (f"acme-core[gpu]@https://host/1.3.2/{WHEEL}#sha256=ab", "url", "1.3.2"),
        (f"https://host/{WHEEL}", "url", "1.3.2"),
        ("acme-core @ https://host/archive.zip", "url", None),
        (f"acme-core @ file:///tmp/{WHEEL}", "wheel", "1.3.2"),
        (f"./wheels/{WHEEL}", "wheel", "1.3.2"),
        (f"wheels\\{WHEEL}", "wheel", "1.3.2"),
        (f"{WHEEL}[gpu]", "wheel", "1.3.2"),
        ("git+https://host/acme/acme-core.git@v1.3.2", "git", "1.3.2"),
        ("git+ssh://git@host/acme/acme_core@1.3.2", "git", "1.3.2"),
        ("acme-core @ git+https://host/acme/mono@acme-core-v1.3.2#subdirectory=core", "git", "1.3.2"),
        ("git+https://host/acme/mono@release/1.3.2#egg=acme-core&subdirectory=core", "git", "1.3.2"),
        ("git+https://host/acme/acme-core@main", "git", None),
        ("git+https://host/acme/acme-core", "git", None),
        ("git+https://host/acme/acme-core@0123456789abcdef0123456789abcdef01234567", "git", None),
        ("git+https://host/acme/acme-core@${TAG}", "placeholder", None),
    ],
)
def test_each_form_of_a_pin_is_known(line: str, form: str, version: str | None) -> None:
    assert pins(line) == [("acme-core", form, version)]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "?",
        "acme core==1.3.2",
        "acme-core=1.3.2",
        "acme-core==",
        "acme-core==1.3.2 acme-io==2",
        "acme-core (==1.3.2",
        "acme-core[gpu==1.3.2",
        "acme-core==1.3.2)",
        "ácme-core==1.3.2",
        "acme-core @",
        "git+https://host/acme/mono@v1.3.2#subdirectory=core",
        "https://host/archive.zip",
        "./acme-core",
        "./acme-core-1.3.2.whl",
        f"https://host/{WHEEL} and more",
        f"https://host/{'a' * 5000}/{WHEEL}",
    ],
)
def test_what_no_requirement_is_gives_no_pin(line: str) -> None:
    assert pins(line) == []


def test_the_pin_is_what_a_person_would_call_it() -> None:
    text = "  Acme.Core [gpu] == 1.3.2 ; python_version > '3'  # why"

    (pin,) = read(text).pins

    assert pin.span.of(text) == "Acme.Core [gpu] == 1.3.2"
    assert [at.of(text) for at in pin.at] == ["1.3.2"]


def test_a_url_says_its_version_in_folders_and_file() -> None:
    text = f"acme-core @ https://host/1.3.2/acme-core/{WHEEL}?x=1.3.2#sha256=abcd&egg=acme-core"

    (pin,) = read(text).pins

    assert [(at.of(text), text[at.start - 1]) for at in pin.at] == [("1.3.2", "/"), ("1.3.2", "-")]
    assert [at.of(text) for at in pin.digests] == ["abcd"]


def test_a_wheel_of_another_name_is_not_what_the_name_says() -> None:
    assert pins("acme-core @ https://host/acme_io-1.3.2-py3-none-any.whl") == [("acme-core", "url", None)]


def test_too_many_clauses_are_no_range() -> None:
    assert pins("acme-core" + ",".join([">=1"] * 60)) == []


NAMES = st.sampled_from(["acme-core", "Acme_Core", "a", "a1", "acme.core-extras", "x__y"])
CLAUSES = st.lists(
    st.tuples(
        st.sampled_from(["==", ">=", "<=", "!=", "~=", "<", ">", "==="]),
        st.sampled_from(["1", "1.3", "1.3.2", "1.3.*", "1!2.0rc1", "1.3+local", "x", ""]),
    ).map("".join),
    max_size=3,
).map(",".join)
BLANKS = st.sampled_from(["", " ", "\t", "  "])
REST = st.sampled_from(["", ";python_version>'3'", " ; extra == 'x'", " x", "#", ")"])


LINES = st.tuples(NAMES, st.sampled_from(["", "[a]", "[a,b]", "[", "[a"]), BLANKS, CLAUSES, BLANKS, REST)


@given(LINES.map("".join))
def test_what_packaging_reads_is_read_alike(line: str) -> None:
    try:
        known = Requirement(line)
    except InvalidRequirement:
        return
    if any(not one.version for one in known.specifier):
        return  # `===` alone, which packaging takes, pins nothing
    pin = requirement(whole(line))

    assert pin is not None
    assert pin.name == canonicalize_name(known.name)
    exact = [
        one for one in known.specifier if one.operator in ("==", "===") and not one.version.endswith("*")
    ]
    if len(exact) == 1 and pin.form.value in ("==", "==="):
        assert pin.version == exact[0].version
