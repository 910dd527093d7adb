"""Builds the reconcile function's dependencies, once per warm function."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from retrain.aws.clients import s3_client, sns_client, sqs_client
from retrain.aws.dynamodb import table
from retrain.ledger.known_versions import KnownVersions
from retrain.ledger.pairs import PairRecords
from retrain.operator_commands import DEFAULT_STACK_NAME
from retrain.reconciling.position import Bookmark
from retrain.settings import ReconcileSettings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True)
class ReconcileDependencies:
    """What a run works with."""

    s3: S3Client
    sqs: SQSClient
    sns: SNSClient
    bucket: str
    landing_prefix: str
    queue_url: str
    topic_arn: str
    days: float
    versions: KnownVersions
    pairs: PairRecords
    bookmark: Bookmark
    stack_name: str = DEFAULT_STACK_NAME
    clock: Callable[[], float] = time.time


def reconcile_dependencies(settings: ReconcileSettings) -> ReconcileDependencies:
    """Return the reconcile function's dependencies."""
    jobs_table = table(settings.jobs_table_name)
    return ReconcileDependencies(
        s3=s3_client(),
        sqs=sqs_client(),
        sns=sns_client(),
        bucket=settings.landing_bucket_name,
        landing_prefix=settings.landing_prefix,
        queue_url=settings.upload_queue_url,
        topic_arn=settings.notification_topic_arn,
        days=settings.reconcile_days,
        versions=KnownVersions(jobs_table),
        pairs=PairRecords(jobs_table),
        stack_name=settings.stack_name,
        bookmark=Bookmark(jobs_table, f"{settings.landing_bucket_name}/{settings.landing_prefix}"),
    )
