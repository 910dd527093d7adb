"""Sends a landed file to the service, with quick retries, and never twice. Read it downwards."""

from __future__ import annotations

import math
import random
import time

from retrain.deadline import Deadline
from retrain.errors import (
    DeletedAtServiceError,
    OutcomeNeedsDecisionError,
    RetrainError,
    RetrainJobNotFoundError,
    UploadError,
    UploadOutcomeUnknownError,
)
from retrain.ledger.attempts import Claim
from retrain.ledger.item import UnresolvedUpload
from retrain.prediction_one.api import UploadTarget
from retrain.prediction_one.put import UploadProgress, put_content
from retrain.prediction_one.sessions import upload_session
from retrain.telemetry import count, count_upload, logger
from retrain.uploading.content import Content, checked_content
from retrain.uploading.wiring import UploadDependencies

PAUSES_SECONDS = (1, 4)
"""Before the second and the third try within one attempt. Jitter adds up to 100 %."""

MAX_PAUSE_SECONDS = 20
"""Longer pauses are left to the queue, where a message waits at no cost."""

DECISION_HOURS = 12
"""After this, a job without a file may have changed by itself, and a person decides. An assumption."""


def upload(deps: UploadDependencies, claim: Claim, deadline: Deadline) -> str:
    """Return the id of the retrain job that has the file: an earlier attempt's if it arrived, otherwise a new one.

    Raises
    ------
    RetrainError
        The file did not arrive, or it is unknown whether it did (`UploadOutcomeUnknownError`).
    """
    deps.api_keys.require_not_refused(claim.landed.model)
    with deps.breaker.guard(claim.landed.model):
        return _earlier_upload(deps, claim) or _new_upload(deps, claim, deadline)


def _earlier_upload(deps: UploadDependencies, claim: Claim) -> str | None:
    """Return an earlier attempt's job, if there is one and its file arrived."""
    earlier = claim.unresolved
    if earlier is None:
        return None
    _require_comparable(earlier, deps.settle_seconds)
    unused = _request_upload_url(deps, claim)
    if _arrived(deps, claim, earlier.retrain_job_id, unused):
        return earlier.retrain_job_id
    deps.ledger.forget_job_id(claim)
    return None


def _require_comparable(earlier: UnresolvedUpload, settle_seconds: float) -> None:
    """Raise if it is too early or too late to compare an earlier attempt's job with a new one.

    Too early: the service may not have noticed the file yet. S3, for example, tells of a new object typically within
    seconds, "but can sometimes take a minute or longer" (S3 user guide, "Amazon S3 Event Notifications"). Too late: a
    job without a file may have changed by itself.
    """
    now = time.time()
    wait_seconds = earlier.ends_by + settle_seconds - now
    if wait_seconds > 0:
        raise UploadOutcomeUnknownError(
            f"An earlier upload may have arrived (retrain job {earlier.retrain_job_id}). It is too early to compare it "
            "with a new job. The comparison follows automatically.",
            retry_after_seconds=math.ceil(wait_seconds),
        )
    if now - earlier.started_at > DECISION_HOURS * 3600:
        raise _undecidable(earlier.retrain_job_id, f"The upload is older than {DECISION_HOURS} hours")


def _undecidable(retrain_job_id: str, why: str) -> OutcomeNeedsDecisionError:
    return OutcomeNeedsDecisionError(
        f"{why}, so a comparison cannot show whether the file arrived as retrain job {retrain_job_id}. Look at the "
        "model in Prediction One, then resolve the file: docs/operations.md, section Unknown outcomes."
    )


def _new_upload(deps: UploadDependencies, claim: Claim, deadline: Deadline) -> str:
    """Return the id of the new retrain job."""
    with checked_content(deps.s3, claim.landed, deadline) as content:
        return _send_content(deps, claim, content, deadline)


def _send_content(deps: UploadDependencies, claim: Claim, content: Content, deadline: Deadline) -> str:
    for pause_seconds in PAUSES_SECONDS:
        target = _request_upload_url(deps, claim)
        try:
            return _send(deps, claim, content, target, deadline)
        except UploadOutcomeUnknownError:
            raise  # only time makes a comparison safe
        except UploadError as failure:
            _pause(failure, pause_seconds, deadline)
    return _send(deps, claim, content, _request_upload_url(deps, claim), deadline)


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
        # A session of its own: a connection that was kept while the function was frozen may be dead.
        with upload_session(local=deps.prediction_one.is_local) as session:
            put_content(session, target.upload_url, content.chunks(), progress)
    except UploadOutcomeUnknownError as error:
        deps.ledger.end_upload(claim)
        raise UploadOutcomeUnknownError(str(error), retry_after_seconds=math.ceil(deps.settle_seconds) + 1) from error
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
        raise _undecidable(earlier_job_id, "Prediction One does not know a job that it created just now")
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
