"""One documented status is an end; nothing else that the service may say is guessed at."""

from __future__ import annotations

import pytest

from retrain.prediction_one import RetrainStatus
from retrain.service_statuses import is_finished, news_of


@pytest.mark.parametrize("status", ["job_running", "job_failed", "finished", "JOB_FINISHED", "job_finished_", ""])
def test_only_the_documented_status_is_an_end(status: str) -> None:
    """`job_finished`, to the letter."""
    assert is_finished("job_finished")
    assert not is_finished(status)


def test_download_url_is_no_news() -> None:
    """It is a secret: it never reaches the table."""
    answer = RetrainStatus("job_finished", None, 1001, "https://store/results?X-Amz-Signature=5ec4e7")

    assert news_of(answer) == {"service_status": "job_finished", "model_id": 1001}
