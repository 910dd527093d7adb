"""What can go wrong does, and either recovers automatically or leaves its reason in the table."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from local.prediction_one.values import Fault
from local.processes import wait_for
from local.stack import REPOSITORY, LocalStack
from tests.e2e.conftest import CSV

WaitForJob = Callable[..., dict[str, Any]]

DATA = REPOSITORY / "tests" / "data"

FILES = 10


def zip_of(*names: str) -> bytes:
    """Return a zip with members of these names."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name in names:
            archive.writestr(name, CSV)
    return written.getvalue()


PASSING_FAULTS = {
    "429 with Retry-After": Fault("upload_url", "status", status=429, retry_after_seconds=1),
    "expired upload URL": Fault("upload_url", "expired_url"),
    "a store that fails": Fault("put", "status", status=503),
    "a connection cut mid-body": Fault("put", "drop", at="mid_body", after_bytes=100_000),
    "an early answer": Fault("put", "early_answer", status=500),
    "a redirect": Fault("put", "redirect"),
}

LOST_ANSWERS = {
    "lost-answer": Fault("put", "drop", at="after_body", model="lost-answer"),
    "lost-file": Fault("put", "drop_unstored", model="lost-file"),
    "lost-answers": Fault("put", "drop", at="after_body", model="lost-answers", times=FILES),
}

LONGER_TROUBLES = {
    "wrong-key": "API_KEY_REJECTED",
    "no-secret": "API_KEY_UNAVAILABLE",
    "outage": "SERVICE_UNAVAILABLE",
}

REFUSED_FILES = {
    "NO_MODEL_FOLDER": ("{model}.csv", CSV),
    "ILLEGAL_MODEL_NAME": ("ペンギン/{model}.csv", CSV),
    "UNSUPPORTED_TYPE": ("{model}/data.xlsx", CSV),
    "EMPTY_FILE": ("{model}/data.csv", b""),
    "NOT_TEXT": ("{model}/data.csv", (DATA / "excel_renamed.csv").read_bytes()),
    "TOO_FEW_COLUMNS": ("{model}/data.csv", CSV.replace(b",", b";")),
    "TOO_MANY_COLUMNS": ("{model}/data.csv", b",".join(b"%d" % number for number in range(1000)) + b"\n"),
    "UNNAMED_COLUMN": ("{model}/data.csv", (DATA / "pandas_with_index.csv").read_bytes()),
    "DUPLICATE_COLUMN": ("{model}/data.csv", CSV.replace(b"body_mass_g", b"species")),
    "UNEVEN_ROW": ("{model}/data.csv", CSV + b"Adelie\n"),
    "TOO_FEW_ROWS": ("{model}/data.csv", CSV[:200]),
    "ZIP_UNREADABLE": ("{model}/data.zip", CSV),
    "ZIP_ENCRYPTED": ("{model}/data.zip", (DATA / "infozip_encrypted.zip").read_bytes()),
    "ZIP_WRONG_MEMBERS": ("{model}/data.zip", zip_of("train_src/a.csv")),
    "ZIP_UNSAFE_NAME": ("{model}/data.zip", zip_of("train_src/a.csv", "eval_src/../b.csv")),
}


@pytest.mark.parametrize("fault", PASSING_FAULTS.values(), ids=PASSING_FAULTS)
def test_passing_fault_is_overcome_within_the_attempt(
    stack: LocalStack, model: str, wait_for_job: WaitForJob, fault: Fault
) -> None:
    """A fault that passes costs a moment: one upload arrives whole, in the first attempt."""
    stack.add_model(model)
    stack.prediction_one.add_fault(Fault(**{**vars(fault), "model": model}))

    data = CSV * 14_000  # 16 MiB: more than the sockets' buffers hold, so the break shows before the last byte

    job = wait_for_job(stack.land(f"{model}/data.csv", data), "TRAINING")

    (upload,) = stack.prediction_one.find_uploads(model=model)
    assert (upload.retrain_job_id, upload.sha256) == (job["retrain_job_id"], hashlib.sha256(data).hexdigest())
    assert job["attempts"] == 1


@pytest.fixture(scope="module")
def retried(stack: LocalStack) -> dict[str, list[str]]:
    """Land at once whatever a later attempt is for, so that the tests wait side by side; give the files by trouble.

    The service notices a file only two seconds after it came, of the three of `SettleMinutes`.
    """
    service = stack.prediction_one
    service.change_settings(notice_seconds=2)
    for trouble, fault in LOST_ANSWERS.items():
        stack.add_model(trouble)
        service.add_fault(fault)
    service.add_fault(Fault("upload_url", "status", status=503, model="outage", times=None))
    stack.add_model("outage")
    stack.add_model("wrong-key", "no-such-key")
    files = {trouble: FILES if trouble == "lost-answers" else 1 for trouble in (*LOST_ANSWERS, *LONGER_TROUBLES)}
    landed = {
        trouble: [stack.land(f"{trouble}/{number}.csv", CSV) for number in range(count)]
        for trouble, count in files.items()
    }
    uris = [uri for uris in landed.values() for uri in uris]
    wait_for("the first attempts", lambda: all(map(attempted, (stack.jobs(uri) for uri in uris))), 120)
    return landed


def attempted(jobs: list[dict[str, Any]]) -> bool:
    """Return whether the first attempt at a file is over."""
    return any(job["status"] in {"RETRYING", "TRAINING"} for job in jobs)


def test_longer_troubles_are_recorded_and_overcome_later(
    stack: LocalStack, retried: dict[str, list[str]], wait_for_job: WaitForJob
) -> None:
    """A wrong key, a missing secret and an outage each leave their reason, and after the fix, each file is sent."""
    uris = {trouble: retried[trouble][0] for trouble in LONGER_TROUBLES}
    codes = {trouble: wait_for_job(uri, "RETRYING")["error_code"] for trouble, uri in uris.items()}
    fix_secret(stack, "wrong-key")
    stack.add_model("no-secret")
    stack.prediction_one.clear_faults()
    jobs = {trouble: wait_for_job(uri, "TRAINING", timeout_seconds=120) for trouble, uri in uris.items()}

    assert codes == LONGER_TROUBLES
    for trouble, job in jobs.items():
        uploads = [upload.retrain_job_id for upload in stack.prediction_one.find_uploads(model=trouble)]
        assert uploads == [job["retrain_job_id"]]
        assert "error_code" not in job


@pytest.mark.parametrize("trouble", ["lost-answer", "lost-file"])
def test_unknown_outcome_is_found_out_by_a_later_attempt(
    stack: LocalStack, retried: dict[str, list[str]], wait_for_job: WaitForJob, trouble: str
) -> None:
    """Only when `SettleMinutes` have passed, which is seconds here."""
    (uri,) = retried[trouble]

    job = wait_for_job(uri, "TRAINING", timeout_seconds=90)

    (upload,) = stack.prediction_one.find_uploads(model=trouble)
    assert (upload.retrain_job_id, job["attempts"]) == (job["retrain_job_id"], 2)


def test_service_that_notices_files_late_trains_on_each_once(
    stack: LocalStack, retried: dict[str, list[str]], wait_for_job: WaitForJob
) -> None:
    """Every answer is lost, and no file is sent again."""
    jobs = [wait_for_job(uri, "TRAINING", timeout_seconds=120) for uri in retried["lost-answers"]]
    stack.prediction_one.change_settings(notice_seconds=0)

    sent = sorted(upload.retrain_job_id for upload in stack.prediction_one.find_uploads(model="lost-answers"))
    assert sent == sorted(job["retrain_job_id"] for job in jobs)


def fix_secret(stack: LocalStack, model: str) -> None:
    """Replace a model's API key by one that the service knows."""
    stack.aws.client("secretsmanager").put_secret_value(
        SecretId=f"prediction-one/{model}", SecretString=stack.prediction_one.issue_key(model)
    )


@pytest.mark.parametrize(("error_code", "landed"), REFUSED_FILES.items(), ids=REFUSED_FILES)
def test_unusable_file_is_refused_with_a_reason(
    stack: LocalStack, model: str, wait_for_job: WaitForJob, error_code: str, landed: tuple[str, bytes]
) -> None:
    """A file that can't work costs no request to the service, and its item says what to do."""
    key, body = landed
    stack.add_model(model)

    job = wait_for_job(stack.land(key.format(model=model), body), "REJECTED")

    assert job["error_code"] == error_code
    assert job["error_message"].endswith((".", "?", ")"))
    assert job["expires_at"] > 0
    asked = [request.model for request in stack.prediction_one.find_requests("upload_url", filename=job["filename"])]
    assert model not in asked


def test_deleted_model_is_final(stack: LocalStack, model: str, wait_for_job: WaitForJob) -> None:
    """The service's last word ends the file's way."""
    stack.add_model(model)
    stack.prediction_one.delete_model(model)

    job = wait_for_job(stack.land(f"{model}/data.csv", CSV), "FAILED")

    assert job["error_code"] == "DELETED_AT_SERVICE"


def test_message_that_is_no_event_stays_in_the_queue(stack: LocalStack) -> None:
    """What can't be recorded isn't deleted: it comes again, and ends in the dead-letter queue."""
    sqs = stack.aws.client("sqs")
    queue_url = stack.outputs["UploadQueueUrl"]

    sqs.send_message(QueueUrl=queue_url, MessageBody="no event")
    wait_for("the failure's line", lambda: "UNREADABLE_EVENT" in "".join(stack.log_lines()))

    names = ["ApproximateNumberOfMessagesNotVisible"]
    counts = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)["Attributes"]
    assert int(counts[names[0]]) >= 1
