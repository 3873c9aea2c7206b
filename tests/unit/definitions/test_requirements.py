"""pip's requirements files: lines as pip joins them, options, hashes, includes."""

import pytest

from tests.definitions import make_target, pinned, pins, plan, read, told
from wheelpin.definitions import AddressKind, LinkKind


def test_every_other_byte_stays() -> None:
    text = (
        "# acme-core==1.3.2\r\n--index-url https://host/simple\r\n\r\n"
        "Acme.Core[gpu] == 1.3.2 ; python_version > '3'\t# acme-core==1.3.2 \r\n"
        "acme-core-extras==1.3.2\r\nacme_core==1.3.2"
    )

    assert pinned(text) == (
        "# acme-core==1.3.2\r\n--index-url https://host/simple\r\n\r\n"
        "Acme.Core[gpu] == 1.4.0 ; python_version > '3'\t# acme-core==1.3.2 \r\n"
        "acme-core-extras==1.3.2\r\nacme_core==1.4.0"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("acme-core \\\n  ==1.3.2\n", "acme-core \\\n  ==1.4.0\n"),
        ("acme-\\\r\ncore==1.3.2\r\n", "acme-\\\r\ncore==1.4.0\r\n"),
        ("acme-core==1.3.2\\", "acme-core==1.4.0\\"),
        ("acme-core==\\\n1.3.2", "acme-core==\\\n1.4.0"),
        ("numpy==1 \\\n# acme-core==1\nacme-core==1.3.2", "numpy==1 \\\n# acme-core==1\nacme-core==1.4.0"),
        ("# a comment \\\nacme-core==1.3.2", "# a comment \\\nacme-core==1.4.0"),
        ("acme-core==1.3.2#egg", "acme-core==1.3.2#egg"),
        ("acme-core==1.3.2\facme-core==1.3.2", "acme-core==1.4.0\facme-core==1.4.0"),
        ("acme-core==1.3.2\u2028numpy==1.3.2", "acme-core==1.4.0\u2028numpy==1.3.2"),
        ("-e git+https://host/acme/acme-core@v1.3.2", "-e git+https://host/acme/acme-core@v1.4.0"),
        ("--editable=git+https://host/acme/acme-core@1.3.2", "--editable=git+https://host/acme/acme-core@1.4.0"),
        ("-e ./acme-core==1.3.2", "-e ./acme-core==1.3.2"),
        ("--find-links acme-core==1.3.2", "--find-links acme-core==1.3.2"),
        ("acme-core==1.3.2 --x y=acme-core==1.3.2", "acme-core==1.4.0 --x y=acme-core==1.3.2"),
    ],
)  # fmt: skip
def test_lines_are_pips_lines(text: str, expected: str) -> None:
    assert pinned(text) == expected


HASHED = "acme-core==1.3.2 \\\n    --hash=sha256:aaa \\\n    --hash=sha256:bbb  # why\nnumpy==1\n"


@pytest.mark.parametrize(
    ("text", "tags", "expected"),
    [
        (HASHED, 1, "acme-core==1.4.0 \\\n    --hash=sha256:{1}  # why\nnumpy==1\n"),
        (
            HASHED,
            2,
            "acme-core==1.4.0 \\\n    --hash=sha256:{1} \\\n    --hash=sha256:{2}  # why\nnumpy==1\n",
        ),
        (
            HASHED,
            3,
            HASHED.replace("1.3.2", "1.4.0")
            .replace("aaa", "{1}")
            .replace("bbb", "{2} \\\n    --hash=sha256:{3}"),
        ),
        ("acme-core==1.3.2 --hash sha256:aaa", 2, "acme-core==1.4.0 --hash=sha256:{1} --hash=sha256:{2}"),
        ("acme-core==1.3.2 --hash=md5:aa", 1, "acme-core==1.4.0 --hash=sha256:{1}"),
        (
            "acme-core==1.3.2 ; python_version > '3' --hash=sha256:aaa",
            1,
            "acme-core==1.4.0 ; python_version > '3' --hash=sha256:{1}",
        ),
        ("acme-core==1.4.0 --hash=sha256:aaa", 1, "acme-core==1.4.0 --hash=sha256:{1}"),
        ("acme-core==1.4 --hash=sha256:aaa", 1, "acme-core==1.4 --hash=sha256:{1}"),
    ],
)
def test_hashes_become_those_of_the_new_wheels(text: str, tags: int, expected: str) -> None:
    target = make_target(tags=["py3-none-any", "cp311-cp311-win_amd64", "cp312-cp312-win_amd64"][:tags])

    assert pinned(text, target=target) == expected.format("", "1" * 64, "2" * 64, "3" * 64)


def test_hashes_that_are_right_in_another_order_stay() -> None:
    text = f"acme-core==1.4.0 --hash=sha256:{'2' * 64} --hash=sha256:{'1' * 64}"

    assert plan(text, target=make_target(tags=["py3-none-any", "cp311-cp311-win_amd64"])).edits == ()


def test_a_pin_with_hashes_stays_when_the_new_ones_are_unknown() -> None:
    found = plan("numpy==1\nacme-core==1.3.2 --hash=sha256:aaa\n")

    assert found.edits == ()
    assert told(found.findings) == [
        "warning: requirements.txt:2: acme-core is pinned with hashes; those of 1.4.0 are unknown"
    ]


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("-r base.txt", "base.txt"),
        ("-rbase.txt  # c", "base.txt"),
        ("--requirement=../base.txt", "../base.txt"),
        ("  -c 'constraints.txt'", "constraints.txt"),
        ("--constraint constraints.txt", "constraints.txt"),
    ],
)
def test_includes_are_links(line: str, path: str) -> None:
    (link,) = read(f"\n{line}\n").links

    assert (link.kind, link.path, link.line) == (LinkKind.REQUIREMENTS, path, 2)


def test_a_further_index_is_seen() -> None:
    text = "--extra-index-url=https://host/simple\n--extra-index-url https://other/simple\n"

    assert [span.of(text) for span in read(text).extra_indexes] == [
        "https://host/simple",
        "https://other/simple",
    ]


def test_options_are_no_pins() -> None:
    assert pins("--pre\n-i https://host/acme-core==1.3.2\n--no-binary acme-core\n--trusted-host host\n") == []


@pytest.mark.parametrize(
    ("line", "kind", "url"),
    [
        ("--index-url https://h/simple", AddressKind.INDEX, "https://h/simple"),
        ("-i https://h/simple  # ours", AddressKind.INDEX, "https://h/simple"),
        ("--index-url='https://h/simple'", AddressKind.INDEX, "https://h/simple"),
        ("--extra-index-url \\\n  https://h/simple", AddressKind.EXTRA_INDEX, "https://h/simple"),
        ("-f https://h/page", AddressKind.LINKS, "https://h/page"),
        ("--pre --find-links ./wheels", AddressKind.LINKS, "./wheels"),
    ],
)
def test_addresses_are_seen_with_what_they_are_for(line: str, kind: AddressKind, url: str) -> None:
    (address,) = read(f"\n{line}\n").addresses

    assert (address.kind, address.url, address.span.of(f"\n{line}\n")) == (kind, url, url)
