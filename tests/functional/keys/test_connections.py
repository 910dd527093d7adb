"""A warm rotate function does not rely on a connection that it kept from an earlier step."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any, cast

import pytest

from local.loopback_proxy import LoopbackProxy
from local.prediction_one import PredictionOneStandIn
from local.rotation import STEPS
from tests.functional.keys.conftest import RotatingSecret

pytestmark = pytest.mark.usefixtures("account", "no_key_in_output")


class _FirstRequestOnly(BaseHTTPRequestHandler):
    """Forward a connection's first request; end the connection at the next one, without an answer."""

    protocol_version = "HTTP/1.1"
    is_used = False

    def do_GET(self) -> None:
        if self.is_used:
            self.close_connection = True
            return
        self.is_used = True
        upstream = cast("Any", self.server).proxy.connect()
        upstream.request("GET", self.path, headers=dict(self.headers.items()))
        answer = upstream.getresponse()
        body = answer.read()
        upstream.close()
        self.send_response_only(answer.status)
        self.send_header("Content-Type", answer.getheader("Content-Type"))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def _kept_connections_die(
    prefix: str, prediction_one: PredictionOneStandIn, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Put between the function and the service what a NAT does to a connection that was idle for too long."""
    assert prefix  # the function is set up
    with LoopbackProxy(_FirstRequestOnly, prediction_one.base_url) as proxy:
        monkeypatch.setenv("PREDICTION_ONE_API_URL", proxy.url)
        yield


@pytest.mark.usefixtures("_kept_connections_die")
def test_each_step_opens_its_own_connection(
    secret: RotatingSecret, prediction_one: PredictionOneStandIn, model: str
) -> None:
    """A kept connection that died between two steps fails neither of them: no call is repeated, yet both succeed."""
    for step in STEPS:
        secret.take(step)

    assert secret.labels()[secret.token] == ["AWSCURRENT"]
    assert secret.value()["api_key"] == prediction_one.issued_keys(model)[-1]
