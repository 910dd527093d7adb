"""`make soak`: many files land at once while every tenth request fails, and each is trained on exactly once."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.progress import progress
from benchmarks.troubles import SETTLE_MINUTES, Trouble, broken_models, late_service
from local.prediction_one import Fault
from local.stack import LocalStack

MODELS = [f"model-{number:02}" for number in range(20)]
FAULT_SHARE = 0.1
REFUSED_EVERY = 100
"""Every hundredth file is empty."""

GIVE_UP_SECONDS = 600
"""When nothing has moved for this long, files without an outcome count as lost."""

_CSV = b"species,body_mass_g\n" + b"Adelie,3750\n" * 1000
_ENDS = ("TRAINING", "FINISHED", "STALLED", "REJECTED", "FAILED", "SUPERSEDED")

_FAULTS: tuple[dict[str, Any], ...] = (
    {"operation": "upload_url", "kind": "status", "status": 429, "retry_after_seconds": 1},
    {"operation": "upload_url", "kind": "status", "status": 503},
    {"operation": "upload_url", "kind": "drop"},
    {"operation": "upload_url", "kind": "garbage"},
    {"operation": "upload_url", "kind": "redirect"},
    {"operation": "upload_url", "kind": "slow", "delay_seconds": 1},
    {"operation": "upload_url", "kind": "expired_url"},
    {"operation": "put", "kind": "status", "status": 503},
    {"operation": "put", "kind": "status", "status": 500},
    {"operation": "put", "kind": "drop", "at": "before_body"},
    {"operation": "put", "kind": "drop", "at": "mid_body", "after_bytes": 5000},
    {"operation": "put", "kind": "drop", "at": "after_body"},
    {"operation": "put", "kind": "drop_unstored"},
    {"operation": "put", "kind": "early_answer", "status": 500},
    {"operation": "put", "kind": "slow", "bytes_per_second": 20_000},
    {"operation": "put", "kind": "redirect"},
    {"operation": "put", "kind": "garbage"},
)


@dataclass(frozen=True)
class Burst:
    """What became of the files that landed together."""

    landed: int
    trained: int
    refused: int
    lost: int
    doubled: int
    seconds: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bursts, show their table, and return 0 if nothing was lost or doubled."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument(
        "--files", type=int, default=1000, help="size of the last burst; before it, a quarter and a half"
    )
    options = parser.parse_args(arguments)
    parameters = {"SettleMinutes": str(SETTLE_MINUTES)}
    with tempfile.TemporaryDirectory(prefix="soak-") as work_dir, LocalStack(Path(work_dir), parameters) as stack:
        troubles = [late_service(stack), broken_models(stack)]
        for model in MODELS:
            stack.add_model(model)
        for number, fault in enumerate(_FAULTS):
            share = FAULT_SHARE / len(_FAULTS)
            stack.prediction_one.add_fault(Fault(**fault, times=None, probability=share, seed=number))
        bursts = [_burst(stack, f"burst-{share}", options.files // share) for share in (4, 2, 1)]
    Console().print(_troubles_table(troubles), _table(bursts))
    return 1 if any(burst.lost or burst.doubled for burst in bursts) or any(t.doubled for t in troubles) else 0


def _burst(stack: LocalStack, name: str, count: int) -> Burst:
    """Land `count` files at once, and wait for the outcome of each."""
    bodies = {f"{name}-{number:05}.csv": b"" if number % REFUSED_EVERY == 0 else _CSV for number in range(count)}
    s3, bucket = stack.aws.client("s3"), stack.outputs["LandingBucketName"]
    started_at = time.monotonic()

    def land(filename: str) -> None:
        model = MODELS[int(filename[-6:-4]) % len(MODELS)]
        s3.put_object(Bucket=bucket, Key=f"{model}/{filename}", Body=bodies[filename])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(land, bodies))
    jobs = _wait_for_outcomes(stack, name, count)
    seconds = time.monotonic() - started_at
    uploads: dict[str, list[str]] = {filename: [] for filename in bodies}
    for upload in stack.prediction_one.uploads:
        uploads.get(upload.filename, []).append(upload.retrain_job_id)
    trained = sum(uploads[job["filename"]] == [job.get("retrain_job_id")] for job in jobs)
    refused = sum(job["status"] == "REJECTED" and not uploads[job["filename"]] for job in jobs)
    doubled = sum(len(job_ids) > 1 for job_ids in uploads.values())
    return Burst(count, trained, refused, count - trained - refused - doubled, doubled, seconds)


def _wait_for_outcomes(stack: LocalStack, name: str, count: int) -> list[dict[str, Any]]:
    """Return the items of a burst once each has its outcome, or once nothing has moved for too long."""
    table = stack.aws.dynamodb().Table(stack.outputs["JobsTableName"])
    ended: list[dict[str, Any]] = []
    moved_at = time.monotonic()
    with progress() as shown:
        task = shown.add_task(f"{count} files", total=count)
        while len(ended) < count and time.monotonic() - moved_at < GIVE_UP_SECONDS:
            time.sleep(1)
            items = [item for item in _scan(table) if item["filename"].startswith(name)]
            now_ended = [item for item in items if item["status"] in _ENDS]
            if len(now_ended) > len(ended):
                ended, moved_at = now_ended, time.monotonic()
                shown.update(task, completed=len(ended))
    return ended


def _scan(table: Any) -> list[dict[str, Any]]:
    page = table.scan(ConsistentRead=True)
    items: list[dict[str, Any]] = page["Items"]
    while "LastEvaluatedKey" in page:
        page = table.scan(ConsistentRead=True, ExclusiveStartKey=page["LastEvaluatedKey"])
        items += page["Items"]
    return items


def _troubles_table(troubles: Sequence[Trouble]) -> Table:
    shown = Table(title=f"Troubles, with SettleMinutes {SETTLE_MINUTES}")
    for heading in ("trouble", "landed", "trained", "doubled", "seconds", "refused calls"):
        shown.add_column(heading, justify="left" if heading == "trouble" else "right")
    for trouble in troubles:
        counts = (trouble.landed, trouble.trained, trouble.doubled)
        shown.add_row(trouble.name, *map(str, counts), f"{trouble.seconds:.0f}", str(trouble.calls))
    return shown


def _table(bursts: Sequence[Burst]) -> Table:
    shown = Table(title=f"{len(MODELS)} models, {FAULT_SHARE:.0%} of all requests fail in {len(_FAULTS)} ways")
    for heading in ("landed", "trained", "refused", "lost", "doubled", "seconds", "seconds per file"):
        shown.add_column(heading, justify="right")
    for burst in bursts:
        counts = (burst.landed, burst.trained, burst.refused, burst.lost, burst.doubled)
        shown.add_row(*map(str, counts), f"{burst.seconds:.0f}", f"{burst.seconds / burst.landed:.3f}")
    return shown


if __name__ == "__main__":
    sys.exit(main())
