"""Zips a pair of S3 objects as the upload function does and reads the zip once: a program to be measured.

python -m benchmarks.zip_a_pair BUCKET TRAIN_KEY EVAL_KEY
"""

import sys

import boto3

from retrain.deadline import Deadline
from retrain.landing.landed_object import LandedObject
from retrain.uploading.pair_zip import zipped
from retrain.uploading.source import LandedFile


def main(bucket: str, *keys: str) -> None:
    """Zip the current versions of the two objects, and read what an upload would send."""
    s3 = boto3.client("s3")
    halves = []
    for key in keys:
        head = s3.head_object(Bucket=bucket, Key=key)
        landed = LandedObject(bucket, key, key, None, "", head["ETag"].strip('"'), head["ContentLength"], "")
        halves.append(LandedFile(s3, landed))
    with zipped(halves, Deadline(float("inf"))) as pair_zip:
        sent_bytes = sum(len(chunk) for chunk in pair_zip.chunks())
    if sent_bytes != pair_zip.size_bytes:
        raise RuntimeError(f"{sent_bytes:,} of {pair_zip.size_bytes:,} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
