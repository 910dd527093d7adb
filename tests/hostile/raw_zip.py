"""Writes zips that no library would write: every field of a member, and of the directory's end, may lie."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

UTF8_NAME, HAS_DESCRIPTOR, ENCRYPTED = 0x800, 0x8, 0x1
"""Flags of a member (PKWARE's APPNOTE, 4.4.4)."""

STORED, DEFLATED = 0, 8
UNIX = 3

IN_ZIP64 = 0xFFFF_FFFF
"""A size or an offset that says: look into the extra field."""

CONTENT = b"a,b\n" + b"1,2\n" * 50


@dataclass(frozen=True)
class Member:
    """A member; what is None is as it should be."""

    name: bytes
    content: bytes = CONTENT
    method: int = DEFLATED
    flags: int = 0
    says_size: int | None = None
    says_packed: int | None = None
    says_offset: int | None = None
    extra: bytes = b""
    mode: int = 0o100644
    packed: bytes | None = None

    @property
    def data(self) -> bytes:
        """Return its bytes in the zip."""
        if self.packed is not None:
            return self.packed
        if self.method != DEFLATED:
            return self.content
        squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
        return squeeze.compress(self.content) + squeeze.flush()


def raw_zip(*members: Member, says_members: int | None = None, disk: int = 0, before_end: bytes = b"") -> bytes:
    """Return a zip of these members; `before_end` stands between the directory and its end."""
    body, directory = bytearray(), bytearray()
    for member in members:
        offset = len(body) if member.says_offset is None else member.says_offset
        fields = _fields(member)
        body += struct.pack("<4s5H3L2H", b"PK\3\4", *fields, len(member.name), 0) + member.name + member.data
        directory += struct.pack(
            "<4s6H3L5H2L",
            b"PK\1\2",
            UNIX << 8 | 20,
            *fields,
            len(member.name),
            len(member.extra),
            0,
            0,
            0,
            member.mode << 16,
            offset,
        )
        directory += member.name + member.extra
    number = len(members) if says_members is None else says_members
    end = struct.pack("<4s4H2LH", b"PK\5\6", disk, disk, number, number, len(directory), len(body), 0)
    return bytes(body + directory) + before_end + end


def _fields(member: Member) -> tuple[int, ...]:
    size = len(member.content) if member.says_size is None else member.says_size
    packed = len(member.data) if member.says_packed is None else member.says_packed
    return 20, member.flags, member.method, 0, 33, zlib.crc32(member.content), packed, size


def extra_field(kind: int, data: bytes) -> bytes:
    """Return an extra field."""
    return struct.pack("<HH", kind, len(data)) + data


def zip64(*numbers: int) -> bytes:
    """Return the zip64 extra field with these sizes and offsets."""
    return extra_field(1, struct.pack(f"<{len(numbers)}Q", *numbers))


def unicode_path(name: bytes, other_name: str) -> bytes:
    """Return the extra field that gives a member another name (APPNOTE, 4.6.9)."""
    return extra_field(0x7075, struct.pack("<BL", 1, zlib.crc32(name)) + other_name.encode())


def zip64_end(directory_bytes: int, offset: int, members: int = 2) -> bytes:
    """Return a zip64 end of the directory with its locator, which says that the record directly precedes it."""
    end = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, members, members, directory_bytes, offset)
    return end + struct.pack("<4sLQL", b"PK\6\7", 0, 0, 1)
