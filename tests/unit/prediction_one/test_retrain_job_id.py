"""Any usual form of an id is accepted; what would be more than an id somewhere else is not."""

from __future__ import annotations

import pytest

from retrain.prediction_one.api import RETRAIN_JOB_ID


@pytest.mark.parametrize(
    "retrain_job_id",
    [
        "0c9b7d3e-6f1a-4a3f-9d43-2f64ef9a2d11",
        "01J5XH8ZK3Q4R5S6T7V8W9X0YZ",
        "507f1f77bcf86cd799439011",
        "12345",
        "retrain_job_7",
        "_-Xk9aZ3vQ==",
        "job:2026-11-25T10:00:00+09:00",
        "a.b..c",
        "x" * 256,
    ],
)
def test_usual_id_is_accepted(retrain_job_id: str) -> None:
    """UUID, ULID, ObjectId, number, name, Base64 for URLs, and more."""
    assert RETRAIN_JOB_ID.fullmatch(retrain_job_id)


@pytest.mark.parametrize("retrain_job_id", ["", ".", "..", "../x", "a/b", "a b", "a\n", "a?b", "a'b", "a$b", "x" * 257])
def test_other_text_is_refused(retrain_job_id: str) -> None:
    """A folder, a path, a line, a URL's end, a shell's words."""
    assert not RETRAIN_JOB_ID.fullmatch(retrain_job_id)
