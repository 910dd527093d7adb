"""What the service's answers about a job mean. The one place that knows; docs/operations.md repeats it.

| the service says | it means |
|---|---|
| `job_finished` | finished: the one status that the manual names (`re_train_api/retrain_status_check_api`) |
| any other status | still in training: `service_status` keeps it unchanged; we never guess |
| `This job may be deleted.`, `This model may be deleted.`, `This user may be deleted.` | failed |
| `Not found retrain job.`, one hour after the upload and in two checks in a row | failed |
| every other error | nothing: the job is checked again later |
"""

from __future__ import annotations

from typing import Any

from retrain.errors import DeletedAtServiceError, RetrainError, RetrainJobNotFoundError
from retrain.ledger.retrain_job import RetrainJob
from retrain.prediction_one.api import RetrainStatus
from retrain.printable import one_line

NOT_FOUND_AFTER_SECONDS = 3600
"""Until then, the service's own list of jobs may lag behind. One refusal may also come from another model's key,
stored by mistake."""

_FINISHED = "job_finished"

_MAX_TEXT = 1000
_MAX_NUMBER = 10**38
"""DynamoDB allows 38 digits and items of 400 KB; an answer of the service must not make the write fail."""


def is_finished(service_status: str) -> bool:
    """Return whether the results are there."""
    return service_status == _FINISHED


def is_final(error: RetrainError, job: RetrainJob, now: float) -> bool:
    """Return whether no results can follow an error of a status check at `now` (epoch seconds)."""
    if isinstance(error, RetrainJobNotFoundError):
        return job.error_code == error.code and job.age_seconds(now) > NOT_FOUND_AFTER_SECONDS
    return isinstance(error, DeletedAtServiceError)


def news_of(answer: RetrainStatus) -> dict[str, Any]:
    """Return the attributes that keep an answer, without the download URL, which is a secret, also in its texts."""
    said = {"service_status": answer.status, "service_message": answer.message, "model_id": answer.model_id}
    return {name: _as_it_came(value, answer.download_url) for name, value in said.items() if value is not None}


def _as_it_came(value: object, secret: object) -> int | str:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _MAX_NUMBER:
        return value
    text = str(value)
    if isinstance(secret, str) and secret:
        text = text.replace(secret, "(the download URL)")
    return one_line(text[:_MAX_TEXT])
