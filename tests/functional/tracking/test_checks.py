"""What a status check makes of a job: still in training, finished, failed, stalled; nothing is guessed at."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from local.prediction_one import Fault
from retrain.ledger.retrain_job import RetrainJob
from tests.functional.conftest import API_KEY
from tests.functional.tracking.conftest import BUCKET, Tracking

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

HOUR = 3600


@pytest.mark.parametrize("status", ["training", "job_failed", "error", "JOB_FINISHED", "job_finished ", "再学習中"])
def test_undocumented_status_is_kept_as_it_came(tracking: Tracking, job: RetrainJob, status: str) -> None:
    """However much it looks like an end: the job is still in training, and is looked at again."""
    tracking.prediction_one.report_status(job.retrain_job_id, status, "as the service words it")

    counted = tracking.run()

    item = tracking.item(job)
    assert (item["status"], item["service_status"]) == ("TRAINING", status)
    assert item["service_message"] == "as the service words it"
    assert item["open_job"] == "open"
    assert 200 < tracking.due_in_seconds(item) <= 240
    assert counted == {"StatusChecks": 1}


def test_finished_job_has_its_results_stored(tracking: Tracking, job: RetrainJob) -> None:
    """Under its model and its id; the item says where, and is no longer looked at."""
    tracking.finish(job)

    counted = tracking.run()

    item = tracking.item(job)
    key = f"{job.model}/{job.retrain_job_id}/results.zip"
    assert (item["status"], item["result_uri"]) == ("FINISHED", f"s3://{BUCKET}/{key}")
    assert {"finished_at", "service_status", "model_id"} <= item.keys()
    assert not {"open_job", "next_check_at", "error_code"} & item.keys()
    assert tracking.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().startswith(b"PK\x03\x04")
    assert counted == {"StatusChecks": 1, "JobsFinished": 1}


@pytest.mark.parametrize("end", ["job", "user", "model"])
def test_job_that_was_deleted_there_is_failed(tracking: Tracking, job: RetrainJob, end: str) -> None:
    """With the service's reason, and it is not asked again."""
    message = f"This {end} may be deleted."
    tracking.prediction_one.add_fault(Fault("status", "status", status=400, message=message))

    counted = tracking.run()

    item = tracking.item(job)
    assert (item["status"], item["error_code"]) == ("FAILED", "DELETED_AT_SERVICE")
    assert item["error_message"].startswith(f"Prediction One says: {message}")
    assert "land the file again" in item["error_message"]
    assert not {"open_job", "next_check_at"} & item.keys()
    assert counted == {"StatusChecks": 1, "JobsFailed": 1}


NOT_FOUND = Fault("status", "status", status=400, message="Not found retrain job.")


@pytest.mark.parametrize(
    ("age_seconds", "statuses"), [(2 * HOUR, ["TRAINING", "FAILED"]), (0, ["TRAINING", "TRAINING"])]
)
def test_job_is_failed_when_it_is_not_known_there_twice_after_an_hour(
    tracking: Tracking, model: str, model_secret: str, age_seconds: float, statuses: list[str]
) -> None:
    """What knows the jobs there may lag behind at first; until then the item says why it waits."""
    assert model_secret
    job = tracking.begin(model, age_seconds=age_seconds)
    tracking.prediction_one.add_fault(replace(NOT_FOUND, times=2))

    seen = []
    for _ in statuses:
        tracking.run()
        seen.append(tracking.item(job))
        tracking.change(job, next_check_at=int(time.time()))

    assert [item["status"] for item in seen] == statuses
    assert {item["error_code"] for item in seen} == {"RETRAIN_JOB_NOT_FOUND"}
    assert ["open_job" in item for item in seen] == [status == "TRAINING" for status in statuses]


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize(
    "between", [[], [Fault("status", "status", status=500, times=2)]], ids=["a good answer", "another error"]
)
def test_job_that_is_not_known_there_now_and_then_goes_on(
    tracking: Tracking, model: str, model_secret: str, between: list[Fault]
) -> None:
    """Another model's key was stored by mistake for a while, say: only two such checks in a row are an end."""
    assert model_secret
    job = tracking.begin(model, age_seconds=2 * HOUR)

    for faults in ([NOT_FOUND], between, [NOT_FOUND], []):
        for fault in faults:
            tracking.prediction_one.add_fault(fault)
        tracking.run()
        tracking.make_due(job)
    tracking.finish(job)
    tracking.run()

    assert tracking.item(job)["status"] == "FINISHED"


def test_job_is_stalled_after_its_time_and_can_still_finish(tracking: Tracking, model: str, model_secret: str) -> None:
    """It is marked once, says what to do, and is checked every hour."""
    assert model_secret
    job = tracking.begin(model, age_seconds=49 * HOUR)

    counted = tracking.run()
    stalled = tracking.item(job)
    tracking.make_due(job)
    again = tracking.run()
    tracking.make_due(job)
    tracking.finish(job)
    tracking.run()

    assert (stalled["status"], stalled["error_code"]) == ("STALLED", "STALLED")
    assert "land the file again" in stalled["error_message"]
    assert 3560 < tracking.due_in_seconds(stalled) <= 3600
    assert (counted, again) == ({"StatusChecks": 1, "JobsStalled": 1}, {"StatusChecks": 1})
    assert tracking.item(job)["status"] == "FINISHED"
    assert "error_code" not in tracking.item(job)


def test_job_is_not_asked_about_before_its_time(tracking: Tracking, job: RetrainJob) -> None:
    """A run that comes early leaves it alone."""
    tracking.run()

    assert tracking.run() == {}
    assert tracking.requests_for(job, "status") == 1


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", "status", status=429, retry_after_seconds=1000, times=None),
        Fault("status", "status", status=500, times=None),
        Fault("status", "status", body="<html>proxy</html>", status=403, times=None),
        Fault("status", "garbage", times=None),
        Fault("status", "drop", times=None),
        Fault("status", "redirect", times=None),
    ],
    ids=["429", "500", "a proxy's 403", "garbage", "dropped", "redirect"],
)
def test_passing_trouble_changes_nothing_but_the_reason(tracking: Tracking, job: RetrainJob, fault: Fault) -> None:
    """The item says what it was, until the next good answer."""
    tracking.prediction_one.add_fault(fault)
    tracking.run()
    troubled = tracking.item(job)
    tracking.prediction_one.clear_faults()
    tracking.make_due(job)
    tracking.run()

    assert troubled["status"] == "TRAINING"
    assert troubled["error_code"] in ("SERVICE_UNAVAILABLE", "UNEXPECTED_ANSWER")
    assert tracking.due_in_seconds(troubled) > (900 if fault.status == 429 else 200)
    assert not {"error_code", "error_message"} & tracking.item(job).keys()
    assert tracking.prediction_one.find_requests("elsewhere") == []


def test_refused_key_is_no_failure_of_the_job(
    tracking: Tracking, job: RetrainJob, stdout: Callable[[], list[dict[str, Any]]]
) -> None:
    """The job stays as it is, the reason is there, and the alarm's metric is counted, by model, too."""
    tracking.prediction_one.expire_key(API_KEY)

    tracking.run()

    item = tracking.item(job)
    assert (item["status"], item["error_code"]) == ("TRAINING", "API_KEY_REJECTED")
    metrics = [line for line in stdout() if "_aws" in line]
    assert [line["CredentialRejections"] for line in metrics if "CredentialRejections" in line] == [[1.0]]
    assert [line["model"] for line in metrics if "CredentialRejectionsByModel" in line] == [job.model]


def test_missing_secret_is_no_failure_of_the_job(
    tracking: Tracking, job: RetrainJob, secrets: SecretsManagerClient, model_secret: str
) -> None:
    """The item names the secret; when it is there again, the job continues."""
    secrets.delete_secret(SecretId=model_secret, ForceDeleteWithoutRecovery=True)
    tracking.run()
    troubled = tracking.item(job)
    secrets.create_secret(Name=model_secret, SecretString=API_KEY)
    tracking.make_due(job)
    tracking.finish(job)
    tracking.run()

    assert (troubled["status"], troubled["error_code"]) == ("TRAINING", "API_KEY_UNAVAILABLE")
    assert tracking.item(job)["status"] == "FINISHED"


@pytest.mark.parametrize("stage", ["AWSCURRENT", "AWSPENDING"])
def test_rotated_key_is_read_again(
    tracking: Tracking, job: RetrainJob, secrets: SecretsManagerClient, model_secret: str, stage: str
) -> None:
    """A warm function finds the new key in the same check, after a rotation and in the middle of one."""
    tracking.run()
    new_key = tracking.prediction_one.issue_key(job.model)
    secrets.put_secret_value(SecretId=model_secret, SecretString=new_key, VersionStages=[stage])
    tracking.prediction_one.revoke_key(API_KEY)
    tracking.make_due(job)

    tracking.run()

    assert "error_code" not in tracking.item(job)
