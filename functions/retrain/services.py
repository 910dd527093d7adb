"""Builds what an attempt works with: the AWS clients and the API client, once per warm function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from aws_lambda_powertools.utilities.parameters import SecretsProvider
from botocore.config import Config

from retrain.api_keys import ApiKeys
from retrain.ledger import JobLedger
from retrain.pair_records import PairRecords
from retrain.prediction_one import PredictionOne, api_session
from retrain.settings import UploadSettings

if TYPE_CHECKING:
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
    jobs_table = boto3.resource("dynamodb", config=CONFIG).Table(settings.jobs_table_name)
    return Services(
        s3=boto3.client("s3", config=CONFIG),
        ledger=JobLedger(jobs_table),
        pairs=PairRecords(jobs_table),
        api_keys=ApiKeys(
            SecretsProvider(boto3_client=boto3.client("secretsmanager", config=CONFIG)),
            settings.secret_prefix,
        ),
        prediction_one=PredictionOne(settings.prediction_one_api_url, api_session()),
    )


def sqs_client() -> SQSClient:
    """Return the client that has a failed message come again later."""
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
