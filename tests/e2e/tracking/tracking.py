"""Working the deployed track function and switch function: files in training, time that passes, and invocations."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from local.processes import wait_for
from local.stack import LocalStack
from tests.e2e.conftest import CSV

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


def begin(stack: LocalStack, model: str, name: str = "data") -> dict[str, Any]:
    """Land a file, and return its item once it is in training."""
    uri = stack.land(f"{model}/{name}.csv", CSV)

    def in_training() -> dict[str, Any] | None:
        return next((job for job in stack.jobs(uri) if job["status"] == "TRAINING"), None)

    return wait_for(f"{uri} to be in training", in_training)


def finish(stack: LocalStack, *jobs: dict[str, Any]) -> None:
    """Have the service report jobs as finished."""
    for job in jobs:
        stack.prediction_one.report_status(job["retrain_job_id"], "job_finished")


def item(stack: LocalStack, job: dict[str, Any]) -> dict[str, Any]:
    """Return a job's item as it now is."""
    (found,) = stack.jobs(job["object_uri"])
    return found


def invoke(stack: LocalStack, function: str, event: dict[str, Any] | None = None) -> dict[str, Any]:
    """Invoke a function by the name of its output, for example `Track`; return the answer, or the error."""
    try:
        answer: dict[str, Any] = stack.invoke(function, event or {})
    except RuntimeError as error:
        answer = json.loads(str(error))
    return answer


def switch(stack: LocalStack, job: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Invoke the switch function for a job."""
    return invoke(stack, "Switch", {"retrain_job_id": job["retrain_job_id"], **fields})


def make_due(stack: LocalStack, *jobs: dict[str, Any]) -> None:
    """Let the time pass until open jobs are due, and what held a job or its model has certainly ended."""
    for job in jobs:
        key = {name: job[name] for name in ("object_uri", "object_version")}
        if "open_job" in item(stack, job):
            _set(_table(stack, "JobsTableName"), key, "next_check_at", int(time.time()))
        models = _table(stack, "ModelsTableName")
        if "Item" in models.get_item(Key={"model": job["model"]}):
            _set(models, {"model": job["model"]}, "lease_expires_at", 0)


def stored(stack: LocalStack, job: dict[str, Any]) -> list[str]:
    """Return the keys of what a job has in the results bucket."""
    prefix = f"{job['model']}/{job['retrain_job_id']}/"
    listed = stack.aws.client("s3").list_objects_v2(Bucket=stack.outputs["ResultsBucketName"], Prefix=prefix)
    return [found["Key"] for found in listed.get("Contents", [])]


def in_service(stack: LocalStack, model: str) -> list[str]:
    """Return the jobs whose items say that they are live."""
    found = _table(stack, "JobsTableName").query(
        IndexName="by_model",
        KeyConditionExpression="model = :model",
        FilterExpression="in_service = :yes",
        ExpressionAttributeValues={":model": model, ":yes": True},
    )
    return [str(job["retrain_job_id"]) for job in found["Items"]]


@contextmanager
def schedule_paused(stack: LocalStack) -> Iterator[None]:
    """Keep the schedule from invoking the track function for a while, so that a test can do it by hand."""
    _set_schedule(stack, "DISABLED")
    yield
    _set_schedule(stack, "ENABLED")


def schedule_of(stack: LocalStack, function_name: str) -> dict[str, Any]:
    """Return the one schedule that invokes a function."""
    scheduler = stack.aws.client("scheduler")
    schedules = [scheduler.get_schedule(Name=listed["Name"]) for listed in scheduler.list_schedules()["Schedules"]]
    (schedule,) = (one for one in schedules if one["Target"]["Arn"].endswith(function_name))
    return dict(schedule)


def _set_schedule(stack: LocalStack, state: str) -> None:
    schedule = schedule_of(stack, stack.outputs["TrackFunctionName"])
    kept = {name: schedule[name] for name in ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")}
    stack.aws.client("scheduler").update_schedule(**kept, State=state)


def _table(stack: LocalStack, output: str) -> Table:
    return stack.aws.dynamodb().Table(stack.outputs[output])


def _set(table: Table, key: dict[str, Any], name: str, value: int) -> None:
    table.update_item(
        Key=key,
        UpdateExpression="SET #name = :value",
        ExpressionAttributeNames={"#name": name},
        ExpressionAttributeValues={":value": value},
    )
