"""The attempts at each landed version: one item each, the single source of truth. Every write is conditional.

    claim ──> UPLOADING ──> record_job_id ──> mark_training ──> TRAINING
                  ├──> forget_job_id ──> UPLOADING: the job has no file
                  ├──> end_upload ──> UPLOADING: the job may have the file
                  ├──> mark_retrying ──> RETRYING ──> claim ... (with `given_up_at`: after a redrive)
                  └──> close ──> REJECTED | SUPERSEDED | FAILED

`attempts` is the fencing token: each claim raises it by one, and every later write of the attempt requires its own
number. So an attempt that was taken over writes nothing more.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from retrain.aws.dynamodb import Condition, ConditionFailed, update
from retrain.errors import LeaseHeldError, LeaseLostError, OutcomeNeedsDecisionError, RetrainError
from retrain.landing.landed_pair import Landing
from retrain.ledger.item import UnresolvedUpload, key_of, landing_attributes, open_job, refusal
from retrain.ledger.status import GIVEN_UP, LEASE, PENDING, REASON, UNRESOLVED_UPLOAD, Status, reason_of
from retrain.moments import iso_utc_at
from retrain.telemetry import logger

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

# Race: two deliveries of one event. The later claim sees UPLOADING with a running lease, and waits.
# If the answer to a claim is lost, the SDK repeats the claim: it sees its own lease, and keeps it.
# Race: an event is repeated while a person decides. No attempt may anticipate that.
_CLAIMABLE = (
    "attribute_not_exists(#status) "
    "OR (#status = :retrying AND (attribute_not_exists(error_code) OR error_code <> :undecided)) "
    "OR (#status = :uploading AND (lease_expires_at < :now OR lease_owner = :lease_owner))"
)

# Race: an attempt outlives its lease. It must not overwrite the record of the attempt that took over.
_STILL_HELD = "attempts = :attempt AND #status = :uploading"


@dataclass(frozen=True)
class Claim:
    """One attempt's hold on one landed version.

    Attributes
    ----------
    landed
        The version.
    attempt
        Its number, counted from 1: the fencing token.
    lease_expires_at
        Epoch seconds at which the attempt has certainly ended.
    unresolved
        An earlier attempt's upload that may have arrived; None if there is none.
    """

    landed: Landing
    attempt: int
    lease_expires_at: int
    unresolved: UnresolvedUpload | None = None


class JobLedger:
    """Writes the jobs table. Every method raises `TableUnavailableError` if DynamoDB refuses or does not answer.

    Parameters
    ----------
    table
        The DynamoDB table.
    clock
        Returns epoch seconds.
    """

    def __init__(self, table: Table, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._clock = clock

    def claim(self, landed: Landing, owner: str, lease_expires_at: float) -> Claim | None:
        """Claim a landed version for one attempt; None if it has its outcome already (a repeated event).

        Parameters
        ----------
        landed
            The version.
        owner
            The invocation's request id.
        lease_expires_at
            Epoch seconds at which this invocation has certainly ended, so the lease needs no release.

        Raises
        ------
        LeaseHeldError
            Another attempt may still be running.
        """
        now, ends_at = iso_utc_at(self._clock()), int(lease_expires_at) + 1
        lease = {"attempts": 1, "lease_owner": owner, "lease_expires_at": ends_at}
        values = {
            ":retrying": Status.RETRYING,
            ":uploading": Status.UPLOADING,
            ":undecided": OutcomeNeedsDecisionError.code,
            ":now": int(self._clock()),
        }
        try:
            item = update(
                self._table,
                key_of(landed),
                {
                    "status": Status.UPLOADING,
                    "updated_at": now,
                    **landing_attributes(landed),
                    **lease,
                },
                when=Condition(_CLAIMABLE, values),
                remove=REASON + GIVEN_UP,
                defaults={"pending_since": now},
            )
        except ConditionFailed as exc:
            self._wait_if_leased(exc.item)
            return None
        return Claim(landed, int(item["attempts"]), ends_at, UnresolvedUpload.of(item))

    def record_job_id(self, claim: Claim, retrain_job_id: str) -> None:
        """Record the job's id before its first byte is sent, so that a crash from here on leaves a trace."""
        bounds = {"upload_started_at": iso_utc_at(self._clock()), "upload_ends_by": claim.lease_expires_at}
        self._advance(claim, Status.UPLOADING, {"retrain_job_id": retrain_job_id, **bounds})

    def end_upload(self, claim: Claim) -> None:
        """Record that no byte follows of an upload that may have arrived: its connection is closed."""
        self._advance(claim, Status.UPLOADING, {"upload_ends_by": int(self._clock()) + 1})

    def forget_job_id(self, claim: Claim) -> None:
        """Remove the job's id when it is certain that the job has no file: it needs no comparison."""
        self._advance(claim, Status.UPLOADING, {}, remove=("retrain_job_id", *UNRESOLVED_UPLOAD))

    def mark_training(self, claim: Claim, retrain_job_id: str) -> None:
        """Record that the file arrived and the service retrains."""
        arrived = {"retrain_job_id": retrain_job_id, "uploaded_at": iso_utc_at(self._clock())}
        changes = {**arrived, **open_job(self._clock())}
        self._advance(claim, Status.TRAINING, changes, remove=LEASE + PENDING + UNRESOLVED_UPLOAD)

    def mark_retrying(self, claim: Claim, error: RetrainError, *, is_last: bool = False) -> None:
        """Record why this attempt failed. The next attempt resolves a job's id that is still there.

        After the last automatic attempt, the file is given up until a person redrives its message.
        """
        given_up = {"given_up_at": iso_utc_at(self._clock())} if is_last else {}
        remove = LEASE + PENDING if is_last else LEASE
        self._advance(claim, Status.RETRYING, {**reason_of(error), **given_up}, remove=remove)

    def close(self, claim: Claim, status: Status, error: RetrainError) -> None:
        """Record that the model will not be retrained on this version, and why."""
        self._advance(claim, status, refusal(error, self._clock()), remove=LEASE + PENDING)

    def _wait_if_leased(self, item: Mapping[str, Any]) -> None:
        if item["status"] != Status.UPLOADING:
            outcome = {name: item[name] for name in ("status", "error_code") if name in item}
            logger.info("Repeated event: the file already has its outcome, or waits for a person", extra=outcome)
            return
        wait_seconds = int(item["lease_expires_at"]) - int(self._clock()) + 1
        raise LeaseHeldError(
            f"Attempt {item['attempts']} ({item['lease_owner']}) may still be running, for {wait_seconds} s at most.",
            retry_after_seconds=wait_seconds,
        )

    def _advance(self, claim: Claim, status: Status, changes: dict[str, Any], remove: tuple[str, ...] = ()) -> None:
        try:
            update(
                self._table,
                key_of(claim.landed),
                {"status": status, "updated_at": iso_utc_at(self._clock()), **changes},
                when=Condition(_STILL_HELD, {":attempt": claim.attempt, ":uploading": Status.UPLOADING}),
                remove=remove,
            )
        except ConditionFailed as exc:
            # If the answer to a write is lost, the SDK repeats the write, which finds its own result.
            if (exc.item.get("attempts"), exc.item.get("status")) == (claim.attempt, status):
                return
            raise LeaseLostError(
                f"Attempt {claim.attempt} was taken over: after attempt {exc.item.get('attempts')} the item is "
                f"{exc.item.get('status')}."
            ) from exc
