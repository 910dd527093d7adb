"""A Retry-After header in any wording can't bring the API client down."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from retrain.errors import ServiceUnavailableError
from retrain.prediction_one.api import PredictionOne
from tests.functional.conftest import API_KEY, shown_text


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
