"""Builds what the functions work with: the AWS clients and the API clients, once per warm function."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from aws_lambda_powertools.utilities.parameters import SecretsProvider
from botocore.config import Config

from retrain.api_keys import ApiKeys
from retrain.ledger import JobLedger
from retrain.models_table import ModelsTable
from retrain.open_jobs import OpenJobs
from retrain.pace import Pace
from retrain.pair_records import PairRecords
from retrain.prediction_one import PredictionOne, api_session
from retrain.results import ResultsBucket
from retrain.settings import SwitchSettings, TrackSettings, UploadSettings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

CONFIG = Config(
    connect_timeout=5,
    read_timeout=30,
    retries={"mode": "standard", "total_max_attempts": 4},
    # The bytes are compared end to end by TLS and their number; a checksum over them would cost CPU again.
    response_checksum_validation="when_required",
)

# A secret is read within a call's time: three attempts and the pauses between them take 24 s at most.
API_KEYS_CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})


@dataclass(frozen=True)
class Services:
    """What an attempt works with."""

    s3: S3Client
    ledger: JobLedger
    pairs: PairRecords
    api_keys: ApiKeys
    prediction_one: PredictionOne


def create_services(settings: UploadSettings) -> Services:
    """Return the services of the upload function."""
    jobs_table = _table(settings.jobs_table_name)
    return Services(
        s3=boto3.client("s3", config=CONFIG),
        ledger=JobLedger(jobs_table),
        pairs=PairRecords(jobs_table),
        api_keys=_api_keys(settings.secret_prefix),
        prediction_one=PredictionOne(settings.prediction_one_api_url, api_session()),
    )


def sqs_client() -> SQSClient:
    """Return the client that has a failed message come again later, and keeps a notification that SNS did not take."""
    return boto3.client("sqs", config=CONFIG)


def secrets_client() -> SecretsManagerClient:
    """Return the client that rotates secrets and watches over them."""
    return boto3.client("secretsmanager", config=CONFIG)


def events_client() -> EventBridgeClient:
    """Return the client that puts events on the bus."""
    return boto3.client("events", config=CONFIG)


def sns_client() -> SNSClient:
    """Return the client that notifies people."""
    return boto3.client("sns", config=CONFIG)


class PredictionOneOfThread(threading.local):
    """A client of the API for each thread: a requests session is not said to be safe to share.

    Parameters
    ----------
    base_url
        As `PredictionOne`'s.

    Attributes
    ----------
    client
        The thread's own; it repeats a call once, for what fails twice is looked at again by a later run.
    """

    def __init__(self, base_url: str) -> None:
        self.client = PredictionOne(base_url, api_session(repetitions=1))


@dataclass(frozen=True)
class SwitchServices:
    """What a switch works with."""

    jobs: Table
    models: ModelsTable
    api_keys: ApiKeys
    prediction_one: PredictionOneOfThread


@dataclass(frozen=True)
class TrackServices:
    """What a run of the track function works with."""

    open_jobs: OpenJobs
    results: ResultsBucket
    pace: Pace
    switches_automatically: bool
    switching: SwitchServices


def create_switch_services(settings: SwitchSettings) -> SwitchServices:
    """Return the services of the switch function."""
    jobs = _table(settings.jobs_table_name)
    return SwitchServices(
        jobs=jobs,
        models=ModelsTable(_table(settings.models_table_name), jobs),
        api_keys=_api_keys(settings.secret_prefix),
        prediction_one=PredictionOneOfThread(settings.prediction_one_api_url),
    )


def create_track_services(settings: TrackSettings) -> TrackServices:
    """Return the services of the track function."""
    switching = create_switch_services(settings)
    return TrackServices(
        open_jobs=OpenJobs(switching.jobs),
        results=ResultsBucket(boto3.client("s3", config=CONFIG), settings.results_bucket_name),
        pace=Pace(settings.track_interval_minutes, settings.max_training_hours),
        switches_automatically=settings.switch_policy == "Automatic",
        switching=switching,
    )


def _table(name: str) -> Table:
    return boto3.resource("dynamodb", config=CONFIG).Table(name)


def _api_keys(secret_prefix: str) -> ApiKeys:
    return ApiKeys(SecretsProvider(boto3_client=boto3.client("secretsmanager", config=API_KEYS_CONFIG)), secret_prefix)
