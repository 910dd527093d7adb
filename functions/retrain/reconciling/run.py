"""One run of the reconcile function: lists, looks up, tells people, and sends what is missing. Read it downwards."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from retrain.deadline import Deadline
from retrain.errors import NoTimeLeftError
from retrain.landing.landed_object import LandedObject
from retrain.reconciling.listing import PAGE_SIZE, Position, Scope, pages
from retrain.reconciling.matching import EVENT_LIFETIME, Matching
from retrain.reconciling.notice import tell_people
from retrain.reconciling.report import Report
from retrain.reconciling.request import ReconcileRequest
from retrain.reconciling.sending import Oldest, send
from retrain.telemetry import count, logger

if TYPE_CHECKING:
    from retrain.reconciling.wiring import ReconcileDependencies

RESERVE_SECONDS = 300
"""No further page is read with less time left: the look-ups of one take some seconds, the messages of `MAX_FILES` files
some 100 s. The next run repeats what a killed one had begun."""

MAX_FILES = 50_000
"""How many files a run sends at most. They are kept in memory, to send the oldest first: 43 MiB for as many as
this (`python -m benchmarks.reconcile`). A daily run that finds more continues the next day; a person asks again."""


def reconcile(deps: ReconcileDependencies, event: Mapping[str, Any], deadline: Deadline) -> dict[str, Any]:
    """Send the landed files that have no item, and return what was found. Safe to repeat, and to run twice at once.

    Raises
    ------
    RequestRefusedError
        The request cannot be carried out as it is.
    NoTimeLeftError
        A person asked for more than one run can list. Nothing was sent.
    RetrainError
        A call to AWS failed. The next run tries again.
    """
    now = datetime.fromtimestamp(deps.clock(), UTC)
    request = ReconcileRequest.of(event, now)
    start, end = request.window(deps.days, now)
    unfinished = deps.bookmark.read() if request.is_scheduled else None
    if unfinished:
        start = min(start, unfinished.start)
    scope = Scope(deps.bucket, deps.landing_prefix, request.prefix, start, end, current_only=request.since is not None)
    report = Report(request)
    report.sent = _look(deps, scope, unfinished.position if unfinished else None, report, deadline)
    if report.end and not request.is_scheduled:
        raise NoTimeLeftError(
            f"One run cannot list all of s3://{scope.bucket}/{scope.landing_prefix}{scope.prefix}. Nothing was sent. "
            'Ask for less at a time with "prefix", for example one model\'s folder.'
        )
    if request.is_scheduled:
        tell_people(deps, report)  # before sending: a run that dies in between is repeated, and finds the same again
    if not request.dry_run:
        send(deps.sqs, deps.queue_url, report.sent)
    if unfinished or report.end:
        deps.bookmark.write(start, report.end)
    _count(report)
    return report.answer()


def _look(
    deps: ReconcileDependencies, scope: Scope, after: Position | None, report: Report, deadline: Deadline
) -> list[LandedObject]:
    """Add what is found to the report, page by page, and return the missing files to send, the oldest first."""
    request = report.request
    oldest = Oldest(min(request.limit or MAX_FILES, MAX_FILES))
    quiet_before = scope.end - EVENT_LIFETIME if request.since else None
    for page in pages(deps.s3, scope, after):
        findings = Matching(deps.versions, deps.pairs, quiet_before).match(page.files)
        report.add(len(page.files), findings)
        oldest.add(findings.missing)
        for each in findings.unsure:
            _log("Cannot tell whether this file was sent; a person must decide", each.landed, reason=each.reason)
        if deadline.seconds_left() < RESERVE_SECONDS or (request.is_scheduled and oldest.room < PAGE_SIZE):
            report.end = page.next
            break
    files = oldest.in_order()
    for landed in files:
        _log("A landed file has no item: its event never came, or is still waiting", landed, dry_run=request.dry_run)
    return files


def _log(text: str, landed: LandedObject, **more: Any) -> None:
    where = {"model": landed.model, "bucket": landed.bucket, "key": landed.key, "version": landed.version}
    logger.warning(text, extra={**where, "landed_at": landed.landed_at, **more})


def _count(report: Report) -> None:
    count("ReconcileListed", report.listed)
    count("ReconcileMissing", report.missing)
    count("ReconcileSent", report.sent_count)
    count("ReconcileUnsure", report.unsure_count)
    if report.end:
        logger.warning("The run ended before the bucket did; the next one continues", after_key=report.end.key_marker)
