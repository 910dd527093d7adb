"""A server that cannot prove its name gets neither a key nor a file; a server that can gets both."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from retrain.deadline import Deadline
from retrain.errors import ServiceUnavailableError, UploadInterruptedError
from retrain.prediction_one.api import PredictionOne
from retrain.prediction_one.put import UploadProgress, put_content
from retrain.prediction_one.sessions import download_session, upload_session
from tests.functional.conftest import API_KEY, shown_text
from tests.hostile.answers import with_body
from tests.hostile.certificates import GOOD, WRONG, Authority
from tests.hostile.server import HostileServer

CONTENT = b"a,b\n1,2\n"


@pytest.fixture
def server(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HostileServer]:
    """Run a server with a certificate of the requested kind; clients trust the authority."""
    authority = Authority(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.bundle))
    with HostileServer(authority.context_of(request.param)) as running:
        running.answer = lambda: [with_body(json.dumps({"status": "training"}))]
        yield running


def _url(server: HostileServer) -> str:
    return f"https://localhost:{server.port}"


@pytest.mark.parametrize("server", WRONG, indirect=True)
@pytest.mark.usefixtures("pauses")
def test_server_without_proof_gets_nothing(server: HostileServer) -> None:
    """No request at all: not the API key, not a byte of a file, and not the signature of a download URL."""
    progress = UploadProgress(len(CONTENT), Deadline(time.time() + 900))

    with pytest.raises(ServiceUnavailableError, match="SSLError") as refusal:
        PredictionOne(_url(server)).check_status(API_KEY, "any")
    with upload_session(local=True) as session, pytest.raises(UploadInterruptedError, match="SSLError"):
        put_content(session, f"{_url(server)}/?X-Amz-Signature=1", iter([CONTENT]), progress)
    with download_session(local=True) as session, pytest.raises(requests.exceptions.SSLError):
        session.get(f"{_url(server)}/?X-Amz-Signature=1", timeout=5)

    assert server.requests == []
    assert progress.sent_bytes == 0
    assert API_KEY not in shown_text(refusal.value)


@pytest.mark.parametrize("server", [GOOD], indirect=True)
def test_server_with_proof_is_asked(server: HostileServer) -> None:
    """It is the certificate that the others lack, nothing else."""
    assert PredictionOne(_url(server)).check_status(API_KEY, "any").status == "training"
    assert len(server.requests) == 1
