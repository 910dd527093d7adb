"""One documented status is an end; nothing else that the service may say is guessed at."""

from __future__ import annotations

from dataclasses import replace

import pytest

from retrain.errors import (
    CredentialRejectedError,
    DeletedAtServiceError,
    RetrainError,
    RetrainJobNotFoundError,
    ServiceUnavailableError,
)
from retrain.ledger.retrain_job import RetrainJob
from retrain.prediction_one.api import RetrainStatus
from retrain.tracking.service_statuses import is_final, is_finished, news_of

UPLOADED_AT = 1_795_000_000.0
JOB = RetrainJob("s3://b/m/a.csv", "v1", "m", "job-1", "TRAINING", "", "2026-11-18T11:06:40.000Z", 1_795_000_000)


@pytest.mark.parametrize("status", ["job_running", "job_failed", "finished", "JOB_FINISHED", "job_finished_", ""])
def test_only_the_documented_status_is_an_end(status: str) -> None:
    """`job_finished`, to the letter."""
    assert is_finished("job_finished")
    assert not is_finished(status)


@pytest.mark.parametrize(
    ("age_seconds", "error_before", "final"),
    [
        (3601, "RETRAIN_JOB_NOT_FOUND", True),
        (3600, "RETRAIN_JOB_NOT_FOUND", False),
        (90 * 3600, "SERVICE_UNAVAILABLE", False),
        (90 * 3600, None, False),
    ],
)
def test_job_that_is_not_found_is_an_end_after_an_hour_and_twice(
    age_seconds: float, error_before: str | None, *, final: bool
) -> None:
    """Twice in a row: after another error or a good answer in between, the count starts again."""
    job = replace(JOB, error_code=error_before)

    assert is_final(RetrainJobNotFoundError("not found"), job, UPLOADED_AT + age_seconds) is final


@pytest.mark.parametrize(
    ("error_class", "final"),
    [(DeletedAtServiceError, True), (ServiceUnavailableError, False), (CredentialRejectedError, False)],
)
def test_deletion_alone_is_an_end_at_once(error_class: type[RetrainError], *, final: bool) -> None:
    """Whatever the job's age; other errors never are one, however often."""
    assert is_final(error_class("no"), replace(JOB, error_code=error_class.code), UPLOADED_AT) is final


def test_download_url_is_no_news() -> None:
    """It is a secret: it never reaches the table."""
    answer = RetrainStatus("job_finished", None, 1001, "https://store/results?X-Amz-Signature=5ec4e7")

    assert news_of(answer) == {"service_status": "job_finished", "model_id": 1001}
