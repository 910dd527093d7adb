"""`python -m benchmarks.reconcile`: what a daily run of the reconcile function takes, by the number of versions.

The real handler runs in a new process, against MiniStack's table and queue over TLS and a listing that serves each page
in the same time. Three buckets of each size: all versions are older than the window (the listing alone); all are in it
and have an item (an ordinary day); all are in it and have none (notifications were off).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.ending import exit_code, write_measured
from benchmarks.local_parts import MIB, LocalParts, Run, create_table, local_parts
from benchmarks.long_listing import BUCKET, ETAG, LongListing, key_of, version_of
from benchmarks.progress import progress

BUCKETS = {"older": timedelta(days=30), "known": timedelta(days=2), "missing": timedelta(days=2)}
"""How old the versions are in each kind of bucket; the daily window is 7 days."""

MOST_SENT = 50_000
"""By one run; the next one continues."""

MOST_GROWTH = 1.5
"""Of CPU per version that was listed, from one size of the same kind of bucket to the next."""

_CALLS = ("ListObjectVersions", "BatchGetItem", "Query", "SendMessageBatch")


@dataclass(frozen=True)
class Measurement:
    """What one run took: the handler alone, except the memory, which is the whole process's."""

    kind: str
    versions: int
    run: Run


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, show and write; return 1 if a version costs more in a larger bucket."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reconcile", description=__doc__)
    parser.add_argument("--versions", type=int, nargs="+", help="one run for each (1000 10000 100000)")
    parser.add_argument("--quick", action="store_true", help="smaller buckets")
    parser.add_argument("--json", type=Path, help="write every measurement to this file")
    options = parser.parse_args(arguments)
    sizes = options.versions or ([1_000, 5_000] if options.quick else [1_000, 10_000, 100_000])
    console = Console()
    with local_parts() as parts, progress() as shown:
        measurements = [measure(parts, shown, kind, versions) for versions in sizes for kind in BUCKETS]
    console.print(_table(measurements))
    write_measured(options.json, runs=[asdict(one) for one in measurements])
    return exit_code(broken_claims(measurements), "CPU per version does not grow")


def broken_claims(measurements: Sequence[Measurement]) -> list[str]:
    """Return a sentence for each claim that does not hold."""
    broken = []
    for kind in BUCKETS:
        same = [one for one in measurements if one.kind == kind]
        for less, more in pairwise(same):
            ratio = _cpu_per_version(more) / _cpu_per_version(less)
            if ratio > MOST_GROWTH:
                broken.append(f"CPU per version is not flat: {ratio:.2f} times as much with {more.versions:,}, {kind}.")
    return broken


def _cpu_per_version(one: Measurement) -> float:
    """Return the CPU seconds for each version that the run listed: it stops when it has enough to send."""
    listed = min(one.versions, MOST_SENT) if one.kind == "missing" else one.versions
    return one.run.cpu_seconds / listed


def measure(parts: LocalParts, shown: Progress, kind: str, versions: int) -> Measurement:
    """Run the function once over a bucket of a kind with so many versions."""
    name = f"{kind}-{versions}"
    _create_items(parts, shown, name, versions if kind == "known" else 0)
    running = shown.add_task(f"{name}: running", total=None)
    with LongListing(versions, BUCKETS[kind]) as listing:
        own = {
            "AWS_ENDPOINT_URL_S3": listing.url,
            "JOBS_TABLE_NAME": name,
            "LANDING_BUCKET_NAME": BUCKET,
            "LANDING_PREFIX": "",
            "NOTIFICATION_TOPIC_ARN": parts.aws.client("sns").create_topic(Name=name)["TopicArn"],
            "RECONCILE_DAYS": "7",
            "UPLOAD_QUEUE_URL": parts.aws.client("sqs").create_queue(QueueName=name)["QueueUrl"],
        }
        run = parts.run("reconcile", [{}], own)
    shown.remove_task(running)
    if run.answer["listed"] not in (0 if kind == "older" else versions, MOST_SENT):
        raise RuntimeError(f"It listed {run.answer['listed']:,} of {versions:,} versions, {kind}.")
    return Measurement(kind, versions, run)


def _create_items(parts: LocalParts, shown: Progress, name: str, items: int) -> None:
    """Create the jobs table, with an item for each version."""
    table = create_table(parts.aws, "JobsTable", name)
    writing = shown.add_task(f"{name}: writing items", total=items)
    with table.batch_writer() as batch:
        for number in shown.track(range(items), task_id=writing):
            described = {"status": "TRAINING", "etag": ETAG, "size_bytes": 15_241, "version_id": version_of(number)}
            uri = f"s3://{BUCKET}/{key_of(number)}"
            batch.put_item(Item={"object_uri": uri, "object_version": version_of(number), **described})
    shown.remove_task(writing)


def _table(measurements: Sequence[Measurement]) -> Table:
    shown = Table(title="One daily run each", title_justify="left")
    headings = ("bucket", "versions", "seconds", "CPU s", "peak memory MiB", *_CALLS)
    for heading in headings:
        shown.add_column(heading, justify="left" if heading == "bucket" else "right")
    for one in sorted(measurements, key=lambda one: list(BUCKETS).index(one.kind)):
        took = f"{one.run.seconds:.1f}", f"{one.run.cpu_seconds:.2f}", f"{one.run.peak_memory_bytes / MIB:.1f}"
        calls = [f"{one.run.calls.get(name, 0):,}" for name in _CALLS]
        shown.add_row(one.kind, f"{one.versions:,}", *took, *calls)
    return shown


if __name__ == "__main__":
    sys.exit(main())
