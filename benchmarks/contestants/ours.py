"""The product's relay. This is the one seam between the benchmark and the code in `functions/`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import requests
from botocore.config import Config

from benchmarks.transfer import BUCKET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.response import StreamingBody

    from benchmarks.transfer import Transfer

_CHUNK_BYTES = 256 * 1024
_TIMEOUTS_SECONDS = (30, 120)


class _RelayedBody:
    """An object's bytes with their length and without `read`, so that requests sends no chunked encoding."""

    def __init__(self, body: StreamingBody, size_bytes: int) -> None:
        self._body = body
        self._size_bytes = size_bytes

    def __len__(self) -> int:
        return self._size_bytes

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self._body.read(_CHUNK_BYTES):
            yield chunk


def relay(transfer: Transfer) -> None:
    """Read the object through boto3 and put it to the URL as it comes."""
    config = Config(response_checksum_validation="when_required", request_checksum_calculation="when_required")
    s3 = boto3.client("s3", endpoint_url=transfer.source_endpoint, verify=transfer.ca_path, config=config)
    landed = s3.get_object(Bucket=BUCKET, Key=transfer.key)
    response = requests.put(
        transfer.sink_url,
        data=_RelayedBody(landed["Body"], landed["ContentLength"]),
        timeout=_TIMEOUTS_SECONDS,
        allow_redirects=False,
        verify=transfer.ca_path,
    )
    response.raise_for_status()
