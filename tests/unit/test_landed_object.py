"""What a landed file is called, which model it belongs to, and which files are refused before anything is sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from retrain.errors import FileRejectedError
from retrain.landed_object import MAX_UPLOAD_BYTES, check, iso_utc
from tests.conftest import AWKWARD_NAMES, landed_as


@pytest.mark.parametrize(
    ("key", "path", "model", "filename"),
    [
        ("m/a.csv", "m/a.csv", "m", "a.csv"),
        ("m/2026/11/a.csv", "m/2026/11/a.csv", "m", "a.csv"),
        ("in/m/a.csv", "m/a.csv", "m", "a.csv"),
        ("a.csv", "a.csv", "", "a.csv"),
        ("in/a.csv", "a.csv", "", "a.csv"),
        ("//a.csv", "//a.csv", "", "a.csv"),
    ],
)
def test_first_folder_below_the_prefix_is_the_model(key: str, path: str, model: str, filename: str) -> None:
    """A file in no folder belongs to no model."""
    landed = landed_as(key, path=path)

    assert (landed.model, landed.filename, landed.uri) == (model, filename, f"s3://{landed.bucket}/{key}")


@pytest.mark.parametrize("name", [*AWKWARD_NAMES, "a.csv", "A.CSV", "a.tsv", "a.b.Tsv"])
@pytest.mark.parametrize("model", ["m", "M-1_a+b=c.d@e", "0", "a_"])
def test_fitting_files_pass(model: str, name: str) -> None:
    """Whatever the file's name is written with."""
    check(landed_as(f"{model}/{name}"))


@pytest.mark.parametrize(
    ("key", "size_bytes", "code"),
    [
        ("a.csv", 5, "NO_MODEL_FOLDER"),
        ("/a.csv", 5, "NO_MODEL_FOLDER"),
        ("_account/a.csv", 5, "ILLEGAL_MODEL_NAME"),
        ("my model/a.csv", 5, "ILLEGAL_MODEL_NAME"),
        ("ペンギン/a.csv", 5, "ILLEGAL_MODEL_NAME"),
        ("m\n/a.csv", 5, "ILLEGAL_MODEL_NAME"),
        ("m/a.xlsx", 5, "UNSUPPORTED_TYPE"),
        ("m/a.csv.gz", 5, "UNSUPPORTED_TYPE"),
        ("m/csv", 5, "UNSUPPORTED_TYPE"),
        ("m/a.csv", 0, "EMPTY_FILE"),
        ("m/a.csv", MAX_UPLOAD_BYTES + 1, "FILE_TOO_LARGE"),
    ],
)
def test_unfit_files_are_refused(key: str, size_bytes: int, code: str) -> None:
    """Each reason has a code of its own, and trying again would change nothing."""
    with pytest.raises(FileRejectedError) as refusal:
        check(landed_as(key, size_bytes=size_bytes))

    assert (refusal.value.code, refusal.value.retry_is_safe) == (code, False)


@pytest.mark.parametrize("size_bytes", [1, MAX_UPLOAD_BYTES])
def test_sizes_at_the_limits_pass(size_bytes: int) -> None:
    """One byte is data, and 5 GiB are what one upload carries."""
    check(landed_as("m/a.csv", size_bytes=size_bytes))


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC), "2026-11-23T01:02:03.000Z"),
        (datetime(2026, 11, 23, 1, 2, 3, 999_999, tzinfo=UTC), "2026-11-23T01:02:03.999Z"),
        (datetime(2026, 11, 23, 1, 2, 3, tzinfo=timezone(timedelta(hours=9))), "2026-11-22T16:02:03.000Z"),
    ],
)
def test_moments_are_written_in_utc_with_milliseconds(moment: datetime, text: str) -> None:
    """One length for all, so that text sorts by time."""
    assert iso_utc(moment) == text
