"""Which files are refused by where they landed, their name and their size."""

from __future__ import annotations

import pytest

from retrain.landing.place_checks import MAX_UPLOAD_BYTES, place_refusal
from tests.conftest import AWKWARD_NAMES, landed_as


@pytest.mark.parametrize("name", [*AWKWARD_NAMES, "a.csv", "A.CSV", "a.tsv", "a.b.Tsv", "a.ZIP"])
@pytest.mark.parametrize("model", ["m", "M-1_a+b=c.d@e", "0", "a_"])
def test_fitting_files_pass(model: str, name: str) -> None:
    """Whatever the file's name is written with."""
    assert place_refusal(landed_as(f"{model}/{name}")) is None


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
        ("m/train_src/a.zip", 5, "UNSUPPORTED_TYPE"),
        ("m/d/eval_src/b/a.csv", 5, "TOO_DEEP_IN_PAIR"),
        ("m/a.csv", 0, "EMPTY_FILE"),
        ("m/a.csv", MAX_UPLOAD_BYTES + 1, "FILE_TOO_LARGE"),
    ],
)
def test_unfit_files_are_refused(key: str, size_bytes: int, code: str) -> None:
    """Each reason has a code of its own, and trying again would change nothing."""
    refusal = place_refusal(landed_as(key, size_bytes=size_bytes))

    assert refusal
    assert (refusal.code, refusal.retry_is_safe) == (code, False)


@pytest.mark.parametrize("size_bytes", [1, MAX_UPLOAD_BYTES])
def test_sizes_at_the_limits_pass(size_bytes: int) -> None:
    """One byte is data, and 5 GiB are what one upload carries."""
    assert place_refusal(landed_as("m/a.csv", size_bytes=size_bytes)) is None
