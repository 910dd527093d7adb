"""The real parts around a function: AWS on this machine, and Prediction One's stand-in over a real socket."""

from __future__ import annotations

import hashlib
import json
import sys
import time
import traceback
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import boto3
import botocore.session
import pytest

from local.ministack import MiniStack
from local.moto_dynamodb import MotoDynamoDb
from local.prediction_one import PredictionOneStandIn
from retrain.landing.landed_object import LandedObject
from retrain.telemetry import logger
from tests.conftest import landed_as
from tests.faults.injection import AwsFaults
from tests.tables import DynamoDb, create_table, undeclared_steps

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient

API_KEY = "5ec4e7-api-key"
"""The key that the stand-in gave each test's model."""

SECRET_PREFIX = "prediction-one"

CSV = b"species,island,mass\n" + b"Adelie,Torgersen,3750\n" * 500

ON_BOTH_DYNAMODBS = pytest.mark.parametrize("dynamodb", ["ministack", "moto"], indirect=True)
"""Runs a test on two DynamoDBs: for the races that conditional writes close."""

AwsCall = tuple[str, dict[str, Any]]
"""An operation and its parameters."""


def shown_text(error: BaseException) -> str:
    """Return all that a log could show of an exception and of those that led to it."""
    return "".join(traceback.format_exception(error)) + repr(error)


def sha256(data: bytes) -> str:
    """Return the hash that the stand-in keeps of what it received."""
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True)
class LandingBucket:
    """A bucket that files land in."""

    s3: S3Client
    name: str

    def land(self, key: str, body: bytes) -> LandedObject:
        """Put an object, and return it as its event would describe it."""
        answer = self.s3.put_object(Bucket=self.name, Key=key, Body=body)
        return landed_as(
            key,
            bucket=self.name,
            version_id=answer.get("VersionId"),
            sequencer=uuid.uuid4().hex[:16].upper(),
            etag=answer["ETag"].strip('"'),
            size_bytes=len(body),
        )


@dataclass(frozen=True)
class Invocation:
    """Lambda's context object: as much of it as is read."""

    aws_request_id: str
    remaining_seconds: float
    function_name: str = "upload"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:upload"

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda would end it."""
        return int(self.remaining_seconds * 1000)


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniStack]:
    """Run AWS on this machine, one per test process."""
    running = MiniStack(tmp_path_factory.mktemp("ministack"))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def _moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MotoDynamoDb]:
    running = MotoDynamoDb(tmp_path_factory.mktemp("moto"))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def dynamodb(request: pytest.FixtureRequest) -> DynamoDb:
    """Give MiniStack's DynamoDB, or also moto's to tests that are marked `ON_BOTH_DYNAMODBS`."""
    name = "_moto" if getattr(request, "param", None) == "moto" else "aws"
    return cast("DynamoDb", request.getfixturevalue(name))


@pytest.fixture(scope="session")
def jobs_table(dynamodb: DynamoDb, aws: MiniStack) -> Iterator[Table]:
    """Create the jobs table; at the end, no function has made a step that the table of transitions lacks."""
    table = create_table(dynamodb, "JobsTable", f"jobs-{uuid.uuid4().hex}")
    yield table
    assert dynamodb is not aws or undeclared_steps(aws, table) == set()


@pytest.fixture(scope="session")
def landing_bucket(aws: MiniStack) -> LandingBucket:
    """Create a bucket that keeps versions."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="landing")
    s3.put_bucket_versioning(Bucket="landing", VersioningConfiguration={"Status": "Enabled"})
    return LandingBucket(s3, "landing")


@pytest.fixture(scope="session")
def unversioned_bucket(aws: MiniStack) -> LandingBucket:
    """Create a bucket that keeps no versions."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="unversioned")
    return LandingBucket(s3, "unversioned")


@pytest.fixture(scope="session")
def secrets(aws: MiniStack) -> SecretsManagerClient:
    """Give a client of Secrets Manager."""
    return cast("SecretsManagerClient", aws.client("secretsmanager"))


@pytest.fixture
def model() -> str:
    """Give a model that no other test uses."""
    return f"m{uuid.uuid4().hex[:12]}"


@pytest.fixture
def landed(landing_bucket: LandingBucket, model: str) -> LandedObject:
    """Land a file for the model."""
    return landing_bucket.land(f"{model}/2026/a.csv", CSV)


@pytest.fixture
def prediction_one(model: str) -> Iterator[PredictionOneStandIn]:
    """Run the stand-in; `API_KEY` opens the model."""
    with PredictionOneStandIn({API_KEY: model}, training_seconds=60) as running:
        yield running


@pytest.fixture
def model_secret(secrets: SecretsManagerClient, model: str) -> str:
    """Store the model's API key, and return the secret's name."""
    name = f"{SECRET_PREFIX}/{model}"
    secrets.create_secret(Name=name, SecretString=json.dumps({"api_key": API_KEY}))
    return name


@dataclass
class Clock:
    """The clock of an attempt, with the pauses between its tries: none of them is really waited for."""

    ahead_seconds: float = 0
    pauses: list[float] = field(default_factory=list)

    def time(self) -> float:
        """Return epoch seconds."""
        return time.time() + self.ahead_seconds

    def sleep(self, seconds: float) -> None:
        """Collect the seconds."""
        self.pauses.append(seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Give the upload function's clock."""
    clock = Clock()
    monkeypatch.setattr("retrain.uploading.upload.time", clock)
    monkeypatch.setattr("urllib3.util.retry.time", clock)
    return clock


@pytest.fixture
def pauses(clock: Clock) -> list[float]:
    """Collect the seconds of every pause between two tries."""
    return clock.pauses


@pytest.fixture
def stdout(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[dict[str, Any]]]:
    """Return what was written to stdout so far, each line as JSON: the log, and the metrics (`_aws`)."""

    def write(text: str) -> None:  # the logger holds on to the stdout of its import, which is not the captured one
        sys.stdout.write(text)

    for log_handler in logger.handlers:
        monkeypatch.setattr(log_handler, "stream", SimpleNamespace(write=write, flush=lambda: None))
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.fixture
def no_secret_in_output(stdout: Callable[[], list[dict[str, Any]]]) -> Iterator[None]:
    """Look, after a test, for the API key and an upload URL in all that was logged."""
    yield
    logged = json.dumps(stdout())
    for secret in (API_KEY, "X-Amz-", "upload-store"):
        assert secret not in logged


@pytest.fixture(scope="session")
def _recorded_sessions() -> tuple[botocore.session.Session, boto3.Session, list[AwsCall]]:
    """Give botocore's and boto3's view of one session, and the calls that its clients make; models load only once."""
    session = botocore.session.get_session()
    calls: list[AwsCall] = []

    def record(**call: Any) -> None:
        calls.append((call["model"].name, dict(call["params"])))

    session.register("before-parameter-build", record)
    return session, boto3.Session(botocore_session=session), calls


@pytest.fixture
def cold_function(
    aws: MiniStack,
    dynamodb: DynamoDb,
    _recorded_sessions: tuple[botocore.session.Session, boto3.Session, list[AwsCall]],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., list[AwsCall]]:
    """Give a function that makes Lambda functions cold: given variables, empty caches; it returns their AWS calls."""
    session, boto3_session, calls = _recorded_sessions
    monkeypatch.setattr("retrain.aws.clients.botocore_session", lambda: session)
    for module in ("aws.dynamodb", "tracking.wiring"):
        monkeypatch.setattr(f"retrain.{module}.boto3_session", lambda: boto3_session)
    calls.clear()

    def make_cold(*caches: Any, **variables: str) -> list[AwsCall]:
        routed = {**aws.environment, "AWS_ENDPOINT_URL_DYNAMODB": dynamodb.endpoint_url}
        for name, value in {**routed, **variables}.items():
            monkeypatch.setenv(name, value)
        for cache in caches:
            cache.cache_clear()
        return calls

    return make_cold


@pytest.fixture(scope="session")
def _aws_faults(
    aws: MiniStack, _recorded_sessions: tuple[botocore.session.Session, boto3.Session, list[AwsCall]]
) -> AwsFaults:
    return AwsFaults(_recorded_sessions[0], str(aws.ca_bundle))


@pytest.fixture
def aws_faults(_aws_faults: AwsFaults, monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsFaults]:
    """Give what makes the AWS calls of a cold function fail; the SDK does not wait between its tries."""
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    _aws_faults.disarm()
    yield _aws_faults
    _aws_faults.disarm()
