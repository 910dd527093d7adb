"""Builds the track function's dependencies, once per warm function."""

from __future__ import annotations

from dataclasses import dataclass

from retrain.aws.boto3_session import boto3_session
from retrain.aws.clients import CONFIG
from retrain.ledger.open_jobs import OpenJobs
from retrain.ledger.pending import PendingFiles
from retrain.settings import TrackSettings
from retrain.tracking.pace import Pace
from retrain.tracking.parallel import JOBS_AT_A_TIME
from retrain.tracking.results import ResultsBucket
from retrain.tracking.switch_wiring import SwitchDependencies, switch_dependencies


@dataclass(frozen=True)
class TrackDependencies(SwitchDependencies):
    """What a run of the track function works with: what a switch needs, and more."""

    open_jobs: OpenJobs
    pending: PendingFiles
    results: ResultsBucket
    pace: Pace
    switches_automatically: bool


def track_dependencies(settings: TrackSettings) -> TrackDependencies:
    """Return the track function's dependencies."""
    of_a_switch = switch_dependencies(settings, JOBS_AT_A_TIME)
    return TrackDependencies(
        **vars(of_a_switch),
        open_jobs=OpenJobs(of_a_switch.jobs),
        pending=PendingFiles(of_a_switch.jobs),
        # boto3's client, not botocore's: it has the transfer manager's upload_fileobj.
        results=ResultsBucket(
            boto3_session().client("s3", config=CONFIG),
            settings.results_bucket_name,
            local=of_a_switch.prediction_one.is_local,
        ),
        pace=Pace(settings.track_interval_minutes, settings.max_training_hours),
        switches_automatically=settings.switch_policy == "Automatic",
    )
