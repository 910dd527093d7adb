"""The four APIs: what they answer, and every error message that the manual documents."""

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import requests

from local.prediction_one import PredictionOneStandIn

Call = Callable[..., requests.Response]
OpenJob = Callable[..., tuple[str, str]]

UPLOAD_URL = "retrain_jobs/upload_url"
EACH_API = [
    ("GET", UPLOAD_URL, "KEY"),
    ("GET", "retrain_jobs/some-job", "KEY"),
    ("PUT", "retrain_jobs/some-job/update_model", "KEY"),
    ("GET", "api-key", "SECRET"),
]


def test_a_file_goes_its_whole_way(service: PredictionOneStandIn, call: Call, open_job: OpenJob) -> None:
    """An upload starts a retraining whose results can be fetched and whose model can be switched to."""
    retrain_job_id, upload_url = open_job("売上 データ.csv")

    answered = requests.put(upload_url, data=b"a,b\n1,2\n", timeout=5)
    status = call("GET", f"retrain_jobs/{retrain_job_id}").json()
    results = requests.get(status["download_url"], timeout=5)
    switched = call("PUT", f"retrain_jobs/{retrain_job_id}/update_model")

    assert UUID(retrain_job_id).version == 4
    assert answered.status_code == 200
    assert (status["status"], status["model_id"]) == ("job_finished", 1001)
    assert zipfile.ZipFile(io.BytesIO(results.content)).namelist() == ["metrics.csv"]
    assert switched.json() == {"metadata": {"retrain_job_id": retrain_job_id}}
    assert service.jobs_in_service == {"1001": retrain_job_id}


def test_status_follows_the_job(service: PredictionOneStandIn, call: Call, open_job: OpenJob) -> None:
    """A job waits for its data, trains, and ends; only a finished one has results."""
    service.set_training_seconds(3600)
    retrain_job_id, upload_url = open_job()

    answers = [call("GET", f"retrain_jobs/{retrain_job_id}").json()]
    requests.put(upload_url, data=b"1", timeout=5)
    answers.append(call("GET", f"retrain_jobs/{retrain_job_id}").json())
    service.report_status(retrain_job_id, "job_failed", "Too few rows.")
    answers.append(call("GET", f"retrain_jobs/{retrain_job_id}").json())

    metadata = {"metadata": {"retrain_job_id": retrain_job_id}}
    assert answers == [
        {"status": "created", **metadata},
        {"status": "training", **metadata},
        {"status": "job_failed", "message": "Too few rows.", **metadata},
    ]


@pytest.mark.parametrize(("method", "path", "key"), EACH_API)
def test_keys_are_refused_as_documented(
    service: PredictionOneStandIn, call: Call, method: str, path: str, key: str
) -> None:
    """Every API tells an unknown, an expired, a revoked and a deleted key apart."""
    messages = [call(method, path, "NO-SUCH-KEY").json()["message"]]
    for spoil in (service.expire_key, service.revoke_key, service.delete_key):
        spoil(key)
        messages.append(call(method, path, key).json()["message"])

    assert messages == [
        "invalid_api_key.",
        "Inactive_credential.",
        "Inactive_credential.",
        "Not_found_credential.",
    ]


@pytest.mark.parametrize(("method", "path", "key"), EACH_API)
def test_the_wrong_sort_of_key_opens_nothing(call: Call, method: str, path: str, key: str) -> None:
    """A Secret Key is no API key, nor the other way round; a missing key is no key."""
    url_of_no_key = call(method, path, "").request.url or ""

    refused = call(method, path, "KEY" if key == "SECRET" else "SECRET")
    without_key = requests.request(method, url_of_no_key, timeout=5)

    for answer in (refused, without_key):
        assert answer.status_code == 400
        assert answer.json()["message"] == "invalid_api_key."


@pytest.mark.parametrize(
    ("delete", "message"),
    [
        ("delete_user", "This user may be deleted."),
        ("delete_model", "This model may be deleted."),
        ("delete_training_job", "This job may be deleted."),
        ("delete_configuration_file", "Not found configuration_file."),
    ],
)
def test_upload_url_names_what_was_deleted(
    service: PredictionOneStandIn, call: Call, delete: str, message: str
) -> None:
    """API 1 refuses with the documented body, for that model alone, until all is restored."""
    getattr(service, delete)("1001")

    refused = call("GET", UPLOAD_URL, filename="a.csv")
    other = call("GET", UPLOAD_URL, "OTHER-KEY", filename="a.csv")
    service.restore_model("1001")
    restored = call("GET", UPLOAD_URL, filename="a.csv")

    assert refused.json()["message"] == message
    assert (other.status_code, restored.status_code) == (200, 200)


@pytest.mark.parametrize(
    ("delete", "status", "code", "error"),
    [
        ("delete_model", 400, "4001000204", "PREDA_EXTERNAL_BAD_REQUEST"),
        ("delete_configuration_file", 500, "5001000201", "PREDA_EXTERNAL_INTERNAL_SERVER_ERROR"),
    ],
)
def test_errors_have_the_documented_fields(
    service: PredictionOneStandIn, delete: str, status: int, code: str, error: str
) -> None:
    """A refusal carries code, error and message; the code begins with the HTTP status."""
    getattr(service, delete)("1001")
    url = f"{service.base_url}/v1/external/{UPLOAD_URL}"

    refused = requests.get(url, headers={"x-api-key": "KEY"}, timeout=5)

    body = refused.json()
    assert (refused.status_code, body["code"], body["error"]) == (status, code, error)
    assert set(body) == {"code", "error", "message"}


@pytest.mark.parametrize("query", [{}, {"filename": ""}])
def test_upload_url_wants_a_filename(call: Call, query: dict[str, str]) -> None:
    """A missing or empty file name is a JSON error."""
    refused = call("GET", UPLOAD_URL, **query)

    assert (refused.status_code, refused.json()["code"]) == (400, "4001000204")


@pytest.mark.parametrize(("method", "suffix"), [("GET", ""), ("PUT", "/update_model")])
def test_jobs_of_others_are_not_found(call: Call, open_job: OpenJob, method: str, suffix: str) -> None:
    """An unknown job and another model's job look the same."""
    retrain_job_id, _ = open_job()

    unknown = call(method, f"retrain_jobs/no-such-job{suffix}")
    foreign = call(method, f"retrain_jobs/{retrain_job_id}{suffix}", "OTHER-KEY")

    assert unknown.json()["message"] == foreign.json()["message"] == "Not found retrain job."


def test_a_deleted_job_has_no_status(service: PredictionOneStandIn, call: Call, open_job: OpenJob) -> None:
    """API 2 tells that the job may be deleted."""
    retrain_job_id, _ = open_job()

    service.delete_job(retrain_job_id)

    assert call("GET", f"retrain_jobs/{retrain_job_id}").json()["message"] == "This job may be deleted."


def test_switch_refuses_what_cannot_go_into_service(
    service: PredictionOneStandIn, call: Call, open_job: OpenJob
) -> None:
    """API 3 wants a finished job and the model's own API."""
    retrain_job_id, _ = open_job()
    path = f"retrain_jobs/{retrain_job_id}/update_model"

    unfinished = call("PUT", path)
    service.report_status(retrain_job_id, "job_finished")
    service.delete_classifier("1001")
    without_api = call("PUT", path)

    assert unfinished.json()["message"] == "Retrain job is not finished."
    assert without_api.json()["message"] == "Not found classifier."
    assert service.jobs_in_service == {}


@pytest.mark.parametrize("revoke_old_keys", [False, True])
def test_a_new_key_is_valid_for_30_days(service: PredictionOneStandIn, call: Call, *, revoke_old_keys: bool) -> None:
    """API 4 issues a key that works at once; the older one goes on or not, as set."""
    service.change_settings(revoke_old_keys=revoke_old_keys)

    issued = call("GET", "api-key", "SECRET", credential_type="retrain", model_id="1001").json()
    with_new = call("GET", UPLOAD_URL, issued["api_key"], filename="a.csv")
    with_old = call("GET", UPLOAD_URL, "KEY", filename="a.csv")

    lifetime = datetime.fromisoformat(issued["end_date"]) - datetime.now(UTC)
    assert timedelta(days=29, hours=23) < lifetime <= timedelta(days=30)
    assert with_new.status_code == 200
    assert with_old.status_code == (400 if revoke_old_keys else 200)


@pytest.mark.parametrize(
    ("query", "deletion", "message"),
    [
        ({"credential_type": "retrain"}, None, "Model id is required."),
        ({"credential_type": "retrain", "model_id": "9"}, None, "This model may be deleted."),
        ({"credential_type": "retrain", "model_id": "1001"}, "delete_model", "This model may be deleted."),
        ({"credential_type": "retrain", "model_id": "1001"}, "delete_user", "This user may be deleted."),
        ({"model_id": "1001"}, None, "Invalid credential_type."),
    ],
)
def test_no_key_without_a_model(
    service: PredictionOneStandIn, call: Call, query: dict[str, str], deletion: str | None, message: str
) -> None:
    """API 4 wants the id of a model that exists."""
    if deletion:
        getattr(service, deletion)("1001")

    refused = call("GET", "api-key", "SECRET", **query)

    assert (refused.status_code, refused.json()["message"]) == (400, message)
