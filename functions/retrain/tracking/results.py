"""Copies a finished job's results file from its download URL to the results bucket, in constant memory."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import IO, TYPE_CHECKING, Any, cast

import requests
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from retrain.aws.errors import aws_reason
from retrain.deadline import Deadline
from retrain.errors import NoTimeLeftError, ResultsNotStoredError
from retrain.ledger.retrain_job import RetrainJob
from retrain.prediction_one.egress import NotPublicError
from retrain.prediction_one.sessions import download_session
from retrain.tracking.parallel import DOWNLOADS_AT_A_TIME
from retrain.tracking.results_name import results_name

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

TIMEOUT_SECONDS = (10, 45)
"""(connect, and each read)."""

CLOSING_SECONDS = 60
"""Reserved before the deadline, to end the upload to S3 and record the outcome."""

_PIECE_BYTES = 256 * 1024
"""The most to read at once, so that the deadline is checked between reads, however slow the download is."""

# One part of 8 MiB in memory at a time; reading continues when it is stored. 10,000 parts are 78 GiB.
_ONE_PART_AT_A_TIME = TransferConfig(
    multipart_threshold=8 * 1024**2,
    multipart_chunksize=8 * 1024**2,
    use_threads=False,
    preferred_transfer_client="classic",
)


class ResultsBucket:
    """Stores results files as `s3://{bucket}/{model}/{retrain_job_id}/{name}`.

    An object appears only when its last byte is stored; a repetition writes the same key again. Safe to share between
    threads: `DOWNLOADS_AT_A_TIME` are downloaded while the others wait.

    Parameters
    ----------
    s3
        The client to write with.
    name
        The bucket's.
    local
        Whether the service is on this machine: then so are its download URLs.
    """

    def __init__(self, s3: S3Client, name: str, *, local: bool) -> None:
        self._s3 = s3
        self._name = name
        self._local = local
        # Threads of their own, rather than a lock: glibc keeps what a thread has freed for that thread, so the parts of
        # 16 threads that download in turn stay in memory 16 times (python -m benchmarks.track).
        self._downloads = ThreadPoolExecutor(DOWNLOADS_AT_A_TIME)

    def store(self, job: RetrainJob, download_url: str, deadline: Deadline) -> str:
        """Stream a job's results into the bucket, and return their URI.

        Raises
        ------
        ResultsNotStoredError
            The download was refused, interrupted or too short, or S3 refused the file.
        NoTimeLeftError
            The invocation would end first.
        """
        return self._downloads.submit(self._store, job, download_url, deadline).result()

    def _store(self, job: RetrainJob, download_url: str, deadline: Deadline) -> str:
        seconds_left = deadline.seconds_left()
        if seconds_left <= CLOSING_SECONDS:
            raise NoTimeLeftError(
                "Other results were downloaded until this invocation ended. The next check starts the download."
            )
        try:
            # Not a shared session, and no retries: an interrupted download starts again with a new URL.
            with (
                download_session(local=self._local, answer_seconds=seconds_left - CLOSING_SECONDS) as session,
                session.get(
                    download_url,
                    headers={"Accept-Encoding": "identity"},  # the bytes as they are stored there
                    stream=True,
                    timeout=TIMEOUT_SECONDS,
                    allow_redirects=False,
                ) as response,
            ):
                _require_whole_answer(response)
                key = f"{job.model}/{job.retrain_job_id}/{results_name(response.headers.get('Content-Disposition'))}"
                self._upload(_Body(response.raw, deadline), key)
        except NotPublicError as exc:
            raise ResultsNotStoredError(
                f"We do not follow the download URL that the service sent: {exc}. The next check asks for a new one."
            ) from None
        except (requests.RequestException, HTTPError, ValueError) as exc:
            if deadline.seconds_left() <= CLOSING_SECONDS:
                raise NoTimeLeftError(
                    "The download of the results had not ended when this invocation had to. The next check starts it "
                    "again."
                ) from None
            # Not "from exc": the texts of requests and urllib3 quote the URL, and that is a secret.
            raise ResultsNotStoredError(
                f"The download of the results was interrupted ({type(exc).__name__}). The next check starts it again."
            ) from None
        return f"s3://{self._name}/{key}"

    def _upload(self, body: _Body, key: str) -> None:
        try:
            self._s3.upload_fileobj(cast("IO[bytes]", body), self._name, key, Config=_ONE_PART_AT_A_TIME)
        except (ClientError, BotoCoreError) as exc:
            raise ResultsNotStoredError(
                f"S3 refused to store the results as s3://{self._name}/{key} ({aws_reason(exc)}). The next check tries "
                "again. If this continues, check the bucket's policy."
            ) from exc


class _Body:
    """The download as s3transfer reads it: forward only, and not past the invocation's deadline."""

    def __init__(self, raw: Any, deadline: Deadline) -> None:
        self._raw = raw
        self._deadline = deadline
        self._size_bytes = 0

    def read(self, size_bytes: int | None = None) -> bytes:
        """Return the next bytes; fewer only at the end. urllib3 raises if the end comes before the Content-Length.

        s3transfer asks for the rest (None) only after it got fewer bytes than it had asked for.
        """
        data = bytearray()
        while size_bytes is None or len(data) < size_bytes:
            piece = self._read_piece(_PIECE_BYTES if size_bytes is None else min(size_bytes - len(data), _PIECE_BYTES))
            if not piece:
                break
            data += piece
        return bytes(data)

    def _read_piece(self, size_bytes: int) -> bytes:
        """Return the next bytes that are available, at most `size_bytes`; none at the end."""
        if self._deadline.seconds_left() < CLOSING_SECONDS:
            raise NoTimeLeftError(
                f"The invocation ends with {self._size_bytes:,} bytes of the results downloaded. The next check starts "
                "the download again."
            )
        piece: bytes = self._raw.read1(size_bytes)  # read would wait for all of them
        self._size_bytes += len(piece)
        return piece


def _require_whole_answer(response: requests.Response) -> None:
    if response.status_code != requests.codes.ok:
        raise ResultsNotStoredError(
            f"The download of the results was refused (HTTP {response.status_code}). The next check asks for a new URL."
        )
    if response.raw.length_remaining is None and not response.raw.chunked:
        raise ResultsNotStoredError(
            "The download of the results has no length, so we could not notice an incomplete file."
        )
