"""One attempt at one landed file, from its claim to its outcome in the jobs table. Read it downwards."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import requests

from retrain.api_keys import ApiKeys
from retrain.deadline import Deadline
from retrain.errors import (
    ApiKeyUnavailableError,
    CredentialRejectedError,
    DeletedAtServiceError,
    FileRejectedError,
    LeaseLostError,
    ObjectSupersededError,
    RetrainError,
    RetrainJobNotFoundError,
    UploadError,
    UploadOutcomeUnknownError,
)
from retrain.landed_object import LandedObject, check
from retrain.ledger import Claim, JobLedger
from retrain.prediction_one import PredictionOne, UploadTarget
from retrain.relay import UploadProgress, send
from retrain.source import read_pinned
from retrain.telemetry import about, count, count_credential_rejection, count_upload, logger

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PAUSES_SECONDS = (1, 4)
"""Before the second and the third try to send the file within one attempt; jitter adds up to as much again."""

MAX_PAUSE_SECONDS = 20
"""Longer waits than this are left to the queue, whose messages wait at no cost."""


@dataclass(frozen=True)
class Services:
    """What an attempt works with."""

    s3: S3Client
    ledger: JobLedger
    api_keys: ApiKeys
    prediction_one: PredictionOne
    upload_session: requests.Session


def attempt(services: Services, landed: LandedObject, owner: str, deadline: Deadline) -> None:
    """Bring a landed file to Prediction One, or its reason why not into the jobs table.

    Parameters
    ----------
    services
        What to work with.
    landed
        The file.
    owner
        The invocation's request id.
    deadline
        When the invocation ends.

    Raises
    ------
    RetrainError
        This attempt came to no final outcome: try again later. Every final outcome, good or bad, returns.
    """
    with about(landed):
        try:
            _attempt(services, landed, owner, deadline)
        except RetrainError as error:
            logger.warning("Attempt failed; another will follow", error_code=error.code, reason=str(error))
            raise


def _attempt(services: Services, landed: LandedObject, owner: str, deadline: Deadline) -> None:
    claim = services.ledger.claim(landed, owner, deadline.expires_at)
    if claim is None:
        return
    logger.info("Attempt begins", attempt=claim.attempt, size_bytes=landed.size_bytes)
    try:
        check(landed)
        retrain_job_id = _upload(services, claim, deadline)
        services.ledger.mark_training(claim, retrain_job_id)
    except RetrainError as error:
        _record_failure(services.ledger, claim, error)
    else:
        logger.info("The model is being retrained on this file")


def _upload(services: Services, claim: Claim, deadline: Deadline) -> str:
    """Return the id of the retrain job that has the file."""
    target = _request_upload_url(services, claim)
    if claim.unresolved_job_id and _arrived(services, claim, claim.unresolved_job_id, target):
        return claim.unresolved_job_id
    for pause_seconds in PAUSES_SECONDS:
        try:
            return _send(services, claim, target, deadline)
        except UploadError as error:
            failure = error
        _pause(failure, pause_seconds, deadline)
        fresh = _request_upload_url(services, claim)
        if not failure.nothing_stored and _arrived(services, claim, target.retrain_job_id, fresh):
            return target.retrain_job_id
        target = fresh
    return _send(services, claim, target, deadline)


def _request_upload_url(services: Services, claim: Claim) -> UploadTarget:
    landed = claim.landed
    return services.api_keys.call(
        landed.model, lambda api_key: services.prediction_one.request_upload_url(api_key, landed.filename)
    )


def _send(services: Services, claim: Claim, target: UploadTarget, deadline: Deadline) -> str:
    logger.append_keys(retrain_job_id=target.retrain_job_id)
    services.ledger.record_job_id(claim, target.retrain_job_id)
    progress = UploadProgress(claim.landed.size_bytes, deadline)
    send(services.upload_session, target.upload_url, read_pinned(services.s3, claim.landed), progress)
    count_upload(progress.size_bytes, progress.seconds)
    logger.info("Upload complete", size_bytes=progress.size_bytes, seconds=round(progress.seconds, 2))
    return target.retrain_job_id


def _arrived(services: Services, claim: Claim, earlier_job_id: str, unused: UploadTarget) -> bool:
    """Return whether an earlier upload of unknown outcome reached the service.

    `unused` is a job that certainly has no data. The same status: neither has the earlier one. Another: it got the
    file. So no undocumented status needs a name. A job that the service no longer knows trains nothing.
    """
    earlier = _status_of(services, claim, earlier_job_id)
    arrived = earlier is not None and earlier != _status_of(services, claim, unused.retrain_job_id)
    logger.append_keys(retrain_job_id=earlier_job_id)
    logger.info("An upload of unknown outcome has been looked after", arrived=arrived)
    return arrived


def _status_of(services: Services, claim: Claim, retrain_job_id: str) -> str | None:
    try:
        return services.api_keys.call(
            claim.landed.model, lambda api_key: services.prediction_one.check_status(api_key, retrain_job_id).status
        )
    except (RetrainJobNotFoundError, DeletedAtServiceError):
        return None


def _pause(error: UploadError, pause_seconds: float, deadline: Deadline) -> None:
    """Wait before the next try, unless the wait is better spent in the queue."""
    wait_seconds = max(pause_seconds * (1 + random.random()), error.retry_after_seconds or 0)  # noqa: S311 - jitter
    if wait_seconds > min(MAX_PAUSE_SECONDS, deadline.seconds_left() / 2):
        raise error
    count("Retries")
    logger.warning(
        "The upload failed; trying again", in_seconds=round(wait_seconds), error_code=error.code, reason=str(error)
    )
    time.sleep(wait_seconds)


def _record_failure(ledger: JobLedger, claim: Claim, error: RetrainError) -> None:
    """Write the outcome that the error stands for, and raise it again if another attempt shall follow."""
    if status := _final_status(error):
        count("Rejections")
        ledger.close(claim, status, error)
        logger.warning("The file will not be trained on", status=status, error_code=error.code, reason=str(error))
        return
    count("Retries")
    if isinstance(error, (ApiKeyUnavailableError, CredentialRejectedError)):
        count_credential_rejection(claim.landed.model)
    if not isinstance(error, LeaseLostError):
        ledger.mark_retrying(claim, error)
    raise error


def _final_status(error: RetrainError) -> str | None:
    """Return the status that ends this file's way, None if it goes on."""
    if isinstance(error, FileRejectedError):
        return "REJECTED"
    if isinstance(error, ObjectSupersededError):
        return "SUPERSEDED"
    if error.retry_is_safe or isinstance(error, UploadOutcomeUnknownError):
        return None
    return "FAILED"
