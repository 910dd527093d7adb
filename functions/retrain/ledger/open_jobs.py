"""The jobs that are still followed: which are due, which run looks at one, and what became of it.

    due ──> take ──> check_later ──> TRAINING | STALLED, or FINISHED that waits for its switch: due again later
              ├──> finish ──> FINISHED: its results are stored
              ├──> fail ──> FAILED
              └──> leave ──> FINISHED: a person may switch it

`next_check_at` is both when a job is due and the lease on it. `take` moves it to when the run has certainly ended;
every later write asks for that very value, and for the status that the job was taken with.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from retrain.aws.dynamodb import Condition, ConditionFailed, find, update
from retrain.errors import RetrainError
from retrain.ledger.attempts import OPEN_JOBS_PARTITION
from retrain.ledger.retrain_job import RetrainJob
from retrain.ledger.status import OPEN_JOB, REASON, Status, reason_of
from retrain.moments import iso_utc_at
from retrain.telemetry import logger

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_STILL_POSSIBLE = "This job is not switched to by itself any more; the switch function still can."
_WHAT_NOW = "No results will come of this file's retraining. Once the cause is mended, land the file again."

# Two runs see one due job, or the index still shows one that was just taken: only the first finds the value it saw.
_AS_SEEN = "next_check_at = :seen"

# While a run asks the service, a person may switch the job by hand (then it is no longer open) or close it in the
# table (then its status is another): neither is overwritten.
_STILL_HELD = "next_check_at = :lease AND #status = :taken_as"


class OpenJobs:
    """Follows the open jobs. Every method raises `TableUnavailableError` if DynamoDB does not do its part.

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
        """Yield the items of the jobs that are due, the longest waiting first."""
        condition = Condition(
            "open_job = :open AND next_check_at <= :now", {":open": OPEN_JOBS_PARTITION, ":now": int(self._clock())}
        )
        return find(self._table, "open_jobs", condition)

    def take(self, job: RetrainJob, expires_at: float) -> RetrainJob | None:
        """Hold a job until `expires_at` (epoch seconds), and return it as it stands; None if another run has it.

        A take whose answer got lost is repeated by the SDK and finds the job taken: it is due again afterwards.
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
        """Have a job looked at again, and record why it has not come further; without a reason, there is none.

        Parameters
        ----------
        until
            Epoch seconds.
        news
            What is known of it now, for example its `status`.
        """
        changes = {"status": job.status, "next_check_at": int(until), **news, **(reason or {})}
        return self._write(job, changes, remove=() if reason else REASON)

    def finish(self, job: RetrainJob, result: Mapping[str, Any], *, stays_open: bool) -> bool:
        """Record that the results are stored; the job stays open if it is still to be switched."""
        changes = {"status": Status.FINISHED, "finished_at": iso_utc_at(self._clock()), **result}
        return self._write(job, changes, remove=REASON if stays_open else OPEN_JOB + REASON)

    def fail(self, job: RetrainJob, error: RetrainError) -> bool:
        """Record that no results will come, and why."""
        reason = {**reason_of(error), "error_message": f"{error} {_WHAT_NOW}"}
        return self._write(job, {"status": Status.FAILED, **reason}, remove=OPEN_JOB)

    def leave(self, job: RetrainJob, error: RetrainError | None = None) -> bool:
        """Follow a finished job no longer; a person may switch it, and reads here why that has not happened."""
        reason = {**reason_of(error), "error_message": f"{error} {_STILL_POSSIBLE}"} if error else {}
        return self._write(job, {"status": job.status, **reason}, remove=OPEN_JOB)

    def _write(self, job: RetrainJob, changes: Mapping[str, Any], remove: tuple[str, ...]) -> bool:
        """Return whether it was written: if not, somebody else has decided on this job meanwhile."""
        try:
            update(
                self._table,
                job.key,
                {"updated_at": iso_utc_at(self._clock()), **changes},
                when=Condition(_STILL_HELD, {":lease": job.next_check_at, ":taken_as": job.status}),
                remove=remove,
            )
        except ConditionFailed as exc:
            logger.info("Somebody else has decided on this job meanwhile", status=exc.item.get("status"))
            return False
        return True
