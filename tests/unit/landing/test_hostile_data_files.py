"""Every hostile data file is sent as it is or refused with a reason, in little memory and time."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from retrain.errors import FileRejectedError
from retrain.landing.data_file_checks import check_data_file
from retrain.uploading.source import CHUNK_SIZE_BYTES
from tests.hostile.corpus import GENERATED, MIB, entries, memory_below

MEMORY_BYTES = 64 * MIB
"""The first 256 KiB, as up to so many values."""


def outcome_of(filename: str, data: bytes) -> str:
    """Return what becomes of a file: `sent`, or the code with which it is refused."""
    chunk = data[:CHUNK_SIZE_BYTES]
    try:
        check_data_file(filename, chunk, whole=len(chunk) == len(data))
    except FileRejectedError as refusal:
        return refusal.code
    return "sent"


@entries("csv")
def test_every_data_file_has_its_outcome(given: dict[str, Any], outcome: str) -> None:
    """Whatever its header is."""
    parts = (text.replace("{n}", str(number)) for text, times in given["parts"] for number in range(times))
    data = "".join(parts).encode()

    with memory_below(MEMORY_BYTES):
        assert outcome_of(given["filename"], data) == outcome


ODD_TEXT = st.text(st.sampled_from('a1,\t"\n\r\0\ufeff\u202e\x1b=é\u0301 表'), max_size=200)


@given(
    data=st.binary(max_size=400) | ODD_TEXT.flatmap(lambda text: st.sampled_from([text.encode(), _in_utf16(text)])),
    times=st.integers(1, 3000),
    suffix=st.sampled_from([".csv", ".tsv", ".CSV"]),
)
@GENERATED
def test_any_data_file_is_sent_or_refused(data: bytes, times: int, suffix: str) -> None:
    """Bytes that are no text, and text that is no table."""
    with memory_below(MEMORY_BYTES):
        outcome = outcome_of(f"a{suffix}", data * times)

    assert outcome == "sent" or outcome.isupper()


def _in_utf16(text: str) -> bytes:
    return text.encode("utf-16-le")
