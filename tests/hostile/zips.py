"""Zips that fill a disk, lead out of their folder, lie about their sizes, or have names in odd encodings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.hostile.raw_zip import (
    CONTENT,
    ENCRYPTED,
    HAS_DESCRIPTOR,
    IN_ZIP64,
    STORED,
    UTF8_NAME,
    Member,
    raw_zip,
    unicode_path,
    zip64,
    zip64_end,
)

MIB = 1024**2

TRAIN, EVAL = Member(b"train_src/a.csv"), Member(b"eval_src/b.csv")

SENT = "sent"
UNREADABLE, UNSAFE, WRONG, LOCKED = "ZIP_UNREADABLE", "ZIP_UNSAFE_NAME", "ZIP_WRONG_MEMBERS", "ZIP_ENCRYPTED"
"""The right outcomes: sent as it is, or refused with one of these codes."""


@dataclass(frozen=True)
class Zip:
    """A zip.

    Attributes
    ----------
    why
        What is hostile about it.
    build
        Returns its bytes.
    outcome
        What becomes of it.
    """

    why: str
    build: Callable[[], bytes]
    outcome: str


def _pair(outcome: str, why: str, **changes: object) -> Zip:
    """Return a zip whose second member is changed."""
    return Zip(why, lambda: raw_zip(TRAIN, replace(EVAL, **changes)), outcome)  # type: ignore[arg-type]  # of any field


def _named(outcome: str, why: str, name: bytes, flags: int = 0) -> Zip:
    return _pair(outcome, why, name=name, flags=flags)


def _and(outcome: str, why: str, *more: Member) -> Zip:
    return Zip(why, lambda: raw_zip(TRAIN, EVAL, *more), outcome)


def _nested() -> bytes:
    inner = raw_zip(TRAIN, EVAL)
    return raw_zip(TRAIN, EVAL, Member(b"eval_src/c.zip", inner, STORED))


BOMBS = {
    "ratio": _pair(SENT, "16 MiB of zeros in 16 KB: we unpack nothing", content=b"0,0\n" * (4 * MIB)),
    "ratio that is a lie": _pair(UNREADABLE, "200 bytes cannot become 4 GB", says_size=0xFFFF_FFFE),
    "ratio of what is not packed": _pair(UNREADABLE, "a stored member says it grows", method=STORED, says_size=10**6),
    "no bytes for something": _pair(UNREADABLE, "nothing becomes 1 byte", packed=b"", says_size=1),
    "20,000 members": Zip(
        "a directory of 1 MB", lambda: raw_zip(*(Member(b"%05d" % n, b"") for n in range(20_000))), WRONG
    ),
    "60,000 members": Zip(
        "a directory that is not read", lambda: raw_zip(*(Member(b"%05d" % n, b"") for n in range(60_000))), UNREADABLE
    ),
    "60,000 members, it says": Zip("it has two", lambda: raw_zip(TRAIN, EVAL, says_members=60_000), SENT),
    "no member, it says": Zip("it has two", lambda: raw_zip(TRAIN, EVAL, says_members=0), SENT),
    "nested": Zip("a zip in a zip", _nested, WRONG),
    "nested under a false name": _pair(SENT, "we look into no member", content=raw_zip(TRAIN, EVAL), method=STORED),
    "one member twice": _and(WRONG, "the same name again", EVAL),
    "overlapping": _pair(
        UNREADABLE, "both members are the same bytes: that is how small zips become huge", says_offset=0
    ),
    "overlapping by a byte": Zip(
        "the first says it has one byte more",
        lambda: raw_zip(replace(TRAIN, says_packed=len(TRAIN.data) + len(TRAIN.name) + 1), EVAL),
        UNREADABLE,
    ),
    "overlapping with the directory": _pair(UNREADABLE, "its bytes end in the directory", says_packed=5000),
    "beyond the file": _pair(UNREADABLE, "it begins after the end", says_offset=0xFFFF_0000),
}

ZIP64 = {
    "sizes": _pair(UNREADABLE, "2^63 bytes", says_size=IN_ZIP64, says_packed=IN_ZIP64, extra=zip64(2**63, 2**63)),
    "unpacked size": _pair(UNREADABLE, "2^63 bytes from 20", says_size=IN_ZIP64, extra=zip64(2**63)),
    "offset": _pair(UNREADABLE, "it begins at 2^63", says_offset=IN_ZIP64, extra=zip64(2**63)),
    "no extra field": _pair(UNREADABLE, "the sizes are nowhere", says_size=IN_ZIP64, says_packed=IN_ZIP64),
    "half an extra field": _pair(
        UNREADABLE, "the second size is missing", says_size=IN_ZIP64, says_packed=IN_ZIP64, extra=zip64(5)
    ),
    "extra field beyond its end": _pair(UNREADABLE, "it says 65,535 bytes", extra=b"\1\0\xff\xff" + bytes(8)),
    "true sizes": _pair(
        SENT,
        "unusual and right",
        says_size=IN_ZIP64,
        says_packed=IN_ZIP64,
        extra=zip64(len(CONTENT), len(EVAL.data)),
    ),
    "directory of 2^63 bytes": Zip(
        "no file has it", lambda: raw_zip(TRAIN, EVAL, before_end=zip64_end(2**63, 0)), UNREADABLE
    ),
    "directory at 2^63": Zip(
        "no file has it", lambda: raw_zip(TRAIN, EVAL, before_end=zip64_end(122, 2**63)), UNREADABLE
    ),
    "2^63 members": Zip("no file has them", lambda: raw_zip(TRAIN, EVAL, before_end=zip64_end(0, 0, 2**63)), WRONG),
}

PATHS = {
    "absolute": _named(UNSAFE, "from the root", b"/eval_src/b.csv"),
    "parent": _named(UNSAFE, "one up", b"eval_src/../b.csv"),
    "parent, Windows": _named(UNSAFE, "one up", b"eval_src\\..\\b.csv"),
    "drive": _named(UNSAFE, "another disk", b"C:eval_src/b.csv"),
    "network share": _named(UNSAFE, "another machine", b"\\\\host\\share\\b.csv"),
    "in macOS's folder": _and(UNSAFE, "we ignore that folder, unpacking does not", Member(b"__MACOSX/../../b.csv")),
    "folder": _and(UNSAFE, "a folder is no data, and is made all the same", Member(b"../../c/", b"", STORED)),
    "second name": _pair(UNSAFE, "a Unicode path beside a harmless name", extra=unicode_path(EVAL.name, "../b.csv")),
    "harmless second name": _pair(
        UNSAFE, "the other way round", name=b"../b.csv", extra=unicode_path(b"../b.csv", "eval_src/b.csv")
    ),
    "zero byte": _named(UNSAFE, "some stop there, some do not", b"eval_src/b.csv\0/../../c"),
    "symbolic link": _pair(WRONG, "its content is a path", content=b"/etc/passwd", mode=0o120777),
    "device": _pair(WRONG, "a file that never ends", mode=0o020666),
    "pipe": _pair(WRONG, "a file that never begins", mode=0o010666),
    "executable": _pair(SENT, "a file like any other", mode=0o100777),
    "no name": _named(WRONG, "nothing", b""),
    "dots in a name": _named(SENT, "no step upwards", b"eval_src/a..b.csv"),
}

NAMES = {
    "Shift_JIS": _named(SENT, "no flag says so", "eval_src/ペンギン.csv".encode("cp932")),
    "Shift_JIS with a backslash": _named(SENT, "its second byte is one", "eval_src/表.csv".encode("cp932")),
    "UTF-8": _named(SENT, "with its flag", "eval_src/ペンギン.csv".encode(), UTF8_NAME),
    "UTF-8 without its flag": _named(SENT, "read as CP437", "eval_src/ペンギン.csv".encode()),
    "no UTF-8": _named(UNREADABLE, "with its flag", b"eval_src/\xff\xfe.csv", UTF8_NAME),
    "half a surrogate": _named(UNREADABLE, "encoded all the same", b"eval_src/\xed\xa0\x80.csv", UTF8_NAME),
    "right to left": _named(SENT, "shown as fdp.csv", "eval_src/\u202evsc.pdf.csv".encode(), UTF8_NAME),
    "line break": _named(WRONG, "a line of its own in an e-mail", b"other/b\r\n\r\naws iam create-user\r\n.csv"),
    "decomposed": _named(SENT, "as macOS writes it", "eval_src/e\u0301.csv".encode(), UTF8_NAME),
    "capitals": _named(WRONG, "another folder", b"EVAL_SRC/b.csv"),
    "65,535 bytes": _named(SENT, "the longest there is", b"eval_src/" + b"x" * 65_522 + b".csv"),
}

KINDS = {
    "encrypted": _pair(LOCKED, "nobody has the password", flags=ENCRYPTED),
    "encrypted folder": _and(LOCKED, "in a folder", Member(b"c/", b"", STORED, ENCRYPTED)),
    "sizes behind the data": _pair(SENT, "as streaming programs write it", flags=HAS_DESCRIPTOR),
    "unknown method": _pair(SENT, "whether the service reads it, it must say", method=93),
    "two disks": Zip("it says so, and has all of it", lambda: raw_zip(TRAIN, EVAL, disk=1), SENT),
    "empty": Zip("no member", raw_zip, WRONG),
    "cut": Zip("its end is missing", lambda: raw_zip(TRAIN, EVAL)[:-20], UNREADABLE),
    "end alone": Zip("a directory that is not there", lambda: raw_zip(TRAIN, EVAL)[-22:], UNREADABLE),
    "something in front": Zip("a program that is a zip, too", lambda: b"MZ" + bytes(5000) + raw_zip(TRAIN, EVAL), SENT),
    "something behind": Zip("who reads from the end?", lambda: raw_zip(TRAIN, EVAL) + bytes(70_000), UNREADABLE),
    "two ends": Zip("which one counts?", lambda: raw_zip(TRAIN, EVAL) + raw_zip(), WRONG),
    "no zip": Zip("a false name", lambda: b"a,b\n1,2\n" * 50, UNREADABLE),
}

ZIPS = {
    f"{kind}: {name}": found
    for kind, zips in {"bomb": BOMBS, "zip64": ZIP64, "path": PATHS, "name": NAMES, "kind": KINDS}.items()
    for name, found in zips.items()
}
