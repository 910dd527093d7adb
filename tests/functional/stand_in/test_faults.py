"""Every fault on demand does what it says, to the requests it names and to no others."""

import socket
from collections.abc import Callable

import pytest
import requests

from local.prediction_one import Fault, PredictionOneStandIn
from tests.functional.stand_in.raw_http import head_of_put

Call = Callable[..., requests.Response]
OpenJob = Callable[..., tuple[str, str]]
SendBytes = Callable[..., bytes]

UPLOAD_URL = "retrain_jobs/upload_url"


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        (Fault("upload_url", "status", body="<html>Bad gateway", status=502), 502, "<html>Bad gateway"),
        (Fault("upload_url", "status", status=500), 500, ""),
        (Fault("upload_url", "status", status=200, body='["another shape"]'), 200, '["another shape"]'),
    ],
)
def test_status_answers_instead_of_the_api(
    call: Call, service: PredictionOneStandIn, fault: Fault, status: int, body: str
) -> None:
    """Any status with any body, once; then the API is itself again."""
    service.add_fault(fault)

    struck = call("GET", UPLOAD_URL, filename="a.csv")
    spared = call("GET", UPLOAD_URL, filename="a.csv")

    assert (struck.status_code, struck.text) == (status, body)
    assert set(spared.json()) == {"retrain_job_id", "upload_url"}


def test_status_may_carry_a_documented_error(call: Call, service: PredictionOneStandIn) -> None:
    """The documented body and Retry-After come with whatever status is wanted."""
    service.add_fault(Fault("status", "status", status=429, retry_after_seconds=3, message="Inactive_credential."))

    struck = call("GET", "retrain_jobs/any")

    assert (struck.status_code, struck.headers["Retry-After"]) == (429, "3")
    assert struck.json()["message"] == "Inactive_credential."


def test_a_failed_put_stores_nothing(service: PredictionOneStandIn, open_job: OpenJob) -> None:
    """The body of a PUT that fails is read and forgotten, and the connection stays of use."""
    service.add_fault(Fault("put", "status", status=500))
    upload_url = open_job()[1]

    with requests.Session() as session:
        statuses = [session.put(upload_url, data=b"x" * 3_000_000, timeout=5).status_code for _ in range(2)]

    assert statuses == [500, 200]
    assert len(service.uploads) == 1


@pytest.mark.parametrize(
    ("fault", "stored"),
    [
        (Fault("put", "drop", at="before_body"), 0),
        (Fault("put", "drop", at="mid_body", after_bytes=1_000_000), 0),
        (Fault("put", "drop", at="after_body"), 1),
        (Fault("put", "drop_unstored"), 0),
    ],
)
@pytest.mark.parametrize("reset", [False, True])
def test_a_dropped_put_has_no_answer(
    service: PredictionOneStandIn, open_job: OpenJob, fault: Fault, stored: int, *, reset: bool
) -> None:
    """The client cannot tell where the connection died; only after the whole body is the data stored."""
    service.add_fault(Fault(**{**vars(fault), "reset": reset}))

    with pytest.raises(requests.ConnectionError):
        requests.put(open_job()[1], data=b"x" * 5_000_000, timeout=5)

    assert len(service.uploads) == stored
    assert service.requests[-1].status is None


def test_reset_is_a_tcp_reset(service: PredictionOneStandIn, open_job: OpenJob, send_bytes: SendBytes) -> None:
    """Without `reset` the connection ends in peace, with it in ECONNRESET."""
    request = head_of_put(open_job()[1], "Content-Length: 1") + b"1"
    service.add_fault(Fault("put", "drop", at="after_body"))
    service.add_fault(Fault("put", "drop", at="after_body", reset=True))

    peaceful = send_bytes(request)

    assert peaceful == b""
    with pytest.raises(ConnectionResetError):
        send_bytes(request)


def test_a_dropped_switch_is_done(service: PredictionOneStandIn, call: Call, open_job: OpenJob) -> None:
    """After the body all is done, though the client is never told."""
    retrain_job_id, _ = open_job()
    service.report_status(retrain_job_id, "job_finished")
    service.add_fault(Fault("switch", "drop", at="after_body"))

    with pytest.raises(requests.ConnectionError):
        call("PUT", f"retrain_jobs/{retrain_job_id}/update_model")

    assert service.jobs_in_service == {"1001": retrain_job_id}


def test_a_download_breaks_midway(service: PredictionOneStandIn, call: Call, open_job: OpenJob) -> None:
    """A GET that is dropped in its body gives a part of what it announced."""
    retrain_job_id, _ = open_job()
    service.report_status(retrain_job_id, "job_finished")
    service.add_fault(Fault("download", "drop", at="mid_body", after_bytes=20))
    download_url = call("GET", f"retrain_jobs/{retrain_job_id}").json()["download_url"]

    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="20 bytes read"):
        requests.get(download_url, timeout=5)


@pytest.mark.parametrize("fault", [Fault("put", "slow", delay_seconds=60), Fault("put", "slow", bytes_per_second=10)])
def test_slow_outlasts_a_read_timeout(service: PredictionOneStandIn, open_job: OpenJob, fault: Fault) -> None:
    """A slow answer and a slow reader both hold the client up."""
    service.add_fault(fault)

    with pytest.raises(requests.ReadTimeout):
        requests.put(open_job()[1], data=b"x" * 1000, timeout=0.2)


def test_slow_gets_there_in_the_end(service: PredictionOneStandIn, open_job: OpenJob) -> None:
    """A slow upload that is waited for is stored whole."""
    service.add_fault(Fault("put", "slow", bytes_per_second=1_000_000, delay_seconds=0.01))

    answer = requests.put(open_job()[1], data=b"x" * 150_000, timeout=5)

    assert (answer.status_code, service.uploads[0].size_bytes) == (200, 150_000)


def test_early_answer_comes_before_the_body(
    service: PredictionOneStandIn, open_job: OpenJob, send_bytes: SendBytes
) -> None:
    """The answer is there though not a byte of the body was sent, and the connection ends."""
    service.add_fault(Fault("put", "early_answer", status=400, body="<Error/>", content_type="application/xml"))

    answer = send_bytes(head_of_put(open_job()[1], "Content-Length: 1000000"), end_after=True)

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"Connection: close" in answer
    assert service.uploads == []


def test_early_answer_cuts_off_a_large_body(service: PredictionOneStandIn, open_job: OpenJob) -> None:
    """Who only sends and does not listen is cut off."""
    service.add_fault(Fault("put", "early_answer", reset=True))
    host, port = service.base_url.removeprefix("http://").split(":")

    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(head_of_put(open_job()[1], "Content-Length: 1000000000"))
        with pytest.raises(ConnectionError):
            connection.sendall(bytes(1_000_000_000))


def test_expired_url_is_handed_out(service: PredictionOneStandIn, open_job: OpenJob) -> None:
    """The URL is well signed and out of date; the next one is good."""
    service.add_fault(Fault("upload_url", "expired_url"))

    expired, good = (requests.put(open_job()[1], data=b"1", timeout=5) for _ in range(2))

    assert (expired.status_code, "Request has expired" in expired.text) == (403, True)
    assert good.status_code == 200


def test_redirect_records_leaked_keys(service: PredictionOneStandIn, call: Call) -> None:
    """A client that follows a redirect takes its key elsewhere, and the record shows it."""
    service.add_fault(Fault("upload_url", "redirect"))

    followed = call("GET", UPLOAD_URL, filename="a.csv")

    assert [answer.status_code for answer in (*followed.history, followed)] == [307, 200]
    assert [(one.operation, one.api_key_sent) for one in service.requests][1:] == [("elsewhere", True)]


def test_garbage_is_not_http(service: PredictionOneStandIn, call: Call) -> None:
    """The bytes that come back are no HTTP answer."""
    service.add_fault(Fault("api_key", "garbage"))

    with pytest.raises(requests.ConnectionError, match="BadStatusLine"):
        call("GET", "api-key", "SECRET", credential_type="retrain", model_id="1001")


@pytest.mark.parametrize(
    "limits", [{"model": "1001"}, {"filename": "hit.csv"}, {"model": "1001", "filename": "hit.csv"}]
)
def test_a_fault_keeps_to_its_model_and_file(
    service: PredictionOneStandIn, open_job: OpenJob, limits: dict[str, str]
) -> None:
    """Requests about others are served, those about the named ones fail forever if so set."""
    hit, miss = open_job("hit.csv")[1], open_job("miss.csv", key="OTHER-KEY")[1]
    service.add_fault(Fault("put", "status", times=None, model=limits.get("model"), filename=limits.get("filename")))

    statuses = [requests.put(url, data=b"1", timeout=5).status_code for url in (hit, miss, hit, miss)]

    assert statuses == [503, 200, 503, 200]


def test_faults_strike_as_often_as_told(service: PredictionOneStandIn, call: Call) -> None:
    """Faults take their turns in the order they were added, and are gone when cleared."""
    for fault in (Fault("status", "status", times=2, status=500), Fault("status", "status", times=None)):
        service.add_fault(fault)

    statuses = [call("GET", "retrain_jobs/any").status_code for _ in range(4)]
    service.clear_faults()
    statuses.append(call("GET", "retrain_jobs/any").status_code)

    assert statuses == [500, 500, 503, 503, 400]


def test_chance_repeats_itself(service: PredictionOneStandIn, call: Call) -> None:
    """The same seed strikes the same requests; some are struck and some are not."""
    runs = []
    for _ in range(2):
        service.clear_faults()
        service.add_fault(Fault("status", "status", times=None, probability=0.5, seed=7))
        runs.append([call("GET", "retrain_jobs/any").status_code for _ in range(20)])

    assert runs[0] == runs[1]
    assert set(runs[0]) == {400, 503}


def test_down_closes_every_api_but_not_the_store(service: PredictionOneStandIn, call: Call, open_job: OpenJob) -> None:
    """A gateway's HTML page answers for all four APIs until the service comes back."""
    upload_url = open_job()[1]

    service.go_down()
    down = [
        call("GET", UPLOAD_URL),
        call("GET", "retrain_jobs/1"),
        call("PUT", "retrain_jobs/1/update_model"),
        call("GET", "api-key"),
    ]
    put = requests.put(upload_url, data=b"1", timeout=5)
    service.come_back()

    assert {(answer.status_code, answer.headers["Content-Type"]) for answer in down} == {(503, "text/html")}
    assert (put.status_code, call("GET", "retrain_jobs/1").status_code) == (200, 400)
