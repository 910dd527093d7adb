"""The logger and the metrics: JSON lines, and CloudWatch's embedded metric format on stdout.

CloudWatch charges for each dimension value, so `model` is a dimension only of rare metrics. Elsewhere it is metadata:
searchable in the log, without charge.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from aws_lambda_powertools import Logger, Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from retrain.errors import RetrainError, UnexpectedError

logging.getLogger("urllib3").setLevel(logging.ERROR)  # its warnings quote URLs, and upload URLs are secrets

logger = Logger()
metrics = Metrics()


class Landed(Protocol):
    """What the logs say about a landed file or pair."""

    @property
    def model(self) -> str:
        """Return the model that it belongs to."""

    @property
    def bucket(self) -> str:
        """Return where it landed."""

    @property
    def key(self) -> str:
        """Return the S3 key."""

    @property
    def version(self) -> str:
        """Return what distinguishes it from other versions of its key."""


@contextmanager
def about(landed: Landed) -> Iterator[None]:
    """Add the file or pair to every log line in this context, and to the metrics' metadata."""
    metrics.add_metadata(key="model", value=landed.model)
    with logger.append_context_keys(
        model=landed.model, bucket=landed.bucket, key=landed.key, version=landed.version, retrain_job_id="none yet"
    ):
        yield


@contextmanager
def about_job(model: str, retrain_job_id: str) -> Iterator[None]:
    """Add the job to every log line of this thread in this context; other threads' lines are unchanged."""
    logger.thread_safe_append_keys(model=model, retrain_job_id=retrain_job_id)
    try:
        yield
    finally:
        logger.thread_safe_remove_keys(["model", "retrain_job_id"])


def log_failure(error: RetrainError) -> None:
    """Log why an attempt failed. The queue says whether another follows."""
    logger.warning("The attempt failed", error_code=error.code, reason=str(error))


@contextmanager
def defects_as_errors() -> Iterator[None]:
    """Log an exception that is no `RetrainError`, and raise an `UnexpectedError` in its place.

    So a defect is recorded and retried like any other failure. The exception's own text is left out of both: it may
    quote a URL or a key.
    """
    try:
        yield
    except RetrainError:
        raise
    except Exception as exc:  # noqa: BLE001 - raised again, as an error that the record can hold
        stack = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(exc.__traceback__)]
        logger.error(  # noqa: TRY400 - logger.exception would log the text
            "Unexpected error: a defect in this product", error_type=type(exc).__name__, stack=stack
        )
        raise UnexpectedError(
            f"An unexpected error ({type(exc).__name__} at {stack[-1]}): a defect in this product. It is retried "
            'automatically. If it continues, report it with the log line "Unexpected error".'
        ) from None


def count(name: str, value: int = 1) -> None:
    """Add to a counter, for example `FilesUploaded`. Not thread-safe: Powertools' collector has no lock."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)


def count_outcome(status: str) -> None:
    """Count a file that will not be trained on: `FilesRejected`, `FilesSuperseded` or `FilesFailed`."""
    count(f"Files{status.capitalize()}")


def count_upload(size_bytes: int, seconds: float) -> None:
    """Count one complete upload: `FilesUploaded`, `BytesUploaded`, `UploadSeconds`."""
    count("FilesUploaded")
    metrics.add_metric(name="BytesUploaded", unit=MetricUnit.Bytes, value=size_bytes)
    metrics.add_metric(name="UploadSeconds", unit=MetricUnit.Seconds, value=seconds)


def gauge_oldest_unfinished(seconds: int) -> None:
    """Record for how long the oldest file has been on its way to the service."""
    metrics.add_metric(name="OldestUnfinishedSeconds", unit=MetricUnit.Seconds, value=seconds)


def gauge_landing_to_live(seconds: float) -> None:
    """Record how long a file took from its landing until its model went live."""
    metrics.add_metric(name="LandingToLiveSeconds", unit=MetricUnit.Seconds, value=seconds)


def count_credential_rejection(model: str) -> None:
    """Count that a model's key was refused: of all functions together for one alarm, and by model to see which."""
    with single_metric(name="CredentialRejections", unit=MetricUnit.Count, value=1) as metric:
        metric.add_dimension(name="service", value="all")
    with single_metric(name="CredentialRejectionsByModel", unit=MetricUnit.Count, value=1) as metric:
        metric.add_dimension(name="model", value=model)


def gauge_days_left(model: str, days: int) -> None:
    """Record the days until a model's API key ends: of all models together for one alarm, and by model.

    One metric per model, but cheap: it is sent once a day, and CloudWatch charges for the hours in which a metric is
    sent.
    """
    metrics.add_metric(name="ApiKeyDaysLeft", unit=MetricUnit.NoUnit, value=days)
    with single_metric(name="ApiKeyDaysLeft", unit=MetricUnit.NoUnit, value=days) as metric:
        metric.add_dimension(name="model", value=model)
