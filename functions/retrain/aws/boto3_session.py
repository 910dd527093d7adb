"""boto3's session, for what botocore alone does not have: the tables as resources, and S3's transfer manager."""

from __future__ import annotations

from functools import cache

from boto3.session import Session

from retrain.aws.clients import botocore_session


@cache
def boto3_session() -> Session:
    """Return boto3's one session over botocore's: another session of botocore's would load the same data again."""
    return Session(botocore_session=botocore_session())
