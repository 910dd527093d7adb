"""Sends a landed file to the service, with quick retries, and never twice. Read it downwards."""

from __future__ import annotations

import random
import time

import requests

from retrain.deadline import Deadline
from retrain.errors import (
    DeletedAtServiceError,
    RetrainError,
    RetrainJobNotFoundError,
    UnexpectedAnswerError,
    UploadError,
)
from retrain.ledger.attempts import Claim
from retrain.prediction_one.api import UploadTarget
from retrain.prediction_one.put import SETTLE_SECONDS, UploadProgress, put_content
from retrain.telemetry import count, count_upload, logger
from retrain.uploading.content import Content, checked_content
from retrain.uploading.wiring import UploadDependencies

PAUSES_SECONDS = (1, 4)
"""Before the second and the third try within one attempt. Jitter adds up to 100 %."""

MAX_PAUSE_SECONDS = 20
"""Longer pauses are left to the queue, where a message waits at no cost."""


def upload(deps: UploadDependencies, claim: Claim, deadline: Deadline) -> str:
    """Return the id of the retrain job that has the file: an earlier attempt's if it arrived, otherwise a new one.

    Raises
    ------
    RetrainError
        The file did not arrive, or it is unknown whether it did (`UploadOutcomeUnknownError`).
    """
    return _earlier_upload(deps, claim) or _new_upload(deps, claim, deadline)


def _earlier_upload(deps: UploadDependencies, claim: Claim) -> str | None:
    """Return an earlier attempt's job, if there is one and its file arrived."""
    if claim.unresolved_job_id is None:
        return None
    unused = _request_upload_url(deps, claim)
    if not _arrived(deps, claim, claim.unresolved_job_id, unused):
        time.sleep(SETTLE_SECONDS)  # that attempt may have died just now
        if not _arrived(deps, claim, claim.unresolved_job_id, unused):
            deps.ledger.forget_job_id(claim)
            return None
    return claim.unresolved_job_id


def _new_upload(deps: UploadDependencies, claim: Claim, deadline: Deadline) -> str:
    """Return the id of the new retrain job."""
    with checked_content(deps.s3, claim.landed, deadline) as content:
        return _send_content(deps, claim, content, deadline)


def _send_content(deps: UploadDependencies, claim: Claim, content: Content, deadline: Deadline) -> str:
    target = _request_upload_url(deps, claim)
    for pause_seconds in PAUSES_SECONDS:
        try:
            return _send(deps, claim, content, target, deadline)
        except UploadError as error:
            failure = error
        _pause(failure, pause_seconds, deadline)
        fresh = _request_upload_url(deps, claim)
        if not failure.nothing_stored:
            if _arrived(deps, claim, target.retrain_job_id, fresh):
                return target.retrain_job_id
            deps.ledger.forget_job_id(claim)
        target = fresh
    return _send(deps, claim, content, target, deadline)


def _request_upload_url(deps: UploadDependencies, claim: Claim) -> UploadTarget:
    landed = claim.landed
    return deps.api_keys.call(
        landed.model, lambda api_key: deps.prediction_one.request_upload_url(api_key, landed.filename)
    )


def _send(deps: UploadDependencies, claim: Claim, content: Content, target: UploadTarget, deadline: Deadline) -> str:
    logger.append_keys(retrain_job_id=target.retrain_job_id)
    deps.ledger.record_job_id(claim, target.retrain_job_id)
    progress = UploadProgress(content.size_bytes, deadline)
    try:
        with requests.Session() as session:  # a connection kept while the function was frozen may be dead
            put_content(session, target.upload_url, content.chunks(), progress)
    except RetrainError as error:
        if error.nothing_stored:
            deps.ledger.forget_job_id(claim)
        raise
    count_upload(progress.size_bytes, progress.seconds)
    logger.info("Upload complete", size_bytes=progress.size_bytes, seconds=round(progress.seconds, 2))
    return target.retrain_job_id


def _arrived(deps: UploadDependencies, claim: Claim, earlier_job_id: str, unused: UploadTarget) -> bool:
    """Return whether an earlier upload whose outcome is unknown reached the service.

    `unused` is a job that certainly has no file. If both jobs have the same status, neither has the earlier one. If the
    statuses differ, it has the file. So we need not know any undocumented status. A job that the service no longer
    knows trains nothing.
    """
    earlier = _status_of(deps, claim, earlier_job_id)
    fresh = _status_of(deps, claim, unused.retrain_job_id)
    if fresh is None:  # nothing to compare with: that is no sign of an arrival
        raise UnexpectedAnswerError("Prediction One does not know a job that it created just now.")
    arrived = earlier not in (None, fresh)
    logger.append_keys(retrain_job_id=earlier_job_id)
    logger.info("Resolved an upload whose outcome was unknown", arrived=arrived)
    return arrived


def _status_of(deps: UploadDependencies, claim: Claim, retrain_job_id: str) -> str | None:
    try:
        return deps.api_keys.call(
            claim.landed.model, lambda api_key: deps.prediction_one.check_status(api_key, retrain_job_id).status
        )
    except (RetrainJobNotFoundError, DeletedAtServiceError):
        return None


def _pause(error: UploadError, pause_seconds: float, deadline: Deadline) -> None:
    """Wait before the next try, unless the wait is so long that it is left to the queue."""
    wait_seconds = max(pause_seconds * (1 + random.random()), error.retry_after_seconds or 0)  # noqa: S311 - jitter
    if wait_seconds > min(MAX_PAUSE_SECONDS, deadline.seconds_left() / 2):
        raise error
    count("Retries")
    logger.warning(
        "The upload failed; retrying", in_seconds=round(wait_seconds), error_code=error.code, reason=str(error)
    )
    time.sleep(wait_seconds)
