"""The results file of a finished job: from its download URL to the results bucket, in constant memory."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any, cast

import requests
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from retrain.aws.errors import aws_reason
from retrain.deadline import Deadline
from retrain.errors import NoTimeLeftError, ResultsNotStoredError
from retrain.ledger.retrain_job import RetrainJob
from retrain.tracking.results_name import results_name

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

TIMEOUT_SECONDS = (10, 45)
"""(connect, and each read)."""

CLOSING_SECONDS = 60
"""Kept free before the deadline: to end the upload to S3, and to record what happened."""

_PIECE_BYTES = 256 * 1024
"""Read at most at once: at whatever pace the bytes come, the deadline is looked at between two reads."""

# One part of 8 MiB in memory at a time: reading goes on when it is stored. 10,000 parts are 78 GiB.
_ONE_PART_AT_A_TIME = TransferConfig(
    multipart_threshold=8 * 1024**2,
    multipart_chunksize=8 * 1024**2,
    use_threads=False,
    preferred_transfer_client="classic",
)


class ResultsBucket:
    """Stores results files as `s3://{bucket}/{model}/{retrain_job_id}/{name}`.

    An object appears when its last byte is stored, and not before; doing it twice writes the same key again.

    Parameters
    ----------
    s3
        The client to write with.
    name
        The bucket's.
    """

    def __init__(self, s3: S3Client, name: str) -> None:
        self._s3 = s3
        self._name = name

    def store(self, job: RetrainJob, download_url: str, deadline: Deadline) -> str:
        """Stream a job's results into the bucket, and return their URI.

        Raises
        ------
        ResultsNotStoredError
            The download was refused, broke off or fell short, or S3 did not take the file.
        NoTimeLeftError
            The invocation would end first.
        """
        try:
            # A session of its own, which repeats nothing: a download that broke off begins anew, with a fresh URL.
            with requests.get(
                download_url,
                headers={"Accept-Encoding": "identity"},  # the bytes as they are stored there
                stream=True,
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
            ) as response:
                _require_whole_answer(response)
                key = f"{job.model}/{job.retrain_job_id}/{results_name(response.headers.get('Content-Disposition'))}"
                self._upload(_Body(response.raw, deadline), key)
        except (requests.RequestException, HTTPError, ValueError) as exc:
            # Not "from exc": the texts of requests and urllib3 quote the URL, and that is a secret.
            raise ResultsNotStoredError(
                f"The download of the results broke off ({type(exc).__name__}); it begins anew at the next check."
            ) from None
        return f"s3://{self._name}/{key}"

    def _upload(self, body: _Body, key: str) -> None:
        try:
            self._s3.upload_fileobj(cast("IO[bytes]", body), self._name, key, Config=_ONE_PART_AT_A_TIME)
        except (ClientError, BotoCoreError) as exc:
            raise ResultsNotStoredError(
                f"S3 did not take the results as s3://{self._name}/{key} ({aws_reason(exc)}). It is tried again at the "
                "next check; if this does not pass, does a policy forbid it?"
            ) from exc


class _Body:
    """The download as s3transfer reads it: forwards only, and not beyond the invocation's end."""

    def __init__(self, raw: Any, deadline: Deadline) -> None:
        self._raw = raw
        self._deadline = deadline
        self._size_bytes = 0

    def read(self, size_bytes: int | None = None) -> bytes:
        """Return the next bytes; fewer only at the end. urllib3 raises if the end comes before the Content-Length.

        s3transfer asks for all that is left only after it got fewer than it had asked for.
        """
        data = bytearray()
        while size_bytes is None or len(data) < size_bytes:
            piece = self._read_piece(_PIECE_BYTES if size_bytes is None else min(size_bytes - len(data), _PIECE_BYTES))
            if not piece:
                break
            data += piece
        return bytes(data)

    def _read_piece(self, size_bytes: int) -> bytes:
        """Return what there is of the next bytes, at most so many; none at the end."""
        if self._deadline.seconds_left() < CLOSING_SECONDS:
            raise NoTimeLeftError(
                f"The invocation ends, with {self._size_bytes:,} bytes of the results fetched. The download begins "
                "anew at the next check."
            )
        piece: bytes = self._raw.read1(size_bytes)  # read would wait for all of them, however slowly they come
        self._size_bytes += len(piece)
        return piece


def _require_whole_answer(response: requests.Response) -> None:
    if response.status_code != requests.codes.ok:
        raise ResultsNotStoredError(
            f"The download of the results was refused (HTTP {response.status_code}). The next check asks for a fresh "
            "URL."
        )
    if response.raw.length_remaining is None and not response.raw.chunked:
        raise ResultsNotStoredError("The download of the results tells no length, so a part can't be told from all.")
