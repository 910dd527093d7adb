"""The upload without all that is around it: the very code of `functions/` that reads and puts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import boto3
import requests

from benchmarks.transfer import BUCKET
from retrain.aws.clients import CONFIG
from retrain.deadline import Deadline
from retrain.landing.landed_object import LandedObject
from retrain.prediction_one.put import UploadProgress, put_content
from retrain.uploading.source import read_pinned

if TYPE_CHECKING:
    from benchmarks.transfer import Transfer

_DEADLINE = Deadline(time.time() + 3600)


def relay(transfer: Transfer) -> None:
    """Read the object through boto3 and put it to the URL as it comes."""
    s3 = boto3.client("s3", endpoint_url=transfer.source_endpoint, verify=transfer.ca_path, config=CONFIG)
    described = s3.head_object(Bucket=BUCKET, Key=transfer.key)
    landed = LandedObject(
        bucket=BUCKET,
        key=transfer.key,
        path=transfer.key,
        version_id=None,
        sequencer="",
        etag=described["ETag"].strip('"'),
        size_bytes=described["ContentLength"],
        landed_at="",
    )
    session = requests.Session()
    session.trust_env = False  # else REQUESTS_CA_BUNDLE goes before the next line
    session.verify = transfer.ca_path
    put_content(session, transfer.sink_url, read_pinned(s3, landed), UploadProgress(landed.size_bytes, _DEADLINE))
