"""The track function and the switch function as Lambda runs them, on tables of their own, with jobs in training."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import pytest
import requests
from aws_lambda_powertools.utilities.typing import LambdaContext

import switch_handler
import track_handler
from local.ministack import MiniStack
from local.prediction_one import PredictionOneStandIn
from retrain.ledger.attempts import JobLedger
from retrain.ledger.retrain_job import RetrainJob
from retrain.moments import iso_utc
from retrain.prediction_one.api import PredictionOne
from tests.conftest import EVENTS, landed_as
from tests.functional.conftest import API_KEY, CSV, SECRET_PREFIX, AwsCall, Invocation
from tests.tables import BY_HAND, DynamoDb, create_table, undeclared_steps

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_s3 import S3Client

BUCKET = "results"


@dataclass
class Tracking:
    """Both functions, cold, and the jobs that they work on.

    Attributes
    ----------
    calls
        The AWS calls that the functions made so far.
    """

    jobs: Table
    models: Table
    s3: S3Client
    prediction_one: PredictionOneStandIn
    calls: list[AwsCall]

    def begin(
        self, model: str, *, landed_at: str = "2026-11-23T01:02:03.000Z", age_seconds: float = 0, key: str = API_KEY
    ) -> RetrainJob:
        """Upload a file to the stand-in and record it, as the upload function does; return the job in training."""
        name = uuid.uuid4().hex
        landed = landed_as(f"{model}/{name}.csv", bucket="landing", version_id=name, landed_at=landed_at)
        target = PredictionOne(self.prediction_one.base_url).request_upload_url(key, landed.filename)
        requests.put(target.upload_url, data=CSV, timeout=5).raise_for_status()
        ledger = JobLedger(self.jobs, clock=lambda: time.time() - age_seconds)
        claim = ledger.claim(landed, "an upload", time.time() + 900)
        assert claim
        ledger.record_job_id(claim, target.retrain_job_id)
        ledger.mark_training(claim, target.retrain_job_id)
        return RetrainJob.of(self.item({"object_uri": landed.uri, "object_version": landed.version}))

    def finish(self, *jobs: RetrainJob) -> None:
        """Have the service report jobs as finished."""
        for job in jobs:
            self.prediction_one.report_status(job.retrain_job_id, "job_finished")

    def run(self, remaining_seconds: float = 900) -> dict[str, int]:
        """Invoke the track function; return what it counted, beside the jobs that were due."""
        event = json.loads((EVENTS / "track_schedule.json").read_text())
        context = Invocation(str(uuid.uuid4()), remaining_seconds, "track")
        counted = track_handler.handler(event, cast("LambdaContext", context))
        return {name: number for name, number in counted.items() if name != "JobsDue"}

    def switch(self, job: RetrainJob | str, **fields: Any) -> dict[str, Any]:
        """Invoke the switch function."""
        retrain_job_id = job if isinstance(job, str) else job.retrain_job_id
        context = Invocation(str(uuid.uuid4()), 300, "switch")
        event = {"retrain_job_id": retrain_job_id, **fields}
        answer: dict[str, Any] = switch_handler.handler(event, cast("LambdaContext", context))
        return answer

    def item(self, key: RetrainJob | Mapping[str, str]) -> dict[str, Any]:
        """Return a job's item."""
        key = key.key if isinstance(key, RetrainJob) else dict(key)
        return self.jobs.get_item(Key=key, ConsistentRead=True)["Item"]

    def due_in_seconds(self, item: Mapping[str, Any]) -> float:
        """Return in how many seconds the job of an item is due."""
        return float(item["next_check_at"]) - time.time()

    def model_item(self, model: str) -> dict[str, Any]:
        """Return what the models table has of a model."""
        return self.models.get_item(Key={"model": model}, ConsistentRead=True).get("Item", {})

    def change(self, job: RetrainJob, **values: Any) -> None:
        """Change an item by hand."""
        values[BY_HAND] = uuid.uuid4().hex
        self.jobs.update_item(
            Key=job.key,
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
            ExpressionAttributeNames={f"#{name}": name for name in values},
            ExpressionAttributeValues={f":{name}": value for name, value in values.items()},
        )

    def delete(self, job: RetrainJob) -> None:
        """Delete an item by hand."""
        self.change(job)
        self.jobs.delete_item(Key=job.key)

    def make_due(self, *jobs: RetrainJob) -> None:
        """Let the time pass until jobs are due."""
        for job in jobs:
            self.change(job, next_check_at=int(time.time()))

    def requests_for(self, job: RetrainJob, operation: str) -> int:
        """Return how often the service was asked about a job."""
        asked = self.prediction_one.find_requests(operation)
        return len([request for request in asked if request.retrain_job_id == job.retrain_job_id])

    def stored(self, job: RetrainJob) -> dict[str, int]:
        """Return the sizes of the files that a job has in the results bucket, by key."""
        listed = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{job.model}/{job.retrain_job_id}/")
        return {found["Key"]: found["Size"] for found in listed.get("Contents", [])}

    def in_service(self, model: str) -> list[str]:
        """Return the jobs whose items say that they are live."""
        found = self.jobs.query(
            IndexName="by_model",
            KeyConditionExpression="model = :model",
            FilterExpression="in_service = :yes",
            ExpressionAttributeValues={":model": model, ":yes": True},
        )
        return [str(item["retrain_job_id"]) for item in found["Items"]]


def at(second: int) -> str:
    """Return a moment of landing, later for a greater number."""
    return iso_utc(datetime.fromtimestamp(1_795_000_000 + second, UTC))


@pytest.fixture(scope="session")
def results_s3(aws: MiniStack) -> S3Client:
    """Create the results bucket."""
    s3 = cast("S3Client", aws.client("s3"))
    s3.create_bucket(Bucket=BUCKET)
    return s3


@pytest.fixture
def jobs_table(dynamodb: DynamoDb, aws: MiniStack, model: str) -> Iterator[Table]:
    """Create a jobs table for this test alone, as a run looks at every open job; no undeclared step is made in it."""
    table = create_table(dynamodb, "JobsTable", f"jobs-{model}")
    yield table
    assert dynamodb is not aws or undeclared_steps(aws, table) == set()


@pytest.fixture
def models_table(dynamodb: DynamoDb, model: str) -> Table:
    """Create the models table."""
    return create_table(dynamodb, "ModelsTable", f"models-{model}")


@pytest.fixture
def policy() -> str:
    """Give the SwitchPolicy; a test module may give another."""
    return "Manual"


@pytest.fixture
def tracking(  # noqa: PLR0913, PLR0917 - what both functions work with
    cold_function: Callable[..., list[AwsCall]],
    jobs_table: Table,
    models_table: Table,
    results_s3: S3Client,
    prediction_one: PredictionOneStandIn,
    policy: str,
) -> Tracking:
    """Give both functions, cold; the models' secrets are not there yet."""
    calls = cold_function(
        track_handler.dependencies,
        switch_handler.dependencies,
        JOBS_TABLE_NAME=jobs_table.name,
        MODELS_TABLE_NAME=models_table.name,
        SWITCH_POLICY=policy,
        PREDICTION_ONE_API_URL=prediction_one.base_url,
        MAX_TRAINING_HOURS="48",
        RESULTS_BUCKET_NAME=BUCKET,
        SECRET_PREFIX=SECRET_PREFIX,
        TRACK_INTERVAL_MINUTES="5",
    )
    return Tracking(jobs_table, models_table, results_s3, prediction_one, calls)


@pytest.fixture
def job(tracking: Tracking, model: str, model_secret: str) -> RetrainJob:  # noqa: ARG001 - the secret must be there
    """Give a job in training that is due."""
    return tracking.begin(model)


@pytest.fixture(autouse=True)
def no_secret_anywhere(
    jobs_table: Table, models_table: Table, stdout: Callable[[], list[dict[str, Any]]], request: pytest.FixtureRequest
) -> Iterator[None]:
    """Look, after every test, for API keys and signed URLs in all that was logged or recorded."""
    yield
    written = json.dumps(stdout()) + str(jobs_table.scan()["Items"]) + str(models_table.scan()["Items"])
    leaked = [secret for secret in (API_KEY, "X-Amz-", "upload-store", "results-store") if secret in written]
    assert leaked == [], request.node.name
