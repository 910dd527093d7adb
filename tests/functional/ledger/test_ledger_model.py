"""The ledger under any order of events, workers, crashes and times: a model that hypothesis tries to break.

The conditional writes are the real ones, in MiniStack's DynamoDB and in moto's; only the service is a dictionary here.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from retrain.errors import (
    FileRejectedError,
    LeaseHeldError,
    LeaseLostError,
    RetrainError,
    UploadInterruptedError,
    UploadOutcomeUnknownError,
)
from retrain.landing.landed_object import LandedObject
from retrain.landing.landed_pair import Landing
from retrain.ledger.attempts import Claim, JobLedger
from retrain.ledger.status import Status
from tests.conftest import landed_as
from tests.examples import examples
from tests.functional.conftest import ON_BOTH_DYNAMODBS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

pytestmark = ON_BOTH_DYNAMODBS

LEASE_SECONDS = 900
SETTLE_SECONDS = 600
"""How long the service may take at most to notice a file, and how long an attempt waits before it compares."""

OUTCOMES = ("arrived", "arrived, answer lost", "lost", "lost before its last byte")


@dataclass
class Worker:
    """An invocation that holds, or believes to hold, a landed version."""

    claim: Claim
    lease_expires_at: float
    job_id: str | None = None
    outcome: str | None = None


class Retraining(RuleBasedStateMachine):
    """Workers that take the steps of `attempt.py`, each at any time, and die at any time."""

    def __init__(self, table: Table) -> None:
        super().__init__()
        self.table = table
        self.now = 1_800_000_000.0
        self.ledger = JobLedger(table, clock=lambda: self.now)
        self.versions = [landed_as(f"model/{uuid.uuid4().hex}.csv") for _ in range(2)]
        self.workers: list[Worker] = []
        self.files_at_service: dict[str, Landing] = {}
        self.noticed_at: dict[str, float] = {}

    @rule(which=st.integers(0, 1))
    def deliver_event(self, which: int) -> None:
        """Let an event arrive, for the first time or again, early or late."""
        landed = self.versions[which]
        lease_expires_at = self.now + LEASE_SECONDS
        try:
            claim = self.ledger.claim(landed, uuid.uuid4().hex, lease_expires_at)
        except LeaseHeldError:
            return
        if claim:
            rivals = [w for w in self.workers if w.claim.landed == landed and w.lease_expires_at >= self.now]
            assert rivals == []
            self.workers.append(Worker(claim, lease_expires_at))

    @precondition(lambda self: self.workers)
    @rule(data=st.data())
    def record_job(self, data: st.DataObject) -> None:
        """Have a worker settle what an earlier one left open, then write the id of a job of its own."""
        if worker := self.draw(data, lambda w: w.job_id is None):
            earlier = worker.claim.unresolved
            if earlier and self.now < earlier.ends_by + SETTLE_SECONDS:
                self.end(worker, UploadOutcomeUnknownError("too early"))
            elif earlier and self.noticed_at.get(earlier.retrain_job_id, self.now + 1) <= self.now:
                worker.job_id, worker.outcome = earlier.retrain_job_id, "arrived"
            else:
                worker.job_id = uuid.uuid4().hex
                self.write(worker, partial(self.ledger.record_job_id, worker.claim, worker.job_id))

    @precondition(lambda self: self.workers)
    @rule(data=st.data(), outcome=st.sampled_from(OUTCOMES), notice_seconds=st.sampled_from([0, SETTLE_SECONDS]))
    def send_file(self, data: st.DataObject, outcome: str, notice_seconds: int) -> None:
        """Have a worker that Lambda has not ended yet send the file; the service may notice it only later."""
        sending = self.draw(data, lambda w: w.job_id and not w.outcome and w.lease_expires_at >= self.now)
        if sending and sending.job_id:
            sending.outcome = outcome
            if outcome.startswith("arrived"):
                self.files_at_service[sending.job_id] = sending.claim.landed
                self.noticed_at[sending.job_id] = self.now + notice_seconds

    @precondition(lambda self: self.workers)
    @rule(data=st.data())
    def record_outcome(self, data: st.DataObject) -> None:
        """Have a worker write what it knows of its upload, in time or long after it was given up."""
        if worker := self.draw(data, lambda w: w.outcome):
            errors: dict[str | None, RetrainError] = {
                "lost before its last byte": UploadInterruptedError("cut"),
                "arrived, answer lost": UploadOutcomeUnknownError("lost"),
                "lost": UploadOutcomeUnknownError("lost"),
            }
            if worker.outcome == "lost before its last byte":
                self.write(worker, partial(self.ledger.forget_job_id, worker.claim))
            if error := errors.get(worker.outcome):
                if isinstance(error, UploadOutcomeUnknownError):
                    self.write(worker, partial(self.ledger.end_upload, worker.claim))
                self.end(worker, error)
            else:
                self.write(worker, partial(self.ledger.mark_training, worker.claim, str(worker.job_id)))
                self.workers = [w for w in self.workers if w is not worker]

    @precondition(lambda self: self.workers)
    @rule(data=st.data())
    def refuse_file(self, data: st.DataObject) -> None:
        """Have a worker find the file unusable; one that is retried has passed that check already."""
        if worker := self.draw(data, lambda w: w.job_id is None and w.claim.attempt == 1):
            self.write(
                worker, partial(self.ledger.close, worker.claim, Status.REJECTED, FileRejectedError("EMPTY_FILE", ""))
            )
            self.workers = [w for w in self.workers if w is not worker]

    @precondition(lambda self: self.workers)
    @rule(data=st.data())
    def crash(self, data: st.DataObject) -> None:
        """Let a worker die where it stands."""
        self.workers.remove(data.draw(st.sampled_from(self.workers)))

    @rule(seconds=st.sampled_from([1, SETTLE_SECONDS // 2, LEASE_SECONDS // 2, LEASE_SECONDS, LEASE_SECONDS + 2]))
    def let_time_pass(self, seconds: int) -> None:
        """Move the clock."""
        self.now += seconds

    @invariant()
    def no_version_is_sent_twice(self) -> None:
        """Never does a second upload of one version complete."""
        sent = list(self.files_at_service.values())
        assert all(sent.count(landed) <= 1 for landed in self.versions)

    def teardown(self) -> None:
        """However it stands: deliver each event again, with nothing in the way, and its file is trained on once."""
        self.workers.clear()
        for landed in self.versions:
            self.now += LEASE_SECONDS + SETTLE_SECONDS + 2
            if claim := self.ledger.claim(landed, "last", self.now + LEASE_SECONDS):
                job_id = claim.unresolved and claim.unresolved.retrain_job_id
                if job_id is None or job_id not in self.files_at_service:
                    job_id = uuid.uuid4().hex
                    self.ledger.record_job_id(claim, job_id)
                    self.files_at_service[job_id] = landed
                self.ledger.mark_training(claim, job_id)
            item = self.item(landed)
            jobs = [job_id for job_id, sent in self.files_at_service.items() if sent == landed]
            assert (item["status"], jobs) in (("TRAINING", [item.get("retrain_job_id")]), ("REJECTED", []))

    def draw(self, data: st.DataObject, fits: Any) -> Worker | None:
        """Return some worker that fits, None if none does."""
        fitting = [worker for worker in self.workers if fits(worker)]
        return data.draw(st.sampled_from(fitting)) if fitting else None

    def end(self, worker: Worker, error: RetrainError) -> None:
        """Have a worker record why it failed, and end it."""
        self.write(worker, partial(self.ledger.mark_retrying, worker.claim, error))
        self.workers = [w for w in self.workers if w is not worker]

    def write(self, worker: Worker, change: partial[None]) -> None:
        """Write; only a worker that outlived its lease may find that it was overtaken, and then it ends."""
        try:
            change()
        except LeaseLostError:
            assert worker.lease_expires_at < self.now
            self.workers = [w for w in self.workers if w is not worker]

    def item(self, landed: LandedObject) -> dict[str, Any]:
        """Return what the table says of a version."""
        key = {"object_uri": landed.uri, "object_version": landed.version}
        return self.table.get_item(Key=key, ConsistentRead=True)["Item"]


def test_no_order_of_events_breaks_the_promise(jobs_table: Table) -> None:
    """One holder at a time, one completed upload per version, and always a next step."""
    run_state_machine_as_test(
        cast("type[Retraining]", partial(Retraining, jobs_table)),
        settings=settings(
            max_examples=examples(15), stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
