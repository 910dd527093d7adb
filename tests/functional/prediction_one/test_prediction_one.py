"""The API client's four calls and every documented error, against the stand-in over a real socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import requests

from local.prediction_one import Fault, PredictionOneStandIn
from retrain.errors import (
    CredentialRejectedError,
    DeletedAtServiceError,
    InvalidRequestError,
    PredictionOneError,
    RetrainJobNotFinishedError,
    RetrainJobNotFoundError,
    ServiceUnavailableError,
)
from retrain.prediction_one.api import PredictionOne
from tests.conftest import AWKWARD_NAMES
from tests.functional.conftest import API_KEY, shown_text

SECRET_KEY = "5ec4e7-secret-key"

DOCUMENTED_ERRORS = [
    ("invalid_api_key.", CredentialRejectedError),
    ("Inactive_credential.", CredentialRejectedError),
    ("Not_found_credential.", CredentialRejectedError),
    ("This user may be deleted.", DeletedAtServiceError),
    ("This model may be deleted.", DeletedAtServiceError),
    ("This job may be deleted.", DeletedAtServiceError),
    ("Not found classifier.", DeletedAtServiceError),
    ("Not found retrain job.", RetrainJobNotFoundError),
    ("Retrain job is not finished.", RetrainJobNotFinishedError),
    ("Model id is required.", InvalidRequestError),
    ("Not found configuration_file.", ServiceUnavailableError),
]
"""The manual's tables "error message"."""

REFUSALS: list[tuple[Callable[[PredictionOneStandIn, str], None], type[PredictionOneError]]] = [
    (lambda service, _: service.expire_key(API_KEY), CredentialRejectedError),
    (lambda service, _: service.revoke_key(API_KEY), CredentialRejectedError),
    (lambda service, _: service.delete_key(API_KEY), CredentialRejectedError),
    (lambda service, model: service.delete_user(model), DeletedAtServiceError),
    (lambda service, model: service.delete_model(model), DeletedAtServiceError),
    (lambda service, model: service.delete_training_job(model), DeletedAtServiceError),
]


@pytest.fixture
def service(model: str) -> Iterator[PredictionOneStandIn]:
    """Run the stand-in, which trains in no time."""
    with PredictionOneStandIn({API_KEY: model}, [SECRET_KEY], training_seconds=0) as running:
        yield running


@pytest.fixture
def client(service: PredictionOneStandIn) -> PredictionOne:
    """Give a client of it."""
    return PredictionOne(service.base_url + "/")


def _train(client: PredictionOne) -> str:
    target = client.request_upload_url(API_KEY, "a.csv")
    requests.put(target.upload_url, data=b"a,b\n", timeout=5).raise_for_status()
    return target.retrain_job_id


@pytest.mark.parametrize("name", AWKWARD_NAMES)
def test_file_names_arrive_unharmed(client: PredictionOne, service: PredictionOneStandIn, name: str) -> None:
    """The upload URL that comes back takes the file, too."""
    target = client.request_upload_url(API_KEY, name)
    requests.put(target.upload_url, data=b"a,b\n", timeout=5).raise_for_status()

    assert [(upload.retrain_job_id, upload.filename) for upload in service.uploads] == [(target.retrain_job_id, name)]


def test_status_is_kept_as_it_came(client: PredictionOne, service: PredictionOneStandIn) -> None:
    """Only `job_finished` is documented; any other text is passed on."""
    retrain_job_id = _train(client)
    finished = client.check_status(API_KEY, retrain_job_id)
    service.report_status(retrain_job_id, "学習中 50%", message="half of it")
    other = client.check_status(API_KEY, retrain_job_id)

    assert (finished.status, finished.message) == ("job_finished", None)
    assert requests.get(str(finished.download_url), timeout=5).ok
    assert (other.status, other.message, other.download_url) == ("学習中 50%", "half of it", None)


def test_finished_job_is_switched(client: PredictionOne, service: PredictionOneStandIn, model: str) -> None:
    """The retrained model is live afterwards; twice does no harm."""
    retrain_job_id = _train(client)

    for _ in range(2):
        client.switch_model(API_KEY, retrain_job_id)

    assert service.jobs_in_service == {model: retrain_job_id}


def test_unfinished_job_is_not_switched(client: PredictionOne, service: PredictionOneStandIn) -> None:
    """It is too early, which is no failure for good."""
    service.set_training_seconds(600)
    retrain_job_id = _train(client)

    with pytest.raises(RetrainJobNotFinishedError):
        client.switch_model(API_KEY, retrain_job_id)


def test_new_key_opens_the_model(client: PredictionOne, model: str) -> None:
    """The Secret Key issues it, with the end of its 30 days."""
    issued = client.issue_api_key(SECRET_KEY, model)

    assert client.request_upload_url(issued.api_key, "a.csv").retrain_job_id
    assert issued.end_date


@pytest.mark.parametrize("retrain_job_id", ["unknown", "../api-key", "a/b", "?x=1", "ペンギン"])
def test_unknown_job_is_told_apart(client: PredictionOne, retrain_job_id: str) -> None:
    """Whatever the id is written with, it can't lead to another path."""
    with pytest.raises(RetrainJobNotFoundError):
        client.check_status(API_KEY, retrain_job_id)


@pytest.mark.parametrize(("refuse", "error"), REFUSALS)
def test_what_the_service_refuses_is_told_apart(
    client: PredictionOne,
    service: PredictionOneStandIn,
    model: str,
    refuse: Callable[[PredictionOneStandIn, str], None],
    error: type[PredictionOneError],
) -> None:
    """Each state of the service, as the stand-in words it; the key is in no text."""
    refuse(service, model)

    with pytest.raises(error) as refusal:
        client.request_upload_url(API_KEY, "a.csv")

    assert API_KEY not in shown_text(refusal.value)


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize("status", [200, 400, 403, 404, 500, 503])
@pytest.mark.parametrize(("message", "error"), DOCUMENTED_ERRORS)
def test_documented_errors_count_whatever_the_status(
    client: PredictionOne,
    service: PredictionOneStandIn,
    message: str,
    error: type[PredictionOneError],
    status: int,
) -> None:
    """The manual states messages and no HTTP status, so the message decides."""
    service.add_fault(Fault("upload_url", "status", times=None, status=status, message=message))

    with pytest.raises(PredictionOneError) as refusal:
        client.request_upload_url(API_KEY, "a.csv")

    assert type(refusal.value) is error
    assert message in str(refusal.value)
