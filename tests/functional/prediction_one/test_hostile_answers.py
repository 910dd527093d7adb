"""Whatever the service sends: one of our errors, in limited time and memory, without a key or a URL in its text."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.prediction_one import PredictionOneStandIn
from retrain.deadline import Deadline
from retrain.errors import PredictionOneError, RetrainError, ServiceTimeoutError, UnexpectedAnswerError, UploadError
from retrain.prediction_one.api import TIMEOUT_SECONDS, PredictionOne
from retrain.prediction_one.put import UploadProgress, put_content
from retrain.prediction_one.sessions import upload_session
from tests.functional.conftest import API_KEY, shown_text
from tests.hostile.answers import DAMAGED, ENDLESS, GIVEN_JOB, JSON_BODIES, UNUSABLE, USED, Answer, head, with_body
from tests.hostile.corpus import GENERATED, MIB, memory_below
from tests.hostile.server import HostileServer
from tests.hostile.urls import URLS

SHORT_SECONDS = 0.15
"""The read timeout for answers without an end. The bytes of a slow one come every hundredth of a second."""

pytestmark = pytest.mark.usefixtures("pauses")

CONTENT = b"a,b\n1,2\n"
SIGNATURE = "X-Amz-Signature=5ec4e7"

MEMORY_BYTES = 8 * MIB
"""An answer may take no more of the function's memory, however long it is."""


@pytest.fixture
def service() -> Iterator[HostileServer]:
    """Run the service."""
    with HostileServer() as running:
        yield running


@pytest.fixture
def short_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait only so long for an answer that has no end."""
    monkeypatch.setattr("retrain.prediction_one.api.TIMEOUT_SECONDS", (5, SHORT_SECONDS))
    monkeypatch.setattr("retrain.prediction_one.put.TIMEOUT_SECONDS", (5, SHORT_SECONDS))


def _ask(service: HostileServer, answer: Answer) -> str:
    """Return what a client makes of an answer: an error's code, or `USED`."""
    service.answer = lambda: answer.pieces(service)
    try:
        target = PredictionOne(service.url).request_upload_url(API_KEY, "a.csv")
    except PredictionOneError as error:
        _require_no_secret(error)
        return error.code
    assert target.retrain_job_id == GIVEN_JOB
    return USED


def _require_no_secret(error: Exception) -> None:
    assert [secret for secret in (API_KEY, SIGNATURE) if secret in shown_text(error)] == []


@pytest.mark.parametrize("name", [*DAMAGED, *JSON_BODIES])
def test_every_answer_has_its_outcome(service: HostileServer, name: str) -> None:
    """Damaged, or with JSON of another kind."""
    answer = {**DAMAGED, **JSON_BODIES}[name]

    assert _ask(service, answer) == answer.outcome


@pytest.mark.usefixtures("short_time")
@pytest.mark.parametrize("name", ENDLESS)
def test_answer_without_an_end_is_left(service: HostileServer, name: str) -> None:
    """In little memory. That the client comes back shows its own limit: the server goes on until it leaves."""
    with memory_below(MEMORY_BYTES):
        outcome = _ask(service, ENDLESS[name])

    assert outcome == ENDLESS[name].outcome


def test_packed_answer_is_not_unpacked(service: HostileServer) -> None:
    """1,000 times its size would be in memory."""
    with memory_below(MEMORY_BYTES):
        assert _ask(service, DAMAGED["gzip bomb"]) == UNUSABLE


@pytest.mark.usefixtures("short_time")
@pytest.mark.parametrize("name", [name for name in ENDLESS if name.startswith("slow")])
def test_slow_answer_is_a_timeout_and_not_repeated(service: HostileServer, name: str) -> None:
    """Each byte came in time. A service that hangs would hold the function for as long again with each repetition."""
    service.answer = lambda: ENDLESS[name].pieces(service)

    with pytest.raises(ServiceTimeoutError):
        PredictionOne(service.url).check_status(API_KEY, "any")

    assert len(service.requests) == 1


def test_busy_answer_is_not_read_before_the_next_try(service: HostileServer) -> None:
    """It would take all the time that an answer has, at each of the four tries."""
    assert _ask(service, ENDLESS["endless 503"]) == "SERVICE_UNAVAILABLE"

    assert len(service.requests) == 4
    assert service.sent_bytes < 64 * MIB, "more than sockets hold"


def test_redirect_is_not_even_looked_up(service: HostileServer) -> None:
    """To a place on this machine, which would have answered."""
    with HostileServer() as other:
        _ask(service, Answer("leads away", lambda _: [head(f"Location: {other.url}/", status="302 Found")]))

        assert other.requests == []


def test_cookies_are_not_sent_back(service: HostileServer) -> None:
    """Kept in a warm function, they would make each request longer, until the service refuses it."""
    client = PredictionOne(service.url)
    service.answer = lambda: DAMAGED["cookies"].pieces(service)

    for _ in range(2):
        client.request_upload_url(API_KEY, "a.csv")

    assert len(service.requests) == 2
    assert b"cookie" not in service.requests[1].lower()


def test_connection_is_used_again_with_its_full_time(prediction_one: PredictionOneStandIn) -> None:
    """What is left of the time for one answer is not the next request's."""
    client = PredictionOne(prediction_one.base_url)

    client.request_upload_url(API_KEY, "a.csv")

    pools = client._local.session.get_adapter("http://").poolmanager.pools  # type: ignore[attr-defined]  # noqa: SLF001 - there is no other way to look
    kept = [connection.sock for key in pools.keys() for connection in pools[key].pool.queue if connection]  # noqa: SIM118 - no dict
    assert [each.gettimeout() for each in kept] == [TIMEOUT_SECONDS[1]]


@pytest.mark.usefixtures("short_time")
@pytest.mark.parametrize("name", [name for name in ENDLESS if "503" not in name])
@pytest.mark.parametrize("status", ["200 OK", "403 No"])
def test_store_with_an_endless_answer_is_left(service: HostileServer, name: str, status: str) -> None:
    """After the last byte, the status alone counts; without one, the outcome is unknown."""
    service.answer = lambda: (piece.replace(b"200 OK", status.encode()) for piece in ENDLESS[name].pieces(service))
    progress = UploadProgress(len(CONTENT), Deadline(time.time() + 900))
    outcome = "stored"

    with memory_below(MEMORY_BYTES), upload_session(local=True) as session:
        try:
            put_content(session, f"{service.url}/?{SIGNATURE}", iter([CONTENT]), progress)
        except UploadError as error:
            outcome = error.code
            _require_no_secret(error)

    assert outcome in {"stored", "UPLOAD_REFUSED", "UPLOAD_OUTCOME_UNKNOWN"}


@pytest.mark.parametrize("url", URLS, ids=URLS.values())
def test_url_that_leads_nowhere_is_a_recorded_failure(url: str) -> None:
    """No byte is sent, and no text shows the URL."""
    progress = UploadProgress(len(CONTENT), Deadline(time.time() + 900))

    with upload_session(local=False) as session, pytest.raises(RetrainError) as failure:
        put_content(session, f"{url}?{SIGNATURE}", iter([CONTENT]), progress)

    assert failure.value.nothing_stored
    assert progress.sent_bytes == 0
    _require_no_secret(failure.value)


@given(answer=st.binary(max_size=300) | st.binary(max_size=100).map(with_body))
@GENERATED
def test_any_bytes_are_used_or_one_of_our_errors(answer: bytes) -> None:
    """Instead of an answer."""
    with HostileServer() as service:
        assert _ask(service, Answer("anything", lambda _: [answer])) != USED


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
ANY_JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(retrain_job_id=ANY_JSON, upload_url=ANY_JSON)
@GENERATED
def test_any_fields_are_used_or_one_of_our_errors(retrain_job_id: object, upload_url: object) -> None:
    """In JSON that is right otherwise. What is used is harmless."""
    fields = {"retrain_job_id": retrain_job_id, "upload_url": upload_url}
    with HostileServer() as service:
        service.answer = lambda: [with_body(json.dumps(fields))]
        with suppress(UnexpectedAnswerError):
            target = PredictionOne(service.url).request_upload_url(API_KEY, "a.csv")
            assert not set(target.retrain_job_id) & set("/\\?&'\" \n\r\0")
