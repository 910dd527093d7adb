"""Decides what to send for a landed file: the file, or, for a half of a pair, the pair when both halves have landed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from retrain.errors import FileRejectedError, LandedObjectUnreadableError, ObjectSupersededError, RetrainError
from retrain.landing.landed_object import HALVES, LandedObject
from retrain.landing.landed_pair import LandedPair, Landing, same_landing, sibling
from retrain.landing.place_checks import DATA_FILE_SUFFIXES, place_refusal
from retrain.ledger.pairs import PairRecord
from retrain.ledger.status import IN_ATTEMPTS, closing_status
from retrain.moments import iso_utc
from retrain.telemetry import about, count_outcome, log_failure, logger
from retrain.uploading.wiring import UploadDependencies

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Present = dict[str, LandedObject]
"""The present data file of `train_src/` and of `eval_src/`; a folder without one is left out."""


def landings(deps: UploadDependencies, landed: LandedObject) -> list[Landing]:
    """Return what to send for a landed file; nothing for a half that waits, or whose item says why it is not sent.

    Raises
    ------
    RetrainError
        It could not be decided: try again later.
    """
    if landed.half is None or place_refusal(landed):  # a refused half gets an item of its own
        return [landed]
    with about(landed):
        try:
            return list(_pairs(deps, landed))
        except RetrainError as error:
            log_failure(error)
            raise


def _pairs(deps: UploadDependencies, half: LandedObject) -> list[LandedPair]:
    records = deps.pairs.of_dataset(half)
    known = [record for record in records if record.pair and record.has_landing(half)]
    # A pair that was started must be completed, even if one of its halves has landed again since.
    unfinished = [record.pair for record in known if record.pair and record.status in IN_ATTEMPTS]
    if unfinished:
        return unfinished
    if not known:
        deps.pairs.wait(half)
    try:
        present = _present(deps.s3, half)
        _supersede(deps, records, present, half)
        if not any(same_landing(half, file) for file in present.values()):
            raise _superseded(half)
    except (FileRejectedError, ObjectSupersededError) as error:
        _close(deps, half, half.version, error)
        return []
    if len(present) < len(HALVES):
        logger.info("Half of a pair has landed; waiting for the other half")
        return []
    told = [half, *(waiting for record in records if record.waits for waiting in record.halves)]
    return [LandedPair(*(_dated(present[folder], told) for folder in HALVES))]


def _supersede(deps: UploadDependencies, records: list[PairRecord], present: Present, half: LandedObject) -> None:
    """Close halves that waited and were overwritten or deleted before the other half landed."""
    for record in records:
        if record.waits and not any(record.has(file) for file in present.values()):
            (gone,) = record.halves
            _close(deps, half, record.version, _superseded(gone))


def _superseded(half: LandedObject) -> ObjectSupersededError:
    return ObjectSupersededError(
        f"{half.uri} was overwritten or deleted before the other half of its pair landed. If it was overwritten, the "
        "newer version has its own item."
    )


def _close(deps: UploadDependencies, half: LandedObject, version: str, error: RetrainError) -> None:
    status = closing_status(error)
    if status and deps.pairs.close(half, version, status, error):
        count_outcome(status)
        logger.warning(
            "The model will not be retrained on this file", status=status, error_code=error.code, reason=str(error)
        )


def _present(s3: S3Client, half: LandedObject) -> Present:
    try:
        keys = {folder: _data_files(s3, half, folder) for folder in HALVES}
        for folder, found in keys.items():
            _refuse_more_than_one(folder, found, half)
        return {folder: _current_version(s3, half, key) for folder, found in keys.items() for key in found}
    except (ClientError, BotoCoreError) as exc:
        raise LandedObjectUnreadableError(
            f"S3 could not list {half.dataset_uri}: {exc}. This is retried automatically."
        ) from exc


def _refuse_more_than_one(folder: str, keys: list[str], half: LandedObject) -> None:
    if len(keys) > 1:
        names = ", ".join(key.rsplit("/", 1)[-1] for key in keys[:5])
        raise FileRejectedError(
            "TOO_MANY_IN_HALF",
            f"{folder}/ contains {len(keys)} data files: {names}. Delete all but one, then land {half.filename} again.",
        )


def _dated(file: LandedObject, told: list[LandedObject]) -> LandedObject:
    """Return the half with the time of its own event, if known: S3's LastModified is when an upload started."""
    own = (event for event in told if same_landing(event, file) and file.may_have_event_of(event.landed_at))
    return next((replace(file, landed_at=event.landed_at) for event in own), file)


def _data_files(s3: S3Client, half: LandedObject, folder: str) -> list[str]:
    prefix = f"{half.dataset_key}{folder}/"
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=half.bucket, Prefix=prefix, Delimiter="/")
    names = [found["Key"].removeprefix(prefix) for page in pages for found in page.get("Contents", [])]
    return [prefix + name for name in names if name.lower().endswith(DATA_FILE_SUFFIXES) and name[0] not in "._"]


def _current_version(s3: S3Client, half: LandedObject, key: str) -> LandedObject:
    """Return the object's present version. Both halves' events see the same, so they find the same pair."""
    head = s3.head_object(Bucket=half.bucket, Key=key)
    version_id, etag, landed_at = head.get("VersionId"), head["ETag"].strip('"'), iso_utc(head["LastModified"])
    return sibling(
        half,
        key=key,
        version_id=None if version_id == "null" else version_id,
        etag=etag,
        sequencer=f"{etag}@{landed_at}",
        size_bytes=head["ContentLength"],
        landed_at=landed_at,
    )
