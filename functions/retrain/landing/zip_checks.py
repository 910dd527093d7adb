"""Refuses a ready zip that certainly cannot be trained on, by its central directory at the end of the file."""

from __future__ import annotations

import io
import re
import zipfile

from retrain.errors import FileRejectedError
from retrain.landing.landed_object import HALVES
from retrain.landing.place_checks import DATA_FILE_SUFFIXES

TAIL_BYTES = 1024**2
"""How much of the end is read. The directory of two files takes a few hundred bytes."""

_ENCRYPTED = 0x1
"""Bit 0 of a member's flags (PKWARE's APPNOTE, 4.4.4)."""

_UNSAFE_NAME = re.compile(r"(/|[A-Za-z]:|(.*/)?\.\.(/|$))")
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
    members = [  # not is_dir(), which fails for a member without a name
        member
        for member in _members(filename, tail, size_bytes)
        if not member.filename.endswith("/") and not member.filename.startswith("__MACOSX/")
    ]
    for member in members:
        if member.flag_bits & _ENCRYPTED:
            raise FileRejectedError("ZIP_ENCRYPTED", f"{filename} is encrypted. Zip it without a password.")
        if _UNSAFE_NAME.match(member.orig_filename.replace("\\", "/")):
            raise FileRejectedError("ZIP_UNSAFE_NAME", f"{filename} contains a path that leads out of it. {_HOW}")
    if sorted(_folder(member) for member in members) != sorted(HALVES):
        names = ", ".join(member.filename[:60] for member in members[:5]) or "nothing"
        raise FileRejectedError(
            "ZIP_WRONG_MEMBERS", f"{filename} contains {names} ({len(members)} files in all). {_HOW}"
        )
    for member in members:
        if member.file_size == 0:
            raise FileRejectedError("EMPTY_FILE", f"{member.filename} in {filename} is empty.")


def _members(filename: str, tail: bytes, size_bytes: int) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(_Tail(tail, size_bytes)) as archive:
            return archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as exc:
        raise FileRejectedError("ZIP_UNREADABLE", f"{filename} is not a readable zip ({exc}). {_HOW}") from exc


def _folder(member: zipfile.ZipInfo) -> str:
    """Return the half whose data file the member is; an empty text if it is none."""
    folder, _, name = member.filename.partition("/")
    is_data_file = name.lower().endswith(DATA_FILE_SUFFIXES) and "/" not in name
    return folder if is_data_file and folder in HALVES else ""
