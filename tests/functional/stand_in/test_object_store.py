"""The presigned upload and download are as strict as S3."""

import hashlib
import http.client
import itertools
import tracemalloc
from collections.abc import Callable, Iterator
from urllib.parse import quote, urlsplit

import pytest
import requests
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest

from local.prediction_one import PredictionOneStandIn
from local.prediction_one.object_store import MAX_UPLOAD_BYTES
from tests.functional.stand_in.raw_http import head_of_put

OpenJob = Callable[..., tuple[str, str]]
SendBytes = Callable[..., bytes]


@pytest.mark.parametrize("data", [b"", b"a,b\n1,2\n", b"x" * 3_000_000])
def test_an_upload_is_recorded_by_its_hash(service: PredictionOneStandIn, open_job: OpenJob, data: bytes) -> None:
    """What is kept of an upload tells exactly what arrived."""
    retrain_job_id, upload_url = open_job("データ.csv")

    requests.put(upload_url, data=data, timeout=5)

    (upload,) = service.uploads
    assert (upload.retrain_job_id, upload.model, upload.filename) == (retrain_job_id, "1001", "データ.csv")
    assert (upload.size_bytes, upload.sha256) == (len(data), hashlib.sha256(data).hexdigest())


@pytest.mark.parametrize(("restarts", "status"), [(False, "job_finished"), (True, "training")])
def test_a_second_put_is_a_second_upload(
    service: PredictionOneStandIn,
    call: Callable[..., requests.Response],
    open_job: OpenJob,
    *,
    restarts: bool,
    status: str,
) -> None:
    """The store overwrites, and the record shows that it did; the training starts again if so set."""
    retrain_job_id, upload_url = open_job()
    requests.put(upload_url, data=b"first", timeout=5)
    service.change_settings(second_upload_restarts_training=restarts, training_seconds=3600)

    requests.put(upload_url, data=b"second", timeout=5)

    assert [one.size_bytes for one in service.uploads] == [5, 6]
    assert {one.retrain_job_id for one in service.uploads} == {retrain_job_id}
    assert call("GET", f"retrain_jobs/{retrain_job_id}").json()["status"] == status


@pytest.mark.parametrize("headers", [{}, {"Content-Length": "2"}])
def test_chunked_is_not_implemented(service: PredictionOneStandIn, open_job: OpenJob, headers: dict[str, str]) -> None:
    """A body of unknown length is refused, also when a Content-Length is added by hand."""

    def body() -> Iterator[bytes]:
        yield b"1\n"

    refused = requests.put(open_job()[1], data=body(), headers=headers, timeout=5)

    assert refused.request.headers["Transfer-Encoding"] == "chunked"
    assert (refused.status_code, "<Code>NotImplemented</Code>" in refused.text) == (501, True)
    assert service.uploads == []


@pytest.mark.parametrize(
    ("header", "status", "code"),
    [
        ("X-Nothing: 1", 411, "MissingContentLength"),
        (f"Content-Length: {MAX_UPLOAD_BYTES + 1}", 400, "EntityTooLarge"),
        ("Content-Length: some", 400, "InvalidArgument"),
    ],
)
def test_length_is_judged_before_the_body(
    open_job: OpenJob, send_bytes: SendBytes, header: str, status: int, code: str
) -> None:
    """No length, and more than 5 GiB, are refused without a byte of the body being sent."""
    answer = send_bytes(head_of_put(open_job()[1], header), end_after=True)

    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert f"<Code>{code}</Code>".encode() in answer


@pytest.mark.parametrize(
    "tamper",
    [
        lambda url: url.replace("data.csv", "other.csv"),
        lambda url: url.replace("X-Amz-Expires=900", "X-Amz-Expires=901"),
        lambda url: url[:-1] + ("0" if url[-1] != "0" else "1"),
        lambda url: url + "&more=1",
        lambda url: url.replace("127.0.0.1", "localhost"),
    ],
)
def test_a_changed_url_does_not_match_its_signature(
    service: PredictionOneStandIn, open_job: OpenJob, tamper: Callable[[str], str]
) -> None:
    """Path, query, host and the signature itself are all covered by the signature."""
    refused = requests.put(tamper(open_job()[1]), data=b"1", timeout=5)

    assert (refused.status_code, "SignatureDoesNotMatch" in refused.text) == (403, True)
    assert service.uploads == []


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Content-Type": "text/csv"}, 403, "SignatureDoesNotMatch"),
        ({"x-amz-acl": "private"}, 403, "AccessDenied"),
        ({"Authorization": "Bearer made-up"}, 400, "InvalidArgument"),
    ],
)
def test_headers_that_were_not_signed_are_refused(
    service: PredictionOneStandIn, open_job: OpenJob, headers: dict[str, str], status: int, code: str
) -> None:
    """A client that adds headers of its own must notice it here, not in production."""
    refused = requests.put(open_job()[1], data=b"1", headers=headers, timeout=5)

    assert (refused.status_code, f"<Code>{code}</Code>" in refused.text) == (status, True)
    assert service.uploads == []


def test_urls_expire(service: PredictionOneStandIn, call: Callable[..., requests.Response]) -> None:
    """After its lifetime neither the upload URL nor the download URL is of use."""
    service.url_lifetime_seconds = 0
    job = call("GET", "retrain_jobs/upload_url", filename="a.csv").json()
    service.report_status(job["retrain_job_id"], "job_finished")
    download_url = call("GET", f"retrain_jobs/{job['retrain_job_id']}").json()["download_url"]

    put = requests.put(job["upload_url"], data=b"1", timeout=5)
    got = requests.get(download_url, timeout=5)

    for refused in (put, got):
        assert (refused.status_code, "Request has expired" in refused.text) == (403, True)
    assert service.uploads == []


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [("", 403, "AccessDenied"), ("?X-Amz-Signature=1", 400, "AuthorizationQueryParametersError")],
)
def test_an_unsigned_url_is_refused(open_job: OpenJob, query: str, status: int, code: str) -> None:
    """Without a complete signature there is no access."""
    refused = requests.put(open_job()[1].partition("?")[0] + query, data=b"1", timeout=5)

    assert (refused.status_code, f"<Code>{code}</Code>" in refused.text) == (status, True)


def test_a_url_signed_by_botocore_itself_is_accepted(service: PredictionOneStandIn, open_job: OpenJob) -> None:
    """The signature is AWS's own: what boto3 signs with the store's credentials passes."""
    retrain_job_id, _ = open_job()
    url = f"{service.base_url}/upload-store/{retrain_job_id}/{quote('デー タ.csv')}"
    request = AWSRequest("PUT", url)

    S3SigV4QueryAuth(service._state.urls.credentials, "s3", "ap-northeast-1", expires=60).add_auth(request)  # noqa: SLF001 - only the store knows its credentials

    assert requests.put(str(request.url), data=b"1", timeout=5).status_code == 200


def test_a_body_cut_short_stores_nothing(
    service: PredictionOneStandIn, open_job: OpenJob, send_bytes: SendBytes
) -> None:
    """One byte less than announced, and there is no upload and no training."""
    head = head_of_put(open_job()[1], "Content-Length: 10")

    answer = send_bytes(head, b"123456789", end_after=True)

    assert answer == b""
    assert (service.uploads, service.requests[-1].status) == ([], None)


def test_a_client_that_stalls_times_out(
    service: PredictionOneStandIn, open_job: OpenJob, send_bytes: SendBytes
) -> None:
    """The store does not wait forever for the rest of a body."""
    service.change_settings(idle_timeout_seconds=0.05)
    head = head_of_put(open_job()[1], "Content-Length: 10")

    answer = send_bytes(head, b"123")

    assert b"<Code>RequestTimeout</Code>" in answer
    assert service.uploads == []


def test_expect_100_continue_is_answered(open_job: OpenJob, send_bytes: SendBytes) -> None:
    """The go-ahead comes before the answer; a refusal comes instead of it."""
    upload_url = open_job()[1]
    headers = ("Expect: 100-continue", "Connection: close")

    accepted = send_bytes(head_of_put(upload_url, "Content-Length: 1", *headers), b"1")
    refused = send_bytes(head_of_put(upload_url + "0", "Content-Length: 1", *headers), end_after=True)

    assert accepted.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert refused.startswith(b"HTTP/1.1 403 ")


def test_a_large_upload_takes_no_memory(service: PredictionOneStandIn, open_job: OpenJob) -> None:
    """256 MiB pass through a few MiB, on both ends together."""
    parts = urlsplit(open_job()[1])
    size_bytes = 256 * 1024**2
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    body = itertools.repeat(bytes(1024**2), 256)

    tracemalloc.start()
    connection.request("PUT", f"{parts.path}?{parts.query}", body, {"Content-Length": str(size_bytes)})
    status = connection.getresponse().status
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    connection.close()

    assert (status, service.uploads[0].size_bytes) == (200, size_bytes)
    assert peak_bytes < 8 * 1024**2
