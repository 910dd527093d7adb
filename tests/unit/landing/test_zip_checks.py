"""Which ready zips are refused by their central directory."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrain.errors import FileRejectedError
from retrain.landing.zip_checks import TAIL_BYTES, check_zip
from tests.conftest import DATA

TRAIN, EVAL = "train_src/a.csv", "eval_src/b.tsv"

REFUSED: dict[tuple[str, ...], str] = {
    (): "ZIP_WRONG_MEMBERS",
    (TRAIN,): "ZIP_WRONG_MEMBERS",
    (TRAIN, "train_src/b.csv", EVAL): "ZIP_WRONG_MEMBERS",
    (TRAIN, EVAL, "README.txt"): "ZIP_WRONG_MEMBERS",
    (TRAIN, "eval_src/b.xlsx"): "ZIP_WRONG_MEMBERS",
    (TRAIN, "eval_src/deep/b.csv"): "ZIP_WRONG_MEMBERS",
    ("data/train_src/a.csv", "data/eval_src/b.csv"): "ZIP_WRONG_MEMBERS",
    (TRAIN, "/eval_src/b.csv"): "ZIP_UNSAFE_NAME",
    (TRAIN, "eval_src/../../b.csv"): "ZIP_UNSAFE_NAME",
    (TRAIN, "eval_src/..\\..\\b.csv"): "ZIP_UNSAFE_NAME",
    (TRAIN, "C:/eval_src/b.csv"): "ZIP_UNSAFE_NAME",
}


def zipped(*names: str, content: bytes = b"a,b\n") -> bytes:
    """Return a zip with members of these names."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return written.getvalue()


def check(data: bytes) -> None:
    """Check a zip by its tail, as it is read from S3."""
    check_zip("data.zip", data[-TAIL_BYTES:], len(data))


@pytest.mark.parametrize(("names", "code"), REFUSED.items(), ids=range(len(REFUSED)))
def test_zip_with_other_members_is_refused(names: tuple[str, ...], code: str) -> None:
    """The message says how to zip."""
    with pytest.raises(FileRejectedError, match="train_src/NAME") as refusal:
        check(zipped(*names))

    assert refusal.value.code == code


def test_folders_and_what_macos_adds_are_passed_over() -> None:
    """Nobody means them."""
    check(zipped("train_src/", TRAIN, "eval_src/", EVAL, "__MACOSX/train_src/._a.csv"))


@pytest.mark.parametrize("name", ["python.zip", "infozip.zip", "infozip_zip64.zip"])
def test_zips_by_other_tools_pass(name: str) -> None:
    """With Japanese names, and with zip64."""
    check((DATA / name).read_bytes())


def test_encrypted_zip_is_refused() -> None:
    """The service has no password."""
    with pytest.raises(FileRejectedError) as refusal:
        check((DATA / "infozip_encrypted.zip").read_bytes())

    assert refusal.value.code == "ZIP_ENCRYPTED"


def test_empty_member_is_refused() -> None:
    """An empty file in a zip is no better than one beside it."""
    with pytest.raises(FileRejectedError) as refusal:
        check(zipped(TRAIN, EVAL, content=b""))

    assert refusal.value.code == "EMPTY_FILE"


def test_end_of_a_large_zip_is_enough() -> None:
    """Only the tail is there: every position in the directory lies before it."""
    whole = b"\0" * (3 * TAIL_BYTES) + zipped(TRAIN, EVAL)

    check_zip("data.zip", whole[-TAIL_BYTES:], len(whole))


def test_directory_beyond_the_tail_is_refused() -> None:
    """It would hold thousands of members."""
    data = zipped(*(f"train_src/{number}.csv" for number in range(200)))

    with pytest.raises(FileRejectedError, match="larger than any") as refusal:
        check_zip("data.zip", data[-5000:], len(data))

    assert refusal.value.code == "ZIP_UNREADABLE"


def test_member_without_a_name_is_refused() -> None:
    """A zero byte where its name begins leaves it none for some programs, and a whole one for others."""
    with pytest.raises(FileRejectedError) as refusal:
        check(zipped(TRAIN, EVAL).replace(TRAIN.encode(), b"\0" + TRAIN.encode()[1:]))

    assert refusal.value.code == "ZIP_UNSAFE_NAME"


@given(st.binary(max_size=200), st.integers(0, 400), st.binary(max_size=8))
def test_no_bytes_raise_anything_but_a_refusal(start: bytes, position: int, scribble: bytes) -> None:
    """Whatever lands under the name of a zip, or is left of one, the check says yes or gives a reason."""
    data = start + zipped(TRAIN, EVAL)
    data = data[:position] + scribble + data[position + len(scribble) :]
    with suppress(FileRejectedError):
        check(data)
