"""Every hostile zip is sent as it is or refused with a reason that shows no control character, in little memory."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrain.errors import FileRejectedError
from retrain.landing.zip_checks import TAIL_BYTES, check_zip
from tests.hostile.corpus import GENERATED, MIB, memory_below
from tests.hostile.raw_zip import Member, raw_zip, zip64
from tests.hostile.zips import EVAL, SENT, TRAIN, ZIPS

MEMORY_BYTES = 32 * MIB
"""The directory's 1 MiB holds up to 22,000 members, each an object of 1 KiB."""


def outcome_of(data: bytes) -> str:
    """Return what becomes of a zip: `SENT`, or the code with which it is refused."""
    refusal = refusal_of(data)
    assert refusal is None or str(refusal).isprintable()
    return refusal.code if refusal else SENT


def refusal_of(data: bytes) -> FileRejectedError | None:
    """Return why a zip is refused; None if it is not."""
    try:
        check_zip("data.zip", data[-TAIL_BYTES:], len(data))
    except FileRejectedError as refusal:
        return refusal
    return None


@pytest.mark.filterwarnings("ignore:Empty unicode path")
@pytest.mark.parametrize("name", ZIPS)
def test_every_zip_has_its_outcome(name: str) -> None:
    """Whatever its directory says."""
    data = ZIPS[name].build()

    with memory_below(MEMORY_BYTES):
        outcome = outcome_of(data)

    assert outcome == ZIPS[name].outcome


NUMBERS = st.none() | st.integers(0, 0xFFFF_FFFF)


@given(
    name=st.binary(max_size=30) | st.just(EVAL.name),
    flags=st.integers(0, 0xFFFF),
    method=st.sampled_from([0, 8, 12, 14, 99]),
    sizes=st.tuples(NUMBERS, NUMBERS, NUMBERS),
    extra=st.binary(max_size=40) | st.lists(st.integers(0, 2**64 - 1), max_size=3).map(lambda each: zip64(*each)),
    mode=st.integers(0, 0xFFFF),
)
@GENERATED
@pytest.mark.filterwarnings("ignore:Empty unicode path")
def test_any_member_is_sent_or_refused(  # noqa: PLR0913, PLR0917 - the fields of a member
    name: bytes, flags: int, method: int, sizes: tuple[int | None, ...], extra: bytes, mode: int
) -> None:
    """With any field of it a lie. What is sent, Python's own library can list."""
    size, packed, offset = sizes
    member = Member(
        name, method=method, flags=flags, says_size=size, says_packed=packed, says_offset=offset, extra=extra, mode=mode
    )

    outcome = outcome_of(raw_zip(TRAIN, member))

    assert outcome == SENT or outcome.startswith(("ZIP_", "EMPTY_FILE"))


@given(data=st.binary(max_size=400), cut=st.integers(0, 400))
@GENERATED
def test_any_bytes_behind_or_instead_are_refused_or_sent(data: bytes, cut: int) -> None:
    """A tail that is no tail, too."""
    whole = raw_zip(TRAIN, EVAL)
    for each in (data, whole[:cut] + data, whole[cut:], whole + data):
        assert outcome_of(each) == SENT or outcome_of(each).startswith("ZIP_")
