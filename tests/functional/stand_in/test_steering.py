"""Both ways to ask and steer the stand-in can do the same."""

from collections.abc import Callable

import pytest
import requests

from local.prediction_one import Fault, PredictionOneStandIn, Settings, StoredUpload
from local.prediction_one.steering import Steering

Call = Callable[..., requests.Response]
OpenJob = Callable[..., tuple[str, str]]


def test_uploads_are_found_by_file_and_model(steering: Steering, open_job: OpenJob) -> None:
    """The record is in the order of completion, and can be narrowed."""
    for filename, key in (("あ.csv", "KEY"), ("b.csv", "KEY"), ("あ.csv", "OTHER-KEY")):
        requests.put(open_job(filename, key)[1], data=b"1", timeout=5)

    everything = steering.uploads
    found = steering.find_uploads(filename="あ.csv", model="2002")

    assert [(upload.filename, upload.model) for upload in everything] == [
        ("あ.csv", "1001"),
        ("b.csv", "1001"),
        ("あ.csv", "2002"),
    ]
    assert all(isinstance(upload, StoredUpload) for upload in everything)
    assert (found, steering.find_uploads(filename="none")) == ([everything[2]], [])


def test_requests_are_recorded_without_keys(steering: Steering, open_job: OpenJob) -> None:
    """Each request tells what it was about; no key and no signature is kept."""
    retrain_job_id, upload_url = open_job("a.csv")
    requests.put(upload_url, data=b"1", timeout=5)

    received = steering.requests

    assert [(one.operation, one.status, one.model, one.filename, one.api_key_sent) for one in received] == [
        ("upload_url", 200, "1001", "a.csv", True),
        ("put", 200, "1001", "a.csv", False),
    ]
    assert steering.find_requests(operation="put")[0].retrain_job_id == retrain_job_id
    assert not any(secret in repr(received) for secret in ("KEY", "X-Amz"))


def test_issued_keys_are_known(steering: Steering) -> None:
    """Whoever had them issued, and whether they are still good: what a search for secrets has to look for."""
    new = steering.issue_key("1001")
    steering.revoke_key(new)

    assert steering.issued_keys("1001") == ["KEY", new]
    assert steering.issued_keys() == ["KEY", new, "OTHER-KEY"]
    assert steering.issued_keys("unknown") == []


def test_faults_are_armed_and_disarmed(steering: Steering, call: Call) -> None:
    """A fault arrives as it was made, is gone once it has struck, and can be called off."""
    fault = Fault("status", "status", filename="名前.csv", retry_after_seconds=1.5, probability=0.5)
    strikes_once = Fault("api_key", "status", status=418)
    for one in (fault, strikes_once):
        steering.add_fault(one)

    armed = steering.faults
    struck = call("GET", "api-key")
    left = steering.faults
    steering.clear_faults()

    assert (armed, struck.status_code, left, steering.faults) == ([fault, strikes_once], 418, [fault], [])


def test_settings_change(steering: Steering) -> None:
    """Each setting can be read and changed."""
    steering.set_training_seconds(9.5)
    steering.url_lifetime_seconds = 60
    steering.change_settings(status_before_upload="waiting", revoke_old_keys=True)

    assert steering.settings == Settings(9.5, 60, status_before_upload="waiting", revoke_old_keys=True)
    assert steering.url_lifetime_seconds == 60


def test_keys_are_issued_and_spoilt(steering: Steering, call: Call) -> None:
    """A new key opens its model, old or new, until it is spoilt."""
    keys = [steering.issue_key(model) for model in ("1001", "brand-new", "1001", "1001")]
    for spoil, key in ((steering.expire_key, keys[1]), (steering.revoke_key, keys[2]), (steering.delete_key, keys[3])):
        spoil(key)

    messages = [call("GET", "retrain_jobs/any", key).json()["message"] for key in keys]

    assert messages == [
        "Not found retrain job.",
        "Inactive_credential.",
        "Inactive_credential.",
        "Not_found_credential.",
    ]


def test_models_and_jobs_are_deleted(steering: Steering, call: Call, open_job: OpenJob) -> None:
    """What is deleted is missed by the API that needs it."""
    retrain_job_id, _ = open_job()
    steering.report_status(retrain_job_id, "job_finished")
    call("PUT", f"retrain_jobs/{retrain_job_id}/update_model")
    steering.delete_job(retrain_job_id)
    deletions = (
        steering.delete_classifier,
        steering.delete_configuration_file,
        steering.delete_training_job,
        steering.delete_model,
        steering.delete_user,
    )

    messages = [call("GET", f"retrain_jobs/{retrain_job_id}").json()["message"]]
    for delete in deletions:
        delete("1001")
        messages.append(call("GET", "retrain_jobs/upload_url").json()["message"])
    steering.restore_model("1001")

    assert [message.split()[-2:] for message in messages[2:]] == [
        ["found", "configuration_file."],
        *[["be", "deleted."]] * 3,
    ]
    assert (messages[0], messages[1]) == ("This job may be deleted.", "Filename is required.")
    assert steering.jobs_in_service == {"1001": retrain_job_id}
    assert len(open_job()) == 2


@pytest.mark.parametrize(
    ("misuse", "error"),
    [
        (lambda steering: steering.expire_key("no-such-key"), LookupError),
        (lambda steering: steering.delete_job("no-such-job"), LookupError),
        (lambda steering: steering.change_settings(no_such_setting=1), ValueError),
    ],
)
def test_misuse_is_told(steering: Steering, misuse: Callable[[Steering], None], error: type[Exception]) -> None:
    """A test that steers what does not exist must not continue as if it had."""
    with pytest.raises(error):
        misuse(steering)


@pytest.mark.parametrize(
    "fields",
    [{"kind": "dorp"}, {"operation": "upload"}, {"at": "end"}, {"kind": "expired_url"}, {"status": 100}, {"times": 0}],
)
def test_a_fault_that_cannot_be_is_refused(service: PredictionOneStandIn, fields: dict[str, object]) -> None:
    """A misspelt fault is an error, here and over HTTP."""
    wanted = {"operation": "put", "kind": "drop", **fields}

    over_http = requests.post(f"{service.base_url}/_stand_in/faults", json=wanted, timeout=5)

    assert over_http.status_code == 400
    with pytest.raises(ValueError, match=r"none of|only upload_url|1xx|once"):
        Fault(**wanted)  # type: ignore[arg-type]


def test_after_the_end_nobody_answers() -> None:
    """The end closes the port and the connections that idle, and keeps the record."""
    with PredictionOneStandIn({"KEY": "1001"}) as short_lived, requests.Session() as session:
        session.get(short_lived.base_url, timeout=5)
        short_lived.__exit__()

        with pytest.raises(requests.ConnectionError):
            session.get(short_lived.base_url, timeout=5)
        assert [request.operation for request in short_lived.requests] == ["unknown"]
