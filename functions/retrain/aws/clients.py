"""Creates the AWS clients, with timeouts and retries that fit into a function's time.

They come from botocore, which boto3 wraps: importing boto3 also loads S3's transfer manager and the resources, which
only some functions need (`python -m benchmarks.imports`).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, cast

from botocore.config import Config
from botocore.session import Session, get_session

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
    # TLS and the byte count protect the content already; a checksum would cost more CPU.
    response_checksum_validation="when_required",
)

API_KEYS_CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})
"""A secret is read within a call's time: three attempts and the pauses between them take 24 s at most."""


def s3_client() -> S3Client:
    """Return the client that reads landed objects."""
    return cast("S3Client", _client("s3"))


def sqs_client() -> SQSClient:
    """Return the client that delays failed messages, and keeps notifications that SNS refused."""
    return cast("SQSClient", _client("sqs"))


def events_client() -> EventBridgeClient:
    """Return the client that puts events on the bus."""
    return cast("EventBridgeClient", _client("events"))


def sns_client() -> SNSClient:
    """Return the client that notifies people."""
    return cast("SNSClient", _client("sns"))


def secrets_client(config: Config = CONFIG) -> SecretsManagerClient:
    """Return the client that reads, rotates and watches secrets."""
    return cast("SecretsManagerClient", _client("secretsmanager", config))


def _client(service: str, config: Config = CONFIG) -> Any:
    return botocore_session().create_client(service, config=config)


@cache
def botocore_session() -> Session:
    """Return the process's one session, so that each API's model is loaded once."""
    return get_session()
