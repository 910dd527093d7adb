"""One attempt at one landed file, from its claim to its outcome in the jobs table. Read it downwards."""

from __future__ import annotations

from retrain.deadline import Deadline
from retrain.errors import (
    ApiKeyUnavailableError,
    CredentialRejectedError,
    LeaseLostError,
    RetrainError,
)
from retrain.landing.landed_pair import LandedPair, Landing, files_of
from retrain.landing.place_checks import check_place
from retrain.ledger.attempts import Claim, JobLedger
from retrain.ledger.status import closing_status
from retrain.telemetry import about, count, count_credential_rejection, count_outcome, log_failure, logger
from retrain.uploading.upload import upload
from retrain.uploading.wiring import UploadDependencies


def attempt(
    deps: UploadDependencies, landed: Landing, owner: str, deadline: Deadline, *, is_last: bool = False
) -> None:
    """Bring a landed file or pair to Prediction One, or its reason why not into the jobs table.

    Parameters
    ----------
    deps
        What to work with.
    landed
        The file, or the pair that is sent as one.
    owner
        The invocation's request id.
    deadline
        When the invocation ends.
    is_last
        If it fails, no other attempt comes by itself: its record says that the file is given up.

    Raises
    ------
    RetrainError
        This attempt came to no final outcome: try again later. Every final outcome, good or bad, returns.
    """
    with about(landed):
        try:
            claim = _claim(deps, landed, owner, deadline)
        except RetrainError as error:
            log_failure(error)
            raise
        if claim:
            _attempt(deps, claim, deadline, is_last=is_last)


def _claim(deps: UploadDependencies, landed: Landing, owner: str, deadline: Deadline) -> Claim | None:
    try:
        return deps.ledger.claim(landed, owner, deadline.expires_at)
    finally:  # also when the other half's invocation holds the pair: this one has written that its half waits
        if isinstance(landed, LandedPair):
            deps.pairs.end_waits(landed)


def _attempt(deps: UploadDependencies, claim: Claim, deadline: Deadline, *, is_last: bool) -> None:
    logger.info("Attempt begins", attempt=claim.attempt, size_bytes=claim.landed.size_bytes)
    try:
        for file in files_of(claim.landed):
            check_place(file)
        retrain_job_id = upload(deps, claim, deadline)
        deps.ledger.mark_training(claim, retrain_job_id)
    except RetrainError as error:
        _record_failure(deps.ledger, claim, error, is_last=is_last)
    else:
        logger.info("The model is being retrained on this file")


def _record_failure(ledger: JobLedger, claim: Claim, error: RetrainError, *, is_last: bool) -> None:
    """Write the outcome that the error stands for, and raise it again if another attempt shall follow."""
    if status := closing_status(error):
        ledger.close(claim, status, error)
        count_outcome(status)
        logger.warning("The file will not be trained on", status=status, error_code=error.code, reason=str(error))
        return
    log_failure(error)  # before the write: if that fails, too, this reason would be lost
    count("Retries")
    if isinstance(error, (ApiKeyUnavailableError, CredentialRejectedError)):
        count_credential_rejection(claim.landed.model)
    if not isinstance(error, LeaseLostError):
        ledger.mark_retrying(claim, error, is_last=is_last)
    raise error
