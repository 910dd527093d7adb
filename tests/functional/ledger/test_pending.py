"""What is on its way to the service, and since when."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from local.ministack import MiniStack
from retrain.errors import OutcomeNeedsDecisionError, ServiceUnavailableError
from retrain.landing.landed_object import LandedObject
from retrain.ledger.attempts import Claim, JobLedger
from retrain.ledger.escalations import Escalations
from retrain.ledger.pairs import PairRecords
from retrain.ledger.pending import PendingFiles
from retrain.ledger.status import Status
from tests.conftest import landed_as
from tests.tables import create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

BEGIN = 1_790_000_000.0
"""The clock's first moment. Every test has a table of its own."""


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = BEGIN

    def __call__(self) -> float:
        """Return epoch seconds."""
        return self.now


@pytest.fixture
def table(aws: MiniStack) -> Table:
    """Create a jobs table of the test's own: its oldest file is the test's."""
    return create_table(aws, "JobsTable", f"jobs-{uuid.uuid4().hex}")


@pytest.fixture
def clock() -> Clock:
    """Give the clock of all writers and of the reader."""
    return Clock()


@pytest.fixture
def ledger(table: Table, clock: Clock) -> JobLedger:
    """Give what writes attempts."""
    return JobLedger(table, clock)


@pytest.fixture
def pending(table: Table, clock: Clock) -> PendingFiles:
    """Give what reads the index."""
    return PendingFiles(table, clock)


def claimed(ledger: JobLedger, landed: LandedObject, clock: Clock) -> Claim:
    """Begin an attempt."""
    claim = ledger.claim(landed, "request", clock.now + 900)
    assert claim
    return claim


def test_nothing_is_pending_at_first(pending: PendingFiles) -> None:
    """A stack at rest says 0, which is no missing data."""
    assert pending.oldest_seconds() == 0


def test_age_counts_from_the_first_attempt(ledger: JobLedger, pending: PendingFiles, clock: Clock) -> None:
    """However many attempts there were, and however long ago the file landed: a backfill is no alarm."""
    old = landed_as("m/old.csv", landed_at="2020-01-01T00:00:00.000Z")
    ledger.mark_retrying(claimed(ledger, old, clock), ServiceUnavailableError("down"))
    clock.now += 1000
    ledger.mark_retrying(claimed(ledger, old, clock), ServiceUnavailableError("down"))
    claimed(ledger, landed_as("m/new.csv"), clock)
    clock.now += 500

    assert pending.oldest_seconds() == 1500


def test_attempt_that_died_counts(ledger: JobLedger, pending: PendingFiles, clock: Clock) -> None:
    """It left UPLOADING, and its message is hidden: nothing else shows it."""
    claimed(ledger, landed_as("m/a.csv"), clock)
    clock.now += 7200

    assert pending.oldest_seconds() == 7200


@pytest.mark.parametrize("end", ["arrived", "refused", "given up by the attempt", "given up by the schedule"])
def test_file_with_an_outcome_does_not_count(
    table: Table, ledger: JobLedger, pending: PendingFiles, clock: Clock, end: str
) -> None:
    """Nor one that is given up: a person was told of it."""
    landed, error = landed_as("m/a.csv"), ServiceUnavailableError("down")
    claim = claimed(ledger, landed, clock)
    if end == "arrived":
        ledger.mark_training(claim, "job")
    elif end == "refused":
        ledger.close(claim, Status.REJECTED, error)
    else:
        ledger.mark_retrying(claim, error, is_last=end.endswith("attempt"))
        Escalations(table, clock).give_up(landed, error)
    clock.now += 100

    assert pending.oldest_seconds() == 0


def test_redriven_file_begins_anew(ledger: JobLedger, pending: PendingFiles, clock: Clock) -> None:
    """The alarm is for what is stuck now, not for how long it lay in the dead-letter queue."""
    landed = landed_as("m/a.csv")
    ledger.mark_retrying(claimed(ledger, landed, clock), ServiceUnavailableError("down"), is_last=True)
    clock.now += 100_000
    claimed(ledger, landed, clock)
    clock.now += 60

    assert pending.oldest_seconds() == 60


def test_file_that_a_person_sends_again_counts(
    table: Table, ledger: JobLedger, pending: PendingFiles, clock: Clock
) -> None:
    """Until an attempt takes it: the message that follows may get lost."""
    landed, escalations = landed_as("m/a.csv"), Escalations(table, clock)
    ledger.mark_retrying(claimed(ledger, landed, clock), OutcomeNeedsDecisionError("?"), is_last=True)
    clock.now += 100_000
    escalations.allow_sending({"object_uri": landed.uri, "object_version": landed.version})
    clock.now += 60

    assert pending.oldest_seconds() == 60


def test_waiting_half_is_pending_and_no_reason_for_an_alarm(table: Table, pending: PendingFiles, clock: Clock) -> None:
    """The other half may land at any time; people can ask for those that wait."""
    half = landed_as("m/d/train_src/a.csv")
    PairRecords(table, clock).wait(half)
    clock.now += 86400

    assert pending.oldest_seconds() == 0
    assert [item["object_version"] for item in pending.of_status(Status.WAITING, page_items=5)] == [half.version]
