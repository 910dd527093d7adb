"""What a user gets: the upload function's handler, from the message to the item in the table."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, cast

from aws_lambda_powertools.utilities.typing import LambdaContext

import upload_handler
from benchmarks.function_once import Context
from benchmarks.transfer import BUCKET
from retrain.landing.envelopes import object_created_event

if TYPE_CHECKING:
    from benchmarks.transfer import Transfer


def relay(transfer: Transfer) -> None:
    """Deliver the event of the object, as of a version that no run before has seen."""
    version = uuid.uuid4().hex
    identity = {"etag": version, "sequencer": version, "version_id": version}
    landed = {"key": transfer.key, "size_bytes": transfer.size_bytes, "landed_at": "2026-11-23T01:02:03Z", **identity}
    message = {
        "messageId": version,
        "receiptHandle": version,
        "attributes": {"ApproximateReceiveCount": "1"},
        "body": json.dumps(object_created_event(BUCKET, landed)),
        "eventSource": "aws:sqs",
    }
    answer = upload_handler.handler({"Records": [message]}, cast("LambdaContext", Context("upload", version)))
    if answer["batchItemFailures"]:
        raise RuntimeError("The handler did not send the file; its log says why.")
