"""Finds out what a landing calls for: itself, or, for a half of a pair, the pair once both halves are there."""

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
"""The data file that lies in `train_src/` and in `eval_src/` now; a folder without one is left out."""


def landings(deps: UploadDependencies, landed: LandedObject) -> list[Landing]:
    """Return what is to be sent because of this landing; nothing for a half whose item says why not, or not yet.

    Raises
    ------
    RetrainError
        It could not be found out: try again later.
    """
    if landed.half is None or place_refusal(landed):  # what is refused gets an item as the single file that it is
        return [landed]
    with about(landed):
        try:
            return list(_pairs(deps, landed))
        except RetrainError as error:
            log_failure(error)
            raise


def _pairs(deps: UploadDependencies, half: LandedObject) -> list[LandedPair]:
    records = deps.pairs.of_dataset(half)
    known = [record for record in records if record.pair and record.has(half)]
    # A pair that this event, or the other half's, began must come to its end, even if a half has landed anew since.
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
        logger.info("A half of a pair has landed; the other one is not there yet")
        return []
    told = [half, *(waiting for record in records if record.waits for waiting in record.halves)]
    return [LandedPair(*(_dated(present[folder], told) for folder in HALVES))]


def _supersede(deps: UploadDependencies, records: list[PairRecord], present: Present, half: LandedObject) -> None:
    """Close the halves that waited, and were overwritten or deleted before the other one came."""
    for record in records:
        if record.waits and not any(record.has(file) for file in present.values()):
            (gone,) = record.halves
            _close(deps, half, record.version, _superseded(gone))


def _superseded(half: LandedObject) -> ObjectSupersededError:
    return ObjectSupersededError(
        f"{half.uri} was overwritten or deleted before the other half of its pair landed. If it was overwritten, the "
        "newer version has an item of its own."
    )


def _close(deps: UploadDependencies, half: LandedObject, version: str, error: RetrainError) -> None:
    status = closing_status(error)
    if status and deps.pairs.close(half, version, status, error):
        count_outcome(status)
        logger.warning("The file will not be trained on", status=status, error_code=error.code, reason=str(error))


def _present(s3: S3Client, half: LandedObject) -> Present:
    try:
        keys = {folder: _data_files(s3, half, folder) for folder in HALVES}
        for folder, found in keys.items():
            _refuse_more_than_one(folder, found, half)
        return {folder: _current_version(s3, half, key) for folder, found in keys.items() for key in found}
    except (ClientError, BotoCoreError) as exc:
        raise LandedObjectUnreadableError(
            f"S3 did not tell what lies in {half.dataset_uri}: {exc}. It is tried again by itself."
        ) from exc


def _refuse_more_than_one(folder: str, keys: list[str], half: LandedObject) -> None:
    if len(keys) > 1:
        names = ", ".join(key.rsplit("/", 1)[-1] for key in keys[:5])
        raise FileRejectedError(
            "TOO_MANY_IN_HALF",
            f"{folder}/ holds {len(keys)} data files: {names}. Delete all but one, then land {half.filename} again.",
        )


def _dated(file: LandedObject, told: list[LandedObject]) -> LandedObject:
    """Return the half with the landing time of its own event, if that is known: S3 dates an upload from its start."""
    return next((replace(file, landed_at=event.landed_at) for event in told if same_landing(event, file)), file)


def _data_files(s3: S3Client, half: LandedObject, folder: str) -> list[str]:
    prefix = f"{half.dataset_key}{folder}/"
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=half.bucket, Prefix=prefix, Delimiter="/")
    names = [found["Key"].removeprefix(prefix) for page in pages for found in page.get("Contents", [])]
    return [prefix + name for name in names if name.lower().endswith(DATA_FILE_SUFFIXES) and name[0] not in "._"]


def _current_version(s3: S3Client, half: LandedObject, key: str) -> LandedObject:
    """Return the object as it is now, which both halves' events see alike: so they find the same pair."""
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
