"""The attempts at each landed version: one item each, the single source of truth. Every write is conditional.

    claim ──> UPLOADING ──> record_job_id ──> mark_training ──> TRAINING
                  ├──> forget_job_id ──> UPLOADING: the job has no file
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
from retrain.errors import LeaseHeldError, LeaseLostError, RetrainError
from retrain.landing.landed_pair import LandedPair, Landing, half_attributes
from retrain.ledger.status import GIVEN_UP, LEASE, REASON, Status, reason_of
from retrain.moments import iso_utc_at
from retrain.telemetry import logger

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

OPEN_JOBS_PARTITION = "open"
"""The one partition of the sparse index `open_jobs`."""

REFUSED_RETENTION_DAYS = 365
"""After this, items that never became a retrain job are deleted (TTL); all others stay."""

# Race: two deliveries of one event. The later claim sees UPLOADING with a running lease, and waits.
# If the answer to a claim is lost, the SDK repeats the claim: it sees its own lease, and keeps it.
_CLAIMABLE = (
    "attribute_not_exists(#status) OR #status = :retrying "
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
    unresolved_job_id
        The job of an earlier attempt whose upload may have arrived; None if there is none.
    """

    landed: Landing
    attempt: int
    unresolved_job_id: str | None


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
        lease = {"attempts": 1, "lease_owner": owner, "lease_expires_at": int(lease_expires_at) + 1}
        statuses = {":retrying": Status.RETRYING, ":uploading": Status.UPLOADING}
        try:
            item = update(
                self._table,
                _key(landed),
                {
                    "status": Status.UPLOADING,
                    "updated_at": iso_utc_at(self._clock()),
                    **landing_attributes(landed),
                    **lease,
                },
                when=Condition(_CLAIMABLE, {**statuses, ":now": int(self._clock())}),
                remove=REASON + GIVEN_UP,
            )
        except ConditionFailed as exc:
            self._wait_if_leased(exc.item)
            return None
        return Claim(landed, int(item["attempts"]), item.get("retrain_job_id"))

    def record_job_id(self, claim: Claim, retrain_job_id: str) -> None:
        """Record the job's id before its first byte is sent, so that a crash from here on leaves a trace."""
        self._advance(claim, Status.UPLOADING, {"retrain_job_id": retrain_job_id})

    def forget_job_id(self, claim: Claim) -> None:
        """Remove the job's id when it is certain that the job has no file: it needs no comparison."""
        self._advance(claim, Status.UPLOADING, {}, remove=("retrain_job_id",))

    def mark_training(self, claim: Claim, retrain_job_id: str) -> None:
        """Record that the file arrived and the service retrains."""
        arrived = {"retrain_job_id": retrain_job_id, "uploaded_at": iso_utc_at(self._clock())}
        opened = {"open_job": OPEN_JOBS_PARTITION, "next_check_at": int(self._clock())}  # due at the tracker's next run
        self._advance(claim, Status.TRAINING, {**arrived, **opened}, remove=LEASE)

    def mark_retrying(self, claim: Claim, error: RetrainError, *, is_last: bool = False) -> None:
        """Record why this attempt failed. The next attempt resolves a job's id that is still there.

        After the last automatic attempt, the file is given up until a person redrives its message.
        """
        given_up = {"given_up_at": iso_utc_at(self._clock())} if is_last else {}
        self._advance(claim, Status.RETRYING, {**reason_of(error), **given_up}, remove=LEASE)

    def close(self, claim: Claim, status: Status, error: RetrainError) -> None:
        """Record that the model will not be retrained on this version, and why."""
        self._advance(claim, status, refusal(error, self._clock()), remove=LEASE)

    def _wait_if_leased(self, item: Mapping[str, Any]) -> None:
        if item["status"] != Status.UPLOADING:
            logger.info("Repeated event: the file already has its outcome", status=item["status"])
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
                _key(claim.landed),
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


def landing_attributes(landed: Landing) -> dict[str, Any]:
    """Return the attributes that describe a landed version, whatever its outcome."""
    return {
        "filename": landed.filename,
        "size_bytes": landed.size_bytes,
        "landed_at": landed.landed_at,
        **({"model": landed.model} if landed.model else {}),  # an index key cannot be an empty text
        **(half_attributes(landed.halves) if isinstance(landed, LandedPair) else {}),
    }


def _key(landed: Landing) -> dict[str, str]:
    return {"object_uri": landed.uri, "object_version": landed.version}


def refusal(error: RetrainError, now: float) -> dict[str, Any]:
    """Return the attributes of a version that will not be trained on; `now` in epoch seconds."""
    return {**reason_of(error), "expires_at": int(now) + REFUSED_RETENTION_DAYS * 86400}
