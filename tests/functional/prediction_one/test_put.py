"""The upload over a real socket: exact length, every byte, and what each way of breaking off proves."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from threading import Thread

import pytest
import requests

from local.prediction_one import Fault, PredictionOneStandIn
from local.processes import free_port
from retrain.deadline import Deadline
from retrain.errors import (
    UploadError,
    UploadInterruptedError,
    UploadOutcomeUnknownError,
    UploadRefusedError,
    UploadUrlExpiredError,
)
from retrain.prediction_one.api import PredictionOne, UploadTarget
from retrain.prediction_one.put import UploadProgress, put_content
from retrain.prediction_one.sessions import upload_session
from retrain.uploading.source import CHUNK_SIZE_BYTES
from tests.functional.conftest import API_KEY, sha256, shown_text

BEYOND_ALL_SOCKET_BUFFERS = bytes(16 * 1024 * 1024)
"""So much that a client notices a connection that broke before it handed over the last byte."""


@pytest.fixture
def session() -> Iterator[requests.Session]:
    """Give the session that uploads go through."""
    with upload_session(local=True) as session:
        yield session


def _request_target(prediction_one: PredictionOneStandIn) -> UploadTarget:
    return PredictionOne(prediction_one.base_url).request_upload_url(API_KEY, "a.csv")


def _send(session: requests.Session, upload_url: str, body: bytes) -> UploadProgress:
    chunks = (body[start : start + CHUNK_SIZE_BYTES] for start in range(0, len(body), CHUNK_SIZE_BYTES))
    progress = UploadProgress(len(body), Deadline(time.time() + 900))
    put_content(session, upload_url, chunks, progress)
    return progress


@pytest.mark.parametrize(
    "size_bytes", [1, CHUNK_SIZE_BYTES - 1, CHUNK_SIZE_BYTES, CHUNK_SIZE_BYTES + 1, 3 * 1024 * 1024]
)
def test_every_byte_arrives(session: requests.Session, prediction_one: PredictionOneStandIn, size_bytes: int) -> None:
    """Whatever the size is next to a chunk's; the stand-in refuses chunked and short bodies."""
    body = random.Random(size_bytes).randbytes(size_bytes)  # noqa: S311 - the same bytes on every run

    progress = _send(session, _request_target(prediction_one).upload_url, body)

    assert [(upload.size_bytes, upload.sha256) for upload in prediction_one.uploads] == [(size_bytes, sha256(body))]
    assert (progress.sent_bytes, progress.complete) == (size_bytes, True)


def test_request_has_a_length_and_nothing_that_a_signature_may_not_cover(session: requests.Session) -> None:
    """Byte by byte as it goes over the wire: no chunks, no Content-Type."""
    received: list[bytes] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        answering = Thread(target=_answer_once, args=(listening, received))
        answering.start()
        _send(session, f"http://127.0.0.1:{listening.getsockname()[1]}/store?X-Amz-Signature=1", b"a,b\n")
        answering.join()

    head, _, body = received[0].partition(b"\r\n\r\n")
    names = {line.split(b":")[0].lower() for line in head.split(b"\r\n")[1:]}
    assert b"content-length: 4" in head.lower()
    assert not names & {b"transfer-encoding", b"content-type", b"x-api-key", b"authorization"}
    assert body == b"a,b\n"


def _answer_once(
    listening: socket.socket,
    received: list[bytes],
    answer: bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
) -> None:
    connection, _ = listening.accept()
    with connection:
        data = b""
        while not data.endswith(b"\r\n\r\na,b\n"):
            data += connection.recv(65536)
        received.append(data)
        connection.sendall(answer)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("put", "drop", at="before_body"), UploadInterruptedError),
        (Fault("put", "drop", at="before_body", reset=True), UploadInterruptedError),
        (Fault("put", "drop", at="mid_body", after_bytes=1_000_000), UploadInterruptedError),
        (Fault("put", "drop", at="mid_body", after_bytes=1_000_000, reset=True), UploadInterruptedError),
        (Fault("put", "drop_unstored"), UploadOutcomeUnknownError),
        (Fault("put", "status", status=500), UploadOutcomeUnknownError),
        (Fault("put", "status", status=502), UploadOutcomeUnknownError),
        (Fault("put", "status", status=503), UploadRefusedError),
        (Fault("put", "status", status=403), UploadRefusedError),
        (Fault("put", "status", status=400), UploadRefusedError),
        (Fault("put", "redirect"), UploadRefusedError),
        (Fault("put", "early_answer", status=200), UploadInterruptedError),
    ],
    ids=lambda value: f"{value.kind} {value.at} {value.status}" if isinstance(value, Fault) else "",
)
def test_failed_upload_stored_nothing_and_says_what_it_proves(
    session: requests.Session, prediction_one: PredictionOneStandIn, fault: Fault, error: type[UploadError]
) -> None:
    """Only what certainly stored nothing may say so; the upload URL is in no text."""
    prediction_one.add_fault(fault)
    upload_url = _request_target(prediction_one).upload_url

    with pytest.raises(UploadError) as failure:
        _send(session, upload_url, BEYOND_ALL_SOCKET_BUFFERS)

    assert type(failure.value) is error
    assert failure.value.nothing_stored == (error is not UploadOutcomeUnknownError)
    assert prediction_one.uploads == []
    assert not prediction_one.find_requests("elsewhere")
    _assert_hidden(upload_url, failure.value)


def test_connection_lost_after_the_last_byte_may_have_stored_it(
    session: requests.Session, prediction_one: PredictionOneStandIn
) -> None:
    """Here it did, and the error does not claim the contrary."""
    prediction_one.add_fault(Fault("put", "drop", at="after_body"))
    upload_url = _request_target(prediction_one).upload_url

    with pytest.raises(UploadOutcomeUnknownError) as failure:
        _send(session, upload_url, b"a,b\n")

    assert len(prediction_one.uploads) == 1
    assert not failure.value.nothing_stored
    _assert_hidden(upload_url, failure.value)


@pytest.mark.parametrize("status", [403, 500, 503])
def test_early_answer_stores_nothing(
    session: requests.Session, prediction_one: PredictionOneStandIn, status: int
) -> None:
    """The store may answer and close while the body is still being sent."""
    prediction_one.add_fault(Fault("put", "early_answer", status=status))
    upload_url = _request_target(prediction_one).upload_url

    with pytest.raises((UploadRefusedError, UploadInterruptedError)) as failure:
        _send(session, upload_url, BEYOND_ALL_SOCKET_BUFFERS)

    assert prediction_one.uploads == []
    _assert_hidden(upload_url, failure.value)


def test_expired_url_is_told_apart(session: requests.Session, prediction_one: PredictionOneStandIn) -> None:
    """A new one is enough."""
    prediction_one.add_fault(Fault("upload_url", "expired_url"))
    upload_url = _request_target(prediction_one).upload_url

    with pytest.raises(UploadUrlExpiredError) as failure:
        _send(session, upload_url, b"a,b\n")

    _assert_hidden(upload_url, failure.value)


def test_store_may_ask_to_be_left_alone(session: requests.Session, prediction_one: PredictionOneStandIn) -> None:
    """Its Retry-After is passed on, and nothing is repeated here: a stream can't be sent twice."""
    prediction_one.add_fault(Fault("put", "status", status=503, retry_after_seconds=11))

    with pytest.raises(UploadRefusedError) as failure:
        _send(session, _request_target(prediction_one).upload_url, b"a,b\n")

    assert failure.value.retry_after_seconds == 11
    assert len(prediction_one.find_requests("put")) == 1


def test_slow_store_gets_every_byte(session: requests.Session, prediction_one: PredictionOneStandIn) -> None:
    """It is waited for, as long as there is time."""
    prediction_one.add_fault(Fault("put", "slow", bytes_per_second=20_000_000))
    body = bytes(8 * 1024 * 1024)

    _send(session, _request_target(prediction_one).upload_url, body)

    assert [upload.sha256 for upload in prediction_one.uploads] == [sha256(body)]


def test_store_that_never_answers_is_given_up(
    session: requests.Session, prediction_one: PredictionOneStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every byte was handed over, so the outcome is unknown."""
    monkeypatch.setattr("retrain.prediction_one.put.TIMEOUT_SECONDS", (5, 1))
    prediction_one.add_fault(Fault("put", "slow", delay_seconds=30))
    upload_url = _request_target(prediction_one).upload_url

    with pytest.raises(UploadOutcomeUnknownError) as failure:
        _send(session, upload_url, b"a,b\n")

    _assert_hidden(upload_url, failure.value)


@pytest.mark.parametrize("upload_url", ["", "no URL", "ftp://127.0.0.1/?X-Amz-Signature=5ec4e7", "http://[5ec4e7"])
def test_useless_url_is_no_crash(session: requests.Session, upload_url: str) -> None:
    """Whatever the service calls a URL: nothing was sent, and it is not shown."""
    with pytest.raises(UploadInterruptedError) as failure:
        _send(session, upload_url, b"a,b\n")

    assert "5ec4e7" not in shown_text(failure.value)


def test_store_that_is_not_there_got_nothing(session: requests.Session) -> None:
    """The text of a refused connection quotes the URL, so it must not be passed on."""
    upload_url = f"http://127.0.0.1:{free_port()}/upload-store/x?X-Amz-Signature=5ec4e7"

    with pytest.raises(UploadInterruptedError) as failure:
        _send(session, upload_url, b"a,b\n")

    _assert_hidden(upload_url, failure.value)


def _assert_hidden(upload_url: str, error: UploadError) -> None:
    shown = shown_text(error)
    for part in (upload_url, "upload-store", "X-Amz-", upload_url.rpartition("=")[2]):
        assert part not in shown


@pytest.mark.parametrize("answer", [b"200 OK\r\nno header", b"307 Elsewhere\r\nLocation: http://[bad"])
def test_garbled_answer_does_not_bring_the_url_into_the_log(
    session: requests.Session, caplog: pytest.LogCaptureFixture, answer: bytes
) -> None:
    """urllib3 would warn of a garbled header, quoting the URL, and Lambda would log that."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        garbled = b"HTTP/1.1 " + answer + b"\r\nContent-Length: 0\r\n\r\n"
        thread = Thread(target=_answer_once, args=(listening, [], garbled))
        thread.start()
        with suppress(UploadError):
            _send(session, f"http://127.0.0.1:{listening.getsockname()[1]}/store?X-Amz-Signature=1", b"a,b\n")
        thread.join()

    assert "X-Amz-Signature" not in caplog.text


def test_upload_that_was_given_up_is_never_completed_by_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """All bytes are in the sockets' buffers when the answer does not come; a store that reads later misses the rest."""
    monkeypatch.setattr("retrain.prediction_one.put.TIMEOUT_SECONDS", (5, 0.3))
    body = bytes(512 * 1024)
    with closing(socket.socket()) as listening, upload_session(local=True) as session:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        with pytest.raises(UploadOutcomeUnknownError):
            _send(session, f"http://127.0.0.1:{listening.getsockname()[1]}/store?X-Amz-Signature=1", body)

        connection, _ = listening.accept()

        assert _read_all(connection) < len(body)


def _read_all(connection: socket.socket) -> int:
    """Return how many bytes can be read until the end, or the reset."""
    size_bytes = 0
    with connection, suppress(ConnectionResetError):
        while chunk := connection.recv(65536):
            size_bytes += len(chunk)
    return size_bytes
