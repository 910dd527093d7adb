"""Landed files that need a person: given up, undecided, or no file at all; and what the person decides.

- `give_up`: RETRYING with `given_up_at`. A person fixes the cause and redrives the message.
- `reject_message`: REJECTED. The message is no S3 event.
- `confirm_arrival`: from RETRYING with OUTCOME_NEEDS_DECISION to TRAINING, followed like any other job.
- `allow_sending`: from the same to RETRYING without a reason, which the next event's attempt claims.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from retrain.aws.dynamodb import Condition, ConditionFailed, table_errors, update
from retrain.errors import OutcomeNeedsDecisionError, RequestRefusedError, RetrainError, UnreadableEventError
from retrain.landing.landed_pair import Landing
from retrain.ledger.item import key_of, landing_attributes, open_job, refusal
from retrain.ledger.status import GIVEN_UP, LEASE, PENDING, REASON, UNRESOLVED_UPLOAD, Status, reason_of
from retrain.moments import iso_utc_at

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

# Race: another message of the same version is being worked on. Its attempt decides, not this message's end.
# Race: the end of a message is noticed twice. The second time is no news.
_UNTOLD = (
    "attribute_not_exists(#status) OR (attribute_not_exists(given_up_at) AND "
    "(#status = :retrying OR (#status = :uploading AND lease_expires_at < :now)))"
)

# Race: two people decide, or one decides twice. Only the first decision of a kind counts.
_UNDECIDED = "#status = :retrying AND error_code = :undecided"

# After `allow_sending`, the item is RETRYING without a reason, until an attempt claims it. A person whose command was
# interrupted repeats it.
_MAY_BE_SENT = f"({_UNDECIDED}) OR (#status = :retrying AND attribute_not_exists(error_code))"


class Escalations:
    """Writes these items. Every method raises `TableUnavailableError` if DynamoDB refuses or does not answer.

    Parameters
    ----------
    table
        The jobs table.
    clock
        Returns epoch seconds.
    """

    def __init__(self, table: Table, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._clock = clock

    def give_up(self, landed: Landing, error: RetrainError) -> None:
        """Record that no attempt follows automatically; `error` is the reason if the item has none."""
        now = self._clock()
        values = {":retrying": Status.RETRYING, ":uploading": Status.UPLOADING, ":now": int(now)}
        moment = {"updated_at": iso_utc_at(now), "given_up_at": iso_utc_at(now)}
        changes = {"status": Status.RETRYING, **landing_attributes(landed), **moment}
        with suppress(ConditionFailed):
            update(
                self._table,
                key_of(landed),
                changes,
                when=Condition(_UNTOLD, values),
                remove=LEASE + PENDING,
                defaults=reason_of(error),
            )

    def reject_message(self, message_id: str, body: str, error: UnreadableEventError) -> None:
        """Record a message that is no S3 event. Its item is named after the message."""
        now = self._clock()
        changes = {
            "status": Status.REJECTED,
            "filename": "(a message that is no S3 event)",
            "size_bytes": len(body.encode(errors="replace")),
            "landed_at": iso_utc_at(now),
            "updated_at": iso_utc_at(now),
            **refusal(error, now),
        }
        key = {"object_uri": f"message:{message_id}", "object_version": message_id}
        with suppress(ConditionFailed):
            update(self._table, key, changes, when=Condition("attribute_not_exists(#status)", {}))

    def item_of(self, key: Mapping[str, str]) -> dict[str, Any]:
        """Return an item as it is now.

        Raises
        ------
        RequestRefusedError
            There is none.
        """
        with table_errors(self._table.name, "could not be read"):
            found = self._table.meta.client.query(
                TableName=self._table.name,
                KeyConditionExpression="object_uri = :uri AND object_version = :version",
                ExpressionAttributeValues={":uri": key["object_uri"], ":version": key["object_version"]},
                ConsistentRead=True,
            )["Items"]
        if not found:
            raise _refused(key, {})
        return found[0]

    def confirm_arrival(self, key: Mapping[str, str], retrain_job_id: str) -> dict[str, Any]:
        """Record a person's word that the file arrived, and return the item: its job is followed from now on.

        Raises
        ------
        RequestRefusedError
            The item does not wait for a decision about this job.
        """
        now = self._clock()
        values = {":retrying": Status.RETRYING, ":undecided": OutcomeNeedsDecisionError.code, ":job": retrain_job_id}
        moments = {"updated_at": iso_utc_at(now), "uploaded_at": iso_utc_at(now)}
        try:
            return update(
                self._table,
                key,
                {"status": Status.TRAINING, **moments, **open_job(now)},
                when=Condition(f"{_UNDECIDED} AND retrain_job_id = :job", values),
                remove=REASON + GIVEN_UP + UNRESOLVED_UPLOAD,
            )
        except ConditionFailed as exc:
            if (exc.item.get("status"), exc.item.get("retrain_job_id")) == (Status.TRAINING, retrain_job_id):
                return exc.item  # decided before
            raise _refused(key, exc.item) from exc

    def allow_sending(self, key: Mapping[str, str]) -> dict[str, Any]:
        """Record a person's word that the file did not arrive, and return the item: the next event sends it.

        Raises
        ------
        RequestRefusedError
            The item does not wait for a decision.
        """
        values = {":retrying": Status.RETRYING, ":undecided": OutcomeNeedsDecisionError.code}
        now = iso_utc_at(self._clock())
        try:
            return update(
                self._table,
                key,
                {"status": Status.RETRYING, "updated_at": now, "pending_since": now},
                when=Condition(_MAY_BE_SENT, values),
                remove=REASON + GIVEN_UP + UNRESOLVED_UPLOAD + ("retrain_job_id",),
            )
        except ConditionFailed as exc:
            raise _refused(key, exc.item) from exc


def _refused(key: Mapping[str, str], item: Mapping[str, Any]) -> RequestRefusedError:
    what = f"{key['object_uri']}, version {key['object_version']},"
    if not item:
        return RequestRefusedError(f"{what} has no item in the jobs table. Check both values.")
    job = f" of retrain job {item['retrain_job_id']}" if "retrain_job_id" in item else ""
    return RequestRefusedError(
        f"{what} is {item.get('status')}{job} ({item.get('error_code', 'no error')}). Only an item with the error_code "
        f"{OutcomeNeedsDecisionError.code} waits for a decision, and only about its own retrain_job_id."
    )
