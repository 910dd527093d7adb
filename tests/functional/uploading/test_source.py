"""The landed object as a stream: exactly the version that landed, from a real object store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from retrain.errors import LandedObjectUnreadableError, ObjectSupersededError
from retrain.uploading.source import CHUNK_SIZE_BYTES, read_pinned
from tests.conftest import AWKWARD_NAMES
from tests.functional.conftest import CSV, LandingBucket


@pytest.mark.parametrize("size_bytes", [1, CHUNK_SIZE_BYTES, CHUNK_SIZE_BYTES + 1, 3 * CHUNK_SIZE_BYTES])
def test_object_is_read_whole_in_chunks(landing_bucket: LandingBucket, model: str, size_bytes: int) -> None:
    """No chunk is larger than memory allows for."""
    body = bytes(index % 251 for index in range(size_bytes))
    landed = landing_bucket.land(f"{model}/a.csv", body)

    chunks = list(read_pinned(landing_bucket.s3, landed))

    assert b"".join(chunks) == body
    assert max(map(len, chunks)) <= CHUNK_SIZE_BYTES


@pytest.mark.parametrize("name", AWKWARD_NAMES)
def test_awkward_names_are_found(landing_bucket: LandingBucket, model: str, name: str) -> None:
    """A key is taken as it is."""
    landed = landing_bucket.land(f"{model}/{name}", CSV)

    assert b"".join(read_pinned(landing_bucket.s3, landed)) == CSV


def test_landed_version_is_read_although_it_was_overwritten(landing_bucket: LandingBucket, model: str) -> None:
    """Overwritten, and then deleted, too: a version stays what it was."""
    landed = landing_bucket.land(f"{model}/a.csv", CSV)
    landing_bucket.land(landed.key, b"newer")
    landing_bucket.s3.delete_object(Bucket=landed.bucket, Key=landed.key)

    assert b"".join(read_pinned(landing_bucket.s3, landed)) == CSV


def test_unversioned_object_is_read(unversioned_bucket: LandingBucket, model: str) -> None:
    """Its ETag stands for the version."""
    landed = unversioned_bucket.land(f"{model}/a.csv", CSV)

    assert b"".join(read_pinned(unversioned_bucket.s3, landed)) == CSV


def test_overwritten_unversioned_object_is_superseded(unversioned_bucket: LandingBucket, model: str) -> None:
    """What is there now is not what landed, so not a byte of it is read."""
    landed = unversioned_bucket.land(f"{model}/a.csv", CSV)
    unversioned_bucket.land(landed.key, b"newer")

    with pytest.raises(ObjectSupersededError, match=landed.key):
        next(read_pinned(unversioned_bucket.s3, landed))


def test_deleted_unversioned_object_is_superseded(unversioned_bucket: LandingBucket, model: str) -> None:
    """Nothing will bring it back."""
    landed = unversioned_bucket.land(f"{model}/a.csv", CSV)
    unversioned_bucket.s3.delete_object(Bucket=landed.bucket, Key=landed.key)

    with pytest.raises(ObjectSupersededError):
        next(read_pinned(unversioned_bucket.s3, landed))


def test_deleted_version_is_superseded(landing_bucket: LandingBucket, model: str) -> None:
    """So is a version that is only the mark of a deletion."""
    landed = landing_bucket.land(f"{model}/a.csv", CSV)
    marker = landing_bucket.s3.delete_object(Bucket=landed.bucket, Key=landed.key)
    landing_bucket.s3.delete_object(Bucket=landed.bucket, Key=landed.key, VersionId=str(landed.version_id))

    for version_id in (landed.version_id, marker["VersionId"]):
        with pytest.raises(ObjectSupersededError):
            next(read_pinned(landing_bucket.s3, replace(landed, version_id=version_id)))


def test_missing_bucket_is_no_superseded_object(landing_bucket: LandingBucket, model: str) -> None:
    """Somebody may mend that, so the file is not given up."""
    landed = replace(landing_bucket.land(f"{model}/a.csv", CSV), bucket="no-such-bucket")

    with pytest.raises(LandedObjectUnreadableError, match="NoSuchBucket"):
        next(read_pinned(landing_bucket.s3, landed))
