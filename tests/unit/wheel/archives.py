"""Zip archives written field by field, so that what two places state can be made to differ."""

import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tests.wheels import record, wheel_members

FILE = "acme-1.0-py3-none-any.whl"
INFO = "acme-1.0.dist-info"
METADATA, WHEEL, RECORD = f"{INFO}/METADATA", f"{INFO}/WHEEL", f"{INFO}/RECORD"

STORED, DEFLATED = 0, 8
ENCRYPTED, STREAMED, UTF8 = 0x0001, 0x0008, 0x0800
TOP = 0xFFFFFFFF


@dataclass(frozen=True, kw_only=True)
class Part:
    """One entry; `local` and `central` override what the header of that place would state.

    `packed` is the data as it stands in the archive, `after` what stands between it and the next entry.
    """

    name: bytes
    data: bytes = b""
    method: int = DEFLATED
    flags: int = 0
    mode: int = 0o100644
    packed: bytes | None = None
    after: bytes = b""
    local: Mapping[str, int | bytes] = field(default_factory=dict)
    central: Mapping[str, int | bytes] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        """The data as it stands in the archive."""
        if self.packed is not None:
            return self.packed
        return deflated(self.data) if self.method == DEFLATED else self.data

    @property
    def stated(self) -> dict[str, int | bytes]:
        """What an honest header states."""
        return {
            "name": self.name,
            "flags": self.flags,
            "method": self.method,
            "crc": zlib.crc32(self.data),
            "packed": len(self.body),
            "size": len(self.data),
            "extra": b"",
            "comment": b"",
            "attributes": self.mode << 16,
            "disk": 0,
        }


def deflated(data: bytes) -> bytes:
    """`data` as a raw deflate stream."""
    engine = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return engine.compress(data) + engine.flush()


def wide(*numbers: int) -> bytes:
    """A ZIP64 extra field."""
    return struct.pack(f"<2H{len(numbers)}Q", 1, 8 * len(numbers), *numbers)


def descriptor(data: bytes, *, signed: bool = True, form: str = "<3L") -> bytes:
    """The data descriptor of a deflated entry."""
    return b"PK\7\x08" * signed + struct.pack(form, zlib.crc32(data), len(deflated(data)), len(data))


def streamed(part: Part, *, signed: bool = True, form: str = "<3L") -> Part:
    """The entry as a writer leaves it that could not seek back to its header."""
    nothing = {"crc": 0, "packed": 0, "size": 0}
    after = descriptor(part.data, signed=signed, form=form)
    return replace(part, flags=part.flags | STREAMED, local=nothing, after=after)


def wheel(*extra: Part, files: Mapping[str, bytes] | None = None, without: Sequence[str] = ()) -> list[Part]:
    """The entries of a valid wheel and `extra` ones, all listed by its RECORD.

    `files` add to or replace what is in it, RECORD too; `without` leaves out paths.
    """
    replaced = dict(files or {})
    members = wheel_members("acme", "1.0") | {part.name.decode(): part.data for part in extra} | replaced
    members = {path: data for path, data in members.items() if path not in without}
    if RECORD in members and RECORD not in replaced:
        del members[RECORD]
        listed = {path: data for path, data in members.items() if not path.endswith("/")}
        members[RECORD] = record(listed, RECORD)
    crafted = {part.name.decode(): part for part in extra}
    return [crafted.get(path) or Part(name=path.encode(), data=data) for path, data in members.items()]


def spoiled(**changes: object) -> list[Part]:
    """A valid wheel whose first entry, `acme/__init__.py`, has these fields changed."""
    first, *rest = wheel()
    return [replace(first, **changes), *rest]  # type: ignore[arg-type]


def zipped(
    parts: Sequence[Part],
    *,
    before: bytes = b"",
    between: bytes = b"",
    after: bytes = b"",
    comment: bytes = b"",
    end: Mapping[str, int] | None = None,
    end64: bytes = b"",
    backwards: bool = False,
) -> bytes:
    """The archive; `end` overrides fields of the end record, `end64` stands before it.

    With `backwards` the directory lists the last entry first.
    """
    data, headers = bytearray(before), []
    for part in parts:
        headers.append(_central(part, len(data)))
        data += _local(part) + part.body + part.after
    data += between
    directory = b"".join(reversed(headers) if backwards else headers)
    stated = {"disk": 0, "first": 0, "here": len(parts), "count": len(parts)}
    stated |= {"length": len(directory), "start": len(data)} | dict(end or {})
    tail = struct.pack("<4s4H2LH", b"PK\5\6", *stated.values(), len(comment))
    return bytes(data + directory + end64 + tail + comment + after)


def zipped64(parts: Sequence[Part], *, end: Mapping[str, int] | None = None, **changes: int) -> bytes:
    """The archive with a ZIP64 end record and its locator; `changes` override their fields."""
    plain = zipped(parts)
    length, start = struct.unpack_from("<2L", plain, len(plain) - 10)
    stated = {"size": 44, "here": len(parts), "count": len(parts), "length": length, "start": start}
    stated |= {"offset": start + length, "disks": 1} | changes
    record64 = struct.pack(
        "<4sQ2H2L4Q",
        b"PK\6\6",
        stated["size"],
        45,
        45,
        0,
        0,
        stated["here"],
        stated["count"],
        stated["length"],
        stated["start"],
    )
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, stated["offset"], stated["disks"])
    return zipped(parts, end=end, end64=record64 + locator)


def _local(part: Part) -> bytes:
    stated = part.stated | dict(part.local)
    name, extra = _bytes(stated["name"]), _bytes(stated["extra"])
    numbers = [stated[key] for key in ("crc", "packed", "size")]
    head = struct.pack("<4s5H", b"PK\3\4", 20, stated["flags"], stated["method"], 0, 33)
    return head + struct.pack("<3L2H", *numbers, len(name), len(extra)) + name + extra


def _central(part: Part, offset: int) -> bytes:
    stated = part.stated | {"offset": offset} | dict(part.central)
    name, extra, comment = (_bytes(stated[key]) for key in ("name", "extra", "comment"))
    numbers = [stated[key] for key in ("crc", "packed", "size")]
    head = struct.pack("<4s6H", b"PK\1\2", 0x0314, 20, stated["flags"], stated["method"], 0, 33)
    lengths = (len(name), len(extra), len(comment))
    tail = struct.pack("<2H2L", stated["disk"], 0, stated["attributes"], stated["offset"])
    return head + struct.pack("<3L3H", *numbers, *lengths) + tail + name + extra + comment


def _bytes(value: int | bytes) -> bytes:
    assert isinstance(value, bytes)
    return value
