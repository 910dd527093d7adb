"""Why a URI has no item: it is not there, not a training file, older than the stack, or its event did not come."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote, unquote_plus

from p1_retrain.found.flow import breaks_in_flow
from p1_retrain.found.queues import UPLOAD, depth_of
from p1_retrain.found.steps import NextStep
from p1_retrain.stack import Stack
from retrain.landing.landed_object import HALVES, LandedObject
from retrain.landing.place_checks import place_refusal
from retrain.moments import iso_utc
from retrain.operator_commands import p1_retrain

PATIENCE = timedelta(minutes=10)
"""How long an event may be on its way before something is wrong. It usually takes seconds."""


@dataclass(frozen=True)
class Absence:
    """Why there is no item.

    Attributes
    ----------
    state
        `other bucket`, `outside the prefix`, `ignored`, `not there`, `deleted`, `older than the stack`, `on its way` or
        `event lost`.
    text
        The same as a sentence.
    step
        What comes next.
    landed_at
        When the object's current version was created: ISO 8601, UTC; None if there is none.
    """

    state: str
    text: str
    step: NextStep
    landed_at: str | None = None


def absence_of(stack: Stack, uri: str, now: datetime) -> Absence:
    """Return why a URI has no item.

    Raises
    ------
    BotoCoreError, ClientError
        AWS refused to say, or did not answer.
    """
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    nothing = NextStep("Nothing: it is no training file of this stack.")
    if bucket != stack.landing_bucket:
        text = f"The files of this stack land in {stack.landing_bucket}, not in {bucket}."
        return Absence("other bucket", text, nothing)
    if not key.startswith(stack.landing_prefix):
        text = f"It is outside the landing prefix {stack.landing_prefix}: only files below it are training data."
        return Absence("outside the prefix", text, nothing)
    versions = _versions(stack, bucket, key)
    landed = _landed(stack, bucket, key)
    if landed.is_marker and (versions or not _is_below(stack, bucket, key)):
        kind = "a folder" if key.endswith("/") or not key else "a hidden file: its name begins with . or _"
        return Absence("ignored", f"It is {kind}, so it is ignored.", nothing)
    if not versions:
        return _not_there(stack, bucket, key)
    latest = next(version for version in versions if version["IsLatest"])
    if "ETag" not in latest:
        deleted_at = iso_utc(latest["LastModified"])
        text = "It was deleted, and no attempt had begun before."
        return Absence("deleted", text, NextStep("Land it again if the model should be trained on it."), deleted_at)
    return _without_event(stack, replace(landed, landed_at=iso_utc(latest["LastModified"])), now)


def _versions(stack: Stack, bucket: str, key: str) -> list[Mapping[str, Any]]:
    """Return the versions and delete markers of one key."""
    answer = stack.client("s3").list_object_versions(Bucket=bucket, Prefix=key, MaxKeys=100)
    listed = [*answer.get("Versions", []), *answer.get("DeleteMarkers", [])]
    return [version for version in listed if version["Key"] == key]


def _is_below(stack: Stack, bucket: str, key: str) -> bool:
    """Return whether something lies below a folder."""
    answer = stack.client("s3").list_object_versions(Bucket=bucket, Prefix=key, MaxKeys=1)
    return bool(answer.get("Versions"))


def _landed(stack: Stack, bucket: str, key: str) -> LandedObject:
    path = key[len(stack.landing_prefix) :]
    return LandedObject(bucket, key, path, None, "", "", 1, iso_utc(datetime.now(UTC)))


def _not_there(stack: Stack, bucket: str, key: str) -> Absence:
    for other in _spellings(key):
        if _versions(stack, bucket, other):
            command = p1_retrain(stack.name, "why", f"s3://{bucket}/{other}")
            text = (
                f"There is no such object, but there is one named {other}: the name was escaped or typed another way."
            )
            return Absence("not there", text, NextStep("Ask for that one.", commands=(command,)))
    step = NextStep("Check the name, and the job that should have written it.", needs_person=True)
    if _is_below(stack, bucket, key.rstrip("/") + "/"):
        step = NextStep("It is a folder. Ask for a file in it.", needs_person=True)
    return Absence("not there", "There is no such object in the bucket, and there was none before.", step)


def _spellings(key: str) -> Iterator[str]:
    """Yield what a person may have meant: a key copied from a URL, or typed on another system."""
    tried = {key}
    forms = [unquote(key), unquote_plus(key), key.replace("+", " "), key.replace(" ", "+")]
    forms += [unicodedata.normalize(form, key) for form in ("NFC", "NFD")]
    for other in forms:
        if other not in tried:
            tried.add(other)
            yield other


def _without_event(stack: Stack, landed: LandedObject, now: datetime) -> Absence:
    """Return why an object that is there has no item."""
    landed_at = datetime.fromisoformat(landed.landed_at)
    if landed_at < stack.created_at:
        text = f"It is older than the stack, which was created at {iso_utc(stack.created_at)}."
        step = NextStep("Send it if the model should be trained on it.", commands=(_backfill(stack, landed),))
        return Absence("older than the stack", text, step, landed.landed_at)
    broken = breaks_in_flow(stack)
    waiting = depth_of(stack, UPLOAD)
    if broken:
        commands = (*(each.command for each in broken), _backfill(stack, landed))
        step = NextStep(
            "Run the first command, then the last one, which sends the file.", commands=commands, needs_person=True
        )
        return Absence("event lost", " ".join(each.text for each in broken), step, landed.landed_at)
    if now - landed_at < PATIENCE or waiting.total:
        text = f"Its event is on the way: the upload queue holds {waiting.total} messages."
        return Absence("on its way", text, NextStep("Look again in a minute."), landed.landed_at)
    text = (
        "Its event never came, though everything is turned on. A new bucket's notifications start after five minutes."
    )
    step = NextStep(
        f"Send it now; otherwise the daily check sends it{_daily(stack)}.",
        commands=(_backfill(stack, landed),),
        needs_person=True,
    )
    return Absence("event lost", f"{text}{_half(landed)}", step, landed.landed_at)


def _daily(stack: Stack) -> str:
    days = stack.parameters.get("ReconcileDays", "7")
    return ", but it is turned off (ReconcileDays is 0)" if days == "0" else f", if it is not older than {days} days"


def _half(landed: LandedObject) -> str:
    if landed.half is None or place_refusal(landed):
        return ""
    (other,) = set(HALVES) - {landed.half}
    return f" It is half of a pair: it is sent when the other half is in {landed.dataset_uri}{other}/, too."


def _backfill(stack: Stack, landed: LandedObject) -> str:
    since = iso_utc(datetime.fromisoformat(landed.landed_at) - timedelta(seconds=1))
    return p1_retrain(stack.name, "backfill", "--since", since, "--prefix", landed.path)
