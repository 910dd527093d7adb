"""The jobs that are still followed: which are due, which run has taken one, and the outcome.

    due ──> take ──> check_later ──> TRAINING | STALLED, or FINISHED and waiting for its switch: due again later
              ├──> finish ──> FINISHED: its results are stored
              ├──> fail ──> FAILED
              └──> leave ──> FINISHED: a person may switch it

`next_check_at` is both the time when a job is due and its lease. `take` moves it to when the run has certainly ended;
every later write requires that value, and the status with which the job was taken.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from retrain.aws.dynamodb import Condition, ConditionFailed, find, update
from retrain.errors import RetrainError
from retrain.ledger.item import OPEN_JOBS_PARTITION
from retrain.ledger.retrain_job import RetrainJob
from retrain.ledger.status import OPEN_JOB, REASON, Status, reason_of
from retrain.moments import iso_utc_at
from retrain.telemetry import logger

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_STILL_POSSIBLE = "This model no longer goes live automatically. The switch function can still make it live."
_WHAT_NOW = "There will be no results. Fix the cause, then land the file again."

# Race: two runs see one due job, or the index still shows a job that was just taken. Only the first write succeeds.
_AS_SEEN = "next_check_at = :seen"

# Race: while a run calls the service, a person switches the job (then it is no longer open) or edits its status in the
# table. Neither is overwritten.
_STILL_HELD = "next_check_at = :lease AND #status = :taken_as"


class OpenJobs:
    """Follows the open jobs. Every method raises `TableUnavailableError` if DynamoDB refuses or does not answer.

    Parameters
    ----------
    table
        The jobs table.
    clock
        Returns epoch seconds.
    """

    def __init__(self, table: Table, clock: Callable[[], float] = time.time) -> None:
        self._table = table
        self._clock = clock

    def due(self) -> Iterator[dict[str, Any]]:
        """Yield the items of the jobs that are due now, the longest waiting first; one page is in memory at a time."""
        condition = Condition(
            "open_job = :open AND next_check_at <= :now", {":open": OPEN_JOBS_PARTITION, ":now": int(self._clock())}
        )
        return find(self._table, "open_jobs", condition)

    def take(self, job: RetrainJob, expires_at: float) -> RetrainJob | None:
        """Hold a job until `expires_at` (epoch seconds), and return its present state; None if another run has it.

        If the answer is lost, the SDK repeats the call and finds the job taken. The job is then due again after the
        lease.
        """
        try:
            item = update(
                self._table,
                job.key,
                {"next_check_at": int(expires_at) + 1},
                when=Condition(_AS_SEEN, {":seen": job.next_check_at}),
            )
        except ConditionFailed:
            return None
        return RetrainJob.of(item)

    def check_later(
        self, job: RetrainJob, until: float, news: Mapping[str, Any], reason: Mapping[str, str] | None = None
    ) -> bool:
        """Schedule a job's next check, and record why it has not come further; without a `reason`, remove the old one.

        Parameters
        ----------
        until
            Epoch seconds.
        news
            What is now known about it, for example its `status`.
        """
        changes = {"status": job.status, "next_check_at": int(until), **news, **(reason or {})}
        return self._write(job, changes, remove=() if reason else REASON)

    def finish(self, job: RetrainJob, result: Mapping[str, Any], *, stays_open: bool) -> bool:
        """Record that the results are stored; the job stays open if its switch follows."""
        changes = {"status": Status.FINISHED, "finished_at": iso_utc_at(self._clock()), **result}
        return self._write(job, changes, remove=REASON if stays_open else OPEN_JOB + REASON)

    def fail(self, job: RetrainJob, error: RetrainError) -> bool:
        """Record that there will be no results, and why."""
        return self._write(job, {"status": Status.FAILED, **reason_of(error, _WHAT_NOW)}, remove=OPEN_JOB)

    def leave(self, job: RetrainJob, error: RetrainError | None = None) -> bool:
        """Stop following a finished job, and record why it did not go live; a person may still switch it."""
        reason = reason_of(error, _STILL_POSSIBLE) if error else {}
        return self._write(job, {"status": job.status, **reason}, remove=OPEN_JOB)

    def _write(self, job: RetrainJob, changes: Mapping[str, Any], remove: tuple[str, ...]) -> bool:
        """Return whether it was written; if not, a person or another run has changed the job."""
        try:
            update(
                self._table,
                job.key,
                {"updated_at": iso_utc_at(self._clock()), **changes},
                when=Condition(_STILL_HELD, {":lease": job.next_check_at, ":taken_as": job.status}),
                remove=remove,
            )
        except ConditionFailed as exc:
            logger.info("The job was changed by a person or another run; leaving it", status=exc.item.get("status"))
            return False
        return True
