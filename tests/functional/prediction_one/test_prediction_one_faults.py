"""What the service answers wrongly, late or not at all is named, repeated if that is safe, and never shows a key."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from local.prediction_one import Fault, PredictionOneStandIn
from local.processes import free_port
from retrain.errors import PredictionOneError, ServiceUnavailableError, UnexpectedAnswerError
from retrain.prediction_one.api import PredictionOne
from tests.functional.conftest import API_KEY, shown_text

HTML = "<html><body>Bad gateway</body></html>"


@pytest.fixture
def client(prediction_one: PredictionOneStandIn) -> PredictionOne:
    """Give a client of the stand-in."""
    return PredictionOne(prediction_one.base_url)


@pytest.mark.parametrize(
    "body",
    [
        "",
        HTML,
        "null",
        "5",
        "[]",
        "{}",
        '{"retrain_job_id": "x"}',
        '{"upload_url": "https://x"}',
        '{"retrain_job_id": 5, "upload_url": "https://x"}',
        '{"retrain_job_id": "", "upload_url": "https://x"}',
        '{"retrain_job_id": "x", "upload_url": {}}',
        '{"message": "invalid_api_key."}',
        '{"error": "E", "message": "something new"}',
        '{"retrain_job_id"',
    ],
)
def test_good_status_with_another_body_is_unexpected(
    client: PredictionOne, prediction_one: PredictionOneStandIn, body: str
) -> None:
    """Nothing is guessed: it is tried again later, and never taken for final."""
    prediction_one.add_fault(Fault("upload_url", "status", status=200, body=body))

    with pytest.raises(UnexpectedAnswerError) as refusal:
        client.request_upload_url(API_KEY, "a.csv")

    assert API_KEY not in shown_text(refusal.value)


@pytest.mark.parametrize(
    ("status", "body"), [(400, HTML), (403, HTML), (403, "{}"), (404, "[]"), (418, "{}"), (304, "")]
)
def test_undocumented_refusal_is_unexpected(
    client: PredictionOne, prediction_one: PredictionOneStandIn, status: int, body: str
) -> None:
    """An IP allowlist, a gateway, or an error that the manual does not know."""
    prediction_one.add_fault(Fault("upload_url", "status", status=status, body=body))

    with pytest.raises(UnexpectedAnswerError, match=f"HTTP {status}"):
        client.request_upload_url(API_KEY, "a.csv")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
@pytest.mark.parametrize("body", ["", HTML, "{}", '{"error": "E", "message": "something new"}'])
def test_overload_and_outage_are_tried_again_and_then_unavailable(
    client: PredictionOne, prediction_one: PredictionOneStandIn, pauses: list[float], status: int, body: str
) -> None:
    """The second request follows at once, the third and the fourth after longer and longer pauses."""
    prediction_one.add_fault(Fault("upload_url", "status", times=None, status=status, body=body))

    with pytest.raises(ServiceUnavailableError, match=f"HTTP {status}"):
        client.request_upload_url(API_KEY, "a.csv")

    assert len(prediction_one.find_requests("upload_url")) == 4
    assert 1 <= pauses[0] < pauses[1]
    assert len(pauses) == 2


def test_retry_after_is_honoured(
    client: PredictionOne, prediction_one: PredictionOneStandIn, pauses: list[float]
) -> None:
    """The service says when; then it answers."""
    prediction_one.add_fault(Fault("upload_url", "status", times=2, status=429, retry_after_seconds=7))

    target = client.request_upload_url(API_KEY, "a.csv")

    assert target.retrain_job_id
    assert pauses == [7, 7]


def test_long_retry_after_is_passed_on(
    client: PredictionOne, prediction_one: PredictionOneStandIn, pauses: list[float]
) -> None:
    """Within the attempt it is capped; the queue gets to know it in full."""
    prediction_one.add_fault(Fault("upload_url", "status", times=None, status=503, retry_after_seconds=300))

    with pytest.raises(ServiceUnavailableError) as refusal:
        client.request_upload_url(API_KEY, "a.csv")

    assert (refusal.value.retry_after_seconds, pauses) == (300, [20, 20, 20])


def test_redirect_is_not_followed(client: PredictionOne, prediction_one: PredictionOneStandIn) -> None:
    """The key never reaches the other place."""
    prediction_one.add_fault(Fault("upload_url", "redirect", times=None))

    with pytest.raises(UnexpectedAnswerError):
        client.request_upload_url(API_KEY, "a.csv")

    assert [request.operation for request in prediction_one.requests] == ["upload_url"]


@pytest.mark.parametrize(
    "fault",
    [
        Fault("upload_url", "drop", times=None),
        Fault("upload_url", "drop", times=None, reset=True),
        Fault("upload_url", "drop", times=None, at="mid_body", after_bytes=10),
        Fault("upload_url", "garbage", times=None),
    ],
    ids=lambda fault: f"{fault.kind} {fault.at} {fault.reset}",
)
@pytest.mark.usefixtures("pauses")
def test_broken_connection_is_unavailable(
    client: PredictionOne, prediction_one: PredictionOneStandIn, fault: Fault
) -> None:
    """Neither the key nor a part of the answer is in the exception, nor in what led to it."""
    prediction_one.add_fault(fault)

    with pytest.raises(ServiceUnavailableError) as refusal:
        client.request_upload_url(API_KEY, "a.csv")

    assert API_KEY not in shown_text(refusal.value)
    assert "X-Amz-Signature" not in shown_text(refusal.value)


@pytest.mark.usefixtures("pauses")
def test_slow_answer_is_given_up(
    client: PredictionOne, prediction_one: PredictionOneStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that does not answer can't hold up the function."""
    monkeypatch.setattr("retrain.prediction_one.api.TIMEOUT_SECONDS", (1, 0.05))
    prediction_one.add_fault(Fault("upload_url", "slow", times=None, delay_seconds=30))

    with pytest.raises(ServiceUnavailableError) as refusal:
        client.request_upload_url(API_KEY, "a.csv")

    assert API_KEY not in shown_text(refusal.value)


@pytest.mark.usefixtures("pauses")
def test_service_that_is_not_there_is_unavailable() -> None:
    """A refused connection is tried again like any other."""
    with pytest.raises(PredictionOneError) as refusal:
        PredictionOne(f"http://127.0.0.1:{free_port()}").check_status(API_KEY, "any")

    assert type(refusal.value) is ServiceUnavailableError
    assert API_KEY not in shown_text(refusal.value)


@pytest.mark.parametrize(
    "body",
    [
        '{"error": "E", "message": ["a list"]}',
        '{"error": "E", "message": {"a": "map"}}',
        "[" * 100_000,
        f'{{"message": {"9" * 5000}}}',
    ],
    ids=["list", "map", "too deep", "too long a number"],
)
@pytest.mark.parametrize("status", [200, 400])
def test_odd_body_is_unexpected(prediction_one: PredictionOneStandIn, status: int, body: str) -> None:
    """A message of another kind than text, or JSON that exhausts the parser."""
    prediction_one.add_fault(Fault("upload_url", "status", status=status, body=body))

    with pytest.raises(UnexpectedAnswerError):
        PredictionOne(prediction_one.base_url).request_upload_url(API_KEY, "a.csv")


class BusyService(HTTPServer):
    """Answers 429 to everything, with `retry_after` as its Retry-After."""

    retry_after = ""


class _Answer(BaseHTTPRequestHandler):
    server: BusyService

    def do_GET(self) -> None:
        self.send_response(HTTPStatus.TOO_MANY_REQUESTS)
        self.send_header("Retry-After", self.server.retry_after)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def busy_service() -> Iterator[BusyService]:
    """Run the service."""
    with BusyService(("127.0.0.1", 0), _Answer) as running:
        thread = Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize(
    "retry_after",
    [
        "soon",
        "-5",
        "Mon, 99 Foo 2026",
        "Fri, 31 Dec 9998 23:59:59 GMT",
        "Fri, 31 Dec 9999999999 23:59:59 GMT",
        pytest.param("9" * 5000, id="5000 digits"),
    ],
)
def test_odd_retry_after_is_unavailable(busy_service: BusyService, retry_after: str) -> None:
    """It is too busy, whatever it says of when it will not be."""
    busy_service.retry_after = retry_after

    with pytest.raises(ServiceUnavailableError) as refusal:
        PredictionOne(f"http://127.0.0.1:{busy_service.server_port}").check_status(API_KEY, "any")

    assert API_KEY not in shown_text(refusal.value)
