"""The one logger and the one metrics collector: JSON lines and CloudWatch's embedded metric format on stdout.

A metric costs by its number of dimension values, so `model` is a dimension only of what should be rare; everywhere else
it is metadata: searchable in the log, free of charge.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from aws_lambda_powertools import Logger, Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from retrain.landed_object import LandedObject

logging.getLogger("urllib3").setLevel(logging.ERROR)  # its warnings quote URLs, and upload URLs are secrets

logger = Logger()
metrics = Metrics()


@contextmanager
def about(landed: LandedObject) -> Iterator[None]:
    """Put the file into every line that is logged meanwhile, and into the metrics' metadata."""
    metrics.add_metadata(key="model", value=landed.model)
    with logger.append_context_keys(
        model=landed.model, bucket=landed.bucket, key=landed.key, version=landed.version, retrain_job_id="none yet"
    ):
        yield


@contextmanager
def about_job(model: str, retrain_job_id: str) -> Iterator[None]:
    """Put the job into every line that this thread logs meanwhile; the other threads' lines stay as they are."""
    logger.thread_safe_append_keys(model=model, retrain_job_id=retrain_job_id)
    try:
        yield
    finally:
        logger.thread_safe_remove_keys(["model", "retrain_job_id"])


def count(name: str, value: int = 1) -> None:
    """Add to a counter, for example `FilesUploaded`. For one thread only: Powertools' collector takes no lock."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)


def count_upload(size_bytes: int, seconds: float) -> None:
    """Record one complete upload: `FilesUploaded`, `BytesUploaded`, `UploadSeconds`."""
    count("FilesUploaded")
    metrics.add_metric(name="BytesUploaded", unit=MetricUnit.Bytes, value=size_bytes)
    metrics.add_metric(name="UploadSeconds", unit=MetricUnit.Seconds, value=seconds)


def count_credential_rejection(model: str) -> None:
    """Record that a model's key was refused: in total for one alarm, and by model to see which."""
    count("CredentialRejections")
    with single_metric(name="CredentialRejectionsByModel", unit=MetricUnit.Count, value=1) as metric:
        metric.add_dimension(name="model", value=model)
