"""Claims on a landed version and the outcomes of its attempts, in a table created from the template."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from retrain.errors import (
    FileRejectedError,
    LeaseHeldError,
    ServiceUnavailableError,
    TableUnavailableError,
    UploadOutcomeUnknownError,
)
from retrain.landing.landed_object import LandedObject
from retrain.ledger.attempts import JobLedger
from retrain.ledger.item import REFUSED_RETENTION_DAYS, UnresolvedUpload
from retrain.ledger.status import Status
from tests.conftest import landed_as
from tests.functional.conftest import ON_BOTH_DYNAMODBS
from tests.functional.ledger.conftest import NOW, NOW_TEXT, claimed, item_of
from tests.tables import DynamoDb

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

pytestmark = ON_BOTH_DYNAMODBS


def test_claim_describes_the_file(ledger: JobLedger, jobs_table: Table, landed: LandedObject) -> None:
    """Whoever looks at the table sees what is being sent, by whom, and until when."""
    claim = claimed(ledger, landed)

    assert (claim.attempt, claim.unresolved) == (1, None)
    assert item_of(jobs_table, landed) == {
        "object_uri": landed.uri,
        "object_version": landed.version,
        "model": landed.model,
        "filename": "a.csv",
        "size_bytes": Decimal(landed.size_bytes),
        "etag": landed.etag,
        "version_id": landed.version_id,
        "status": "UPLOADING",
        "attempts": Decimal(1),
        "landed_at": landed.landed_at,
        "updated_at": NOW_TEXT,
        "pending_since": NOW_TEXT,
        "lease_owner": "first",
        "lease_expires_at": Decimal(int(NOW + 900) + 1),
    }


def test_file_without_a_model_can_be_recorded(ledger: JobLedger, jobs_table: Table, model: str) -> None:
    """It is about to be rejected; the index by model leaves it out."""
    landed = landed_as(f"{model}.csv")

    claimed(ledger, landed)

    assert "model" not in item_of(jobs_table, landed)


def test_each_version_is_an_item_of_its_own(ledger: JobLedger, landed: LandedObject) -> None:
    """A file that lands again is claimed although the earlier landing is still being sent."""
    newer = landed_as(landed.key, version_id="newer")

    assert [claimed(ledger, each).attempt for each in (landed, newer)] == [1, 1]


def test_held_lease_is_waited_for(ledger: JobLedger, jobs_table: Table, landed: LandedObject) -> None:
    """Two deliveries of one event race: the later one waits until the earlier must have ended."""
    claimed(ledger, landed, seconds=100)
    before = item_of(jobs_table, landed)

    with pytest.raises(LeaseHeldError, match="first") as refusal:
        ledger.claim(landed, "second", NOW + 900)

    assert 100 <= (refusal.value.retry_after_seconds or 0) <= 103
    assert item_of(jobs_table, landed) == before


def test_expired_lease_is_taken_over(ledger: JobLedger, landed: LandedObject) -> None:
    """Nobody needs to release it. What the dead attempt had started is handed on: it may have sent until its end."""
    ledger.record_job_id(claimed(ledger, landed, seconds=-10), "job-1")

    claim = claimed(ledger, landed, "second")

    assert (claim.attempt, claim.unresolved) == (2, UnresolvedUpload("job-1", NOW, int(NOW - 10) + 1))


def test_connection_that_was_closed_ends_the_upload(ledger: JobLedger, landed: LandedObject) -> None:
    """The jobs can be compared so much earlier; when the id was written does not change."""
    claim = claimed(ledger, landed)
    ledger.record_job_id(claim, "job-1")

    ledger.end_upload(claim)
    ledger.mark_retrying(claim, UploadOutcomeUnknownError("lost"))

    assert claimed(ledger, landed, "second").unresolved == UnresolvedUpload("job-1", NOW, int(NOW) + 1)


def test_item_of_an_earlier_release_is_compared_at_once(
    ledger: JobLedger, jobs_table: Table, landed: LandedObject
) -> None:
    """It does not say when its upload began and ended: it was written long before the deployment of this one."""
    ledger.record_job_id(claimed(ledger, landed, seconds=-10), "job-1")
    jobs_table.update_item(
        Key={"object_uri": landed.uri, "object_version": landed.version},
        UpdateExpression="REMOVE upload_started_at, upload_ends_by",
    )

    assert claimed(ledger, landed, "second").unresolved == UnresolvedUpload("job-1", NOW, 0)


def test_claim_whose_answer_got_lost_may_be_repeated(ledger: JobLedger, landed: LandedObject) -> None:
    """The SDK repeats it: the lease it finds is its own."""
    claimed(ledger, landed, "same")

    claim = claimed(ledger, landed, "same")
    ledger.record_job_id(claim, "job-1")


def test_upload_is_recorded(ledger: JobLedger, jobs_table: Table, landed: LandedObject) -> None:
    """The job's id before its first byte; after the last the job is open and the lease is gone."""
    claim = claimed(ledger, landed)

    ledger.record_job_id(claim, "job-1")
    begun = item_of(jobs_table, landed)
    ledger.mark_training(claim, "job-1")

    item = item_of(jobs_table, landed)
    assert (begun["status"], begun["retrain_job_id"], begun["lease_owner"]) == ("UPLOADING", "job-1", "first")
    assert (item["status"], item["retrain_job_id"], item["uploaded_at"]) == ("TRAINING", "job-1", NOW_TEXT)
    assert (item["open_job"], item["next_check_at"]) == ("open", int(NOW))
    assert not {"lease_owner", "lease_expires_at", "upload_started_at", "upload_ends_by"} & set(item)


@pytest.mark.parametrize("forgotten", [False, True])
def test_next_attempt_is_told_a_job_that_was_not_forgotten(
    ledger: JobLedger, jobs_table: Table, landed: LandedObject, *, forgotten: bool
) -> None:
    """It must resolve it, unless it is certain that the job got no file."""
    claim = claimed(ledger, landed)
    error = ServiceUnavailableError("down")
    ledger.record_job_id(claim, "job-1")
    if forgotten:
        ledger.forget_job_id(claim)

    ledger.mark_retrying(claim, error)

    item = item_of(jobs_table, landed)
    assert (item["status"], item["error_code"], item["error_message"]) == ("RETRYING", error.code, str(error))
    assert not {"lease_owner", "lease_expires_at"} & set(item)
    earlier = claimed(ledger, landed, "second").unresolved
    assert (earlier and earlier.retrain_job_id) == (None if forgotten else "job-1")
    assert not {"error_code", "error_message"} & set(item_of(jobs_table, landed))


def test_file_given_up_says_since_when_until_it_is_claimed_again(
    ledger: JobLedger, jobs_table: Table, landed: LandedObject
) -> None:
    """It stays RETRYING with its reason, as a redriven message continues from there."""
    ledger.mark_retrying(claimed(ledger, landed), ServiceUnavailableError("down"), is_last=True)
    given_up = item_of(jobs_table, landed)
    claimed(ledger, landed, "redriven")

    shown = (given_up["status"], given_up["error_code"], given_up["given_up_at"])
    assert shown == ("RETRYING", "SERVICE_UNAVAILABLE", NOW_TEXT)
    assert "given_up_at" not in item_of(jobs_table, landed)


@pytest.mark.parametrize("status", [Status.REJECTED, Status.SUPERSEDED, Status.FAILED])
def test_file_that_is_not_trained_on_leaves_the_table_after_a_year(
    ledger: JobLedger, jobs_table: Table, landed: LandedObject, status: Status
) -> None:
    """With its reason, and with a job whose upload may have arrived."""
    claim = claimed(ledger, landed)
    ledger.record_job_id(claim, "job-1")

    ledger.close(claim, status, FileRejectedError("EMPTY_FILE", "it is empty"))

    item = item_of(jobs_table, landed)
    assert (item["status"], item["error_code"], item["error_message"]) == (status, "EMPTY_FILE", "it is empty")
    assert item["expires_at"] == int(NOW) + REFUSED_RETENTION_DAYS * 86400
    assert item["retrain_job_id"] == "job-1"
    assert not {"lease_owner", "lease_expires_at", "open_job"} & set(item)


def test_table_that_is_not_there_is_unavailable(dynamodb: DynamoDb, landed: LandedObject) -> None:
    """What DynamoDB refuses is tried again later."""
    missing = JobLedger(dynamodb.dynamodb().Table("no-such-table"))

    with pytest.raises(TableUnavailableError, match="ResourceNotFoundException"):
        missing.claim(landed, "first", NOW)
