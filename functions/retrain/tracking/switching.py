"""Makes a retrained model live, automatically or by request. Safe to repeat after an interruption at any point."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from retrain.aws.dynamodb import Condition, find, table_errors
from retrain.aws.plain_values import plain
from retrain.deadline import Deadline
from retrain.errors import (
    RequestRefusedError,
    RetrainError,
    TableUnavailableError,
)
from retrain.ledger.item import MAX_PARTITION_KEY_BYTES, can_be_key
from retrain.ledger.retrain_job import RetrainJob
from retrain.ledger.status import IN_TRAINING, OPEN_JOB, REASON, SWITCHABLE, Status
from retrain.printable import one_line
from retrain.telemetry import gauge_landing_to_live

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

    from retrain.tracking.switch_wiring import SwitchDependencies

_MAX_NAME = 200


@dataclass(frozen=True)
class SwitchAttempt:
    """One attempt to make a model live.

    Attributes
    ----------
    owner
        Who holds the model's lease: unique to this attempt.
    by
        Who or what switches, for the record.
    deadline
        When the invocation ends.
    force
        Also if a model trained on newer data is live.
    """

    owner: str
    by: str
    deadline: Deadline
    force: bool = False


@dataclass(frozen=True)
class SwitchRequest:
    """A person's request to the switch function."""

    retrain_job_id: str
    force: bool
    by: str

    @classmethod
    def of(cls, event: Any) -> SwitchRequest:
        """Return the request in an event.

        Raises
        ------
        RequestRefusedError
            The job's id is missing, or a value has the wrong type.
        """
        fields = event if isinstance(event, Mapping) else {}
        retrain_job_id, force, by = (fields.get(name) for name in ("retrain_job_id", "force", "by"))
        if not can_be_key(retrain_job_id, MAX_PARTITION_KEY_BYTES):
            raise RequestRefusedError(
                'The request has no retrain_job_id. Invoke this function with {"retrain_job_id": "..."}.'
            )
        if not (force is None or isinstance(force, bool)) or not (by is None or isinstance(by, str)):
            raise RequestRefusedError('"force" must be true or false and "by" a text. Both are optional.')
        return cls(
            retrain_job_id, bool(force), f"switch function ({one_line(by[:_MAX_NAME])})" if by else "switch function"
        )


def switch_model(deps: SwitchDependencies, job: RetrainJob, attempt: SwitchAttempt) -> dict[str, str | bool]:
    """Make a finished job's model live and record it; return the attributes that its item got.

    Raises
    ------
    NewerInServiceError
        A model trained on newer data is live.
    RetrainError
        The model was not switched, or the switch is not recorded. Repeat it if `retry_is_safe`.
    """
    before = deps.models.acquire(job, attempt.owner, attempt.deadline.expires_at, force=attempt.force)
    try:
        deps.api_keys.call(job.model, lambda api_key: deps.prediction_one.switch_model(api_key, job.retrain_job_id))
        return deps.models.record(job, attempt.owner, before, attempt.by)
    except RetrainError:
        with suppress(TableUnavailableError):  # then the lease expires
            deps.models.release(job, attempt.owner)
        raise


def switch_by_request(
    deps: SwitchDependencies, request: SwitchRequest, owner: str, deadline: Deadline
) -> dict[str, Any]:
    """Make the model of the requested job live, and return the job's item as plain JSON values.

    Raises
    ------
    RequestRefusedError
        The job does not exist or is not finished. The service was not called.
    RetrainError
        As `switch_model`.
    """
    item = _item_of(deps.jobs, request.retrain_job_id)
    if item["status"] not in SWITCHABLE:
        raise RequestRefusedError(_why_not(item))
    attempt = SwitchAttempt(
        owner=f"{owner}/{request.retrain_job_id}", by=request.by, deadline=deadline, force=request.force
    )
    job = RetrainJob.of(item)
    switched = {**item, **switch_model(deps, job, attempt)}
    if job.status == Status.FINISHED:  # not when a person switches back to it
        gauge_landing_to_live(landing_to_live_seconds(job, switched))
    return {name: plain(value) for name, value in switched.items() if name not in OPEN_JOB + REASON}


def landing_to_live_seconds(job: RetrainJob, switched: Mapping[str, Any]) -> int:
    """Return how long it took from a file's landing until its model went live, by what `switch_model` returned."""
    landed, live = datetime.fromisoformat(job.landed_at), datetime.fromisoformat(switched["switched_at"])
    return max(0, int((live - landed).total_seconds()))


def _item_of(jobs: Table, retrain_job_id: str) -> Mapping[str, Any]:
    """Return a job's present item. The index gives its key only: it may lag behind the table."""
    for found in find(jobs, "by_retrain_job_id", Condition("retrain_job_id = :id", {":id": retrain_job_id})):
        key = {name: found[name] for name in ("object_uri", "object_version")}
        with table_errors(jobs.name, "could not be read"):
            answer = jobs.meta.client.get_item(TableName=jobs.name, Key=key, ConsistentRead=True)
        item: Mapping[str, Any] = answer.get("Item", {})
        if item.get("retrain_job_id") == retrain_job_id:
            return item
    raise RequestRefusedError(
        f"No landed file has the retrain job {retrain_job_id!r}. Look up the file's retrain_job_id in the jobs table."
    )


def _why_not(item: Mapping[str, Any]) -> str:
    what = f"{item['object_uri']} (retrain job {item['retrain_job_id']}) is {item['status']}"
    if item["status"] in IN_TRAINING:
        return f"{what}. It can go live when it is FINISHED; the track function checks that on its schedule."
    return f"{what}, so there is no retrained model. {item.get('error_message', '')}".rstrip()
