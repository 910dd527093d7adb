"""Which retrain job's model is live, one item per model, and who may change that now.

    acquire ──> (the service switches) ──> record ──> this job is live, in both tables at once
       └──> release: it did not

An item is `model`, the live job (`retrain_job_id`, `object_uri`, `object_version`, `landed_at`), `switched_at`,
`switched_by`, and during a switch `lease_owner` and `lease_expires_at`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from retrain.aws.dynamodb import Condition, ConditionFailed, table_errors, update, update_parameters
from retrain.errors import LeaseHeldError, LeaseLostError, NewerInServiceError
from retrain.ledger.retrain_job import RetrainJob
from retrain.ledger.status import LEASE, OPEN_JOB, REASON, Status
from retrain.moments import iso_utc_at

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_REFUSED = "ConditionalCheckFailed"

# Race: two switches of one model. The service must not get the older request after the newer one.
# If the answer to an acquire is lost, the SDK repeats it: it finds its own lease.
_FREE = "(attribute_not_exists(lease_owner) OR lease_owner = :lease_owner OR lease_expires_at < :now)"

# Race: files of one model finish out of order. In any order, the model of the newest file stays live.
_NOT_NEWER = "(attribute_not_exists(landed_at) OR landed_at <= :landed_at)"

# Race: a switch outlives its lease. It must not overwrite the record of the switch that took over.
_STILL_HELD = "lease_owner = :lease_owner"

# Race: a person closes or deletes the job's item during the switch. Only a finished job's item is marked.
_SWITCHABLE = Condition(
    "#status IN (:finished, :switched)", {":finished": Status.FINISHED, ":switched": Status.SWITCHED}
)

# Race: a person has deleted the item of the job that was live. An update would create it again.
_STILL_THERE = "attribute_exists(object_uri)"


class ModelsTable:
    """Serialises the switches of each model, and records them.

    Every method raises `TableUnavailableError` if DynamoDB refuses or does not answer.

    Parameters
    ----------
    models, jobs
        The two tables.
    clock
        Returns epoch seconds.
    """

    def __init__(self, models: Table, jobs: Table, clock: Callable[[], float] = time.time) -> None:
        self._models = models
        self._jobs = jobs
        self._clock = clock

    def acquire(self, job: RetrainJob, owner: str, expires_at: float, *, force: bool) -> Mapping[str, Any]:
        """Hold a job's model for one switch, and return the model's item.

        Parameters
        ----------
        owner
            Who holds it: unique to each switch.
        expires_at
            Epoch seconds at which the invocation has certainly ended.
        force
            Also if a model trained on newer data is live.

        Raises
        ------
        LeaseHeldError
            Another switch of this model may still be running.
        NewerInServiceError
            A model trained on newer data is live.
        """
        now = int(self._clock())
        values = {":now": now} | ({} if force else {":landed_at": job.landed_at})
        try:
            return update(
                self._models,
                {"model": job.model},
                {"lease_owner": owner, "lease_expires_at": int(expires_at) + 1},
                when=Condition(_FREE if force else f"{_FREE} AND {_NOT_NEWER}", values),
            )
        except ConditionFailed as exc:
            raise _refusal(job, exc.item, now) from exc

    def release(self, job: RetrainJob, owner: str) -> None:
        """Release the model without a switch. After a crash, the lease expires instead."""
        with suppress(ConditionFailed):
            update(
                self._models,
                {"model": job.model},
                {"lease_expires_at": 0},
                when=Condition(_STILL_HELD, {":lease_owner": owner}),
            )

    def record(self, job: RetrainJob, owner: str, before: Mapping[str, Any], by: str) -> dict[str, str | bool]:
        """Record that a job's model is live, in both tables at once; return the attributes that its item got.

        Parameters
        ----------
        before
            The model's item, from `acquire`: the job that was live until now loses its mark.
        by
            Who or what switched.

        Raises
        ------
        LeaseLostError
            The lease ended and another switch started, or a person closed the job's item.
        """
        now = iso_utc_at(self._clock())
        switched = {"switched_at": now, "switched_by": by}
        marked: dict[str, str | bool] = {"status": Status.SWITCHED, "in_service": True, "updated_at": now, **switched}
        served = {"retrain_job_id": job.retrain_job_id, "landed_at": job.landed_at, **job.key, **switched}
        held = Condition(_STILL_HELD, {":lease_owner": owner})
        parts = [
            _part(self._models, {"model": job.model}, update_parameters(served, held, LEASE)),
            _part(self._jobs, job.key, update_parameters(marked, _SWITCHABLE, OPEN_JOB + REASON)),
        ]
        earlier = {name: before[name] for name in job.key if name in before}
        if earlier and earlier != job.key:
            unmark = {"UpdateExpression": "REMOVE in_service", "ConditionExpression": _STILL_THERE}
            parts.append(_part(self._jobs, earlier, unmark))
        self._write_at_once(parts)
        return marked

    def _write_at_once(self, parts: list[Any]) -> None:
        client = self._models.meta.client
        with table_errors(f"{self._models.name} or {self._jobs.name}", "refused a write"):
            try:
                client.transact_write_items(TransactItems=parts)
            except client.exceptions.TransactionCanceledException as exc:
                reasons = [reason.get("Code") for reason in exc.response.get("CancellationReasons", [])]
                if _REFUSED not in reasons:  # a conflict with another write: try again
                    raise
                if _REFUSED not in reasons[:2]:  # the third alone: there is no item to unmark
                    return self._write_at_once(parts[:2])
                raise LeaseLostError(
                    "Prediction One has switched the model, but the switch is not recorded: another switch of this "
                    "model, or a change of the item by hand, came first. Invoke the switch function for the job that "
                    "should be live."
                ) from exc


def _part(table: Table, key: Mapping[str, str], update_of: Mapping[str, Any]) -> dict[str, Any]:
    return {"Update": {"TableName": table.name, "Key": key, **update_of}}


def _refusal(job: RetrainJob, item: Mapping[str, Any], now: int) -> LeaseHeldError | NewerInServiceError:
    wait_seconds = int(item.get("lease_expires_at", 0)) - now + 1
    if wait_seconds > 0:
        return LeaseHeldError(
            f"Another switch of the model {job.model} may still be running, for {wait_seconds} s at most.",
            retry_after_seconds=wait_seconds,
        )
    return NewerInServiceError(
        f"The live model {job.model} was retrained on {item['object_uri']}, which landed at {item['landed_at']}, after "
        f"this file ({job.landed_at}). To make the model of the older file live, "
        f'invoke the switch function with {{"retrain_job_id": "{job.retrain_job_id}", "force": true}}.'
    )
