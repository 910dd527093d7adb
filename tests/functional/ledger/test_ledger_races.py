"""What closes the ledger's races, and how its indexes find a job."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, cast

import pytest

from retrain.errors import LeaseHeldError, LeaseLostError, ServiceUnavailableError
from retrain.landing.landed_object import LandedObject
from retrain.ledger.attempts import Claim, JobLedger
from retrain.ledger.status import Status
from tests.conftest import landed_as
from tests.functional.conftest import ON_BOTH_DYNAMODBS
from tests.functional.ledger.conftest import NOW, claimed, item_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

pytestmark = ON_BOTH_DYNAMODBS

LATER_WRITES: dict[str, Callable[[JobLedger, Claim], None]] = {
    "record_job_id": lambda ledger, claim: ledger.record_job_id(claim, "job-1"),
    "forget_job_id": lambda ledger, claim: ledger.forget_job_id(claim),
    "mark_training": lambda ledger, claim: ledger.mark_training(claim, "job-1"),
    "mark_retrying": lambda ledger, claim: ledger.mark_retrying(claim, ServiceUnavailableError("down")),
    "close": lambda ledger, claim: ledger.close(claim, Status.FAILED, ServiceUnavailableError("gone")),
}


@pytest.mark.parametrize("write", LATER_WRITES)
def test_overtaken_attempt_writes_nothing_more(
    ledger: JobLedger, jobs_table: Table, landed: LandedObject, write: str
) -> None:
    """It outlived its lease; its successor's record stays as it is."""
    overtaken = claimed(ledger, landed, "first", seconds=-10)
    claimed(ledger, landed, "second")
    successors = item_of(jobs_table, landed)

    with pytest.raises(LeaseLostError):
        LATER_WRITES[write](ledger, overtaken)

    assert item_of(jobs_table, landed) == successors


@pytest.mark.parametrize("write", LATER_WRITES)
def test_late_write_sets_nothing_back(ledger: JobLedger, jobs_table: Table, landed: LandedObject, write: str) -> None:
    """What an attempt still writes after its outcome is final does not undo what has followed from it."""
    attempt = claimed(ledger, landed, "first")
    ledger.mark_training(attempt, "job-1")
    later = {"status": {"Value": "FINISHED"}}
    jobs_table.update_item(
        Key={"object_uri": landed.uri, "object_version": landed.version},
        AttributeUpdates=cast("Any", later),
    )

    with pytest.raises(LeaseLostError):
        LATER_WRITES[write](ledger, attempt)

    assert item_of(jobs_table, landed)["status"] == "FINISHED"


@pytest.mark.parametrize("write", LATER_WRITES)
def test_overtaken_attempt_does_not_touch_an_outcome(
    ledger: JobLedger, jobs_table: Table, landed: LandedObject, write: str
) -> None:
    """Not even if the status is the one that it would write itself."""
    overtaken = claimed(ledger, landed, "first", seconds=-10)
    successor = claimed(ledger, landed, "second")
    ledger.mark_training(successor, "job-2")
    outcome = item_of(jobs_table, landed)

    with pytest.raises(LeaseLostError):
        LATER_WRITES[write](ledger, overtaken)

    assert item_of(jobs_table, landed) == outcome


@pytest.mark.parametrize("write", LATER_WRITES)
def test_write_whose_answer_got_lost_counts_as_written(
    ledger: JobLedger, jobs_table: Table, landed: LandedObject, write: str
) -> None:
    """The SDK repeats it, and it finds what it wrote itself."""
    claim = claimed(ledger, landed)
    LATER_WRITES[write](ledger, claim)
    written = item_of(jobs_table, landed)

    LATER_WRITES[write](ledger, claim)

    assert item_of(jobs_table, landed) == written


@pytest.mark.parametrize("write", ["mark_training", "close"])
def test_final_outcome_makes_later_events_duplicates(
    ledger: JobLedger, jobs_table: Table, landed: LandedObject, write: str
) -> None:
    """Nothing is claimed and nothing is changed."""
    LATER_WRITES[write](ledger, claimed(ledger, landed))
    outcome = item_of(jobs_table, landed)

    assert ledger.claim(landed, "second", NOW + 900) is None
    assert item_of(jobs_table, landed) == outcome


def test_of_many_at_the_same_time_one_gets_the_file(jobs_table: Table, landed: LandedObject) -> None:
    """However many deliveries of one event there are."""

    def claim(number: int) -> Claim | LeaseHeldError | None:
        try:
            return JobLedger(jobs_table, clock=lambda: NOW).claim(landed, f"invocation {number}", NOW + 900)
        except LeaseHeldError as error:
            return error

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(claim, range(8)))

    assert [type(answer).__name__ for answer in answers].count("Claim") == 1
    assert [type(answer).__name__ for answer in answers].count("LeaseHeldError") == 7


def _query(table: Table, index: str, **key: str) -> list[dict[str, Any]]:
    condition = " AND ".join(f"#{name} = :{name}" for name in key)
    return table.query(
        IndexName=index,
        KeyConditionExpression=condition,
        ExpressionAttributeNames={f"#{name}": name for name in key},
        ExpressionAttributeValues={f":{name}": value for name, value in key.items()},
    )["Items"]


def test_job_is_found_by_its_id(ledger: JobLedger, jobs_table: Table, landed: LandedObject) -> None:
    """`by_retrain_job_id`: what the switch function is called with."""
    retrain_job_id = f"job of {landed.model}"
    ledger.record_job_id(claimed(ledger, landed), retrain_job_id)

    found = _query(jobs_table, "by_retrain_job_id", retrain_job_id=retrain_job_id)

    assert found == [item_of(jobs_table, landed)]


def test_files_of_a_model_are_found_in_the_order_of_their_landing(
    ledger: JobLedger, jobs_table: Table, model: str
) -> None:
    """`by_model`: an older job never replaces a newer one."""
    moments = ["2026-11-23T01:02:03.000Z", "2026-11-22T23:59:59.999Z", "2026-11-23T01:02:02.999Z"]
    for moment in moments:
        claimed(ledger, landed_as(f"{model}/a.csv", version_id=moment, landed_at=moment))

    found = _query(jobs_table, "by_model", model=model)

    assert [item["landed_at"] for item in found] == sorted(moments)


def test_only_jobs_in_training_are_open(ledger: JobLedger, jobs_table: Table, model: str) -> None:
    """`open_jobs` is sparse: what is not being trained is not looked at."""
    for name, write in LATER_WRITES.items():
        write(ledger, claimed(ledger, landed_as(f"{model}/{name}.csv")))

    found = [item for item in _query(jobs_table, "open_jobs", open_job="open") if item["model"] == model]

    assert [item["filename"] for item in found] == ["mark_training.csv"]
