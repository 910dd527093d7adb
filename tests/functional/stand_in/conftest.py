"""A running stand-in with two models, and ways to call it as a client does."""

import socket
from collections.abc import Callable, Iterator

import pytest
import requests

from local.prediction_one import PredictionOneStandIn, StandInControl
from local.prediction_one.steering import Steering


@pytest.fixture
def service() -> Iterator[PredictionOneStandIn]:
    """Run a stand-in whose trainings take no time."""
    keys = {"KEY": "1001", "OTHER-KEY": "2002"}
    with PredictionOneStandIn(keys, ["SECRET"], training_seconds=0.0) as running:
        yield running


@pytest.fixture(params=["in-process", "over HTTP"])
def steering(request: pytest.FixtureRequest, service: PredictionOneStandIn) -> Steering:
    """Give both ways to steer the service, one after the other."""
    return service if request.param == "in-process" else StandInControl(service.base_url)


@pytest.fixture
def call(service: PredictionOneStandIn) -> Callable[..., requests.Response]:
    """Call an API: `call(method, path, key="KEY", **query)`."""

    def call_api(method: str, path: str, key: str = "KEY", **query: str) -> requests.Response:
        url = f"{service.base_url}/v1/external/{path}"
        return requests.request(method, url, headers={"x-api-key": key}, params=query, timeout=5)

    return call_api


@pytest.fixture
def open_job(call: Callable[..., requests.Response]) -> Callable[..., tuple[str, str]]:
    """Ask for an upload URL: `open_job(filename="data.csv", key="KEY")` gives retrain_job_id and upload_url."""

    def open_one(filename: str = "data.csv", key: str = "KEY") -> tuple[str, str]:
        body = call("GET", "retrain_jobs/upload_url", key, filename=filename).json()
        return body["retrain_job_id"], body["upload_url"]

    return open_one


@pytest.fixture
def send_bytes(service: PredictionOneStandIn) -> Callable[..., bytes]:
    """Write bytes to the service's port and return all that comes back until it closes the connection."""

    def send(*pieces: bytes, end_after: bool = False) -> bytes:
        address = service.base_url.removeprefix("http://").split(":")
        with socket.create_connection((address[0], int(address[1])), timeout=5) as connection:
            for piece in pieces:
                connection.sendall(piece)
            if end_after:
                connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    return send
