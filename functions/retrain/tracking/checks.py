"""Checks every open job that is due, several at a time. Read it downwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from retrain.errors import ApiKeyUnavailableError, CredentialRejectedError, RetrainError, UnexpectedAnswerError
from retrain.ledger.retrain_job import RetrainJob
from retrain.ledger.status import NO_SWITCH_DUE, Status, reason_of
from retrain.prediction_one.api import RetrainStatus
from retrain.telemetry import about_job, logger
from retrain.tracking.parallel import JOBS_AT_A_TIME, for_each
from retrain.tracking.run import Run
from retrain.tracking.service_statuses import is_final, is_finished, news_of
from retrain.tracking.switching import SwitchAttempt, landing_to_live_seconds, switch_model
from retrain.tracking.totals import LANDING_TO_LIVE, Totals

SWITCHED_BY = "track function (SwitchPolicy Automatic)"


def track(run: Run) -> Counter[str]:
    """Check every job that is due; return counts by metric name.

    Raises
    ------
    TableUnavailableError
        The open jobs could not be read.
    ExceptionGroup
        A defect in our code; raised after the other jobs are checked.
    """
    totals = Totals()
    try:
        for_each(run.deps.open_jobs.due(), partial(_follow, run), JOBS_AT_A_TIME, totals.add)
    finally:
        counts = totals.report()
    totals.raise_defects()
    return counts


def _follow(run: Run, item: Mapping[str, Any]) -> Counter[str]:
    """Take a job and advance it as far as possible, in its own thread; return counts by metric name."""
    job, tally = RetrainJob.of(item), Counter[str]()
    with about_job(job.model, job.retrain_job_id):
        try:
            taken = None if run.leaves_the_rest() else run.deps.open_jobs.take(job, run.deadline.expires_at)
            if taken is None:
                tally["ChecksLeft"] += 1
            elif taken.status == Status.FINISHED:  # an earlier run stored its results
                _switch(run, taken, tally)
            else:
                _check(run, taken, tally)
        except RetrainError as error:  # it could not be recorded: the job is due again when the lease ends
            logger.warning(
                "Could not record the check; the job is checked again later", error_code=error.code, reason=str(error)
            )
    return tally


def _check(run: Run, job: RetrainJob, tally: Counter[str]) -> None:
    tally["StatusChecks"] += 1
    try:
        answer = run.deps.api_keys.call(
            job.model, lambda api_key: run.deps.prediction_one.check_status(api_key, job.retrain_job_id)
        )
        result_uri = _store_results(run, job, answer) if is_finished(answer.status) else None
    except RetrainError as error:
        if is_final(error, job, run.clock()):
            _fail(run, job, tally, error)
        else:
            _count_rejection(error, tally)
            logger.warning("The status check failed; it is repeated later", error_code=error.code, reason=str(error))
            _check_later(run, job, {}, tally, error)
    else:
        if result_uri is None:
            logger.info("Still in training", service_status=answer.status)
            _check_later(run, job, news_of(answer), tally)
        else:
            _finish(run, job, {"result_uri": result_uri, **news_of(answer)}, tally)


def _store_results(run: Run, job: RetrainJob, answer: RetrainStatus) -> str:
    if not isinstance(answer.download_url, str):
        raise UnexpectedAnswerError(
            "Prediction One says that the job is finished, but gives no download URL for its results."
        )
    return run.deps.results.store(job, answer.download_url, run.deadline)


def _check_later(
    run: Run, job: RetrainJob, news: Mapping[str, Any], tally: Counter[str], error: RetrainError | None = None
) -> None:
    """Schedule a job's next check, and mark the job as stalled after `MaxTrainingHours`."""
    pace, reason = run.deps.pace, reason_of(error) if error else None
    if pace.is_overdue(job, run.clock()):
        news = {**news, "status": Status.STALLED}
        reason = reason or pace.why_stalled(job)
    if run.deps.open_jobs.check_later(job, _next_check_at(run, job, error), news, reason) and (
        news.get("status", job.status) != job.status
    ):
        tally["JobsStalled"] += 1
        logger.warning("The job is stalled: in training for longer than MaxTrainingHours", uploaded_at=job.uploaded_at)


def _next_check_at(run: Run, job: RetrainJob, error: RetrainError | None) -> float:
    asked_for = (error and error.retry_after_seconds) or 0
    return run.deps.pace.next_check_at(job, run.started_at, run.clock(), asked_for)


def _fail(run: Run, job: RetrainJob, tally: Counter[str], error: RetrainError) -> None:
    if run.deps.open_jobs.fail(job, error):
        tally["JobsFailed"] += 1
        logger.warning("The retraining failed", error_code=error.code, reason=str(error))


def _finish(run: Run, job: RetrainJob, result: Mapping[str, Any], tally: Counter[str]) -> None:
    automatic = run.deps.switches_automatically
    if not run.deps.open_jobs.finish(job, result, stays_open=automatic):
        return
    tally["JobsFinished"] += 1
    logger.info("Retraining finished; the results are stored", result_uri=result["result_uri"])
    if automatic:
        _switch(run, replace(job, status=Status.FINISHED), tally)


def _switch(run: Run, job: RetrainJob, tally: Counter[str]) -> None:
    """Make a finished job's model live. If interrupted, a later run resumes it without another download."""
    open_jobs = run.deps.open_jobs
    if not run.deps.switches_automatically:  # SwitchPolicy was Automatic when it finished
        open_jobs.leave(job)
        return
    if run.is_ending():
        return
    attempt = SwitchAttempt(owner=f"{run.owner}/{job.retrain_job_id}", by=SWITCHED_BY, deadline=run.deadline)
    try:
        switched = switch_model(run.deps, job, attempt)
    except RetrainError as error:
        _count_rejection(error, tally)
        tally["SwitchesFailed"] += error.code not in NO_SWITCH_DUE
        logger.warning(
            "The retrained model is not live", again=error.retry_is_safe, error_code=error.code, reason=str(error)
        )
        if error.retry_is_safe:
            open_jobs.check_later(job, _next_check_at(run, job, error), {}, reason_of(error))
        else:
            open_jobs.leave(job, error)
    else:
        tally["ModelsSwitched"] += 1
        tally[LANDING_TO_LIVE] = landing_to_live_seconds(job, switched)
        logger.info("The retrained model is live")


def _count_rejection(error: RetrainError, tally: Counter[str]) -> None:
    if isinstance(error, (ApiKeyUnavailableError, CredentialRejectedError)):
        tally["CredentialRejections"] += 1
