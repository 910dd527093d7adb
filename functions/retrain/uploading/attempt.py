"""One attempt at each landed file of an event, from its claim to its outcome in the jobs table. Read it downwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from retrain.deadline import Deadline
from retrain.errors import (
    ApiKeyUnavailableError,
    CredentialRejectedError,
    LeaseLostError,
    OutcomeNeedsDecisionError,
    RetrainError,
)
from retrain.landing.envelopes import landed_objects
from retrain.landing.landed_object import LandedObject
from retrain.landing.landed_pair import LandedPair, Landing, files_of
from retrain.landing.place_checks import place_refusal
from retrain.ledger.attempts import Claim
from retrain.ledger.status import closing_status
from retrain.telemetry import (
    about,
    count,
    count_credential_rejection,
    count_outcome,
    defects_as_errors,
    log_failure,
    logger,
)
from retrain.uploading.pairing import landings
from retrain.uploading.upload import upload
from retrain.uploading.wiring import UploadDependencies


@dataclass(frozen=True)
class Invocation:
    """The function's invocation that an attempt belongs to.

    Attributes
    ----------
    request_id
        Lambda's; it owns the leases that the attempt takes.
    deadline
        When the invocation ends.
    is_last
        If it fails, no other attempt follows automatically: the file's item says that it is given up.
    """

    request_id: str
    deadline: Deadline
    is_last: bool = False


def attempt_all(deps: UploadDependencies, event: Mapping[str, Any] | str, invocation: Invocation) -> None:
    """Try every file of an S3 event, and the later ones also if one fails.

    Raises
    ------
    RetrainError
        The last failure; every other file has its outcome, or fails again when the event comes again.
    """
    failure: RetrainError | None = None
    for landed in landed_objects(event, deps.landing_prefix):
        try:
            _attempt_each(deps, landed, invocation)
        except RetrainError as error:
            failure = error
    if failure:
        raise failure


@defects_as_errors()
def _attempt_each(deps: UploadDependencies, landed: LandedObject, invocation: Invocation) -> None:
    for landing in landings(deps, landed):
        attempt(deps, landing, invocation)


def attempt(deps: UploadDependencies, landed: Landing, invocation: Invocation) -> None:
    """Send a landed file or pair to Prediction One, or record in the jobs table why not.

    Raises
    ------
    RetrainError
        This attempt has no final outcome: try again later. Every final outcome, good or bad, returns.
    """
    with about(landed):
        try:
            claim = _claim(deps, landed, invocation)
        except RetrainError as error:
            log_failure(error)
            raise
        if claim:
            _attempt(deps, claim, invocation)


def _claim(deps: UploadDependencies, landed: Landing, invocation: Invocation) -> Claim | None:
    try:
        return deps.ledger.claim(landed, invocation.request_id, invocation.deadline.expires_at)
    finally:  # also if the other half's invocation holds the pair: this one has recorded a waiting half
        if isinstance(landed, LandedPair):
            deps.pairs.end_waits(landed)


def _attempt(deps: UploadDependencies, claim: Claim, invocation: Invocation) -> None:
    logger.info("Attempt started", attempt=claim.attempt, size_bytes=claim.landed.size_bytes)
    try:
        _send(deps, claim, invocation.deadline)
    except RetrainError as error:
        _record_failure(deps, claim, error, invocation)
    else:
        logger.info("The file arrived; Prediction One retrains the model")


@defects_as_errors()
def _send(deps: UploadDependencies, claim: Claim, deadline: Deadline) -> None:
    for file in files_of(claim.landed):
        if refusal := place_refusal(file):
            raise refusal
    deps.ledger.mark_training(claim, upload(deps, claim, deadline))


def _record_failure(deps: UploadDependencies, claim: Claim, error: RetrainError, invocation: Invocation) -> None:
    """Record the outcome of an error, and raise it again if another attempt follows automatically."""
    if status := closing_status(error):
        deps.ledger.close(claim, status, error)
        count_outcome(status)
        logger.warning(
            "The model will not be retrained on this file", status=status, error_code=error.code, reason=str(error)
        )
        return
    if isinstance(error, OutcomeNeedsDecisionError):
        deps.ledger.mark_retrying(claim, error, is_last=True)
        count("OutcomesUndecided")
        logger.error("A person must decide whether the file arrived", error_code=error.code, reason=str(error))
        return
    log_failure(error)  # before the write: if the write fails, too, this reason would be lost
    count("Retries")
    if isinstance(error, (ApiKeyUnavailableError, CredentialRejectedError)):
        count_credential_rejection(claim.landed.model)
    if not isinstance(error, LeaseLostError):
        deps.ledger.mark_retrying(claim, error, is_last=invocation.is_last)
    raise error
