"""`python -m benchmarks.reconcile`: what a daily run of the reconcile function takes, by the number of versions.

The real handler runs in a new process, against MiniStack's table and queue over TLS and a listing that serves each page
in the same time. Three buckets of each size: all versions are older than the window (the listing alone); all are in it
and have an item (an ordinary day); all are in it and have none (notifications were off).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # it ships no types

from benchmarks.long_listing import BUCKET, ETAG, LongListing, key_of, version_of
from local.ministack import MiniStack

REPOSITORY = Path(__file__).resolve().parents[1]

BUCKETS = {"older": timedelta(days=30), "known": timedelta(days=2), "missing": timedelta(days=2)}
"""How old the versions are in each kind of bucket; the daily window is 7 days."""

_CREATED_WITH = ("AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema")
_CALLS = ("ListObjectVersions", "BatchGetItem", "Query", "SendMessageBatch")
_MIB = 1024**2


@dataclass(frozen=True)
class Measurement:
    """What one run took: the handler alone, except the memory, which is the whole process's."""

    kind: str
    versions: int
    seconds: float
    cpu_seconds: float
    peak_memory_bytes: int
    calls: Mapping[str, int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and show."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reconcile", description=__doc__)
    parser.add_argument("--versions", type=int, nargs="+", default=[1_000, 10_000, 100_000], help="one run for each")
    options = parser.parse_args(arguments)
    console, measurements = Console(), []
    with tempfile.TemporaryDirectory(prefix="reconcile-") as directory:
        aws = MiniStack(Path(directory))
        try:
            for versions in options.versions:
                for kind in BUCKETS:
                    console.print(f"A run over {versions:,} versions, {kind} ...")
                    measurements.append(_measure(aws, Path(directory), kind, versions))
        finally:
            aws.stop()
    console.print(_table(measurements))
    return 0


def _measure(aws: MiniStack, work_dir: Path, kind: str, versions: int) -> Measurement:
    name, result = f"{kind}-{versions}", work_dir / f"{kind}-{versions}.json"
    _create_table(aws, name, versions if kind == "known" else 0)
    queue_url = aws.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    topic_arn = aws.client("sns").create_topic(Name=name)["TopicArn"]
    command = [sys.executable, "-m", "benchmarks.reconcile_once", str(result)]
    meter = [sys.executable, "-m", "benchmarks.meter", json.dumps([command])]
    with LongListing(versions, BUCKETS[kind]) as listing:
        own = {
            "AWS_ENDPOINT_URL_S3": listing.url,
            "JOBS_TABLE_NAME": name,
            "LANDING_BUCKET_NAME": BUCKET,
            "LANDING_PREFIX": "",
            "NOTIFICATION_TOPIC_ARN": topic_arn,
            "STACK_NAME": "stack",
            "POWERTOOLS_METRICS_NAMESPACE": "bench",
            "POWERTOOLS_SERVICE_NAME": "reconcile",
            "PYTHONPATH": f"functions{os.pathsep}.",
            "RECONCILE_DAYS": "7",
            "UPLOAD_QUEUE_URL": queue_url,
        }
        environment = {**os.environ, **aws.environment, **own}
        metered = json.loads(
            subprocess.run(meter, env=environment, cwd=REPOSITORY, stdout=subprocess.PIPE, check=True).stdout
        )
    if metered["exit_codes"] != [0]:
        raise RuntimeError(f"The run over {versions:,} versions, {kind}, failed.")
    took = json.loads(result.read_text())
    if took["answer"]["listed"] not in (0 if kind == "older" else versions, 50_000):
        raise RuntimeError(f"It listed {took['answer']['listed']:,} of {versions:,} versions, {kind}.")
    return Measurement(
        kind, versions, took["seconds"], took["cpu_seconds"], metered["peak_memory_bytes"], took["calls"]
    )


def _create_table(aws: MiniStack, name: str, items: int) -> None:
    """Create the jobs table as the template defines it, but without its stream, with an item for each version."""
    properties = yaml_parse((REPOSITORY / "template.yaml").read_text())["Resources"]["JobsTable"]["Properties"]
    wanted: dict[str, Any] = {part: properties[part] for part in _CREATED_WITH}
    aws.dynamodb().create_table(TableName=name, **wanted)
    with aws.dynamodb().Table(name).batch_writer() as batch:
        for number in range(items):
            described = {"status": "TRAINING", "etag": ETAG, "size_bytes": 15_241, "version_id": version_of(number)}
            uri = f"s3://{BUCKET}/{key_of(number)}"
            batch.put_item(Item={"object_uri": uri, "object_version": version_of(number), **described})


def _table(measurements: Sequence[Measurement]) -> Table:
    shown = Table(title="One daily run each", title_justify="left")
    headings = ("bucket", "versions", "seconds", "CPU s", "peak memory MiB", *_CALLS)
    for heading in headings:
        shown.add_column(heading, justify="left" if heading == "bucket" else "right")
    for one in sorted(measurements, key=lambda one: list(BUCKETS).index(one.kind)):
        took = f"{one.seconds:.1f}", f"{one.cpu_seconds:.2f}", f"{one.peak_memory_bytes / _MIB:.1f}"
        calls = [f"{one.calls.get(name, 0):,}" for name in _CALLS]
        shown.add_row(one.kind, f"{one.versions:,}", *took, *calls)
    return shown


if __name__ == "__main__":
    sys.exit(main())
