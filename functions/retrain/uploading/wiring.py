"""Builds the upload function's dependencies, once per warm function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from retrain.aws.clients import s3_client, sqs_client
from retrain.aws.dynamodb import table
from retrain.keys.api_keys import ApiKeys
from retrain.ledger.attempts import JobLedger
from retrain.ledger.escalations import Escalations
from retrain.ledger.pairs import PairRecords
from retrain.prediction_one.api import PredictionOne
from retrain.settings import UploadSettings
from retrain.uploading.circuit_breaker import CircuitBreaker
from retrain.uploading.upload_queue import UploadQueue

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True)
class UploadDependencies:
    """What an attempt works with."""

    landing_prefix: str
    settle_seconds: float
    queue: UploadQueue
    s3: S3Client
    ledger: JobLedger
    pairs: PairRecords
    escalations: Escalations
    api_keys: ApiKeys
    prediction_one: PredictionOne
    breaker: CircuitBreaker


def upload_dependencies(settings: UploadSettings) -> UploadDependencies:
    """Return the upload function's dependencies."""
    jobs_table = table(settings.jobs_table_name)
    return UploadDependencies(
        landing_prefix=settings.landing_prefix,
        settle_seconds=settings.settle_minutes * 60,
        queue=UploadQueue(
            sqs_client(), settings.upload_queue_url, settings.upload_dead_letter_queue_url, settings.max_receive_count
        ),
        s3=s3_client(),
        ledger=JobLedger(jobs_table),
        pairs=PairRecords(jobs_table),
        escalations=Escalations(jobs_table),
        api_keys=ApiKeys.below(settings.secret_prefix),
        prediction_one=PredictionOne(settings.prediction_one_api_url),
        breaker=CircuitBreaker(),
    )
