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
class AnnounceSettings:
    """The announce function's environment variables.

    Attributes
    ----------
    notification_topic_arn, switch_function_name
        Resources of the stack.
    switch_policy
        `Manual` or `Automatic`.
    """

    notification_topic_arn: str
    switch_function_name: str
    switch_policy: str

    @classmethod
    def from_environment(cls) -> AnnounceSettings:
        """Return the settings; a missing variable is a `KeyError`: the template sets them all."""
        return cls(
            notification_topic_arn=os.environ["NOTIFICATION_TOPIC_ARN"],
            switch_function_name=os.environ["SWITCH_FUNCTION_NAME"],
            switch_policy=os.environ["SWITCH_POLICY"],
        )


@dataclass(frozen=True)
class RotateSettings:
    """The rotate function's environment variables, as in `UploadSettings`."""

    prediction_one_api_url: str
    secret_prefix: str

    @classmethod
    def from_environment(cls) -> RotateSettings:
        """Return the settings; KeyError if a variable is missing."""
        return cls(
            prediction_one_api_url=os.environ["PREDICTION_ONE_API_URL"],
            secret_prefix=os.environ["SECRET_PREFIX"],
        )


@dataclass(frozen=True)
class WatchSettings:
    """The watch function's environment variables; `notification_topic_arn` is whom it tells."""

    notification_topic_arn: str
    secret_prefix: str

    @classmethod
    def from_environment(cls) -> WatchSettings:
        """Return the settings; KeyError if a variable is missing."""
        return cls(
            notification_topic_arn=os.environ["NOTIFICATION_TOPIC_ARN"],
            secret_prefix=os.environ["SECRET_PREFIX"],
        )
