"""Each function's environment variables, read once: `LANDING_PREFIX` is the attribute `landing_prefix`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Self, get_type_hints


class _FromEnvironment:
    @classmethod
    def from_environment(cls) -> Self:
        """Return the settings.

        Raises
        ------
        KeyError
            A variable is missing; the template sets them all.
        """
        return cls(**{name: kind(os.environ[name.upper()]) for name, kind in get_type_hints(cls).items()})


@dataclass(frozen=True)
class UploadSettings(_FromEnvironment):
    """The upload function's environment variables.

    Attributes
    ----------
    jobs_table_name, upload_queue_url, upload_dead_letter_queue_url
        Resources of the stack.
    max_receive_count
        After how many receives the queue moves a message to the dead-letter queue.
    landing_prefix
        The part of a key before `{model}/`: empty, or with a slash at its end.
    settle_minutes
        How long the service may take to notice a file that arrived; may be a fraction.
    prediction_one_api_url
        Base URL of the Prediction One API.
    secret_prefix
        The API key of model M is the secret `{secret_prefix}/M`.
    """

    jobs_table_name: str
    upload_queue_url: str
    upload_dead_letter_queue_url: str
    max_receive_count: int
    landing_prefix: str
    settle_minutes: float
    prediction_one_api_url: str
    secret_prefix: str


@dataclass(frozen=True)
class SwitchSettings(_FromEnvironment):
    """The switch function's environment variables: resources of the stack, and as the upload function's."""

    jobs_table_name: str
    models_table_name: str
    prediction_one_api_url: str
    secret_prefix: str


@dataclass(frozen=True)
class TrackSettings(SwitchSettings):
    """The track function's environment variables: the switch function's, and its own.

    Attributes
    ----------
    results_bucket_name
        A resource of the stack.
    switch_policy
        `Manual` or `Automatic`.
    track_interval_minutes
        How often the function runs.
    max_training_hours
        After how many hours a job is stalled; may be a fraction.
    """

    results_bucket_name: str
    switch_policy: str
    track_interval_minutes: int
    max_training_hours: float


@dataclass(frozen=True)
class AnnounceSettings(_FromEnvironment):
    """The announce function's environment variables: resources of the stack, and `Manual` or `Automatic`."""

    notification_topic_arn: str
    announce_dead_letter_queue_url: str
    stack_name: str
    switch_function_name: str
    upload_function_name: str
    switch_policy: str


@dataclass(frozen=True)
class RotateSettings(_FromEnvironment):
    """The rotate function's environment variables, as the upload function's."""

    prediction_one_api_url: str
    secret_prefix: str


@dataclass(frozen=True)
class WatchSettings(_FromEnvironment):
    """The watch function's environment variables: the topic for its warnings, and the secrets to check."""

    notification_topic_arn: str
    secret_prefix: str
    stack_name: str


@dataclass(frozen=True)
class ReconcileSettings(_FromEnvironment):
    """The reconcile function's environment variables.

    Attributes
    ----------
    jobs_table_name, upload_queue_url, notification_topic_arn, stack_name
        Resources of the stack, and its name.
    landing_bucket_name, landing_prefix
        Where files land.
    reconcile_days
        How old a version may be that a daily run looks at; may be a fraction. 0 if there is no daily run.
    """

    jobs_table_name: str
    landing_bucket_name: str
    landing_prefix: str
    upload_queue_url: str
    notification_topic_arn: str
    stack_name: str
    reconcile_days: float


@dataclass(frozen=True)
class PageSettings(_FromEnvironment):
    """The page function's environment variables: resources of the stack, and as the track function's."""

    jobs_table_name: str
    models_table_name: str
    secret_prefix: str
    stack_name: str
    switch_function_arn: str
    switch_policy: str
    upload_function_arn: str
