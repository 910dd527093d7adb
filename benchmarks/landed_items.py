"""Items of landed files, as the functions leave them: of each model most went live, and a few need a person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

MODELS = 20

_TROUBLES = 40
"""The first numbers, so each model's two newest files, are in training or need a person."""


def model_of(number: int) -> str:
    """Return the model of a file."""
    return f"model-{number % MODELS:02}"


def uri_of(number: int, bucket: str) -> str:
    """Return where a file landed."""
    return f"s3://{bucket}/{model_of(number)}/2026/{number:06}.csv"


def version_of(number: int) -> str:
    """Return the id of a version, as long as S3's."""
    return f"{number:032}"


def item_of(number: int, bucket: str) -> dict[str, Any]:
    """Return the item of a file; the higher its number, the longer ago it landed."""
    landed = (datetime.now(UTC) - timedelta(minutes=number + 1)).isoformat(timespec="milliseconds")
    common = {
        "object_uri": uri_of(number, bucket),
        "object_version": version_of(number),
        "model": model_of(number),
        "filename": f"{number:06}.csv",
        "size_bytes": 15_241,
        "attempts": 1,
        "landed_at": landed,
        "updated_at": landed,
    }
    return {**common, **_outcome_of(number, landed)}


def _outcome_of(number: int, landed: str) -> dict[str, Any]:
    if number >= _TROUBLES:
        job = {"retrain_job_id": f"job-{number:032}", "uploaded_at": landed, "result_uri": f"s3://results/{number}"}
        return {"status": "SWITCHED", "switched_at": landed, "finished_at": landed, **job}
    if number % 4 == 0:
        reason = {"error_code": "EMPTY_FILE", "error_message": "The file is empty."}
        return {"status": "REJECTED", "expires_at": int(datetime.now(UTC).timestamp()) + 365 * 86_400, **reason}
    if number % 4 == 1:
        reason = {"error_code": "SERVICE_UNAVAILABLE", "error_message": "The service did not answer."}
        return {"status": "RETRYING", "given_up_at": landed, **reason}
    job = {"retrain_job_id": f"job-{number:032}", "uploaded_at": landed}
    return {"status": "TRAINING", "open_job": "open", "next_check_at": int(datetime.now(UTC).timestamp()), **job}
