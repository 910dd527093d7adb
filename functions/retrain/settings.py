"""What the template tells a function, read once and validated."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class UploadSettings:
    """The upload function's environment variables.

    Attributes
    ----------
    jobs_table_name, upload_queue_url
        Resources of the stack.
    max_receive_count
        After how many receives the queue gives a message up.
    landing_prefix
        The part of a key before `{model}/`: empty, or with a slash at its end.
    prediction_one_api_url
        Base URL of the Prediction One API.
    secret_prefix
        The API key of model M is the secret `{secret_prefix}/M`.
    """

    jobs_table_name: str
    upload_queue_url: str
    max_receive_count: int
    landing_prefix: str
    prediction_one_api_url: str
    secret_prefix: str

    @classmethod
    def from_environment(cls) -> UploadSettings:
        """Return the settings.

        Raises
        ------
        KeyError
            A variable is missing; the template sets them all.
        """
        return cls(
            jobs_table_name=os.environ["JOBS_TABLE_NAME"],
            upload_queue_url=os.environ["UPLOAD_QUEUE_URL"],
            max_receive_count=int(os.environ["MAX_RECEIVE_COUNT"]),
            landing_prefix=os.environ["LANDING_PREFIX"],
            prediction_one_api_url=os.environ["PREDICTION_ONE_API_URL"],
            secret_prefix=os.environ["SECRET_PREFIX"],
        )


@dataclass(frozen=True)
class SwitchSettings:
    """The switch function's environment variables.

    Attributes
    ----------
    jobs_table_name, models_table_name
        Resources of the stack.
    prediction_one_api_url, secret_prefix
        As the upload function's.
    """

    jobs_table_name: str
    models_table_name: str
    prediction_one_api_url: str
    secret_prefix: str

    @classmethod
    def from_environment(cls) -> SwitchSettings:
        """Return the settings; KeyError names a variable that is missing."""
        return cls(
            jobs_table_name=os.environ["JOBS_TABLE_NAME"],
            models_table_name=os.environ["MODELS_TABLE_NAME"],
            prediction_one_api_url=os.environ["PREDICTION_ONE_API_URL"],
            secret_prefix=os.environ["SECRET_PREFIX"],
        )


@dataclass(frozen=True)
class TrackSettings:
    """The track function's environment variables.

    Attributes
    ----------
    results_bucket_name
        A resource of the stack.
    switch_policy
        `Manual` or `Automatic`.
    track_interval_minutes
        How often the function runs.
    max_training_hours
        After how long a job counts as stalled.
    switching
        What it shares with the switch function.
    """

    results_bucket_name: str
    switch_policy: str
    track_interval_minutes: int
    max_training_hours: int
    switching: SwitchSettings

    @classmethod
    def from_environment(cls) -> TrackSettings:
        """Return the settings; KeyError names a variable that is missing."""
        return cls(
            results_bucket_name=os.environ["RESULTS_BUCKET_NAME"],
            switch_policy=os.environ["SWITCH_POLICY"],
            track_interval_minutes=int(os.environ["TRACK_INTERVAL_MINUTES"]),
            max_training_hours=int(os.environ["MAX_TRAINING_HOURS"]),
            switching=SwitchSettings.from_environment(),
        )
