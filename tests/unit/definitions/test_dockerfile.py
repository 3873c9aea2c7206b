"""Dockerfiles: what pip is told to install, in every way of telling it."""

import pytest

from tests.definitions import pinned, pins, plan, read, told
from wheelpin.definitions import AddressKind

FROM = "FROM python:3.11\n"


@pytest.mark.parametrize(
    "text",
    [
        "RUN pip install acme-core==1.3.2\n",
        "run pip3.11 --no-cache-dir --proxy x install -U 'acme-core[gpu]==1.3.2'\n",
        "RUN python -m pip install \\\n    # acme-core==9\n\n    acme-core==1.3.2 \\\n    numpy==1\n",
        "RUN /opt/conda/bin/pip install acme-core==1.3.2 && rm -rf /tmp\n",
        "RUN apt-get update; (pip install acme-core==1.3.2)\n",
        "RUN set -e && PIP_X=1 pip install --index-url https://h/simple acme-core==1.3.2 # acme-core==2\n",
        "RUN uv pip install --system --python 3.11 acme-core==1.3.2\n",
        "RUN conda run -n x pip install acme-core==1.3.2\n",
        "RUN --mount=type=cache,target=/root/.cache pip install acme-core==1.3.2\n",
        'RUN ["pip", "install", "acme-core==1.3.2"]\n',
        'RUN ["/bin/sh", "-c", "pip install acme-core==1.3.2"]\n',
        "RUN bash -lc \"pip install 'acme-core==1.3.2'\"\n",
        "RUN <<EOF\nset -e\npip install acme-core==1.3.2\nEOF\n",
        "RUN <<-'EOF' bash\n\tpip install acme-core==1.3.2\n\tEOF\n",
        "RUN <<EOF\n#!/bin/bash\npip install acme-core==1.3.2\nEOF\n",
        "RUN cat <<EOF > /tmp/requirements.txt\nacme-core==1.3.2\nEOF\n",
        "COPY <<EOF /tmp/requirements.txt\nacme-core==1.3.2\nEOF\n",
        "ONBUILD RUN pip install acme-core==1.3.2\n",
        "RUN pip install acme-\\\ncore==1.3.2\n",
        "RUN pip install acme-core=='1.3.2'\n",
        "RUN pip install -e git+https://host/acme/acme-core@v1.3.2\n",
        "RUN pip install --upgrade-package x acme-core==1.3.2 > log 2>&1 -q\n",
        "RUN pip wheel acme-core==1.3.2\n",
        "RUN pip install --requirement= acme-core==1.3.2\n",
        "RUN [ -f x ] && pip install acme-core==1.3.2\n",
        "COPY wheels/acme_core-1.3.2-py3-none-any.whl /tmp/\n",
        'COPY --chown=1 ["acme_core-1.3.2-py3-none-any.whl", "/tmp/"]\n',
        "RUN if true; then pip install acme-core==1.3.2; fi\n",
        "ARG CORE=1.3.2\nRUN pip install acme-core==$CORE\n",
        'ENV CORE="1.3.2" X=2\nRUN pip install "acme-core==${CORE}"\n',
        "ENV CORE 1.3.2\nRUN pip install acme-core==${CORE}\n",
        "ARG A=1.3.2\nENV B=$A\nRUN pip install acme-core==${B}\n",
        "ARG CORE=acme-core==1.3.2\nRUN pip install $CORE\n",
    ],
)
def test_what_pip_installs_is_pinned(text: str) -> None:
    for newline in ("\n", "\r\n"):
        written = (FROM + text).replace("\n", newline)
        at = written.rindex("1.3.2")
        assert pinned(written, "Dockerfile") == written[:at] + "1.4.0" + written[at + 5 :]


@pytest.mark.parametrize(
    "text",
    [
        "# RUN pip install acme-core==1.3.2\n",
        "RUN echo pip install acme-core==1.3.2\n",
        "RUN echo 'pip install acme-core==1.3.2'\n",
        "RUN pip uninstall acme-core==1.3.2\n",
        "RUN pip list acme-core==1.3.2\n",
        "RUN pip install numpy > acme-core==1.3.2\n",
        "RUN pip install --find-links acme-core==1.3.2 numpy\n",
        "RUN conda install acme-core==1.3.2\n",
        "RUN true # pip install acme-core==1.3.2\n",
        "LABEL x=acme-core==1.3.2\n",
        "CMD pip install acme-core==1.3.2\n",
        "RUN <<EOF python\npip install acme-core==1.3.2\nEOF\n",
        "RUN <<EOF\n#!/usr/bin/env python\npip install acme-core==1.3.2\nEOF\n",
        "COPY --from=base /wheels/acme_core-1.3.2-py3-none-any.whl /tmp/\n",
        "RUN pip install\n",
        "RUN\n",
        "RUN pip\n",
        "COPY a\n",
        "RUN pip install ''\n",
        "RUN ['pip', 'install', 'acme-core==1.3.2']\n",
        'RUN ["pip", "install", 5, "acme-core==1.3.2"]\n',
        'RUN ["pip"] ["acme-core==1.3.2"]\n',
    ],
)
def test_what_pip_does_not_install_is_no_pin(text: str) -> None:
    assert [pin for pin in pins(FROM + text, "Dockerfile") if pin[0] == "acme-core"] == []


@pytest.mark.parametrize(
    "text",
    [
        "RUN pip install acme-core==$CORE\n",
        "RUN CORE=1.3.2 pip install acme-core==${CORE:-1.3.2}\n",
        "ARG CORE\nRUN pip install acme-core==$CORE\n",
        "ARG CORE=x\nRUN pip install acme-core==$CORE\n",
        "ARG A=$B\nARG B=$A\nRUN pip install acme-core==$A\n",
        "RUN pip install acme-core==$(cat version) acme-core==`cat version`\n",
        "ARG CORE=1.3.2\nRUN pip install 'acme-core>=$CORE'\n",
    ],
)
def test_a_version_from_elsewhere_is_a_placeholder(text: str) -> None:
    assert {pin[1] for pin in pins(FROM + text, "Dockerfile")} == {"placeholder"}


def test_the_escape_directive_counts() -> None:
    text = "# escape=`\nFROM x\nRUN pip install `\n  acme-core==1.3.2\n"

    assert pinned(text, "Dockerfile") == text.replace("1.3.2", "1.4.0")


def test_a_file_of_directives_alone_is_empty() -> None:
    assert pins("# syntax=x\n# escape=x\n", "Dockerfile") == []


def test_stages_see_what_their_base_defined() -> None:
    text = (
        "ARG CORE=1.3.2\nFROM python AS base\nARG CORE\nENV IO=2.0.0\nFROM base\n"
        "RUN pip install acme-core==$CORE acme-io==$IO\nFROM python\nRUN pip install acme-core==$CORE\n"
    )

    assert pins(text, "Dockerfile") == [
        ("acme-core", "==", "1.3.2"),
        ("acme-io", "==", "2.0.0"),
        ("acme-core", "placeholder", "$CORE"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "FROM python\nARG V=1.3.2\nRUN pip install acme-core==$V acme-io==$V\n",
        "ARG V=1.3.2\nFROM python:$V\nARG V\nRUN pip install acme-core==$V\n",
        "FROM python\nARG V=1.3.2\nRUN pip install acme-core==$V acme-io==$V acme-core==$V\n",
    ],
)
def test_a_variable_that_serves_two_is_told_and_stays(text: str) -> None:
    found = plan(text, "Dockerfile")

    assert found.edits == ()
    assert any("V is not the version of" in finding for finding in told(found.findings))


def test_requirements_are_traced_back_to_the_context() -> None:
    text = (
        "FROM x\nCOPY deps/prod.txt /tmp/deps.txt\nCOPY . /app\n"
        "RUN --mount=type=bind,source=dev.in,target=/m/dev.in pip install -r /tmp/deps.txt -r/app/more.txt "
        "--constraint=/m/dev.in -r ../x/other.txt\n"
    )

    found = {link.path for link in read(text, "Dockerfile").links}

    assert {"deps/prod.txt", "./more.txt", "dev.in"} <= found


def test_copied_definitions_are_links() -> None:
    text = "FROM x\nCOPY requirements.txt src/ /app/\nADD https://host/requirements.txt /app/\n"

    assert [link.path for link in read(text, "Dockerfile").links] == ["requirements.txt"]


@pytest.mark.parametrize(
    "text",
    [
        "RUN pip install --extra-index-url https://h/simple acme-core==1.3.2\n",
        "RUN uv pip install --index=https://h/simple acme-core==1.3.2\n",
        "ENV PIP_EXTRA_INDEX_URL=https://h/simple\nRUN pip install acme-core==1.3.2\n",
    ],
)
def test_further_indexes_are_seen(text: str) -> None:
    assert [span.of(FROM + text) for span in read(FROM + text, "Dockerfile").extra_indexes] == [
        "https://h/simple"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "RUN pip install -i https://h/simple acme-core==1.3.2\n",
        "RUN pip install --index-url=https://h/simple acme-core==1.3.2\n",
        "ARG PIP_INDEX_URL=https://h/simple\nRUN pip install acme-core==1.3.2\n",
    ],
)
def test_the_index_is_seen(text: str) -> None:
    (address,) = read(FROM + text, "Dockerfile").addresses

    assert (address.kind, address.url) == (AddressKind.INDEX, "https://h/simple")


def test_a_heredoc_that_nothing_closes_is_none() -> None:
    text = FROM + "RUN <<A\nRUN <<A\nRUN pip install acme-core==1.3.2\n"

    assert pins(text, "Dockerfile") == [("acme-core", "==", "1.3.2")]


def test_a_variable_may_hold_several_requirements() -> None:
    text = FROM + 'ENV PKGS="--pre acme-core==1.3.2 foo"\nRUN pip install $PKGS\n'

    assert pinned(text, "Dockerfile") == text.replace("1.3.2", "1.4.0")


def test_a_pin_that_no_reader_takes_is_told_with_its_line() -> None:
    text = FROM + "# acme-core==1\nRUN my-installer acme_core[x] == 1.3.2 other==1 # acme-core==2\n"

    assert told(plan(text, "Dockerfile").findings) == [
        "warning: Dockerfile:3: 'acme_core[x] == 1.3.2' names acme-core in a way that wheelpin cannot change"
    ]
