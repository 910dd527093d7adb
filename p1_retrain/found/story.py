"""The whole story of one landing: where it stands, why, what comes next, and what was logged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from p1_retrain.errors import CommandFailed
from p1_retrain.found.absent import absence_of
from p1_retrain.found.files import Item, items_of_uri, live_of
from p1_retrain.found.history import Event, history, summary
from p1_retrain.found.item_log import keys_of, log_of, returns_at
from p1_retrain.found.letters import letters_of_uploads
from p1_retrain.found.logs import LogLine
from p1_retrain.found.next_steps import next_step
from p1_retrain.found.steps import About, NextStep, land_again
from p1_retrain.moments import local_time, zone
from p1_retrain.stack import Stack
from retrain.ledger.status import HiddenState, state_of

LETTERS_SEARCHED = 100
"""Among so many dead letters a file's own is looked for."""


@dataclass(frozen=True)
class Story:
    """One landing.

    Attributes
    ----------
    uri, version
        The item's key; no version if there is no item.
    status
        The item's; None if there is none.
    state
        As a listing says it, or why there is no item.
    summary
        Where it stands, in a sentence.
    reason_code, reason
        Why it has not come further; None if nothing is wrong.
    next_step, next_at, commands
        What comes next, when (ISO 8601, UTC), and what a person runs.
    needs_person
        Whether nothing good happens without a person.
    history
        What happened, in the order of time.
    other_versions
        The versions of other items of the same URI, the newest first.
    log
        What the functions logged about it.
    log_problem
        Why there is no log; None if it was read.
    """

    uri: str
    version: str | None
    model: str | None
    status: str | None
    state: str
    summary: str
    reason_code: str | None
    reason: str | None
    next_step: str
    next_at: str | None
    commands: list[str]
    needs_person: bool
    retrain_job_id: str | None
    service_status: str | None
    result_uri: str | None
    attempts: int
    history: list[Event]
    other_versions: list[str]
    log: list[LogLine]
    log_problem: str | None = None


def story_of(stack: Stack, uri: str, version: str | None, now: datetime) -> Story:
    """Return the story of a landed file, by default of its newest version.

    Raises
    ------
    CommandFailed
        The URI is none, or has items, but none of this version.
    RetrainError, BotoCoreError, ClientError
        AWS refused to say, or did not answer.
    """
    if not uri.startswith("s3://") or "/" not in uri.removeprefix("s3://"):
        raise CommandFailed(f"{uri!r} is no S3 URI: give s3://BUCKET/KEY, in quotes if the key has spaces.")
    items = items_of_uri(stack, uri)
    if not items and version is None:
        return _without_item(stack, uri, now)
    chosen = [item for item in items if version in (None, item["object_version"])]
    if not chosen:
        known = ", ".join(item["object_version"] for item in items) or "none"
        raise CommandFailed(f"{uri} has no item of the version {version}; there are: {known}.")
    others = [str(item["object_version"]) for item in items if item is not chosen[0]]
    return _of_item(stack, chosen[0], others, now)


def _of_item(stack: Stack, item: Item, others: list[str], now: datetime) -> Story:
    log, problem = log_of(stack, item, now)
    live = live_of(stack, str(item["model"])) if "model" in item else {}
    step = next_step(About(stack, item, live, returns_at(log, now)))
    if state_of(item) == HiddenState.GIVEN_UP:
        step = _with_letter(stack, item, step)
    return Story(
        uri=item["object_uri"],
        version=item["object_version"],
        model=item.get("model"),
        status=str(item["status"]),
        state=str(state_of(item)),
        summary=summary(item),
        reason_code=item.get("error_code"),
        reason=item.get("error_message"),
        next_step=step.text,
        next_at=step.at,
        commands=list(step.commands),
        needs_person=step.needs_person,
        retrain_job_id=item.get("retrain_job_id"),
        service_status=item.get("service_status"),
        result_uri=item.get("result_uri"),
        attempts=int(item.get("attempts", 0)),
        history=history(item),
        other_versions=others,
        log=log,
        log_problem=problem,
    )


def _without_item(stack: Stack, uri: str, now: datetime) -> Story:
    absence = absence_of(stack, uri, now)
    step = absence.step
    path = uri.removeprefix("s3://").partition("/")[2].removeprefix(stack.landing_prefix)
    return Story(
        uri=uri,
        version=None,
        model=path.partition("/")[0] if "/" in path else None,
        status=None,
        state=absence.state,
        summary=f"It has no item in the jobs table. {absence.text}",
        reason_code=None,
        reason=None,
        next_step=step.text,
        next_at=step.at,
        commands=list(step.commands),
        needs_person=step.needs_person,
        retrain_job_id=None,
        service_status=None,
        result_uri=None,
        attempts=0,
        history=[Event(absence.landed_at, "landed")] if absence.landed_at and absence.state != "deleted" else [],
        other_versions=[],
        log=[],
    )


def _with_letter(stack: Stack, item: Item, step: NextStep) -> NextStep:
    """Say until when its dead letter is kept, or that it is gone."""
    letters = letters_of_uploads(stack, LETTERS_SEARCHED)
    keys = {f"s3://{_bucket(item)}/{key}" for key in keys_of(item)}
    own = [letter for letter in letters if letter.uri in keys]
    if own:
        until = f"{local_time(own[0].kept_until)} {zone()}"
        return replace(step, text=f"{step.text} Its message is kept until {until}.")
    if len(letters) >= LETTERS_SEARCHED:
        return step
    gone = "Its message is no longer in the dead-letter queue: unless it was redriven just now, land the file again."
    return replace(
        step, text=f"{step.text} {gone}", commands=(*step.commands[:-1], land_again(str(item["object_uri"])))
    )


def _bucket(item: Item) -> str:
    return str(item["object_uri"]).removeprefix("s3://").partition("/")[0]
