"""Lists the versions of landed files, a page at a time: memory does not grow with the bucket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from retrain.aws.errors import aws_reason
from retrain.errors import LandedObjectUnreadableError
from retrain.landing.landed_object import LandedObject
from retrain.moments import iso_utc

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ListObjectVersionsRequestTypeDef

PAGE_SIZE = 1000
"""The most that S3 returns at once (API reference, `ListObjectVersions`)."""


@dataclass(frozen=True)
class Position:
    """Where a listing continues: after this version of this key."""

    key_marker: str
    version_id_marker: str


@dataclass(frozen=True)
class Scope:
    """Which versions are listed.

    Attributes
    ----------
    bucket, landing_prefix
        Where files land.
    prefix
        Below the landing prefix.
    start, end
        S3 created them between these moments. For an object that was uploaded in parts, S3 says when the upload began
        (user guide, "Uploading and copying objects using multipart upload"), so its event may be much younger.
    current_only
        Whether versions that were overwritten or deleted since are left out.
    """

    bucket: str
    landing_prefix: str
    prefix: str
    start: datetime
    end: datetime
    current_only: bool


@dataclass(frozen=True)
class Page:
    """One answer of S3.

    Attributes
    ----------
    files
        The versions in scope, without markers.
    next
        Where the next page begins; None after the last one.
    """

    files: list[LandedObject]
    next: Position | None


def pages(s3: S3Client, scope: Scope, after: Position | None = None) -> Iterator[Page]:
    """Yield the versions in scope, page by page, from a position on.

    One way for every bucket: in one that keeps no versions, S3 lists each object as its version "null".

    Raises
    ------
    LandedObjectUnreadableError
        S3 refused the listing, or did not answer.
    """
    while True:
        page = _page(s3, scope, after)
        yield page
        if page.next is None:
            return
        after = page.next


def _page(s3: S3Client, scope: Scope, after: Position | None) -> Page:
    prefix = scope.landing_prefix + scope.prefix
    request: ListObjectVersionsRequestTypeDef = {"Bucket": scope.bucket, "Prefix": prefix, "MaxKeys": PAGE_SIZE}
    if after:
        request["KeyMarker"], request["VersionIdMarker"] = after.key_marker, after.version_id_marker
    try:
        answer = s3.list_object_versions(**request)
    except (ClientError, BotoCoreError) as exc:
        raise LandedObjectUnreadableError(
            f"S3 did not list the versions in s3://{scope.bucket}/{prefix} ({aws_reason(exc)}). Check the bucket "
            "policy. The next run tries again."
        ) from exc
    listed = (_landed(scope, version) for version in answer.get("Versions", []) if _is_in(scope, version))
    following = Position(answer["NextKeyMarker"], answer["NextVersionIdMarker"]) if answer["IsTruncated"] else None
    return Page([landed for landed in listed if not landed.is_marker], following)


def _is_in(scope: Scope, version: Mapping[str, Any]) -> bool:
    return scope.start <= version["LastModified"] <= scope.end and (version["IsLatest"] or not scope.current_only)


def _landed(scope: Scope, version: Mapping[str, Any]) -> LandedObject:
    key, etag = version["Key"], version["ETag"].strip('"')
    # Whole seconds, as S3 gives them: two runs, and HeadObject for a pair, come to the same mark.
    landed_at = iso_utc(version["LastModified"].replace(microsecond=0))
    return LandedObject(
        bucket=scope.bucket,
        key=key,
        path=key.removeprefix(scope.landing_prefix),
        version_id=None if version["VersionId"] == "null" else version["VersionId"],
        sequencer=f"{etag}@{landed_at}",
        etag=etag,
        size_bytes=version["Size"],
        landed_at=landed_at,
    )
