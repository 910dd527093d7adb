"""Refuses a ready zip that certainly cannot be trained on, by its central directory at the end of the file.

Nothing is unpacked here, so a member may be as large as it likes. Refused are sizes that its bytes cannot have.
"""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
from collections.abc import Iterator, Sequence
from itertools import pairwise

from retrain.errors import FileRejectedError
from retrain.landing.landed_object import HALVES
from retrain.landing.place_checks import DATA_FILE_SUFFIXES

TAIL_BYTES = 1024**2
"""How much of the end is read. The directory of two files takes a few hundred bytes."""

_ENCRYPTED = 0x1
"""Bit 0 of a member's flags (PKWARE's APPNOTE, 4.4.4)."""

_UNSAFE_NAME = re.compile(r"/|[A-Za-z]:|(.*/)?\.\.(/|$)|.*\0", re.DOTALL)
"""Absolute, of a drive, or with a step upwards. Programs read a name with a zero byte differently."""

_EXTRA_HEADER = struct.Struct("<HH")
_UNICODE_PATH = 0x7075
"""An extra field's kind and size, and the kind that is another name (APPNOTE, 4.5.1 and 4.6.9)."""

_LOCAL_HEADER_BYTES = 30
"""What precedes each member's name and bytes, at least (APPNOTE, 4.3.7)."""

_MOST_TIMES = {zipfile.ZIP_STORED: 1, zipfile.ZIP_DEFLATED: 1032}
"""How many times its bytes a member can become (zlib's "Technical Details", "Maximum Compression Factor")."""

_HOW = "Zip exactly one .csv or .tsv as train_src/NAME and one as eval_src/NAME."


class _Tail(io.BytesIO):
    """The end of a file, addressed by positions in the whole file."""

    def __init__(self, tail: bytes, size_bytes: int) -> None:
        super().__init__(tail)
        self._starts_at = size_bytes - len(tail)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a position; a position before the tail is an error."""
        if whence != io.SEEK_SET:
            return super().seek(offset, whence) + self._starts_at
        if offset < self._starts_at:
            raise zipfile.BadZipFile("its directory is larger than any that we accept")
        return super().seek(offset - self._starts_at) + self._starts_at

    def tell(self) -> int:
        """Return the position in the whole file."""
        return super().tell() + self._starts_at


def check_zip(filename: str, tail: bytes, size_bytes: int) -> None:
    """Refuse a zip that does not contain exactly one data file in `train_src/` and one in `eval_src/`.

    Directories and what macOS adds (`__MACOSX/`) are ignored. Zip64 is supported.

    Parameters
    ----------
    tail
        Its last bytes, up to `TAIL_BYTES`.
    size_bytes
        The size of all of it.

    Raises
    ------
    FileRejectedError
        `ZIP_UNREADABLE`, `ZIP_ENCRYPTED`, `ZIP_UNSAFE_NAME`, `ZIP_WRONG_MEMBERS` or `EMPTY_FILE`.
    """
    archive = _opened(filename, tail, size_bytes)
    all_members = archive.infolist()
    for member in all_members:
        _require_harmless(filename, member)
    members = [  # not is_dir(), which fails for a member without a name
        member
        for member in all_members
        if not member.filename.endswith("/") and not member.filename.startswith("__MACOSX/")
    ]
    if sorted(_folder(member) for member in members) != sorted(HALVES):
        names = ", ".join(_shown(member) for member in members[:5]) or "nothing"
        raise FileRejectedError(
            "ZIP_WRONG_MEMBERS", f"{filename} contains {names} ({len(members)} files in all). {_HOW}"
        )
    for member in members:
        if member.file_size == 0:
            raise FileRejectedError("EMPTY_FILE", f"{_shown(member)} in {filename} is empty.")
    _require_possible_sizes(filename, all_members, archive.start_dir)


def _opened(filename: str, tail: bytes, size_bytes: int) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(_Tail(tail, size_bytes))
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as exc:
        raise FileRejectedError("ZIP_UNREADABLE", f"{filename} is not a readable zip ({exc}). {_HOW}") from exc


def _require_harmless(filename: str, member: zipfile.ZipInfo) -> None:
    """Refuse a member that unpacking could not read, or would put somewhere else; folders, too."""
    if member.flag_bits & _ENCRYPTED:
        raise FileRejectedError("ZIP_ENCRYPTED", f"{filename} is encrypted. Zip it without a password.")
    if any(_UNSAFE_NAME.match(name.replace("\\", "/")) for name in _names(member)):
        raise FileRejectedError("ZIP_UNSAFE_NAME", f"{filename} contains a path that leads out of it. {_HOW}")
    kind = stat.S_IFMT(member.external_attr >> 16)  # of a zip from Unix; otherwise 0
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise FileRejectedError(
            "ZIP_WRONG_MEMBERS", f"{_shown(member)} in {filename} is a link or a device, not a file. {_HOW}"
        )


def _names(member: zipfile.ZipInfo) -> Iterator[str]:
    """Yield a member's name, and those that its extra fields give it beside: which one counts, each program decides."""
    yield member.orig_filename
    yield member.filename
    extra = member.extra
    while len(extra) >= _EXTRA_HEADER.size:
        kind, size = _EXTRA_HEADER.unpack_from(extra)
        if kind == _UNICODE_PATH:  # after a version and a checksum, in 5 bytes
            yield extra[_EXTRA_HEADER.size + 5 : _EXTRA_HEADER.size + size].decode(errors="replace")
        extra = extra[_EXTRA_HEADER.size + size :]


def _require_possible_sizes(filename: str, members: Sequence[zipfile.ZipInfo], directory_at: int) -> None:
    """Refuse members that share bytes, or whose bytes cannot become what the directory says."""
    ordered = sorted(members, key=lambda member: member.header_offset)
    starts = [*(member.header_offset for member in ordered), directory_at]
    for member, (start, end) in zip(ordered, pairwise(starts), strict=True):
        if start < 0 or start + _LOCAL_HEADER_BYTES + member.compress_size > end:
            raise FileRejectedError(
                "ZIP_UNREADABLE", f"{_shown(member)} in {filename} overlaps with what follows it. {_HOW}"
            )
        most_times = _MOST_TIMES.get(member.compress_type)
        if most_times and member.file_size > most_times * member.compress_size:
            raise FileRejectedError(
                "ZIP_UNREADABLE",
                f"{_shown(member)} in {filename} has {member.compress_size:,} bytes, which cannot become the "
                f"{member.file_size:,} bytes that its directory says. {_HOW}",
            )


def _shown(member: zipfile.ZipInfo) -> str:
    """Return a member's name for people: short, without line breaks or characters that hide others."""
    return repr(member.filename[:60])[1:-1]


def _folder(member: zipfile.ZipInfo) -> str:
    """Return the half whose data file the member is; an empty text if it is none."""
    folder, _, name = member.filename.partition("/")
    is_data_file = name.lower().endswith(DATA_FILE_SUFFIXES) and "/" not in name
    return folder if is_data_file and folder in HALVES else ""
